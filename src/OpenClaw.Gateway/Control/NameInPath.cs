using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OpenClaw.Gateway.Control;

/// <summary>The name that stands between two parts of a request's path, decoded once.</summary>
internal static class NameInPath
{
    /// <param name="before">Of the path, up to the name; the path begins with it and ends with <paramref name="after"/>.</param>
    public static string Read(HttpContext http, string before, string after)
    {
        // From the request line itself: in the decoded path a slash inside a name cannot be told from one between segments, nor a
        // percent sign from a code.
        var line = http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        var end = line.IndexOf('?', StringComparison.Ordinal);
        if (end >= 0) line = line[..end];
        var isPlain = line.StartsWith(before, StringComparison.Ordinal) && line.EndsWith(after, StringComparison.Ordinal);
        return isPlain ? Uri.UnescapeDataString(line[before.Length..^after.Length]) : http.Request.Path.Value![before.Length..^after.Length];
    }
}
