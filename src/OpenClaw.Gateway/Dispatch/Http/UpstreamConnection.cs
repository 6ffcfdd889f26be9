// hot path: no allocation per read or write
using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;

namespace OpenClaw.Gateway.Dispatch.Http;

/// <summary>
/// One connection to an origin, one request at a time. While a request is under way its token closes the connection: what
/// waits on it then ends at once, and so does the provider's work. Not for several threads but for that.
/// </summary>
internal sealed class UpstreamConnection(Socket socket, SslStream? tls, long opened) : IDisposable
{
    private const int BufferSize = 16 * 1024;

    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;
    // Over TLS the kernel does not know what came: bytes may wait in the stream already. A read of nothing, which ends when there is something to read.
    private Task<int>? _ahead;
    private int _closed;
    private bool _isSpent;

    /// <summary>Timestamp of its birth.</summary>
    public long Opened { get; } = opened;

    /// <summary>Timestamp of the last answer's end.</summary>
    public long Rested { get; private set; }

    /// <summary>Of the latest answer.</summary>
    public ResponseHead Head { get; } = new();

    /// <summary>Bytes that came and were not taken.</summary>
    public ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    /// <summary>The other side closed it or sent what nobody asked for; asks the kernel.</summary>
    public bool IsStale
    {
        get
        {
            try
            {
                return _closed != 0 || _ahead is { IsCompleted: true } || socket.Poll(0, SelectMode.SelectRead);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return true;
            }
        }
    }

    /// <summary>The answer is over, and no other request has begun.</summary>
    public void Rest(long now)
    {
        Rested = now;
        if (tls is null) return;
        try
        {
            _ahead = tls.ReadAsync(Memory<byte>.Empty).AsTask();
            // However it ends: whoever takes the connection looks at it.
            _ahead.ContinueWith(static read => _ = read.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        catch (Exception e) when (IsOfNetwork(e))
        {
            Close();
        }
    }

    /// <summary>A request begins: from now on <paramref name="token"/> closes the connection.</summary>
    public void Begin(CancellationToken token)
    {
        _token = token;
        _start = _end = 0;
        if (_buffer.Length == 0) _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        _registration = token.UnsafeRegister(static c => ((UpstreamConnection)c!).Close(), this);
    }

    /// <summary>The request is over. False: the connection was closed meanwhile, or bytes are left over.</summary>
    public bool End()
    {
        // Waits for a closing that is under way.
        _registration.Dispose();
        _registration = default;
        _token = default;
        var clean = _start == _end && !_isSpent && Volatile.Read(ref _closed) == 0;
        ReturnBuffer();
        return clean;
    }

    /// <exception cref="IOException">The connection broke.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            if (tls is not null)
            {
                await tls.WriteAsync(bytes).ConfigureAwait(false);
                return;
            }
            while (!bytes.IsEmpty) bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false)..];
        }
        catch (Exception e) when (IsOfNetwork(e))
        {
            throw Broken(e);
        }
    }

    /// <summary>Nothing more is sent: a write that waits for room ends. What comes can be read on; the connection takes no further request.</summary>
    public void StopSending()
    {
        _isSpent = true;
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is over already.
        }
    }

    /// <summary>Takes the answer's head from what came, provisional answers (1xx) passed over. False: more must come.</summary>
    /// <exception cref="HttpRequestException">What came is not HTTP/1.1.</exception>
    public bool TryTakeHead()
    {
        while (true)
        {
            switch (Head.Read(Buffered, out var length))
            {
                case HeadOutcome.Malformed: throw new HttpRequestException(HttpRequestError.InvalidResponse, "the answer is not HTTP/1.1");
                case HeadOutcome.Complete:
                    _start += length;
                    // The protocol is never switched: it was not asked for.
                    if (Head.Status == 101) throw new HttpRequestException(HttpRequestError.InvalidResponse, "the answer switches the protocol");
                    if (Head.Status >= 200) return true;
                    continue;
                default: return false;
            }
        }
    }

    /// <summary>Receives more into the buffer. False: the other side ended the connection.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> FillAsync()
    {
        MakeRoom();
        try
        {
            var read = await ReceiveAsync(_buffer.AsMemory(_end)).ConfigureAwait(false);
            _end += read;
            return read > 0;
        }
        catch (Exception e) when (IsOfNetwork(e))
        {
            throw Broken(e);
        }
    }

    /// <summary>Receives past the buffer, which must be empty. Throws what the network throws: give it to <see cref="Broken"/>.</summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> into) =>
        tls is null ? socket.ReceiveAsync(into, SocketFlags.None) : _ahead is null ? tls.ReadAsync(into) : ReceiveBehindAsync(tls, into);

    private async ValueTask<int> ReceiveBehindAsync(SslStream stream, Memory<byte> into)
    {
        var ahead = _ahead!;
        _ahead = null;
        await ahead.ConfigureAwait(false);
        return await stream.ReadAsync(into).ConfigureAwait(false);
    }

    /// <summary>Room for the next receive.</summary>
    public Memory<byte> Room()
    {
        MakeRoom();
        return _buffer.AsMemory(_end);
    }

    /// <summary>So many bytes came into <see cref="Room"/>.</summary>
    public void Received(int count) => _end += count;

    /// <summary>So many buffered bytes are done with.</summary>
    public void Take(int count) => _start += count;

    public static bool IsOfNetwork(Exception e) => e is SocketException or IOException or InvalidOperationException or AuthenticationException;

    /// <summary>What a broken read or write means: a cancellation when the token closed the connection, else an <see cref="IOException"/>.</summary>
    public Exception Broken(Exception e) =>
        _token.IsCancellationRequested ? new OperationCanceledException("the request was given up", e, _token)
        : e as IOException ?? new IOException("the connection broke", e);

    /// <summary>Closes the socket; whatever waits on it ends.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0) socket.Dispose();
    }

    public void Dispose()
    {
        _registration.Dispose();
        Close();
        // Closing the TLS stream first would wait for room to say goodbye.
        tls?.Dispose();
        ReturnBuffer();
    }

    private void MakeRoom()
    {
        if (_start == _end) _start = _end = 0;
        if (_end < _buffer.Length) return;
        if (_start > 0)
        {
            Buffered.CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            return;
        }
        // Only a head can fill the buffer, and a head is bounded.
        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        Buffered.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private void ReturnBuffer()
    {
        var buffer = _buffer;
        (_buffer, _start, _end) = ([], 0, 0);
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
    }
}
