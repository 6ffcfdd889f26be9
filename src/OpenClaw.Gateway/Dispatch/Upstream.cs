using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Anthropic;
using OpenClaw.Gateway.Dispatch.Http;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>
/// Sends one call to one target. The only place where HTTP exceptions become failures. Thread-safe, lives as long as the
/// process; connections are shared by all targets of an origin. HTTP/1.1 goes over connections of our own, HTTP/2 and
/// proxies over the platform's client (docs/adr/0013-own-http-client.md).
/// </summary>
internal sealed class Upstream(TimeProvider time) : IDisposable, IAsyncDisposable
{
    // An error body says why in its first kilobytes; the rest is markup.
    private const int MaxErrorBody = 64 * 1024;
    private static readonly TimeSpan s_errorBody = TimeSpan.FromSeconds(1);

    // A shorter key may be any word, or a part of one.
    private const int ShortestKey = 8;
    private const int ShortestPart = 4;

    // Of a key so many characters in a row are too many, wherever it was cut.
    private const int LongPart = 12;
    private const int ProxyRefuses = 407;

    private readonly ConditionalWeakTable<Target, TargetCalls> _calls = [];
    private readonly Http1Client _own = new(time);
    private readonly PlatformClient _platform = new();

    /// <summary>Opens the call: an answer with a good status, or why not. Does not throw on network failures.</summary>
    /// <param name="body">Owned by this call from now on.</param>
    /// <param name="clock">Owned by the answer when there is one, else disposed here.</param>
    /// <param name="fresh">Not over a connection that has rested.</param>
    public ValueTask<(UpstreamAnswer? Answer, UpstreamFailure? Failure)> SendAsync(
        Target target, Secret? key, OutgoingBody body, bool stream, TimeSpan connect, AttemptClock clock, bool fresh = false)
    {
        if (!_calls.TryGetValue(target, out var calls)) calls = _calls.GetValue(target, t => new TargetCalls(t, _own.PoolOf(t.WholeUri)));
        return calls.Pool.IsOurs
            ? SendOwnAsync(calls, target, key, body, stream, connect, clock, fresh)
            : SendPlatformAsync(calls, target, key, body, stream, connect, clock);
    }

