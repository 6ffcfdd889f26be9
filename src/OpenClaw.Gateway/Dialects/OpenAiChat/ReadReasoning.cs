using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>
/// Reasoning that a client returns in an assistant message: <c>reasoning_content</c> or <c>reasoning</c> with the text, and
/// <c>reasoning_details</c> with texts, signatures and redacted blocks.
/// </summary>
internal static class ReadReasoning
{
    public static IEnumerable<ReasoningPart> Of(JsonElement message)
    {
        var plain = JsonRead.String(message, "reasoning_content") is { Length: > 0 } content ? content : JsonRead.String(message, "reasoning") ?? "";
        var parts = Details(message).Where(d => !IsOfCall(d)).Select(Part).OfType<ReasoningPart>().ToList();
        if (parts.Any(p => p.Text.Length > 0) || plain.Length == 0) return parts;
        // As our streams write it: the text beside, the details only sign it. Which text a second signature signs is not known.
        var signed = parts.Where(p => p.Signature is not null).ToList();
        var first = new ReasoningPart(plain, signed.Count == 1 ? signed[0].Signature : null);
        return parts.Where(p => p.Signature is null).Prepend(first);
    }

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
