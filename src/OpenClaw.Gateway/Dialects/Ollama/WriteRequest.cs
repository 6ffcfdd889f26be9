using System.Buffers;
using System.Text;
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
        WriteThink(writer, request.Reasoning, target.Model, unsupported);
        writer.WriteBoolean("truncate"u8, false);
        writer.WriteBoolean("shift"u8, false);
        WriteOptions(writer, request, target);
        if (request.User is not null) Note(unsupported, "user");
        writer.WriteEndObject();
    }

    public static void Note(ICollection<string> unsupported, string what)
    {
        if (!unsupported.Contains(what)) unsupported.Add(what);
    }

    // There is no tool_choice: "none" is kept by offering no tools, the stronger ones cannot be.
    private static void WriteTools(Utf8JsonWriter writer, ChatRequest request, ICollection<string> unsupported)
    {
        if (request.Tools.Count == 0 || request.ToolChoice.Kind == ToolChoiceKind.None) return;
        if (request.ToolChoice.Kind == ToolChoiceKind.Required) Note(unsupported, "tool_choice required");
        if (request.ToolChoice.Kind == ToolChoiceKind.Named) Note(unsupported, "tool_choice of one tool");
        if (request.ParallelToolCalls == false) Note(unsupported, "parallel_tool_calls");
        writer.WriteStartArray("tools"u8);
        foreach (var tool in request.Tools)
        {
            if (tool.Strict == true) Note(unsupported, "strict tool schema");
            writer.WriteStartObject();
            writer.WriteString("type"u8, "function"u8);
            writer.WriteStartObject("function"u8);
            writer.WriteString("name"u8, tool.Name);
            writer.WriteString("description"u8, tool.Description ?? "");
            using var schema = RawJson.TryParseObject(tool.ParametersJson);
            if (schema is not null) RawJson.Write(writer, "parameters"u8, schema.RootElement);
            else Note(unsupported, "tool schema that is not a JSON object");
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
            Note(unsupported, "response schema that is not a JSON object");
        }
        writer.WriteString("format"u8, "json"u8);
    }

    // gpt-oss wants a level and cannot be switched off; the others know on and off.
    private static void WriteThink(Utf8JsonWriter writer, ReasoningRequest? reasoning, string model, ICollection<string> unsupported)
    {
        if (reasoning is null) return;
        var isOff = !reasoning.Enabled || reasoning.Effort == "none" || (reasoning.Effort is null && reasoning.BudgetTokens == 0);
        if (!model.Contains("gpt-oss", StringComparison.OrdinalIgnoreCase))
        {
            writer.WriteBoolean("think"u8, !isOff);
            if (!isOff && reasoning.BudgetTokens is not null) Note(unsupported, "reasoning budget");
            return;
        }
        if (isOff) Note(unsupported, "reasoning switched off");
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

/// <summary>
/// Writes <c>messages</c>: one system message, one message a tool result, and a final assistant message left as it is (the
/// model goes on from it).
/// </summary>
internal sealed class OllamaMessageWriter(Utf8JsonWriter writer, ICollection<string> unsupported)
{
    private readonly Dictionary<string, string> _callNames = [];

    public void Write(ChatRequest request)
    {
        writer.WriteStartArray("messages"u8);
        var system = string.Join("\n\n", request.System.Select(p => p.Text).Where(t => t.Length > 0));
        if (system.Length > 0)
        {
            writer.WriteStartObject();
            writer.WriteString("role"u8, "system"u8);
            writer.WriteString("content"u8, system);
            writer.WriteEndObject();
        }
        foreach (var turn in request.Turns)
        {
            if (turn.Name is not null) OllamaRequestWriter.Note(unsupported, "participant name");
            if (turn.Role == ChatRole.Assistant) WriteAssistant(turn.Parts);
            else WriteUser(turn.Parts);
        }
        writer.WriteEndArray();
    }

    private void WriteUser(List<ChatPart> parts)
    {
        foreach (var part in parts)
        {
            if (part is ToolResultPart result) WriteResult(result);
        }
        var rest = parts.Where(p => p is not ToolResultPart).ToList();
        if (rest.Count > 0) WriteMessage("user"u8, rest);
    }

    private void WriteMessage(ReadOnlySpan<byte> role, IReadOnlyList<ChatPart> parts)
    {
        writer.WriteStartObject();
        writer.WriteString("role"u8, role);
        writer.WriteString("content"u8, TextOf(parts, "\n"));
        WriteImages(parts);
        writer.WriteEndObject();
    }

    private void WriteResult(ToolResultPart result)
    {
        var name = result.Name ?? _callNames.GetValueOrDefault(result.CallId);
        if (name is null) OllamaRequestWriter.Note(unsupported, "tool result without its call");
        writer.WriteStartObject();
        writer.WriteString("role"u8, "tool"u8);
        var text = TextOf(result.Content, "\n");
        writer.WriteString("content"u8, result.IsError ? "Error: " + text : text);
        if (name is not null) writer.WriteString("tool_name"u8, name);
        if (result.CallId.Length > 0) writer.WriteString("tool_call_id"u8, result.CallId);
        WriteImages(result.Content);
        writer.WriteEndObject();
    }

    private void WriteAssistant(List<ChatPart> parts)
    {
        writer.WriteStartObject();
        writer.WriteString("role"u8, "assistant"u8);
        // Pieces of one answer: nothing may come between them when the model goes on from here.
        writer.WriteString("content"u8, TextOf(parts, ""));
        var thinking = string.Concat(parts.OfType<ReasoningPart>().Select(p => p.Text));
        if (thinking.Length > 0) writer.WriteString("thinking"u8, thinking);
        WriteImages(parts);
        var calls = parts.OfType<ToolCallPart>().ToList();
        if (calls.Count > 0)
        {
            writer.WriteStartArray("tool_calls"u8);
            foreach (var call in calls) WriteCall(call);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }

    // Arguments are an object here, where the common form holds text.
    private void WriteCall(ToolCallPart call)
    {
        if (call.Id.Length > 0) _callNames[call.Id] = call.Name;
        writer.WriteStartObject();
        if (call.Id.Length > 0) writer.WriteString("id"u8, call.Id);
        writer.WriteStartObject("function"u8);
        writer.WriteString("name"u8, call.Name);
        using var arguments = RawJson.TryParseObject(call.ArgumentsJson);
        if (arguments is not null)
        {
            RawJson.Write(writer, "arguments"u8, arguments.RootElement);
        }
        else
        {
            writer.WriteStartObject("arguments"u8);
            writer.WriteEndObject();
            OllamaRequestWriter.Note(unsupported, "tool call arguments that are not a JSON object");
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static string TextOf(IReadOnlyList<ChatPart> parts, string separator)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            if (part is not TextPart { Text.Length: > 0 } t) continue;
            if (text.Length > 0) text.Append(separator);
            text.Append(t.Text);
        }
        return text.ToString();
    }

    private void WriteImages(IReadOnlyList<ChatPart> parts)
    {
        var isOpen = false;
        foreach (var part in parts)
        {
            if (part is UnmappedPart unmapped) OllamaRequestWriter.Note(unsupported, unmapped.What);
            if (part is not MediaPart media) continue;
            if (media is not { Kind: MediaKind.Image, Base64: { } data })
            {
                OllamaRequestWriter.Note(unsupported, media.Kind switch
                {
                    MediaKind.Image => "image input by URL",
                    MediaKind.Audio => "audio input",
                    MediaKind.Video => "video input",
                    _ => "document input",
                });
                continue;
            }
            if (!isOpen) writer.WriteStartArray("images"u8);
            isOpen = true;
            writer.WriteStringValue(data);
        }
        if (isOpen) writer.WriteEndArray();
    }
}
