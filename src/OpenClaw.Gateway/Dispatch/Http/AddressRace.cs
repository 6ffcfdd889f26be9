using System.Net;
using System.Net.Sockets;

namespace OpenClaw.Gateway.Dispatch.Http;

/// <summary>
/// Opens a socket to one of a host's addresses, in the resolver's order. One that has not answered for a moment is joined by the
/// next, and the first that answers is taken (RFC 8305): an address that swallows packets, as of broken IPv6, costs that moment only.
/// </summary>
internal static class AddressRace
{
    // RFC 8305, section 5: the recommended delay between two attempts.
    private static readonly TimeSpan s_apart = TimeSpan.FromMilliseconds(250);

    /// <exception cref="SocketException">None of them answers; says why the last one did not.</exception>
    public static async ValueTask<Socket> ConnectAsync(IPAddress[] addresses, int port, TimeProvider time, CancellationToken cancel)
    {
        if (addresses.Length == 1) return await OneAsync(addresses[0], port, cancel).ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var running = new List<Task<Socket>>();
        try
        {
            for (var next = 0; ;)
            {
                if (next < addresses.Length) running.Add(OneAsync(addresses[next++], port, stop.Token));
                var moment = next < addresses.Length ? Task.Delay(s_apart, time, stop.Token) : Task.Delay(Timeout.InfiniteTimeSpan, stop.Token);
                var ended = await Task.WhenAny([.. running, moment]).ConfigureAwait(false);
                cancel.ThrowIfCancellationRequested();
                if (ended is not Task<Socket> attempt) continue;
                running.Remove(attempt);
                if (attempt.IsCompletedSuccessfully || (running.Count == 0 && next == addresses.Length)) return await attempt.ConfigureAwait(false);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            // Who comes too late is hung up on.
            foreach (var late in running) _ = late.ContinueWith(static t => { if (t.IsCompletedSuccessfully) t.Result.Dispose(); else _ = t.Exception; }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private static async Task<Socket> OneAsync(IPAddress address, int port, CancellationToken cancel)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), cancel).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
