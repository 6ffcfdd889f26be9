using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace OpenClaw.Gateway.Inbound;

/// <summary>
/// Tokens of one snapshot, hashed. A caller's token is compared with every known one in constant time, so that the time an
/// answer takes says nothing about which matched. Immutable.
/// </summary>
internal sealed class Authentication
{
    private const int MaxTokenLength = 512;
    private readonly ImmutableArray<(byte[] Hash, Caller Caller)> _known;

    private Authentication(bool isOpen, ImmutableArray<(byte[], Caller)> known)
    {
        IsOpen = isOpen;
        _known = known;
    }

    /// <summary>True when no token is asked for (loopback only).</summary>
    public bool IsOpen { get; }

    public static readonly Authentication Open = new(true, []);

    /// <summary>A caller must bring one of these tokens, given as they are or as their SHA-256.</summary>
    public static Authentication Require(IEnumerable<(string Token, Caller Caller)> tokens, IEnumerable<(byte[] Hash, Caller Caller)> hashed) =>
        new(false, [.. tokens.Select(static t => (SHA256.HashData(Encoding.UTF8.GetBytes(t.Token)), t.Caller)), .. hashed]);

    /// <summary>The caller, or null. Tokens are read from Authorization: Bearer, x-api-key, x-goog-api-key, ?key=.</summary>
    public Caller? Authenticate(HttpRequest request)
    {
        if (IsOpen) return Caller.Owner;
        var token = Token(request);
        if (token.IsEmpty || token.Length > MaxTokenLength) return null;
        Span<byte> utf8 = stackalloc byte[MaxTokenLength * 3];
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(token, utf8)], hash);
        Caller? found = null;
        foreach (var (known, caller) in _known)
        {
            if (CryptographicOperations.FixedTimeEquals(known, hash)) found = caller;
        }
        return found;
    }

    private static ReadOnlySpan<char> Token(HttpRequest request)
    {
        var headers = request.Headers;
        var authorization = headers.Authorization.ToString();
        if (authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return authorization.AsSpan(7).Trim();
        if (headers.TryGetValue("x-api-key", out var key) && key.Count > 0) return key[0];
        if (headers.TryGetValue("x-goog-api-key", out var google) && google.Count > 0) return google[0];
        return request.QueryString.HasValue && request.Query.TryGetValue("key", out var query) ? query[0] : null;
    }
}
