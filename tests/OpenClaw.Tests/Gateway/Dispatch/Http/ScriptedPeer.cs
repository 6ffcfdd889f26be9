using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OpenClaw.Tests.Gateway.Dispatch.Http;

/// <summary>The other side of connections, step by step: the test says when it accepts, reads, sends and ends.</summary>
internal sealed class ScriptedPeer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public ScriptedPeer()
    {
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v1/chat");
    }

    public Uri Address { get; }

    public bool HasVisitor => _listener.Pending();

    public void StopListening() => _listener.Stop();

    public async Task<Peer> AcceptAsync(CancellationToken cancel) => new(await _listener.AcceptSocketAsync(cancel));

    public void Dispose() => _listener.Dispose();

    internal sealed class Peer(Socket socket) : IDisposable
    {
        /// <summary>Reads one request; its body, if any, has a Content-Length.</summary>
        public async Task<string> RequestAsync(CancellationToken cancel)
        {
            var text = new StringBuilder();
            var buffer = new byte[8192];
            while (true)
            {
                var all = text.ToString();
                var head = all.IndexOf("\r\n\r\n", StringComparison.Ordinal);
                if (head >= 0)
                {
                    var field = all[..head].Split("\r\n").FirstOrDefault(static l => l.StartsWith("Content-Length: ", StringComparison.Ordinal), "Content-Length: 0");
                    if (all.Length >= head + 4 + int.Parse(field.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)) return all;
                }
                var read = await socket.ReceiveAsync(buffer, cancel);
                if (read == 0) return all;
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }

        public async Task SendAsync(string text, CancellationToken cancel) => await socket.SendAsync(Encoding.Latin1.GetBytes(text), cancel);

        public async Task SendAsync(byte[] bytes, CancellationToken cancel) => await socket.SendAsync(bytes, cancel);

        /// <summary>Takes what has come; returns how many bytes.</summary>
        public async Task<int> ReceiveAsync(CancellationToken cancel) => await socket.ReceiveAsync(new byte[1024 * 1024], cancel);

        /// <summary>True once the other side has closed.</summary>
        public async Task<bool> IsLeftAsync(CancellationToken cancel)
        {
            try
            {
                return await socket.ReceiveAsync(new byte[1], cancel) == 0;
            }
            catch (SocketException)
            {
                return true;
            }
        }

        public void End() => socket.Shutdown(SocketShutdown.Send);

        public void Reset()
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Dispose();
        }

        public void Dispose() => socket.Dispose();
    }
}
