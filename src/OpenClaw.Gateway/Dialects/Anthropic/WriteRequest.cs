using System.Buffers;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>
/// Writes a Messages request. Everything the protocol refuses is left out or bent, and named. Decisions:
/// <list type="bullet">
/// <item>A JSON schema goes to models that enforce one; others get it as an instruction, which <c>unsupported</c> says. (A
/// forced tool would enforce it, but its answer is a tool call, and readers of answers do not know the request.)</item>
/// <item>Thinking yields to whatever it excludes: a forced tool, a prefilled answer, a tool loop whose calls came without
/// thinking. See <see cref="ThinkingPlan"/>.</item>
/// <item>Turns are joined and ordered by <see cref="MessagePlan"/>.</item>
/// </list>
/// </summary>
internal static class WriteRequest
{
    private const string EmptySchema = """{"type":"object","properties":{}}""";

    public static void Write(ChatRequest request, RequestTarget target, IBufferWriter<byte> output, ICollection<string> unsupported)
    {
        var model = ClaudeModel.Parse(target.Model);
        var messages = MessagePlan.Build(request, unsupported);
        var thinking = ThinkingPlan.Build(request, target, model, messages, unsupported);
        using var json = new Utf8JsonWriter(output, JsonWrite.Options);
        json.WriteStartObject();
        json.WriteString("model"u8, target.Model);
        json.WriteNumber("max_tokens"u8, thinking.MaxTokens);
        WriteSystem(json, request, model, messages, unsupported);
        json.WriteStartArray("messages"u8);
        foreach (var message in messages.Messages) WriteContent.Message(json, message, unsupported);
        json.WriteEndArray();
        WriteTools(json, request, model, messages, unsupported);
        WriteSampling(json, request, model, thinking, unsupported);
        thinking.Write(json, OutputSchema.Of(request, model, unsupported));
        WriteStops(json, request, unsupported);
        WriteUser(json, request.User, unsupported);
        if (request.Stream) json.WriteBoolean("stream"u8, true);
        json.WriteEndObject();
    }

    private static void WriteSystem(Utf8JsonWriter json, ChatRequest request, ClaudeModel model, MessagePlan messages, ICollection<string> unsupported)
    {
        var instruction = Instruction(request.Output, model, unsupported);
        // Instructions alone make no conversation: then they are what the user says.
        var system = messages.SystemIsMessage ? [] : request.System.Where(s => !string.IsNullOrWhiteSpace(s.Text)).ToList();
        if (instruction is not null) system.Add(new TextPart(instruction));
        if (system.Count == 0) return;
        json.WriteStartArray("system"u8);
        foreach (var text in system) WriteContent.Text(json, text.Text, text.CacheControl);
        json.WriteEndArray();
    }

    private static string? Instruction(OutputFormat format, ClaudeModel model, ICollection<string> unsupported)
    {
        switch (format.Kind)
        {
            case OutputFormatKind.JsonObject:
                unsupported.Add("response_format json_object (asked for in words)");
                return "Answer with one JSON object and nothing else: no prose, no code fence.";
            case OutputFormatKind.JsonSchema when !model.EnforcesSchemas || format.SchemaJson is null:
                unsupported.Add("response_format json_schema (asked for in words)");
                return $"Answer with one JSON value that matches this JSON Schema and nothing else: no prose, no code fence.\n{format.SchemaJson}";
            default: return null;
        }
    }

    private static void WriteTools(Utf8JsonWriter json, ChatRequest request, ClaudeModel model, MessagePlan messages, ICollection<string> unsupported)
    {
        // A conversation that holds calls must define tools, even when the caller offers none any more.
        var offered = request.Tools.Count > 0;
        if (!offered && messages.CalledTools.Count == 0) return;
        json.WriteStartArray("tools"u8);
        foreach (var tool in request.Tools) WriteTool(json, tool, unsupported);
        if (!offered)
        {
            foreach (var name in messages.CalledTools) WriteTool(json, new ToolDefinition(name, null, EmptySchema), unsupported);
        }
        json.WriteEndArray();
        WriteChoice(json, offered ? Allowed(request.ToolChoice, model, unsupported) : new ToolChoice(ToolChoiceKind.None), request.ParallelToolCalls == false || request.WantsFunctionCall);
    }

