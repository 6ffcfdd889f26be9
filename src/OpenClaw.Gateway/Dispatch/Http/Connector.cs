using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace OpenClaw.Gateway.Dispatch.Http;

/// <summary>Opens connections: name, TCP, TLS. Failures are the exceptions that the platform's own client throws, so that they are classified alike.</summary>
internal static class Connector
{
    private static readonly List<SslApplicationProtocol> s_protocols = [SslApplicationProtocol.Http11];

    /// <param name="limit">For all of it.</param>
    /// <exception cref="HttpRequestException">No connection; says what failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; with a <see cref="TimeoutException"/> inside when the limit was over.</exception>
    public static async ValueTask<UpstreamConnection> ConnectAsync(HttpOrigin origin, TimeSpan limit, TimeProvider time, CancellationToken cancel)
    {
        using var clock = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancel);
        try
        {
            var addresses = await ResolveAsync(origin.Host, either.Token).ConfigureAwait(false);
            var socket = await ConnectAsync(addresses, origin.Port, time, either.Token).ConfigureAwait(false);
            var tls = origin.IsTls ? await SecureAsync(socket, origin.Host, either.Token).ConfigureAwait(false) : null;
            return new UpstreamConnection(socket, tls, time.GetTimestamp());
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new OperationCanceledException("no connection in time", new TimeoutException("no connection in time", e), clock.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new NotConnectedException(e);
        }
    }

    private static async ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancel)
    {
        if (IPAddress.TryParse(host, out var address)) return [address];
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(host, cancel).ConfigureAwait(false);
            return addresses.Length > 0 ? addresses : throw new SocketException((int)SocketError.HostNotFound);
        }
        catch (SocketException e)
        {
            throw new HttpRequestException(HttpRequestError.NameResolutionError, "the name does not resolve", e);
        }
    }

    private static async ValueTask<Socket> ConnectAsync(IPAddress[] addresses, int port, TimeProvider time, CancellationToken cancel)
    {
        try
        {
            return await AddressRace.ConnectAsync(addresses, port, time, cancel).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, "no connection", e);
        }
    }

    private static async ValueTask<SslStream> SecureAsync(Socket socket, string host, CancellationToken cancel)
    {
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host, ApplicationProtocols = s_protocols }, cancel).ConfigureAwait(false);
            return tls;
        }
        catch (OperationCanceledException)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        catch (Exception e) when (e is AuthenticationException or IOException or SocketException or InvalidOperationException)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            cancel.ThrowIfCancellationRequested();
            throw new HttpRequestException(HttpRequestError.SecureConnectionError, "the TLS handshake failed", e);
        }
    }
}
