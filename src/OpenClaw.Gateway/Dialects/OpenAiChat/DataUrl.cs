namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary><c>data:TYPE;base64,DATA</c> (RFC 2397).</summary>
internal static class DataUrl
{
    public static bool Is(string url) => url.StartsWith("data:", StringComparison.OrdinalIgnoreCase);

    /// <summary>False when it is not base64.</summary>
    public static bool TryRead(string url, out string mediaType, out string base64)
    {
        mediaType = base64 = "";
        var comma = url.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0) return false;
        var head = url[5..comma].Split(';');
        if (!head[^1].Trim().Equals("base64", StringComparison.OrdinalIgnoreCase)) return false;
        mediaType = head.Length > 1 && head[0].Length > 0 ? head[0].Trim().ToLowerInvariant() : "text/plain";
        base64 = url[(comma + 1)..];
        return base64.Length > 0;
    }

    public static string Write(string mediaType, string base64) => $"data:{mediaType};base64,{base64}";
}
