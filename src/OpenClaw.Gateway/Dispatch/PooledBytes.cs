// hot path: rented memory
using System.Buffers;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>Bytes in rented memory that grows as they are written. Dispose returns the memory: what was read from it is void then.</summary>
internal sealed class PooledBytes : IBufferWriter<byte>, IDisposable
{
    private const int Least = 1024;
    private byte[] _bytes = [];

    public int Count { get; private set; }

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Count);

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Count);

    /// <summary>A part of what was written, to be written over.</summary>
    public Span<byte> Writable(int start, int length) => _bytes.AsSpan(0, Count).Slice(start, length);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_bytes.Length - Count));
        Count += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(Count);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(Count);
    }

    /// <summary>Forgets what was written; the memory stays.</summary>
    public void Clear() => Count = 0;

    public void Dispose()
    {
        Count = 0;
        if (_bytes.Length == 0) return;
        var bytes = _bytes;
        _bytes = [];
        ArrayPool<byte>.Shared.Return(bytes);
    }

    private void Reserve(int sizeHint)
    {
        var need = Count + Math.Max(sizeHint, 1);
        if (need <= _bytes.Length) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Least, Math.Max(need, _bytes.Length * 2)));
        Span.CopyTo(larger);
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
