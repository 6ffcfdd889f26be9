using System.Text.Json;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>Reasoning of a whole message: the text in one field, and in <c>reasoning_details</c> when something is signed or redacted.</summary>
internal static class WriteReasoning
{
    /// <param name="json">Inside a message object.</param>
    /// <param name="parts">In order.</param>
    /// <param name="field"><c>reasoning_content</c>, or <c>reasoning</c> for OpenRouter.</param>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<ReasoningPart> parts, ReadOnlySpan<byte> field)
    {
        var text = string.Concat(parts.Select(p => p.Text));
        if (text.Length > 0) json.WriteString(field, text);
        if (!parts.Any(p => p.Signature is not null || p.RedactedData is not null)) return;
        json.WriteStartArray("reasoning_details"u8);
        for (var i = 0; i < parts.Count; i++)
        {
            json.WriteStartObject();
            if (parts[i].RedactedData is { } data)
            {
                json.WriteString("type"u8, "reasoning.encrypted"u8);
                json.WriteString("data"u8, data);
            }
            else
            {
                json.WriteString("type"u8, "reasoning.text"u8);
                json.WriteString("text"u8, parts[i].Text);
                if (parts[i].Signature is { } signature) json.WriteString("signature"u8, signature);
            }
            json.WriteNumber("index"u8, i);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
