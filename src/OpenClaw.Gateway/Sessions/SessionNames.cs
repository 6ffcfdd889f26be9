using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Inbound;

namespace OpenClaw.Gateway.Sessions;

/// <summary>Finds the session that a request names. Pure.</summary>
internal static class SessionNames
{
    public const int MaxLength = 256;

    /// <summary>
    /// The name, or null when the request names none. The header is looked at first and must be well written; what a client
    /// sends for other purposes (<c>user</c>, <c>metadata.user_id</c>, <c>prompt_cache_key</c>) is taken as it comes.
    /// </summary>
    /// <param name="from">In this order (<c>sessions.from</c>).</param>
    public static (string? Name, GatewayError? Error) Find(IHeaderDictionary headers, RequestEnvelope envelope, ImmutableArray<string> from)
    {
        if (headers.TryGetValue("x-openclaw-session", out var header) && header.Count > 0 && header[0] is { } written)
        {
            var name = written.Trim();
            return IsWellWritten(name) ? (name, null) : (null, s_badHeader);
        }
        foreach (var place in from)
        {
            var name = place switch
            {
                "user_id" => envelope.UserId,
                "user" => envelope.User,
                "prompt_cache_key" => envelope.PromptCacheKey,
                _ => null,
            };
            if (!string.IsNullOrWhiteSpace(name)) return (Clean(name.Trim()), null);
        }
        return (null, null);
    }

    /// <summary>One to 256 characters, none of them a control character or half of a pair. Not a dot or two: in a path they are places, however they are encoded.</summary>
    public static bool IsWellWritten(string name) => name.Length is > 0 and <= MaxLength && name is not ("." or "..") && IsPrintable(name);

    /// <summary>Such a name from any text: what cannot be shown is percent-encoded, and the tail of a long one is replaced by its hash, so that two stay two.</summary>
    public static string Clean(string text)
    {
        var shown = text is "." or ".." ? text.Replace(".", "%2E", StringComparison.Ordinal) : IsPrintable(text) ? text : Uri.EscapeDataString(text);
        if (shown.Length <= MaxLength) return shown;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        var cut = MaxLength - 33;
        if (char.IsHighSurrogate(shown[cut - 1])) cut--;
        return shown[..cut] + "~" + hash[..32];
    }

    private static bool IsPrintable(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i])) return false;
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return false;
            i++;
        }
        return true;
    }

    private static readonly GatewayError s_badHeader = new(
        GatewayErrorKind.BadRequest, $"x-openclaw-session is a name of 1 to {MaxLength} characters without control characters, and not a dot or two") { Param = "x-openclaw-session" };
}