    private static ToolChoice Allowed(ToolChoice choice, ClaudeModel model, ICollection<string> unsupported)
    {
        if (!model.RefusesForcedTools || choice.Kind is not (ToolChoiceKind.Required or ToolChoiceKind.Named)) return choice;
        unsupported.Note(choice.Kind == ToolChoiceKind.Required ? "tool_choice required" : "tool_choice of one tool");
        return new ToolChoice(ToolChoiceKind.Auto);
    }

    private static void WriteTool(Utf8JsonWriter json, ToolDefinition tool, ICollection<string> unsupported)
    {
        if (tool.Strict == true) unsupported.Note("strict tool schemas");
        json.WriteStartObject();
        json.WriteString("name"u8, tool.Name);
        if (!string.IsNullOrEmpty(tool.Description)) json.WriteString("description"u8, tool.Description);
        json.WritePropertyName("input_schema"u8);
        json.WriteRawValue(OutputSchema.ForTool(tool.ParametersJson), skipInputValidation: true);
        WriteContent.CacheControl(json, tool.CacheControl);
        json.WriteEndObject();
    }

    private static void WriteChoice(Utf8JsonWriter json, ToolChoice choice, bool single)
    {
        if (choice.Kind == ToolChoiceKind.Unset && !single) return;
        json.WriteStartObject("tool_choice"u8);
        json.WriteString("type"u8, choice.Kind switch
        {
            ToolChoiceKind.Required => "any"u8,
            ToolChoiceKind.Named => "tool"u8,
            ToolChoiceKind.None => "none"u8,
            _ => "auto"u8,
        });
        if (choice.Kind == ToolChoiceKind.Named) json.WriteString("name"u8, choice.Name);
        if (single && choice.Kind != ToolChoiceKind.None) json.WriteBoolean("disable_parallel_tool_use"u8, true);
        json.WriteEndObject();
    }

    private static void WriteSampling(Utf8JsonWriter json, ChatRequest request, ClaudeModel model, ThinkingPlan thinking, ICollection<string> unsupported)
    {
        if (request.FrequencyPenalty is not (null or 0)) unsupported.Add("frequency_penalty");
        if (request.PresencePenalty is not (null or 0)) unsupported.Add("presence_penalty");
        if (request.Seed is not null) unsupported.Add("seed");
        if (model.RefusesBudgetsAndSampling)
        {
            if (request.Temperature is not (null or 1)) unsupported.Add("temperature");
            if (request.TopP is not (null or 1)) unsupported.Add("top_p");
            if (request.TopK is not null) unsupported.Add("top_k");
            return;
        }
        var hasTemperature = request.Temperature is not null;
        if (request.Temperature is { } temperature) WriteTemperature(json, temperature, thinking.IsOn, unsupported);
        if (request.TopP is { } topP)
        {
            if (thinking.IsOn && topP < 0.95) unsupported.Add("top_p (with thinking)");
            else if (hasTemperature && model.RefusesTwoSamplings) unsupported.Add("top_p (with temperature)");
            else json.WriteNumber("top_p"u8, Math.Clamp(topP, 0, 1));
        }
        if (request.TopK is not { } topK) return;
        if (thinking.IsOn) unsupported.Add("top_k (with thinking)");
        else json.WriteNumber("top_k"u8, topK);
    }

    private static void WriteTemperature(Utf8JsonWriter json, double temperature, bool thinking, ICollection<string> unsupported)
    {
        if (thinking)
        {
            if (temperature != 1) unsupported.Add("temperature (with thinking)");
            return;
        }
        if (temperature is < 0 or > 1) unsupported.Add("temperature above 1");
        json.WriteNumber("temperature"u8, Math.Clamp(temperature, 0, 1));
    }

    private static void WriteStops(Utf8JsonWriter json, ChatRequest request, ICollection<string> unsupported)
    {
        var stops = request.StopSequences.Where(s => !string.IsNullOrWhiteSpace(s)).ToList();
        if (stops.Count < request.StopSequences.Count) unsupported.Add("stop sequence of white space");
        if (stops.Count == 0) return;
        json.WriteStartArray("stop_sequences"u8);
        foreach (var stop in stops) json.WriteStringValue(stop);
        json.WriteEndArray();
    }

    private static void WriteUser(Utf8JsonWriter json, string? user, ICollection<string> unsupported)
    {
        if (string.IsNullOrEmpty(user)) return;
        if (user.Length > 256)
        {
            unsupported.Add("user (longer than 256 characters)");
            return;
        }
        json.WriteStartObject("metadata"u8);
        json.WriteString("user_id"u8, user);
        json.WriteEndObject();
    }
}
