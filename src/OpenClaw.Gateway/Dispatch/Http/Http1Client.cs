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

    public ConnectionPool PoolOf(Uri address) => _pools.GetOrAdd(HttpOrigin.Of(address), static (origin, time) => new ConnectionPool(
        origin, time, isOurs: !origin.IsTls && OutwardProxy.Instance.Before(origin) is null), _time);

    /// <summary>Sends a whole request and reads the head of its answer.</summary>
    /// <param name="message">Head and body; must not change until this returns.</param>
    /// <param name="connect">For name, TCP and TLS of a new connection.</param>
    /// <param name="cancel">Until the body is disposed, it closes the connection.</param>
    /// <param name="fresh">Not over a connection that has rested.</param>
    /// <exception cref="HttpRequestException">No connection, or the answer is not HTTP.</exception>
    /// <exception cref="StaleConnectionException">A connection that had rested ended without a byte of an answer.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ResponseBody> SendAsync(ConnectionPool pool, ReadOnlyMemory<byte> message, TimeSpan connect, CancellationToken cancel, bool fresh = false)
    {
        UpstreamConnection? connection = null;
        var isReused = !fresh && pool.TryTake(out connection);
        while (true)
        {
            connection ??= await Connector.ConnectAsync(pool.Origin, connect, _time, cancel).ConfigureAwait(false);
            connection.Begin(cancel);
            var writing = connection.WriteAsync(message);
            if (writing.IsCompletedSuccessfully)
            {
                await writing.ConfigureAwait(false);
                break;
            }
            var (isSent, failure) = await FinishSendingAsync(connection, writing.AsTask()).ConfigureAwait(false);
            if (failure is null) return new ResponseBody(connection, pool);
            var saidNothing = connection.Buffered.IsEmpty;
            connection.Dispose();
            if (isSent || !isReused || failure is not IOException) throw Meaning(failure, isReused && saidNothing);
            // It died while it rested, before it took the request: that is no failure of the origin. Once, on a new one.
            (connection, isReused) = (null, false);
        }
        // Once a request is out it may have been taken: from here on the caller decides whether it is sent again.
        var isSilent = true;
        try
        {
            // The socket is awaited here and not in a method of the connection: each state machine between costs every request.
            while (!connection.TryTakeHead())
            {
                var count = await connection.ReceiveAsync(connection.Room()).ConfigureAwait(false);
                if (count == 0) throw new HttpIOException(HttpRequestError.ResponseEnded, "the connection ended before the answer");
                isSilent = false;
                connection.Received(count);
            }
            return new ResponseBody(connection, pool);
        }
        catch (Exception e)
        {
            connection.Dispose();
            // Both of these say themselves what is wrong.
            var reason = e is not HttpIOException and not HttpRequestException && UpstreamConnection.IsOfNetwork(e) ? connection.Broken(e) : e;
            throw Meaning(reason, isReused && isSilent);
        }
    }

    private static Exception Meaning(Exception e, bool isStale) => isStale && e is IOException ? new StaleConnectionException(e) : e;

    // The system did not take the request at once: it is large, or the connection broke. An answer may come before the request's
    // end (413, 401); the other side then reads no further, and the answer is not lost over what it did not take.
    /// <returns>Whether all of the request is out; why no answer came, or null: its head is here.</returns>
    private static async Task<(bool IsSent, Exception? Failure)> FinishSendingAsync(UpstreamConnection connection, Task writing)
    {
        var answering = TakeHeadAsync(connection);
        await Task.WhenAny(writing, answering).ConfigureAwait(false);
        // With a good answer under way it may want the rest.
        if (!writing.IsCompleted && !(answering.IsCompletedSuccessfully && connection.Head.Status < 300)) connection.StopSending();
        var unsent = await EndOfAsync(writing).ConfigureAwait(false);
        if (unsent is not null) connection.StopSending();
        var unanswered = await EndOfAsync(answering).ConfigureAwait(false);
        return unanswered is null ? (true, null) : (unsent is null, unsent ?? unanswered);
    }

    private static async Task<Exception?> EndOfAsync(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    private static async Task TakeHeadAsync(UpstreamConnection connection)
    {
        while (!connection.TryTakeHead())
        {
            if (!await connection.FillAsync().ConfigureAwait(false)) throw new HttpIOException(HttpRequestError.ResponseEnded, "the connection ended before the answer");
        }
    }

    public void Dispose()
    {
        _sweeper.Dispose();
        foreach (var pool in _pools.Values) pool.Dispose();
    }

    private void Sweep()
    {
        foreach (var pool in _pools.Values) pool.Sweep();
    }
}
