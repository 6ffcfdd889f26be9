using System.Buffers;

namespace OpenClaw.Kube.Watching;

/// <summary>Cuts a stream into lines of bytes under a cap. The buffer grows with the longest line and shrinks after it.</summary>
internal sealed class LineReader(Stream stream, int maxLine) : IDisposable
{
    private const int Usual = 16 << 10;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(Usual);
    private int _start;
    private int _end;
    private int _scanned;

    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>The next line without its end, valid until the next call; null at the end of the stream. A last line without an end was cut and is dropped.</summary>
    /// <exception cref="InvalidDataException">A line is longer than allowed.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancel)
    {
        while (true)
        {
            var found = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
            if (found >= 0)
            {
                var line = _buffer.AsMemory(_start, _scanned + found - _start);
                _start = _scanned = _scanned + found + 1;
                return line;
            }
            _scanned = _end;
            if (_end - _start > maxLine) throw new InvalidDataException($"a line is longer than {maxLine >> 10} KiB");
            MakeRoom();
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancel).ConfigureAwait(false);
            if (read == 0) return null;
            _end += read;
        }
    }

    private void MakeRoom()
    {
        var length = _end - _start;
        if (length == 0 && _buffer.Length > Usual * 4) Replace(Usual, 0);
        else if (_start > 0 && _end == _buffer.Length) Buffer.BlockCopy(_buffer, _start, _buffer, 0, length);
        else if (_end == _buffer.Length) Replace(_buffer.Length * 2, length);
        else if (length > 0) return;
        _scanned -= _start;
        _start = 0;
        _end = length;
        if (length == 0) _scanned = 0;
    }

    private void Replace(int size, int length)
    {
        var next = ArrayPool<byte>.Shared.Rent(size);
        Buffer.BlockCopy(_buffer, _start, next, 0, length);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = next;
    }
}
