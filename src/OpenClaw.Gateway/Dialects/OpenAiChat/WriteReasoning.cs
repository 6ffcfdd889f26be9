using System.Text.Json;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>Reasoning of a whole message: the text in one field, and in <c>reasoning_details</c> when something is signed or redacted.</summary>
internal static class WriteReasoning
{
    /// <summary>For clients; signatures of calls stand beside the calls.</summary>
    public static void ForClient(Utf8JsonWriter json, IReadOnlyList<ReasoningPart> parts) => Write(json, parts, [], "reasoning_content"u8);

    /// <summary>For OpenRouter, which takes signatures of calls among the details.</summary>
    public static void ForOpenRouter(Utf8JsonWriter json, IReadOnlyList<ReasoningPart> parts, IReadOnlyList<ToolCallPart> calls) =>
        Write(json, parts, [.. calls.Where(c => c.Signature is not null)], "reasoning"u8);

    private static void Write(Utf8JsonWriter json, IReadOnlyList<ReasoningPart> parts, IReadOnlyList<ToolCallPart> signed, ReadOnlySpan<byte> field)
    {
        var text = string.Concat(parts.Select(p => p.Text));
        if (text.Length > 0) json.WriteString(field, text);
        if (signed.Count == 0 && !parts.Any(p => p.Signature is not null || p.RedactedData is not null)) return;
        json.WriteStartArray("reasoning_details"u8);
        for (var i = 0; i < parts.Count; i++) WritePart(json, parts[i], i);
        for (var i = 0; i < signed.Count; i++) WriteSignature(json, signed[i], parts.Count + i);
        json.WriteEndArray();
    }

    private static void WritePart(Utf8JsonWriter json, ReasoningPart part, int index)
    {
        json.WriteStartObject();
        if (part.RedactedData is { } data)
        {
            json.WriteString("type"u8, "reasoning.encrypted"u8);
            json.WriteString("data"u8, data);
        }
        else
        {
            json.WriteString("type"u8, "reasoning.text"u8);
            json.WriteString("text"u8, part.Text);
            if (part.Signature is { } signature) json.WriteString("signature"u8, signature);
        }
        json.WriteNumber("index"u8, index);
        json.WriteEndObject();
    }

    private static void WriteSignature(Utf8JsonWriter json, ToolCallPart call, int index)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "reasoning.encrypted"u8);
        json.WriteString("data"u8, call.Signature);
        json.WriteString("id"u8, call.Id);
        json.WriteString("format"u8, "google-gemini-v1"u8);
        json.WriteNumber("index"u8, index);
        json.WriteEndObject();
    }
}
