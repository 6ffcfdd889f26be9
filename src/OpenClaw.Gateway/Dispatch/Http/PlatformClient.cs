using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;

namespace OpenClaw.Gateway.Dispatch.Http;

/// <summary>The platform's HTTP client, for origins that speak HTTP/2 or are behind a proxy. Thread-safe.</summary>
internal sealed class PlatformClient : IDisposable
{
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private readonly Lock _lock = new();
    private readonly Dictionary<TimeSpan, HttpMessageInvoker> _invokers = [];

    public static HttpRequestMessage Request(Uri uri, HttpContent body) => new(HttpMethod.Post, uri)
    {
        Content = body,
        // Over TLS the provider may choose HTTP/2; in the clear it is HTTP/1.1.
        Version = HttpVersion.Version11,
        VersionPolicy = uri.Scheme == Uri.UriSchemeHttps ? HttpVersionPolicy.RequestVersionOrHigher : HttpVersionPolicy.RequestVersionOrLower,
    };

    public static SentContent Json(ReadOnlyMemory<byte> body)
    {
        var content = new SentContent(body);
        content.Headers.ContentType = s_json;
        return content;
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, TimeSpan connect, CancellationToken cancel) =>
        Invoker(connect).SendAsync(request, cancel);

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var invoker in _invokers.Values) invoker.Dispose();
            _invokers.Clear();
        }
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
                Proxy = OutwardProxy.Instance,
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
