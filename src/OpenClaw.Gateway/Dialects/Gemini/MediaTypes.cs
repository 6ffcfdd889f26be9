namespace OpenClaw.Gateway.Dialects.Gemini;

/// <summary>Media types by the ending of an address, for <c>fileData</c>, which must name one.</summary>
internal static class GeminiMediaTypes
{
    /// <summary>The part's own type, or a guess from its URL, or null.</summary>
    public static string? Of(MediaPart media)
    {
        // Written by many, and no media type.
        if (media.MediaType.Equals("image/jpg", StringComparison.OrdinalIgnoreCase)) return "image/jpeg";
        if (media.MediaType.Length > 0) return media.MediaType;
        var path = (media.Url ?? "").Split('?', '#')[0];
        var dot = path.LastIndexOf('.');
        return dot < 0 ? null : OfExtension(path[(dot + 1)..].ToLowerInvariant());
    }

    private static string? OfExtension(string extension) => extension switch
    {
        "png" => "image/png",
        "jpg" or "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "heic" => "image/heic",
        "heif" => "image/heif",
        "gif" => "image/gif",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        "html" => "text/html",
        "csv" => "text/csv",
        "mp3" => "audio/mp3",
        "wav" => "audio/wav",
        "flac" => "audio/flac",
        "ogg" => "audio/ogg",
        "mp4" => "video/mp4",
        "mov" => "video/mov",
        "webm" => "video/webm",
        _ => null,
    };
}
