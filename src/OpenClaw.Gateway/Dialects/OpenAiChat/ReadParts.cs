using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>The parts of a message's content, with those that compatible servers added (<c>video_url</c>, <c>audio_url</c>, <c>thinking</c>).</summary>
internal static class ReadParts
{
    /// <summary>Null when the part is broken (and <paramref name="problem"/> says so).</summary>
    public static ChatPart? Read(JsonElement part, string path, RequestProblem problem)
    {
        var type = JsonRead.String(part, "type");
        var read = type switch
        {
            "text" or "input_text" => Text(part, "text", path, problem),
            "refusal" => Text(part, "refusal", path, problem),
            "thinking" => new ReasoningPart(Thinking(part), JsonRead.String(part, "signature")),
            "image_url" => OfUrl(MediaKind.Image, part, "image_url", path, problem),
            "video_url" => OfUrl(MediaKind.Video, part, "video_url", path, problem),
            "audio_url" => OfUrl(MediaKind.Audio, part, "audio_url", path, problem),
            "input_audio" => Sound(part, path, problem),
            "file" => File(part, path, problem),
            null => Broken(path + ".type", "missing; write text, image_url, input_audio or file", problem),
            _ => new UnmappedPart(type + " part"),
        };
        return read is null ? null : read with { CacheControl = CacheControl(part) };
    }

    public static string? CacheControl(JsonElement element) =>
        element.TryGetProperty("cache_control"u8, out var control) && control.ValueKind == JsonValueKind.Object ? control.GetRawText() : null;

    private static ChatPart? Broken(string path, string message, RequestProblem problem)
    {
        problem.Add(path, message);
        return null;
    }

    private static ChatPart? Text(JsonElement part, string field, string path, RequestProblem problem) =>
        JsonRead.String(part, field) is { } text ? new TextPart(text) : Broken($"{path}.{field}", "write a string", problem);

    private static string Thinking(JsonElement part)
    {
        if (!part.TryGetProperty("thinking"u8, out var thinking)) return "";
        return thinking.ValueKind == JsonValueKind.Array
            ? string.Concat(thinking.EnumerateArray().Select(t => JsonRead.String(t, "text")))
            : JsonRead.String(thinking) ?? "";
    }

    private static ChatPart? OfUrl(MediaKind kind, JsonElement part, string field, string path, RequestProblem problem)
    {
        part.TryGetProperty(field, out var holder);
        var url = JsonRead.String(holder) ?? JsonRead.String(holder, "url");
        if (string.IsNullOrEmpty(url)) return Broken($"{path}.{field}.url", "write an http(s) address or data:TYPE;base64,DATA", problem);
        var detail = JsonRead.String(holder, "detail");
        if (!DataUrl.Is(url)) return new MediaPart(kind, "", null, url) { Detail = detail };
        return DataUrl.TryRead(url, out var mediaType, out var base64)
            ? new MediaPart(kind, mediaType, base64, null) { Detail = detail }
            : Broken($"{path}.{field}.url", "not a base64 data address; write data:TYPE;base64,DATA", problem);
    }

    private static ChatPart? Sound(JsonElement part, string path, RequestProblem problem)
    {
        part.TryGetProperty("input_audio"u8, out var audio);
        if (JsonRead.String(audio, "data") is not { Length: > 0 } data) return Broken(path + ".input_audio.data", "write base64 data", problem);
        var format = JsonRead.String(audio, "format") ?? "wav";
        return new MediaPart(MediaKind.Audio, format == "mp3" ? "audio/mpeg" : "audio/" + format, data, null);
    }

    private static ChatPart? File(JsonElement part, string path, RequestProblem problem)
    {
        part.TryGetProperty("file"u8, out var file);
        // An uploaded file lives in one account at one provider.
        if (JsonRead.String(file, "file_id") is { Length: > 0 }) return new UnmappedPart("file_id");
        if (JsonRead.String(file, "file_data") is not { Length: > 0 } data) return Broken(path + ".file.file_data", "write data:TYPE;base64,DATA", problem);
        var name = JsonRead.String(file, "filename");
        if (data.StartsWith("http", StringComparison.OrdinalIgnoreCase)) return new MediaPart(MediaKind.Document, "", null, data) { FileName = name };
        if (!DataUrl.Is(data)) return new MediaPart(MediaKind.Document, "application/pdf", data, null) { FileName = name };
        if (!DataUrl.TryRead(data, out var mediaType, out var base64)) return Broken(path + ".file.file_data", "not a base64 data address; write data:TYPE;base64,DATA", problem);
        return new MediaPart(KindOf(mediaType), mediaType, base64, null) { FileName = name };
    }

    private static MediaKind KindOf(string mediaType) => mediaType.Split('/')[0] switch
    {
        "image" => MediaKind.Image,
        "audio" => MediaKind.Audio,
        "video" => MediaKind.Video,
        _ => MediaKind.Document,
    };
}
