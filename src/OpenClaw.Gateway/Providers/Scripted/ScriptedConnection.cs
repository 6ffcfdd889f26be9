using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;

namespace OpenClaw.Gateway.Providers.Scripted;

/// <summary>
/// One accepted socket, HTTP/1.1 by hand: a framework cannot reset before the headers, leave a body without its end, or
/// send half a header. A pump reads all the time, so that a caller who leaves is noticed at once.
/// </summary>
internal sealed class ScriptedConnection : IAsyncDisposable
{
    private const int MaxHead = 256 * 1024;
    private readonly Socket _socket;
    private readonly Pipe _input = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly CancellationTokenSource _peerClosed;
    private readonly Task _pump;

    public ScriptedConnection(Socket socket, CancellationToken stop)
    {
        _socket = socket;
        _socket.NoDelay = true;
        _peerClosed = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _pump = PumpAsync();
    }

    /// <summary>Fires when the caller closed its side, or the server stops.</summary>
    public CancellationToken PeerClosed => _peerClosed.Token;

    public Task WriteAsync(ReadOnlyMemory<byte> bytes) => _socket.SendAsync(bytes, SocketFlags.None, PeerClosed).AsTask();

    public Task WriteAsync(string text) => WriteAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>One chunk of a chunked body.</summary>
    public Task ChunkAsync(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length == 0) return Task.CompletedTask;
        var size = Encoding.ASCII.GetBytes(bytes.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n");
        var framed = new byte[size.Length + bytes.Length + 2];
        size.CopyTo(framed, 0);
        bytes.Span.CopyTo(framed.AsSpan(size.Length));
        "\r\n"u8.CopyTo(framed.AsSpan(size.Length + bytes.Length));
        return WriteAsync(framed);
    }

    public Task EndChunksAsync() => WriteAsync("0\r\n\r\n");

    /// <summary>RST instead of FIN.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    /// <summary>The next request, or null when there is none any more.</summary>
    public async Task<ScriptedRequest?> ReadRequestAsync()
    {
        if (await ReadUntilAsync("\r\n\r\n"u8.ToArray()) is not { } head) return null;
        var lines = Encoding.Latin1.GetString(head).Split("\r\n");
        var start = lines[0].Split(' ');
        if (start.Length < 3) return null;
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0) headers[line[..colon].Trim()] = line[(colon + 1)..].Trim();
        }
        var body = await ReadBodyAsync(headers);
        return body is null ? null : new ScriptedRequest { Method = start[0], Target = start[1], Headers = headers, Body = body };
    }

    /// <summary>FIN, then a moment for the caller to close its side, so that no late byte turns it into a reset.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            await _pump.WaitAsync(TimeSpan.FromSeconds(1));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or TimeoutException)
        {
            // Already closed, reset, or a caller that keeps its side open: either way nothing more to say.
        }
        _socket.Dispose();
        await _pump;
        _peerClosed.Dispose();
    }

    private async Task PumpAsync()
    {
        try
        {
            int read;
            while ((read = await _socket.ReceiveAsync(_input.Writer.GetMemory(4096), SocketFlags.None)) > 0)
            {
                _input.Writer.Advance(read);
                await _input.Writer.FlushAsync();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the connection, whoever ended it.
        }
        await _input.Writer.CompleteAsync();
        await _peerClosed.CancelAsync();
    }

    private async Task<byte[]?> ReadBodyAsync(Dictionary<string, string> headers)
    {
        if (headers.TryGetValue("content-length", out var length))
        {
            return int.TryParse(length, CultureInfo.InvariantCulture, out var n) ? await ReadExactlyAsync(n) : null;
        }
        if (!headers.GetValueOrDefault("transfer-encoding", "").Contains("chunked", StringComparison.OrdinalIgnoreCase)) return [];
        using var body = new MemoryStream();
        while (await ReadUntilAsync("\r\n"u8.ToArray()) is { } line)
        {
            var hex = Encoding.ASCII.GetString(line).Split(';')[0].Trim();
            if (!int.TryParse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var size)) return null;
            if (await ReadExactlyAsync(size + 2) is not { } chunk) return null;
            if (size == 0) return body.ToArray();
            body.Write(chunk, 0, size);
        }
        return null;
    }

    private async Task<byte[]?> ReadUntilAsync(byte[] end)
    {
        while (true)
        {
            var result = await _input.Reader.ReadAsync();
            var found = Find(result.Buffer, end);
            if (found is { } bytes)
            {
                _input.Reader.AdvanceTo(result.Buffer.GetPosition(bytes.Length + end.Length));
                return bytes;
            }
            _input.Reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (result.IsCompleted || result.Buffer.Length > MaxHead) return null;
        }
    }

    private async Task<byte[]?> ReadExactlyAsync(int count)
    {
        if (count == 0) return [];
        var result = await _input.Reader.ReadAtLeastAsync(count);
        if (result.Buffer.Length < count)
        {
            _input.Reader.AdvanceTo(result.Buffer.End);
            return null;
        }
        var bytes = result.Buffer.Slice(0, count).ToArray();
        _input.Reader.AdvanceTo(result.Buffer.GetPosition(count));
        return bytes;
    }

    private static byte[]? Find(in ReadOnlySequence<byte> buffer, ReadOnlySpan<byte> end)
    {
        var reader = new SequenceReader<byte>(buffer);
        return reader.TryReadTo(out ReadOnlySequence<byte> before, end, advancePastDelimiter: false) ? before.ToArray() : null;
    }
}
