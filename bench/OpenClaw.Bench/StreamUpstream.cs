using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OpenClaw.Bench;

/// <summary>
/// A provider that streams: every frame is its own write on a socket without delay. The path says how:
/// <c>/N/burst/v1/…</c> or <c>/N/paced/v1/…</c>. One thread a connection, one more for all paced answers. A process of its own.
/// </summary>
internal static class StreamUpstream
{
    private const int PaceMicros = 2000;

    private static readonly byte[] s_head = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n");
    private static readonly byte[] s_frame = Chunk(Frame("{\"content\":\" lobster\"}", "null"));
    private static readonly byte[] s_first = [.. s_head, .. s_frame];
    private static readonly byte[] s_last = [.. Chunk(Frame("{}", "\"stop\"") + "data: [DONE]\n\n"), .. "0\r\n\r\n"u8];

    private static readonly ConcurrentQueue<Answer> s_new = new();

    public static int Serve(int port)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(512);
        new Thread(Pace) { IsBackground = true }.Start();
        while (true)
        {
            var socket = listener.Accept();
            socket.NoDelay = true;
            new Thread(() => Converse(socket), 256 * 1024) { IsBackground = true }.Start();
        }
    }

    /// <summary>About 230 bytes, as OpenAI's frames are.</summary>
    private static string Frame(string delta, string finish) =>
        "data: {\"id\":\"chatcmpl-AbCdEf0123456789\",\"object\":\"chat.completion.chunk\",\"created\":1741570283,\"model\":\"gpt-4o-2024-08-06\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_fc9f1d7035\",\"choices\":[{\"index\":0,\"delta\":"
        + delta + ",\"finish_reason\":" + finish + "}]}\n\n";

    private static byte[] Chunk(string data) => Encoding.ASCII.GetBytes($"{data.Length:x}\r\n{data}\r\n");

    private static void Converse(Socket socket)
    {
        var buffer = new byte[64 * 1024];
        var length = 0;
        try
        {
            using (socket)
            {
                while (true)
                {
                    var end = RequestEnd(buffer.AsSpan(0, length));
                    if (end < 0)
                    {
                        var read = socket.Receive(buffer.AsSpan(length));
                        if (read == 0) return;
                        length += read;
                        continue;
                    }
                    Reply(socket, buffer);
                    buffer.AsSpan(end, length - end).CopyTo(buffer);
                    length -= end;
                }
            }
        }
        catch (SocketException)
        {
            // The caller left.
        }
    }

    // POST /100/burst/v1/chat/completions
    private static void Reply(Socket socket, byte[] request)
    {
        var line = Encoding.ASCII.GetString(request, 0, request.AsSpan().IndexOf((byte)'\r'));
        var parts = line.Split(' ')[1].Split('/');
        var count = int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture);
        if (parts[2] == "paced")
        {
            using var answer = new Answer(socket, count);
            s_new.Enqueue(answer);
            answer.Done.Wait();
            return;
        }
        for (var i = 0; i < count; i++) SendAll(socket, i == 0 ? s_first : s_frame);
        SendAll(socket, s_last);
    }

    private static void Pace()
    {
        var running = new List<Answer>();
        var next = Stopwatch.GetTimestamp();
        while (true)
        {
            while (s_new.TryDequeue(out var answer)) running.Add(answer);
            for (var i = running.Count - 1; i >= 0; i--)
            {
                if (!running[i].SendNext()) running.RemoveAt(i);
            }
            next += Stopwatch.Frequency * PaceMicros / 1_000_000;
            var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), next);
            if (left > TimeSpan.Zero) Thread.Sleep(left);
            else next = Stopwatch.GetTimestamp();
        }
    }

    private static void SendAll(Socket socket, byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;) sent += socket.Send(bytes.AsSpan(sent));
    }

    /// <summary>Where the request in the buffer ends, or -1: it is not here yet.</summary>
    private static int RequestEnd(ReadOnlySpan<byte> data)
    {
        var head = data.IndexOf("\r\n\r\n"u8);
        if (head < 0) return -1;
        var text = Encoding.ASCII.GetString(data[..head]);
        var at = text.IndexOf("content-length:", StringComparison.OrdinalIgnoreCase);
        if (at < 0) return text.Contains("chunked", StringComparison.OrdinalIgnoreCase) ? ChunkedEnd(data, head + 4) : head + 4;
        var value = text[(at + 15)..];
        var stop = value.IndexOf('\r');
        var end = head + 4 + int.Parse(stop < 0 ? value : value[..stop], System.Globalization.CultureInfo.InvariantCulture);
        return end <= data.Length ? end : -1;
    }

    private static int ChunkedEnd(ReadOnlySpan<byte> data, int from)
    {
        var end = data[from..].IndexOf("0\r\n\r\n"u8);
        return end < 0 ? -1 : from + end + 5;
    }

    private sealed class Answer(Socket socket, int count) : IDisposable
    {
        private int _sent;

        public ManualResetEventSlim Done { get; } = new(false, spinCount: 0);

        /// <summary>False: that was the last.</summary>
        public bool SendNext()
        {
            try
            {
                if (_sent < count)
                {
                    SendAll(socket, _sent++ == 0 ? s_first : s_frame);
                    return true;
                }
                SendAll(socket, s_last);
            }
            catch (SocketException)
            {
                // The caller left; its connection's thread finds out by itself.
            }
            Done.Set();
            return false;
        }

        public void Dispose() => Done.Dispose();
    }
}
