using System.Net;
using System.Net.Sockets;
using OpenClaw.Gateway.Dispatch.Http;

namespace OpenClaw.Tests.Gateway.Dispatch.Http;

/// <summary>A host with several addresses of which some are dead: real sockets on the addresses of this machine.</summary>
public sealed class AddressRaceTests : IDisposable
{
    private readonly List<Socket> _sockets = [];

    public void Dispose() => _sockets.ForEach(static s => s.Dispose());

    [Fact]
    public async Task Of_addresses_that_refuse_or_say_nothing_the_one_that_answers_is_taken()
    {
        var port = Listen(IPAddress.Parse("127.0.0.4"), 0);
        await SwallowAsync(IPAddress.Parse("127.0.0.2"), port);
        await SwallowAsync(IPAddress.Parse("127.0.0.3"), port);
        // Nobody listens at the first; the two after it take no connection and refuse none.
        IPAddress[] addresses = [.. Enumerable.Range(1, 4).Select(static i => IPAddress.Parse($"127.0.0.{i}"))];
        using var socket = await AddressRace.ConnectAsync(addresses, port, TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(addresses[3], ((IPEndPoint)socket.RemoteEndPoint!).Address);
    }

    [Fact]
    public async Task Where_all_refuse_it_is_said_and_where_all_are_silent_the_callers_limit_holds()
    {
        var port = Listen(IPAddress.Parse("127.0.0.9"), 0);
        var refused = await Assert.ThrowsAsync<SocketException>(() => AddressRace.ConnectAsync([IPAddress.Parse("127.0.0.1"), IPAddress.Parse("127.0.0.2")], port, TimeProvider.System, TestContext.Current.CancellationToken).AsTask());
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        await SwallowAsync(IPAddress.Parse("127.0.0.5"), port);
        await SwallowAsync(IPAddress.Parse("127.0.0.6"), port);
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(400));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AddressRace.ConnectAsync([IPAddress.Parse("127.0.0.5"), IPAddress.Parse("127.0.0.6")], port, TimeProvider.System, limit.Token).AsTask());
    }

    private int Listen(IPAddress address, int port, int backlog = 16)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(listener);
        listener.Bind(new IPEndPoint(address, port));
        listener.Listen(backlog);
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    // A queue that is full: the kernel drops what comes, and the caller hears nothing.
    private async Task SwallowAsync(IPAddress address, int port)
    {
        Listen(address, port, backlog: 0);
        for (var i = 0; i < 8; i++)
        {
            var waiting = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _sockets.Add(waiting);
            using var brief = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
            try
            {
                await waiting.ConnectAsync(new IPEndPoint(address, port), brief.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
        Assert.Skip("this system's queues of connections have no bound that can be reached");
    }
}
