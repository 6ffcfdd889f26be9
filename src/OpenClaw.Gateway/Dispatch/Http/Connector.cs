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
            var started = time.GetTimestamp();
            var addresses = await ResolveAsync(origin.Host, either.Token).ConfigureAwait(false);
            var socket = await ConnectAsync(addresses, origin.Port, limit - time.GetElapsedTime(started), time, either.Token).ConfigureAwait(false);
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

    // In the resolver's order. Each address gets its share of the time, so that one that swallows packets does not use it up.
    private static async ValueTask<Socket> ConnectAsync(IPAddress[] addresses, int port, TimeSpan left, TimeProvider time, CancellationToken cancel)
    {
        SocketException? last = null;
        for (var i = 0; i < addresses.Length; i++)
        {
            var isLast = i == addresses.Length - 1;
            using var share = new CancellationTokenSource(isLast ? Timeout.InfiniteTimeSpan : Share(left, addresses.Length - i), time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(share.Token, cancel);
            var socket = new Socket(addresses[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                var started = time.GetTimestamp();
                await socket.ConnectAsync(new IPEndPoint(addresses[i], port), either.Token).ConfigureAwait(false);
                left -= time.GetElapsedTime(started);
                return socket;
            }
            catch (SocketException e)
            {
                socket.Dispose();
                last = e;
            }
            catch (OperationCanceledException) when (!isLast && !cancel.IsCancellationRequested)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
        throw new HttpRequestException(HttpRequestError.ConnectionError, "no connection", last);
    }

    private static TimeSpan Share(TimeSpan left, int addresses) => left > TimeSpan.FromMilliseconds(2) ? left / addresses : TimeSpan.FromMilliseconds(1);

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
