using System.Net;

namespace OpenClaw.Gateway.Dispatch.Http;

/// <summary>
/// The proxy of the environment (<c>HTTP_PROXY</c>, <c>HTTPS_PROXY</c>, <c>ALL_PROXY</c>, <c>NO_PROXY</c>, as the platform reads
/// them), for every address but this machine's own: what runs beside the gateway is not behind a proxy.
/// </summary>
internal sealed class OutwardProxy : IWebProxy
{
    public static readonly OutwardProxy Instance = new();

    private OutwardProxy()
    {
    }

    public ICredentials? Credentials
    {
        get => HttpClient.DefaultProxy.Credentials;
        set => throw new NotSupportedException("the environment's");
    }

    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : HttpClient.DefaultProxy.GetProxy(destination);

    public bool IsBypassed(Uri host) => host.IsLoopback || HttpClient.DefaultProxy.IsBypassed(host);

    /// <summary>Where calls to an origin go first, as <c>host:port</c>, or null: straight there.</summary>
    public string? Before(HttpOrigin origin) =>
        GetProxy(new UriBuilder(origin.IsTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp, origin.Host, origin.Port).Uri) is { } proxy ? $"{proxy.IdnHost}:{proxy.Port}" : null;
}
