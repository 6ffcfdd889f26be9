using System.Text;
using System.Text.Json;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>Content blocks of a request.</summary>
internal static class WriteContent
{
    public static void Message(Utf8JsonWriter json, PlannedMessage message, ICollection<string> unsupported)
    {
        json.WriteStartObject();
        json.WriteString("role"u8, message.Role == ChatRole.User ? "user"u8 : "assistant"u8);
        json.WriteStartArray("content"u8);
        foreach (var part in message.Parts) Part(json, part, unsupported);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void Text(Utf8JsonWriter json, string text, string? cacheControl)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "text"u8);
        json.WriteString("text"u8, text);
        CacheControl(json, cacheControl);
        json.WriteEndObject();
    }

    /// <param name="raw">Raw JSON of an object, or null.</param>
    public static void CacheControl(Utf8JsonWriter json, string? raw)
    {
        if (raw is null) return;
        json.WritePropertyName("cache_control"u8);
        json.WriteRawValue(raw, skipInputValidation: true);
    }

    /// <summary>Whether the protocol has a block for it: images of four types, PDF, plain text. If not, <paramref name="unsupported"/> says so.</summary>
    public static bool CanWrite(MediaPart media, ICollection<string> unsupported)
    {
        var can = media.Kind switch
        {
            MediaKind.Image => media.Url is not null || media.MediaType is "image/jpeg" or "image/png" or "image/gif" or "image/webp" or "image/jpg",
            MediaKind.Document => media.Url is not null || media.MediaType is "application/pdf" || IsText(media),
            _ => false,
        };
        if (can && media.HasDetail) unsupported.Note("image detail");
        if (can) return true;
        unsupported.Note(media.Kind switch
        {
            MediaKind.Audio => "audio input",
            MediaKind.Video => "video input",
            _ => $"{media.MediaType} input",
        });
        return false;
    }

    private static bool IsText(MediaPart media) => media.MediaType.StartsWith("text/", StringComparison.Ordinal) || media.MediaType is "application/json";

    private static void Part(Utf8JsonWriter json, ChatPart part, ICollection<string> unsupported)
    {
        switch (part)
        {
            case TextPart text: Text(json, text.Text, text.CacheControl); break;
            case MediaPart media: Media(json, media); break;
            case ReasoningPart reasoning: Reasoning(json, reasoning); break;
            case ToolCallPart call: Call(json, call, unsupported); break;
            case ToolResultPart result: Result(json, result, unsupported); break;
            default: break;
        }
    }

    private static void Media(Utf8JsonWriter json, MediaPart media)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, media.Kind == MediaKind.Image ? "image"u8 : "document"u8);
        json.WriteStartObject("source"u8);
        if (media.Url is { } url)
        {
            json.WriteString("type"u8, "url"u8);
            json.WriteString("url"u8, url);
        }
        else if (media.Kind == MediaKind.Document && IsText(media))
        {
            json.WriteString("type"u8, "text"u8);
            json.WriteString("media_type"u8, "text/plain"u8);
            json.WriteString("data"u8, Decoded(media.Base64));
        }
        else
        {
            json.WriteString("type"u8, "base64"u8);
            json.WriteString("media_type"u8, media.MediaType == "image/jpg" ? "image/jpeg" : media.MediaType);
            json.WriteString("data"u8, media.Base64);
        }
        json.WriteEndObject();
        if (media is { Kind: MediaKind.Document, FileName: { Length: > 0 } name }) json.WriteString("title"u8, name);
        CacheControl(json, media.CacheControl);
        json.WriteEndObject();
    }

    private static string Decoded(string? base64)
    {
        var bytes = new byte[base64?.Length ?? 0];
        return Convert.TryFromBase64String(base64 ?? "", bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : base64 ?? "";
    }

    private static void Reasoning(Utf8JsonWriter json, ReasoningPart reasoning)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, reasoning.RedactedData is null ? "thinking"u8 : "redacted_thinking"u8);
        if (reasoning.RedactedData is { } data) json.WriteString("data"u8, data);
        else
        {
            json.WriteString("thinking"u8, reasoning.Text);
            json.WriteString("signature"u8, reasoning.Signature);
        }
        json.WriteEndObject();
    }

    private static void Call(Utf8JsonWriter json, ToolCallPart call, ICollection<string> unsupported)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "tool_use"u8);
        json.WriteString("id"u8, ReasoningMark.CleanId(call.Id));
        json.WriteString("name"u8, call.Name);
        json.WritePropertyName("input"u8);
        if (!ToolInput.Write(json, call.ArgumentsJson)) unsupported.Note("tool arguments that are not JSON");
        CacheControl(json, call.CacheControl);
        json.WriteEndObject();
    }

    private static void Result(Utf8JsonWriter json, ToolResultPart result, ICollection<string> unsupported)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "tool_result"u8);
        json.WriteString("tool_use_id"u8, ReasoningMark.CleanId(result.CallId));
        var content = result.Content.Where(p => p is TextPart { Text.Length: > 0 } || (p is MediaPart media && CanWrite(media, unsupported))).ToList();
        if (content.Count > 0)
        {
            json.WriteStartArray("content"u8);
            foreach (var part in content) Part(json, part, unsupported);
            json.WriteEndArray();
        }
        if (result.IsError) json.WriteBoolean("is_error"u8, true);
        CacheControl(json, result.CacheControl);
        json.WriteEndObject();
    }
}
