using System.Net;
using System.Net.Sockets;

namespace OpenClaw.EndToEnd.Operator;

/// <summary>A port of this machine that leads to another one on loopback.</summary>
internal sealed class TcpPipe : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly Task _accepting;

    public TcpPipe(IPEndPoint listen, int target)
    {
        _listener = new TcpListener(listen);
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = PipeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task PipeAsync(TcpClient from)
    {
        using var to = new TcpClient();
        try
        {
            using (from)
            {
                await to.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                await Task.WhenAny(from.GetStream().CopyToAsync(to.GetStream(), _stop.Token), to.GetStream().CopyToAsync(from.GetStream(), _stop.Token));
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // Either end went.
        }
    }
}
