using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Errors;

namespace OpenClaw.Gateway.Inbound;

/// <summary>Headers that switch something for one request: <c>on</c> (as without them) or <c>off</c>. Another word is an error: it is never taken for one of the two.</summary>
internal static class SwitchHeaders
{
    public const string Fallback = "x-openclaw-fallback";
    public const string Continuation = "x-openclaw-continuation";
    private static readonly string[] s_names = [Fallback, Continuation, "x-openclaw-commands"];

    /// <summary>Why one of them cannot be kept to, or null.</summary>
    public static GatewayError? Problem(IHeaderDictionary headers)
    {
        foreach (var name in s_names)
        {
            if (!headers.TryGetValue(name, out var value) || Is(value.ToString(), "on") || Is(value.ToString(), "off")) continue;
            return new GatewayError(GatewayErrorKind.BadRequest, $"{name} is \"on\" or \"off\"") { Param = name };
        }
        return null;
    }

    public static bool IsOff(IHeaderDictionary headers, string name) => headers.TryGetValue(name, out var value) && Is(value.ToString(), "off");

    private static bool Is(string value, string word) => value.AsSpan().Trim().Equals(word, StringComparison.OrdinalIgnoreCase);
}
