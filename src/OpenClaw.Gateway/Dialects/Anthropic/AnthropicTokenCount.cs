using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>
/// Answers <c>/v1/messages/count_tokens</c> where no provider counts. An estimate, meant to be rather too high than too low:
/// four bytes of Latin script a token, three of JSON, two of other alphabets, one character of Chinese, Japanese or Korean;
/// four tokens a message, 350 for having tools at all, 1,600 an image (the most Anthropic scales one to), and for a document
/// 2,000 plus one token for each 30 bytes of its base64.
/// </summary>
internal static class AnthropicTokenCount
{
    private const int PerMessage = 4, PerToolbox = 350, PerImage = 1600, PerDocument = 2000, BytesPerDocumentToken = 30;

    /// <summary>The estimate; null when the body is not JSON.</summary>
    public static long? Estimate(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, JsonRead.Document);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return null;
            var total = 0.0;
            if (root.TryGetProperty("system"u8, out var system)) total += Value(system);
            if (root.TryGetProperty("messages"u8, out var messages)) total += Messages(messages);
            if (root.TryGetProperty("tools"u8, out var tools)) total += Tools(tools);
            return Math.Max(1, (long)Math.Ceiling(total));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Tokens of plain text, by script.</summary>
    public static double Text(string text)
    {
        var quarters = 0L;
        foreach (var rune in text.EnumerateRunes())
        {
            quarters += rune.Value switch
            {
                < 0x80 => 1,
                < 0x2E80 => 2,
                < 0x10000 => 4,
                _ => 8,
            };
        }
        return quarters / 4.0;
    }

    private static double Messages(JsonElement messages)
    {
        if (messages.ValueKind != JsonValueKind.Array) return 0;
        var total = 0.0;
        foreach (var message in messages.EnumerateArray())
        {
            total += PerMessage;
            if (message.ValueKind == JsonValueKind.Object && message.TryGetProperty("content"u8, out var content)) total += Value(content);
        }
        return total;
    }

    private static double Tools(JsonElement tools) =>
        tools.ValueKind == JsonValueKind.Array && tools.GetArrayLength() > 0 ? PerToolbox + Json(tools) : 0;

    // Content: a string, blocks, or a block.
    private static double Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Text(JsonRead.String(value) ?? ""),
        JsonValueKind.Array => value.EnumerateArray().Sum(Value),
        JsonValueKind.Object => Block(value),
        _ => 0,
    };

    private static double Block(JsonElement block) => JsonRead.String(block, "type") switch
    {
        "image" => PerImage,
        "document" => Document(block),
        "tool_use" => PerMessage + Json(block),
        "text" => Member(block, "text"),
        "thinking" => Member(block, "thinking"),
        "redacted_thinking" => Member(block, "data") / 2,
        _ => PerMessage + Member(block, "content"),
    };

    private static double Document(JsonElement block)
    {
        if (!block.TryGetProperty("source"u8, out var source)) return PerDocument;
        return JsonRead.String(source, "type") switch
        {
            "text" => Member(source, "data"),
            "content" => Member(source, "content"),
            _ => PerDocument + (JsonRead.String(source, "data")?.Length ?? 0) / (double)BytesPerDocumentToken,
        };
    }

    private static double Member(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) ? Value(value) : 0;

    private static double Json(JsonElement element) => element.GetRawText().Length / 3.0;
}
