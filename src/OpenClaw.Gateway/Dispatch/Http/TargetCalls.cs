using System.Buffers;
using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Providers;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Dispatch.Http;

/// <summary>
/// What does not change between the calls to one target: its connections, and the beginning of the request's head, which is
/// written once for a key and a state of the secrets. Thread-safe; belongs to the target.
/// </summary>
internal sealed class TargetCalls(Target target, ConnectionPool pool)
{
    // Fields that are the client's own business (RFC 9112), whoever configures them.
    private static readonly HashSet<string> s_ours = new(StringComparer.OrdinalIgnoreCase)
    {
        "Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "Upgrade", "Expect", "TE", "Trailer",
    };

    // RFC 9110, section 5.6.2.
    private static readonly SearchValues<char> s_token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<char> s_sendable = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(static c => (char)c), '\t']);

    private Head? _whole;
    private Head? _stream;

    public ConnectionPool Pool => pool;

    /// <summary>Request line and fields, without those that depend on the request.</summary>
    /// <exception cref="HttpRequestException">A field's value cannot be sent; the message names the field only.</exception>
    public ReadOnlySpan<byte> HeadFor(Secret? key, bool stream)
    {
        ref var kept = ref stream ? ref _stream : ref _whole;
        var version = target.Provider.Secrets.Version;
        var head = Volatile.Read(ref kept);
        if (head is null || head.Key != key || head.Version != version) Volatile.Write(ref kept, head = new Head(Write(key, stream), key, version));
        return head.Bytes;
    }

    /// <summary>The fields that say who asks; configured ones win.</summary>
    public static List<KeyValuePair<string, string>> Identity(ProviderEntry provider, DialectKind dialect, Secret? key)
    {
        var fields = new List<KeyValuePair<string, string>>();
        var config = provider.Config;
        if (key is not null && config.AuthHeader != false)
        {
            fields.Add(dialect switch
            {
                DialectKind.Anthropic when config.AuthHeader != true => new("x-api-key", key.Reveal()),
                DialectKind.Gemini when config.AuthHeader != true => new("x-goog-api-key", key.Reveal()),
                _ => new("Authorization", "Bearer " + key.Reveal()),
            });
        }
        // OpenRouter ranks and attributes applications by these two headers (openrouter.ai/docs/app-attribution).
        if (config.Preset == "openrouter")
        {
            if (!config.Headers.ContainsKey("HTTP-Referer")) fields.Add(new("HTTP-Referer", "https://openclaw.rocks"));
            if (!config.Headers.ContainsKey("X-Title")) fields.Add(new("X-Title", "OpenClaw"));
        }
        foreach (var (name, value) in provider.HeaderValues())
        {
            fields.RemoveAll(f => f.Key.Equals(name, StringComparison.OrdinalIgnoreCase));
            fields.Add(new(name, value));
        }
        return fields;
    }

    /// <summary>True when a value may stand in a head: visible ASCII, spaces and tabs.</summary>
    public static bool MayBeSent(ReadOnlySpan<char> value) => value.IndexOfAnyExcept(s_sendable) < 0;

    private byte[] Write(Secret? key, bool stream)
    {
        var uri = stream ? target.StreamUri : target.WholeUri;
        var fields = Identity(target.Provider, target.Dialect.Kind, key);
        var text = new StringBuilder("POST ").Append(uri.PathAndQuery).Append(" HTTP/1.1\r\n");
        AddUnlessConfigured("Host", HostOf(uri));
        text.Append("Content-Type: application/json\r\n");
        AddUnlessConfigured("Accept-Encoding", "gzip, deflate, br");
        foreach (var (name, value) in fields)
        {
            if (name.Length == 0 || name.AsSpan().IndexOfAnyExcept(s_token) >= 0 || s_ours.Contains(name)) continue;
            if (!MayBeSent(value)) throw new HttpRequestException($"the header {name} holds characters that a header cannot have");
            text.Append(name).Append(": ").Append(value).Append("\r\n");
        }
        return Encoding.ASCII.GetBytes(text.ToString());

        void AddUnlessConfigured(string name, string value)
        {
            if (!fields.Exists(f => f.Key.Equals(name, StringComparison.OrdinalIgnoreCase))) text.Append(name).Append(": ").Append(value).Append("\r\n");
        }
    }

    private static string HostOf(Uri uri)
    {
        var host = uri.HostNameType == UriHostNameType.IPv6 ? $"[{uri.IdnHost}]" : uri.IdnHost;
        return uri.IsDefaultPort ? host : $"{host}:{uri.Port}";
    }

    private sealed class Head(byte[] bytes, Secret? key, int version)
    {
        public byte[] Bytes => bytes;

        public Secret? Key => key;

        public int Version => version;
    }
}