    public void Dispose()
    {
        _own.Dispose();
        _platform.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(UpstreamAnswer? Answer, UpstreamFailure? Failure)> SendOwnAsync(
        TargetCalls calls, Target target, Secret? key, OutgoingBody body, bool stream, TimeSpan connect, AttemptClock clock, bool fresh)
    {
        ResponseBody? response = null;
        UpstreamAnswer? answer = null;
        try
        {
            using (body)
            {
                var more = target.Dialect.Kind == DialectKind.Anthropic ? Forwarded(body.ClientHeaders, target) : null;
                response = await _own.SendAsync(calls.Pool, body.Message(calls.HeadFor(key, stream), more), connect, clock.Token, fresh).ConfigureAwait(false);
            }
            var head = response.Head;
            var content = head.Encoding is null ? response : await DecodedAsync(response, head.Encoding, clock.Token).ConfigureAwait(false);
            if (head.Status is < 200 or > 299)
            {
                return (null, await ReadFailureAsync(target, key, head.Status, head.Field, head.ContentType, content, clock).ConfigureAwait(false));
            }
            answer = new UpstreamAnswer(head.Status, head.ContentType, content, response, clock);
            return (answer, null);
        }
        catch (Exception e) when (IsOfCall(e))
        {
            return (null, FailureOf(e, calls, clock));
        }
        finally
        {
            if (answer is null)
            {
                response?.Dispose();
                clock.Dispose();
            }
        }
    }

    private async ValueTask<(UpstreamAnswer? Answer, UpstreamFailure? Failure)> SendPlatformAsync(
        TargetCalls calls, Target target, Secret? key, OutgoingBody body, bool stream, TimeSpan connect, AttemptClock clock)
    {
        HttpResponseMessage? response = null;
        UpstreamAnswer? answer = null;
        var asked = PlatformClient.Json(body.Content);
        try
        {
            using var request = PlatformClient.Request(stream ? target.StreamUri : target.WholeUri, asked);
            foreach (var (name, value) in TargetCalls.Identity(target.Provider, target.Dialect.Kind, key)) request.Headers.TryAddWithoutValidation(name, value);
            if (target.Dialect.Kind == DialectKind.Anthropic)
            {
                foreach (var (name, value) in Forwarding(body.ClientHeaders, target)) request.Headers.TryAddWithoutValidation(name, value);
            }
            // The body's memory is not returned: over HTTP/2 it may still be on its way when the answer is here.
            response = await _platform.SendAsync(request, connect, clock.Token).ConfigureAwait(false);
            if (calls.Pool.Origin.IsTls && response.Version.Major == 1 && OutwardProxy.Instance.Before(calls.Pool.Origin) is null) calls.Pool.Learned(speaksHttp11: true);
            var contentType = response.Content.Headers.ContentType?.MediaType ?? "";
            var content = await response.Content.ReadAsStreamAsync(clock.Token).ConfigureAwait(false);
            if ((int)response.StatusCode is < 200 or > 299)
            {
                return (null, await ReadFailureAsync(target, key, (int)response.StatusCode, RetryAfter.Lookup(response.Headers), contentType, content, clock).ConfigureAwait(false));
            }
            answer = new UpstreamAnswer((int)response.StatusCode, contentType, content, response, clock);
            return (answer, null);
        }
        catch (Exception e) when (IsOfCall(e))
        {
            return (null, FailureOf(e, calls, clock) with { IsUnsent = !asked.HasBegun });
        }
        finally
        {
            if (answer is null)
            {
                response?.Dispose();
                clock.Dispose();
            }
        }
    }

    // The platform's client lets the socket's own exception out when a connection dies between connecting and its first use.
    internal static bool IsOfCall(Exception e) =>
        e is HttpRequestException or IOException or System.Net.Sockets.SocketException or OperationCanceledException or InvalidOperationException or InvalidDataException or UriFormatException;

    /// <summary>What reading an answer's body throws when it breaks, or is not compressed as its head says: Brotli's decoder reports that as an invalid operation.</summary>
    internal static bool IsOfBody(Exception e) => e is IOException or HttpRequestException or InvalidDataException or (InvalidOperationException and not ObjectDisposedException);

    private static UpstreamFailure FailureOf(Exception e, TargetCalls calls, AttemptClock clock)
    {
        if (e is OperationCanceledException && clock.Token.IsCancellationRequested)
        {
            var failure = clock.CallerLeft ? new UpstreamFailure(FailureReason.ClientGone, "the caller left") : clock.Failure;
            return e is NotConnectedException ? failure with { IsUnsent = true } : failure;
        }
        // The origin may have changed its mind about protocols; the platform's client finds out.
        if (calls.Pool.Origin.IsTls && e is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }) calls.Pool.Learned(speaksHttp11: false);
        var other = FailureClassifier.FromException(e, AttemptPhase.Headers) with { IsStaleConnection = e is StaleConnectionException };
        // Who finds no way there is told who stands in it.
        return other.Reason is FailureReason.Connect or FailureReason.Dns && OutwardProxy.Instance.Before(calls.Pool.Origin) is { } proxy
            ? other with { Message = $"{other.Message} (through the proxy {proxy})" }
            : other;
    }

    private async ValueTask<UpstreamFailure> ReadFailureAsync(Target target, Secret? key, int status, Func<string, string?> header, string contentType, Stream content, AttemptClock clock)
    {
        using var body = new PooledBytes();
        await using (content.ConfigureAwait(false))
        {
            clock.Start(ClockPhase.Closing, s_errorBody);
            try
            {
                int read;
                while (body.Count < MaxErrorBody && (read = await content.ReadAsync(body.GetMemory(4096), clock.Token).ConfigureAwait(false)) > 0) body.Advance(read);
            }
            catch (Exception e) when (IsOfCall(e) && !clock.CallerLeft)
            {
                // It broke, or stands still. The status has said most of it already.
            }
            // Its words are the proxy's own, and may repeat what it was given.
            if (status == ProxyRefuses) return new UpstreamFailure(FailureReason.Connect, $"the proxy on the way to {target.Provider.Id} refused its user name or password (407)", status);
            var secrets = new CallSecrets(target.Provider, key);
            foreach (var secret in secrets.All()) Blank(body.Writable(0, body.Count), secret);
            // Again in words: there a key may have stood behind an escape, and a short one may be blanked too.
            return Without(secrets, FailureClassifier.FromResponse(target.Provider.Config.Api, target.Provider.Id, status, header, body.Span, contentType, time.GetUtcNow()));
        }
    }

