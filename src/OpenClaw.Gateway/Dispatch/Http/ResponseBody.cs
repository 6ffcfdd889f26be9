// hot path: no allocation per read
using System.Runtime.CompilerServices;

namespace OpenClaw.Gateway.Dispatch.Http;

/// <summary>
/// The body of one answer. Dispose gives the connection back when the body was read to its end, and closes it otherwise: a
/// body that nobody will read any more is a running model. The request's token is the connection's; a token given to a read
/// is only looked at.
/// </summary>
internal sealed class ResponseBody : Stream
{
    // A provider that said its last word still owes the end of the body: an empty chunk, often a packet of its own.
    private const int MaxLinger = 16 * 1024;
    private static readonly TimeSpan s_linger = TimeSpan.FromSeconds(1);

    private readonly ConnectionPool _pool;
    private readonly BodyFraming _framing;
    private UpstreamConnection? _connection;
    private ChunkDecoder _chunks;
    private long _left;
    private int _pushedBack = -1;
    private bool _isDone;
    private bool _isWhole;

    public ResponseBody(UpstreamConnection connection, ConnectionPool pool)
    {
        _connection = connection;
        _pool = pool;
        _framing = connection.Head.Framing;
        _left = connection.Head.Length;
        _isDone = _framing == BodyFraming.Length && _left == 0;
    }

    public ResponseHead Head => (_connection ?? throw new ObjectDisposedException(nameof(ResponseBody))).Head;

    /// <summary>The answer's content is whole, whatever else the body says: the connection is worth waiting for its end.</summary>
    public void ContentIsWhole() => _isWhole = true;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="IOException">The connection broke, ended too early, or the chunks are malformed.</exception>
    /// <exception cref="OperationCanceledException">The request's token was cancelled.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var connection = _connection ?? throw new ObjectDisposedException(nameof(ResponseBody));
        while (true)
        {
            if (buffer.IsEmpty || (_isDone && _pushedBack < 0)) return 0;
            var count = TakeBuffered(connection, buffer.Span);
            if (count > 0 || _isDone) return count;
            cancellationToken.ThrowIfCancellationRequested();
            int read;
            var direct = _framing != BodyFraming.Chunked;
            try
            {
                // What needs no decoding goes where it is wanted.
                read = await connection.ReceiveAsync(direct ? buffer[..Bounded(buffer.Length)] : connection.Room()).ConfigureAwait(false);
            }
            catch (Exception e) when (UpstreamConnection.IsOfNetwork(e))
            {
                throw connection.Broken(e);
            }
            if (read == 0) return AtEnd();
            if (direct) return Count(read);
            connection.Received(read);
        }
    }

    /// <summary>Reads the first byte and puts it back; -1 for an empty body.</summary>
    public async ValueTask<int> PeekAsync(CancellationToken cancel)
    {
        var first = new byte[1];
        if (await ReadAsync(first, cancel).ConfigureAwait(false) == 0) return -1;
        return _pushedBack = first[0];
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("read asynchronously");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing || Interlocked.Exchange(ref _connection, null) is not { } connection) return;
        var keeps = connection.Head.KeepsAlive;
        if (keeps && !_isDone) SkipBuffered(connection);
        if (keeps && !_isDone && _isWhole) _ = LingerAsync(connection);
        else if (keeps && _isDone && connection.End()) _pool.Return(connection);
        else connection.Dispose();
    }

    private int Bounded(int room) => _framing == BodyFraming.Length ? (int)Math.Min(room, _left) : room;

    private int Count(int read)
    {
        if (_framing != BodyFraming.Length) return read;
        _left -= read;
        _isDone = _left == 0;
        return read;
    }

    private int AtEnd()
    {
        if (_framing != BodyFraming.Close) throw new HttpIOException(HttpRequestError.ResponseEnded, "the connection ended in the middle of the answer");
        _isDone = true;
        return 0;
    }

    private int TakeBuffered(UpstreamConnection connection, Span<byte> into)
    {
        if (_pushedBack >= 0)
        {
            into[0] = (byte)_pushedBack;
            _pushedBack = -1;
            return 1;
        }
        var from = connection.Buffered;
        if (from.IsEmpty) return 0;
        if (_framing != BodyFraming.Chunked)
        {
            var count = Math.Min(Bounded(into.Length), from.Length);
            from[..count].CopyTo(into);
            connection.Take(count);
            return Count(count);
        }
        if (!_chunks.TryDecode(from, into, out var consumed, out var written))
        {
            throw new HttpIOException(HttpRequestError.InvalidResponse, "the chunks of the answer are malformed");
        }
        connection.Take(consumed);
        _isDone = _chunks.IsDone;
        return written;
    }

    // What came already costs nothing to read.
    private void SkipBuffered(UpstreamConnection connection)
    {
        Span<byte> nowhere = stackalloc byte[512];
        try
        {
            while (!_isDone && !connection.Buffered.IsEmpty && TakeBuffered(connection, nowhere) > 0)
            {
            }
        }
        catch (HttpIOException)
        {
            // Then it is closed.
        }
    }

    private async Task LingerAsync(UpstreamConnection connection)
    {
        connection.End();
        using var clock = new CancellationTokenSource(s_linger, _pool.Time);
        var scratch = new byte[1024];
        var total = 0;
        try
        {
            connection.Begin(clock.Token);
            while (!_isDone && total < MaxLinger)
            {
                if (!await connection.FillAsync().ConfigureAwait(false)) break;
                while (!_isDone && !connection.Buffered.IsEmpty && TakeBuffered(connection, scratch) is var count and > 0) total += count;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Then it is closed.
        }
        if (_isDone && connection.End()) _pool.Return(connection);
        else connection.Dispose();
    }
}
