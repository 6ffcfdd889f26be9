using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OpenClaw.EndToEnd.Cluster;

/// <summary>A door before a server: bytes pass, or stand still without anybody being told, or every connection breaks.</summary>
internal sealed class TcpDoor : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, bool> _sockets = [];
    private readonly ConcurrentDictionary<Socket, bool> _stranded = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly Task _serving;
    private volatile TaskCompletionSource _open = Opened();
    private volatile bool _refuses;

    public TcpDoor(int target)
    {
        _target = target;
        _listener.Start();
        Url = new Uri($"https://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _serving = ServeAsync();
    }

    public Uri Url { get; }

    /// <summary>Nothing passes any more, and nothing breaks.</summary>
    public void Freeze() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Thaw() => _open.TrySetResult();

    /// <summary>The connections there are die without a sign; new ones pass.</summary>
    public void Strand()
    {
        foreach (var socket in _sockets.Keys) _stranded[socket] = true;
    }

    /// <summary>Everything breaks, and new connections too until <see cref="Restore"/>.</summary>
    public void Cut()
    {
        _refuses = true;
        foreach (var socket in _sockets.Keys) socket.Close(0);
    }

    public void Restore() => _refuses = false;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _open.TrySetResult();
        _listener.Stop();
        Cut();
        await _serving;
        _stop.Dispose();
    }

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var inside = await _listener.AcceptSocketAsync(_stop.Token);
                if (_refuses)
                {
                    inside.Close(0);
                    continue;
                }
                var outside = new Socket(SocketType.Stream, ProtocolType.Tcp);
                _sockets[inside] = _sockets[outside] = true;
                await outside.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                _ = PumpAsync(inside, outside);
                _ = PumpAsync(outside, inside);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The next one may do better.
            }
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 << 10];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer, _stop.Token)) > 0)
            {
                await _open.Task;
                if (_stranded.ContainsKey(from)) await Task.Delay(Timeout.Infinite, _stop.Token);
                await to.SendAsync(buffer.AsMemory(0, read), _stop.Token);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side left.
        }
        _sockets.TryRemove(from, out _);
        from.Close();
        to.Close();
    }
}
