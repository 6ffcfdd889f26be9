using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Admission;
using OpenClaw.Gateway.Errors;

namespace OpenClaw.Gateway.Inbound;

/// <summary>
/// Who holds which token: those of one snapshot, and the clients of the store. Only hashes are compared, and the hash of what a
/// caller brings is all that the time of the answer depends on: it says nothing about a token. As fast for ten thousand
/// clients as for one. Immutable but for the store's clients.
/// </summary>
internal sealed class Authentication
{
    private const int MaxTokenLength = 512;
    private readonly FrozenDictionary<TokenHash, Caller> _known;
    private readonly FrozenSet<string> _names;
    private readonly ClientDirectory? _stored;
    private readonly TimeProvider _time;

    private Authentication(bool isOpen, FrozenDictionary<TokenHash, Caller> known, ClientDirectory? stored, TimeProvider time) =>
        (IsOpen, _known, _names, _stored, _time) = (isOpen, known, known.Values.Select(static c => c.Name).ToFrozenSet(), stored, time);

    /// <summary>True when no token is asked for (loopback only).</summary>
    public bool IsOpen { get; }

    public static readonly Authentication Open = OpenTo(null);

    /// <summary>Anybody is the owner, but for clients of the store who say who they are.</summary>
    public static Authentication OpenTo(ClientDirectory? stored) => new(true, FrozenDictionary<TokenHash, Caller>.Empty, stored, TimeProvider.System);

    /// <summary>A caller must bring one of these tokens, given as they are or as their SHA-256, or one of the store's. No two callers have one token.</summary>
    public static Authentication Require(IEnumerable<(string Token, Caller Caller)> tokens, IEnumerable<(byte[] Hash, Caller Caller)> hashed, ClientDirectory? stored = null, TimeProvider? time = null)
    {
        var known = new Dictionary<TokenHash, Caller>();
        foreach (var (token, caller) in tokens) known[TokenHash.OfToken(token)] = caller;
        foreach (var (hash, caller) in hashed) known[TokenHash.Of(hash)] = caller;
        return new Authentication(false, known.ToFrozenDictionary(), stored, time ?? TimeProvider.System);
    }

    /// <summary>The caller, or null. Tokens are read from Authorization: Bearer, x-api-key, x-goog-api-key, ?key=.</summary>
    public Caller? Authenticate(HttpRequest request)
    {
        if (IsOpen && _stored is not ({ All.IsEmpty: false } or { IsLoaded: false })) return Caller.Owner;
        var token = Token(request);
        var caller = token.IsEmpty || token.Length > MaxTokenLength ? null : CallerOf(token);
        return caller ?? (IsOpen && !MayBeStored(token) ? Caller.Owner : null);
    }

    /// <summary>What to say to whom <see cref="Authenticate"/> does not know.</summary>
    public GatewayError WhyNot(HttpRequest request) => MayBeStored(Token(request)) ? s_notRead : s_unknown;

    // It may be a client's whom the store has: to refuse its token for good would be wrong, to take it for the owner worse.
    private bool MayBeStored(ReadOnlySpan<char> token) => _stored is { IsLoaded: false } && token.StartsWith(ClientToken.Prefix, StringComparison.Ordinal);

    private static readonly GatewayError s_unknown = new(
        GatewayErrorKind.Unauthenticated, "no valid token; send the gateway token as Authorization: Bearer, x-api-key, x-goog-api-key or ?key=");

    private static readonly GatewayError s_notRead = new(
        GatewayErrorKind.Overloaded, "the store of clients has not been read yet: its database does not answer") { RetryAfter = TimeSpan.FromSeconds(5) };

    private Caller? CallerOf(ReadOnlySpan<char> token)
    {
        Span<byte> utf8 = stackalloc byte[MaxTokenLength * 3];
        Span<byte> sha256 = stackalloc byte[32];
        SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(token, utf8)], sha256);
        var hash = TokenHash.Of(sha256);
        // A name in the file is the file's: what the store has under it does not count.
        if (!_known.TryGetValue(hash, out var caller)) return _stored?.CallerOf(hash) is { } stored && !_names.Contains(stored.Name) ? stored : null;
        return caller.Expires is { } end && end <= _time.GetUtcNow() ? null : caller;
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
