using System.Globalization;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>
/// Reasoning that a client returns in an assistant message: <c>reasoning_content</c> or <c>reasoning</c> with the text, and
/// <c>reasoning_details</c> with texts, signatures and redacted blocks.
/// </summary>
internal static class ReadReasoning
{
    private const string CharsPrefix = "openclaw.chars.";

    public static IEnumerable<ReasoningPart> Of(JsonElement message)
    {
        var plain = JsonRead.String(message, "reasoning_content") is { Length: > 0 } content ? content : JsonRead.String(message, "reasoning") ?? "";
        var parts = Details(message).Where(static d => !IsOfCall(d)).Select(Part).OfType<ReasoningPart>().ToList();
        if (parts.Any(p => p.Text.Length > 0) || plain.Length == 0) return parts;
        // As our streams write it: the text beside, the details only sign it.
        if (Split(message, plain) is { } blocks) return blocks;
        // Which text a second signature signs is not known.
        var signed = parts.Where(p => p.Signature is not null).ToList();
        var whole = new ReasoningPart(plain, signed.Count == 1 ? signed[0].Signature : null);
        return parts.Where(p => p.Signature is null).Prepend(whole);
    }

    /// <summary>The id of a detail that signs so many characters (UTF-16) of the text beside, behind those of the details before it.</summary>
    public static string IdOf(int chars) => string.Create(CultureInfo.InvariantCulture, $"{CharsPrefix}{chars}");

    // The first block has what the later ones leave.
    private static List<ReasoningPart>? Split(JsonElement message, string plain)
    {
        List<ReasoningPart> blocks = [];
        var end = plain.Length;
        foreach (var detail in Details(message).Where(static d => !IsOfCall(d)).Reverse())
        {
            if (Part(detail) is not { } part) continue;
            if (part.Signature is not null)
            {
                var chars = CharsIn(detail);
                var from = chars is null ? 0 : end - chars.Value;
                if (end < 0 || from < 0) return null;
                part = part with { Text = plain[from..end] };
                // Before the first there is nothing.
                end = chars is null ? -1 : from;
            }
            blocks.Insert(0, part);
        }
        return end == -1 && blocks.Count(static b => b.Signature is not null) > 1 ? blocks : null;
    }

    private static int? CharsIn(JsonElement detail) =>
        JsonRead.String(detail, "id") is { } id && id.StartsWith(CharsPrefix, StringComparison.Ordinal) && int.TryParse(id.AsSpan(CharsPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var chars) ? chars : null;

    /// <summary>Google's signature of a call: beside the call (its own surface) or among the details with the call's id (OpenRouter).</summary>
    public static string? SignatureOfCall(JsonElement call, JsonElement message, string id)
    {
        if (call.TryGetProperty("extra_content"u8, out var extra) && extra.ValueKind == JsonValueKind.Object && extra.TryGetProperty("google"u8, out var google) &&
            JsonRead.String(google, "thought_signature") is { Length: > 0 } signature) return signature;
        var detail = Details(message).FirstOrDefault(d => IsOfCall(d) && JsonRead.String(d, "id") == id);
        return JsonRead.String(detail, "data");
    }

    private static List<JsonElement> Details(JsonElement message) =>
        message.TryGetProperty("reasoning_details"u8, out var details) && details.ValueKind == JsonValueKind.Array ? [.. details.EnumerateArray()] : [];

    private static bool IsOfCall(JsonElement detail) =>
        JsonRead.String(detail, "data") is not null && JsonRead.String(detail, "id") is { Length: > 0 } &&
        JsonRead.String(detail, "format")?.StartsWith("google-gemini", StringComparison.Ordinal) == true;

    private static ReasoningPart? Part(JsonElement detail)
    {
        if (JsonRead.String(detail, "data") is { Length: > 0 } data) return new ReasoningPart("", null) { RedactedData = data };
        var text = JsonRead.String(detail, "text") ?? JsonRead.String(detail, "summary") ?? "";
        var signature = JsonRead.String(detail, "signature") is { Length: > 0 } s ? s : null;
        return text.Length > 0 || signature is not null ? new ReasoningPart(text, signature) : null;
    }
}
