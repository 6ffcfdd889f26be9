using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Sockets;

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

    // The platform tries one address after another, each for as long as it likes.
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var place = context.DnsEndPoint;
        IPAddress[] addresses = IPAddress.TryParse(place.Host, out var address) ? [address] : await Dns.GetHostAddressesAsync(place.Host, cancel).ConfigureAwait(false);
        if (addresses.Length == 0) throw new SocketException((int)SocketError.HostNotFound);
        return new NetworkStream(await AddressRace.ConnectAsync(addresses, place.Port, TimeProvider.System, cancel).ConfigureAwait(false), ownsSocket: true);
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
                ConnectCallback = ConnectAsync,
                Proxy = OutwardProxy.Instance,
                AllowAutoRedirect = false,
                UseCookies = false,
                AutomaticDecompression = DecompressionMethods.All,
                ActivityHeadersPropagator = null,
                EnableMultipleHttp2Connections = true,
                // A connection whose way has gone silent is found out and given up, and the next call opens another.
                KeepAlivePingDelay = TimeSpan.FromSeconds(15),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
                KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
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
