using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using OpenClaw.Config;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Anthropic;
using OpenClaw.Gateway.Providers;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>
/// Sends one call to one target. The only place where HTTP exceptions become failures. Thread-safe, lives as long as the
/// process; connections are shared by all targets of an address.
/// </summary>
internal sealed class Upstream(TimeProvider time) : IDisposable
{
    // An error body says why in its first kilobytes; the rest is markup.
    private const int MaxErrorBody = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<TimeSpan, HttpMessageInvoker> _invokers = [];

    /// <summary>Opens the call: an answer with a good status, or why not. Does not throw on network failures.</summary>
    /// <param name="clock">Owned by the answer when there is one, else disposed here.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<(UpstreamAnswer? Answer, UpstreamFailure? Failure)> SendAsync(
        Target target, Secret? key, OutgoingBody body, bool stream, TimeSpan connect, AttemptClock clock)
    {
        HttpResponseMessage? response = null;
        try
        {
            using var request = BuildRequest(target, key, body, stream);
            response = await Invoker(connect).SendAsync(request, clock.Token).ConfigureAwait(false);
            if ((int)response.StatusCode is >= 200 and < 300)
            {
                var answer = new UpstreamAnswer(response, await response.Content.ReadAsStreamAsync(clock.Token).ConfigureAwait(false), clock);
                (response, clock) = (null, null!);
                return (answer, null);
            }
            return (null, await ReadFailureAsync(target, response, clock).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (clock is not null && clock.Token.IsCancellationRequested)
        {
            return (null, clock.CallerLeft
                ? new UpstreamFailure(FailureReason.ClientGone, "the caller left")
                : clock.Failure);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or InvalidOperationException or UriFormatException)
        {
            return (null, FailureClassifier.FromException(e, AttemptPhase.Headers));
        }
        finally
        {
            response?.Dispose();
            clock?.Dispose();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var invoker in _invokers.Values) invoker.Dispose();
            _invokers.Clear();
        }
    }

    private async ValueTask<UpstreamFailure> ReadFailureAsync(Target target, HttpResponseMessage response, AttemptClock clock)
    {
        var buffer = new byte[4096];
        using var body = new MemoryStream();
        await using var stream = await response.Content.ReadAsStreamAsync(clock.Token).ConfigureAwait(false);
        int read;
        while (body.Length < MaxErrorBody && (read = await stream.ReadAsync(buffer, clock.Token).ConfigureAwait(false)) > 0) body.Write(buffer, 0, read);
        return FailureClassifier.FromResponse(
            target.Provider.Config.Api, target.Provider.Id, (int)response.StatusCode, RetryAfter.Lookup(response.Headers),
            body.GetBuffer().AsSpan(0, (int)body.Length), response.Content.Headers.ContentType?.MediaType ?? "", time.GetUtcNow());
    }

    private static HttpRequestMessage BuildRequest(Target target, Secret? key, OutgoingBody body, bool stream)
    {
        var uri = stream ? target.StreamUri : target.WholeUri;
        var request = new HttpRequestMessage(HttpMethod.Post, uri)
        {
            Content = body,
            // Over TLS the provider may choose HTTP/2; in the clear it is HTTP/1.1.
            Version = HttpVersion.Version11,
            VersionPolicy = uri.Scheme == "https" ? HttpVersionPolicy.RequestVersionOrHigher : HttpVersionPolicy.RequestVersionOrLower,
        };
        var headers = request.Headers;
        if (target.Dialect.Kind == DialectKind.Anthropic) Forward(body.ClientHeaders, headers, target.Provider.Config.Preset ?? "");
        Identify(headers, target.Provider, target.Dialect.Kind, key);
        return request;
    }

    private static void Forward(IHeaderDictionary? client, HttpRequestHeaders headers, string provider)
    {
        foreach (var name in AnthropicHeaders.Forwarded)
        {
            if (client is not null && AnthropicHeaders.MayForward(name, provider) && client.TryGetValue(name, out var value)) headers.TryAddWithoutValidation(name, value.ToString());
            else if (name == AnthropicHeaders.Version) headers.TryAddWithoutValidation(name, AnthropicHeaders.DefaultVersion);
        }
    }

    /// <summary>Adds the key and what else the provider is told of who asks; configured headers win.</summary>
    public static void Identify(HttpRequestHeaders headers, ProviderEntry provider, DialectKind dialect, Secret? key)
    {
        Authorize(headers, provider.Config, dialect, key);
        if (provider.Config.Preset == "openrouter") Attribute(headers, provider.Config);
        foreach (var (name, value) in provider.HeaderValues())
        {
            headers.Remove(name);
            headers.TryAddWithoutValidation(name, value);
        }
    }

    private static void Authorize(HttpRequestHeaders headers, ProviderConfig provider, DialectKind dialect, Secret? key)
    {
        if (key is null || provider.AuthHeader == false) return;
        var own = provider.AuthHeader == true ? null : dialect switch
        {
            DialectKind.Anthropic => "x-api-key",
            DialectKind.Gemini => "x-goog-api-key",
            _ => null,
        };
        if (own is null) headers.TryAddWithoutValidation("Authorization", "Bearer " + key.Reveal());
        else headers.TryAddWithoutValidation(own, key.Reveal());
    }

    // OpenRouter ranks and attributes applications by these two headers (openrouter.ai/docs/app-attribution).
    private static void Attribute(HttpRequestHeaders headers, ProviderConfig provider)
    {
        if (!provider.Headers.ContainsKey("HTTP-Referer")) headers.TryAddWithoutValidation("HTTP-Referer", "https://openclaw.rocks");
        if (!provider.Headers.ContainsKey("X-Title")) headers.TryAddWithoutValidation("X-Title", "OpenClaw");
    }

    private HttpMessageInvoker Invoker(TimeSpan connect)
    {
        lock (_lock)
        {
            if (_invokers.TryGetValue(connect, out var known)) return known;
            // Invoker, not HttpClient: no default timeout, no buffering, no header rewriting in between.
            var invoker = new HttpMessageInvoker(new SocketsHttpHandler
            {
                ConnectTimeout = connect,
                AllowAutoRedirect = false,
                UseCookies = false,
                AutomaticDecompression = DecompressionMethods.All,
                ActivityHeadersPropagator = null,
                EnableMultipleHttp2Connections = true,
                // A provider's address changes; connections are renewed so that DNS is asked again.
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                PooledConnectionIdleTimeout = TimeSpan.FromSeconds(55),
                MaxResponseHeadersLength = 64,
                // A body that nobody will read any more is a running model: close at once instead of draining.
                MaxResponseDrainSize = 0,
                ResponseDrainTimeout = TimeSpan.Zero,
            });
            return _invokers[connect] = invoker;
        }
    }
}

/// <summary>A request body over memory that the caller owns, and the headers that depend on the original request.</summary>
internal sealed class OutgoingBody : HttpContent
{
    private readonly ReadOnlyMemory<byte> _bytes;

    public OutgoingBody(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes;
        Headers.TryAddWithoutValidation("Content-Type", "application/json");
    }

    /// <summary>The caller's own, of which the provider's dialect may forward some; null = none.</summary>
    public IHeaderDictionary? ClientHeaders { get; init; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(_bytes).AsTask();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        stream.WriteAsync(_bytes, cancellationToken).AsTask();

    protected override bool TryComputeLength(out long length)
    {
        length = _bytes.Length;
        return true;
    }
}
