using System.Collections.Concurrent;
using System.Net.Http;
using System.Runtime.CompilerServices;

namespace OpenClaw.Gateway.Dispatch.Http;

/// <summary>
/// Requests over HTTP/1.1 connections that are kept alive (docs/adr/0013-own-http-client.md). Says nothing of redirects,
/// cookies and proxies: a call to a model has none. Thread-safe.
/// </summary>
internal sealed class Http1Client : IDisposable
{
    private static readonly TimeSpan s_sweep = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<HttpOrigin, ConnectionPool> _pools = new();
    private readonly TimeProvider _time;
    private readonly ITimer _sweeper;

    public Http1Client(TimeProvider time)
    {
        _time = time;
        _sweeper = time.CreateTimer(static c => ((Http1Client)c!).Sweep(), this, s_sweep, s_sweep);
    }

    public ConnectionPool PoolOf(Uri address) => _pools.GetOrAdd(HttpOrigin.Of(address), static (origin, x) => new ConnectionPool(
        origin, x._time, isOurs: !origin.IsTls && !IsBehindProxy(x.address)), (_time, address));

    /// <summary>Sends a whole request and reads the head of its answer.</summary>
    /// <param name="message">Head and body; must not change until this returns.</param>
    /// <param name="connect">For name, TCP and TLS of a new connection.</param>
    /// <param name="cancel">Until the body is disposed, it closes the connection.</param>
    /// <exception cref="HttpRequestException">No connection, or the answer is not HTTP.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ResponseBody> SendAsync(ConnectionPool pool, ReadOnlyMemory<byte> message, TimeSpan connect, CancellationToken cancel)
    {
        var isReused = pool.TryTake(out var connection);
        while (true)
        {
            connection ??= await Connector.ConnectAsync(pool.Origin, connect, _time, cancel).ConfigureAwait(false);
            try
            {
                connection.Begin(cancel);
                await connection.WriteAsync(message).ConfigureAwait(false);
            }
            catch (IOException) when (isReused)
            {
                // It died while it rested, before it took the request: that is no failure of the origin. Once, on a new one.
                connection.Dispose();
                (connection, isReused) = (null, false);
                continue;
            }
            catch
            {
                connection.Dispose();
                throw;
            }
            break;
        }
        // Once a request is out it may have been taken: from here on the caller decides whether it is sent again.
        try
        {
            // The socket is awaited here and not in a method of the connection: each state machine between costs every request.
            while (!connection.TryTakeHead())
            {
                var count = await connection.ReceiveAsync(connection.Room()).ConfigureAwait(false);
                if (count == 0) throw new HttpIOException(HttpRequestError.ResponseEnded, "the connection ended before the answer");
                connection.Received(count);
            }
            return new ResponseBody(connection, pool);
        }
        catch (Exception e)
        {
            connection.Dispose();
            // Both of these say themselves what is wrong.
            if (e is not HttpIOException and not HttpRequestException && UpstreamConnection.IsOfNetwork(e)) throw connection.Broken(e);
            throw;
        }
    }

    public void Dispose()
    {
        _sweeper.Dispose();
        foreach (var pool in _pools.Values) pool.Dispose();
    }

    // HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, as the platform reads them.
    public static bool IsBehindProxy(Uri address)
    {
        var proxy = HttpClient.DefaultProxy;
        return !proxy.IsBypassed(address) && proxy.GetProxy(address) is not null;
    }

    private void Sweep()
    {
        foreach (var pool in _pools.Values) pool.Sweep();
    }
}