    // Some providers repeat the key that they refuse, and not every key looks like one. A short one may be a number of the body's own.
    private static void Blank(Span<byte> body, string secret)
    {
        if (secret.Length < ShortestKey) return;
        var bytes = Encoding.UTF8.GetBytes(secret);
        for (int at; (at = body.IndexOf(bytes)) >= 0; body = body[(at + bytes.Length)..]) body.Slice(at, bytes.Length).Fill((byte)'*');
    }

    /// <summary>The same for an error whose words are read already.</summary>
    public static UpstreamFailure Without(in CallSecrets secrets, UpstreamFailure failure)
    {
        foreach (var secret in secrets.All())
        {
            if (!MayBeBlanked(secret)) continue;
            failure = failure with
            {
                Message = Without(secret, failure.Message),
                Code = failure.Code is null ? null : Without(secret, failure.Code),
                Param = failure.Param is null ? null : Without(secret, failure.Param),
                OwnCode = failure.OwnCode is null ? null : Without(secret, failure.OwnCode),
            };
        }
        return failure;
    }

    // What is shorter than a key may be any word: then only what is no word, and only where it stands alone.
    private static bool MayBeBlanked(string key) => key.Length >= ShortestKey || (key.Length >= ShortestPart && !key.All(char.IsAsciiLetter));

    private static string Without(string key, string words)
    {
        for (var at = words.IndexOf(key, StringComparison.Ordinal); at >= 0; at = words.IndexOf(key, at + 1, StringComparison.Ordinal))
        {
            var end = at + key.Length;
            var isPart = (at > 0 && char.IsAsciiLetterOrDigit(words[at - 1])) || (end < words.Length && char.IsAsciiLetterOrDigit(words[end]));
            if (key.Length >= ShortestKey || !isPart) words = words[..at] + "***" + words[end..];
        }
        words = WithoutParts(key, words);
        if (!words.EndsWith('…')) return words;
        // What was shortened may end in the middle of it.
        var shown = words[..^1];
        for (var length = Math.Min(key.Length - 1, shown.Length); length >= ShortestPart; length--)
        {
            if (shown.EndsWith(key[..length], StringComparison.Ordinal)) return shown[..^length] + "***…";
        }
        return words;
    }

    private static string WithoutParts(string key, string words)
    {
        for (var from = 0; from + LongPart <= key.Length; from++)
        {
            var at = words.AsSpan().IndexOf(key.AsSpan(from, LongPart));
            if (at < 0) continue;
            var length = words.AsSpan(at).CommonPrefixLength(key.AsSpan(from));
            words = words[..at] + "***" + words[(at + length)..];
            // Once more from here: it may stand there twice.
            from--;
        }
        return words;
    }

    private static async ValueTask<Stream> DecodedAsync(ResponseBody body, string encoding, CancellationToken cancel) => encoding switch
    {
        "gzip" => new GZipStream(body, CompressionMode.Decompress),
        "br" => new BrotliStream(body, CompressionMode.Decompress),
        // Meant is zlib's format (RFC 9110, section 8.4.1.2); some send the bare kind, whose first byte cannot be zlib's.
        _ => (await body.PeekAsync(cancel).ConfigureAwait(false) & 0x0F) == 8
            ? new ZLibStream(body, CompressionMode.Decompress)
            : new DeflateStream(body, CompressionMode.Decompress),
    };

    private static byte[] Forwarded(IHeaderDictionary? client, Target target)
    {
        var text = new StringBuilder(64);
        foreach (var (name, value) in Forwarding(client, target))
        {
            if (TargetCalls.MayBeSent(value)) text.Append(name).Append(": ").Append(value).Append("\r\n");
        }
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    internal static IEnumerable<KeyValuePair<string, string>> Forwarding(IHeaderDictionary? client, Target target)
    {
        foreach (var name in AnthropicHeaders.Forwarded)
        {
            if (target.Provider.Config.Headers.Keys.Contains(name, StringComparer.OrdinalIgnoreCase)) continue;
            if (client is not null && AnthropicHeaders.MayForward(name, target.Provider.Config.Preset ?? "") && client.TryGetValue(name, out var value)) yield return new(name, value.ToString());
            else if (name == AnthropicHeaders.Version) yield return new(name, AnthropicHeaders.DefaultVersion);
        }
    }
}
