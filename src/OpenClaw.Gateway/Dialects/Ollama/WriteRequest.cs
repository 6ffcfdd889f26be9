using System.Buffers;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.Ollama;

/// <summary>
/// Writes a <c>ChatRequest</c> of Ollama. <c>truncate: false</c> and <c>shift: false</c> (api/types.go, from version 0.12.6;
/// older ones ignore them) make a prompt that is too long an error instead of a prompt without its beginning.
/// <c>keep_alive</c> is the machine owner's business and left alone.
/// </summary>
internal static class OllamaRequestWriter
{
    public static void Write(ChatRequest request, RequestTarget target, IBufferWriter<byte> output, ICollection<string> unsupported)
    {
        using var writer = new Utf8JsonWriter(output, JsonWrite.Options);
        writer.WriteStartObject();
        writer.WriteString("model"u8, target.Model);
        new OllamaMessageWriter(writer, unsupported).Write(request);
        writer.WriteBoolean("stream"u8, request.Stream);
        WriteTools(writer, request, unsupported);
        WriteFormat(writer, request.Output, unsupported);
        WriteThink(writer, request.Reasoning, target, unsupported);
        if (request.HasCacheControl) unsupported.Note(ChatRequest.CacheControlName);
        writer.WriteBoolean("truncate"u8, false);
        writer.WriteBoolean("shift"u8, false);
        WriteOptions(writer, request, target);
        if (request.User is not null) unsupported.Note("user");
        writer.WriteEndObject();
    }

    // There is no tool_choice: "none" is kept by offering no tools, the stronger ones cannot be.
    private static void WriteTools(Utf8JsonWriter writer, ChatRequest request, ICollection<string> unsupported)
    {
        if (request.Tools.Count == 0 || request.ToolChoice.Kind == ToolChoiceKind.None) return;
        if (request.ToolChoice.Kind == ToolChoiceKind.Required) unsupported.Note("tool_choice required");
        if (request.ToolChoice.Kind == ToolChoiceKind.Named) unsupported.Note("tool_choice of one tool");
        if (request.ParallelToolCalls == false) unsupported.Note("parallel_tool_calls");
        writer.WriteStartArray("tools"u8);
        foreach (var tool in request.Tools)
        {
            if (tool.Strict == true) unsupported.Note("strict tool schema");
            writer.WriteStartObject();
            writer.WriteString("type"u8, "function"u8);
            writer.WriteStartObject("function"u8);
            writer.WriteString("name"u8, tool.Name);
            writer.WriteString("description"u8, tool.Description ?? "");
            using var schema = RawJson.TryParseObject(tool.ParametersJson);
            if (schema is not null) RawJson.Write(writer, "parameters"u8, schema.RootElement);
            else unsupported.Note("tool schema that is not a JSON object");
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void WriteFormat(Utf8JsonWriter writer, OutputFormat format, ICollection<string> unsupported)
    {
        if (format.Kind == OutputFormatKind.Text) return;
        if (format.Kind == OutputFormatKind.JsonSchema)
        {
            using var schema = RawJson.TryParseObject(format.SchemaJson);
            if (schema is not null)
            {
                RawJson.Write(writer, "format"u8, schema.RootElement);
                return;
            }
            unsupported.Note("response schema that is not a JSON object");
        }
        writer.WriteString("format"u8, "json"u8);
    }

    // gpt-oss wants a level and cannot be switched off; the others know on and off. A model that cannot think refuses the wish (400).
    private static void WriteThink(Utf8JsonWriter writer, ReasoningRequest? reasoning, RequestTarget target, ICollection<string> unsupported)
    {
        if (reasoning is null) return;
        var isOff = !reasoning.Enabled || reasoning.Effort == "none" || (reasoning.Effort is null && reasoning.BudgetTokens == 0);
        if (target.Thinks == false)
        {
            if (!isOff) unsupported.Note("reasoning");
            return;
        }
        if (!target.Model.Contains("gpt-oss", StringComparison.OrdinalIgnoreCase))
        {
            writer.WriteBoolean("think"u8, !isOff);
            if (!isOff && reasoning.BudgetTokens is not null) unsupported.Note("reasoning budget");
            return;
        }
        if (isOff) unsupported.Note("reasoning switched off");
        var effort = reasoning.Effort ?? (reasoning.BudgetTokens is { } budget ? ReasoningEffort.EffortOf(budget) : "medium");
        writer.WriteString("think"u8, effort switch
        {
            _ when isOff => "low",
            "none" or "minimal" or "low" => "low",
            "medium" => "medium",
            _ => "high",
        });
    }

    private static void WriteOptions(Utf8JsonWriter writer, ChatRequest request, RequestTarget target)
    {
        writer.WriteStartObject("options"u8);
        writer.WriteNumber("num_ctx"u8, OllamaContextLength.Choose(request, target));
        if (request.MaxTokens is { } max) writer.WriteNumber("num_predict"u8, max);
        RawJson.Write(writer, "temperature"u8, request.Temperature);
        RawJson.Write(writer, "top_p"u8, request.TopP);
        if (request.TopK is { } topK) writer.WriteNumber("top_k"u8, topK);
        RawJson.Write(writer, "frequency_penalty"u8, request.FrequencyPenalty);
        RawJson.Write(writer, "presence_penalty"u8, request.PresencePenalty);
        if (request.Seed is { } seed) writer.WriteNumber("seed"u8, seed);
        if (request.StopSequences.Exists(s => s.Length > 0))
        {
            writer.WriteStartArray("stop"u8);
            foreach (var stop in request.StopSequences)
            {
                if (stop.Length > 0) writer.WriteStringValue(stop);
            }
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }
}
