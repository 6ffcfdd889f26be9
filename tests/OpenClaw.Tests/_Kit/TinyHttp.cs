using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OpenClaw.Tests;

/// <summary>A server of a few lines: one answer a connection, made by a function of method, path and body.</summary>
internal sealed class TinyHttp : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly Func<string, string, (int Status, string Body)> _answer;
    private readonly Task _serving;

    /// <param name="answer">Gets <c>GET /path</c> and the body. Status 0: the connection is closed without an answer.</param>
    /// <param name="port">Where it listens; 0: anywhere.</param>
    public TinyHttp(Func<string, string, (int Status, string Body)> answer, int port = 0)
    {
        _answer = answer;
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        Url = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _serving = ServeAsync();
    }

    public string Url { get; }

    /// <summary><c>GET /path body</c> of every request, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    /// <summary>The heads of the requests, in order.</summary>
    public ConcurrentQueue<string> Heads { get; } = [];

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await AnswerAsync(client.GetStream());
            }
            catch (IOException)
            {
                // The other side left; the next one is served.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
        var head = new List<string>();
        while (await reader.ReadLineAsync() is { Length: > 0 } line) head.Add(line);
        if (head.Count == 0) return;
        var length = head.Where(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            .Select(l => int.Parse(l.Split(':')[1], CultureInfo.InvariantCulture)).FirstOrDefault();
        var body = new char[length];
        // Asked for nothing, a reader waits all the same.
        if (length > 0) await reader.ReadBlockAsync(body);
        var door = string.Join(' ', head[0].Split(' ')[..2]);
        Asked.Enqueue($"{door} {new string(body)}".TrimEnd());
        Heads.Enqueue(string.Join('\n', head));
        var (status, answer) = _answer(door, new string(body));
        if (status == 0) return;
        var bytes = Encoding.UTF8.GetBytes(answer);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {bytes.Length}\r\nConnection: close\r\n\r\n"));
        await stream.WriteAsync(bytes);
    }
}
