using System.Buffers.Binary;
using System.Text;

namespace OpenClaw.Gateway.Metering.Ledger.Journal;

/// <summary>
/// One framed record on its way into the journal: <c>magic u32, length u32, crc32c u32, payload</c>, little endian. Each thread
/// has one for all its records (<see cref="Mine"/>), so writing one allocates nothing and needs no lock.
/// </summary>
internal sealed class FrameBuffer
{
    /// <summary>Before every record, so that a reader finds the next one behind a damaged stretch.</summary>
    public const uint Magic = 0x4C_4A_43_4F;

    public const int HeadLength = 12;

    /// <summary>Longer records are refused when written and taken for damage when read.</summary>
    public const int MaxPayload = 1 << 20;

    [ThreadStatic]
    private static FrameBuffer? s_mine;

    private byte[] _bytes = new byte[1024];
    private int _end;

    /// <summary>This thread's, begun anew.</summary>
    public static FrameBuffer Mine()
    {
        var mine = s_mine ??= new FrameBuffer();
        mine.Begin();
        return mine;
    }

    public void Begin() => _end = HeadLength;

    /// <summary>Completes the head. The span holds until the next <see cref="Begin"/>.</summary>
    public ReadOnlySpan<byte> Finish()
    {
        var payload = _bytes.AsSpan(HeadLength, _end - HeadLength);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(4), (uint)payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(8), Checksum.Of(payload));
        return _bytes.AsSpan(0, _end);
    }

    public void Byte(byte value) => Take(1)[0] = value;

    public void Number(long value)
    {
        // Zigzag and seven bits a byte: most figures here are small.
        var rest = (ulong)((value << 1) ^ (value >> 63));
        while (rest >= 0x80)
        {
            Byte((byte)(rest | 0x80));
            rest >>= 7;
        }
        Byte((byte)rest);
    }

    public void Real(double value) => BinaryPrimitives.WriteInt64LittleEndian(Take(8), BitConverter.DoubleToInt64Bits(value));

    public void Real(double? value)
    {
        Byte(value is null ? (byte)0 : (byte)1);
        if (value is { } known) Real(known);
    }

    public void Money(decimal value)
    {
        if (value == 0)
        {
            Byte(0);
            return;
        }
        Byte(1);
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        foreach (var part in parts) BinaryPrimitives.WriteInt32LittleEndian(Take(4), part);
    }

    public void Text(string? value)
    {
        if (value is null)
        {
            Number(-1);
            return;
        }
        if (Ascii.IsValid(value))
        {
            Number(value.Length);
            Ascii.FromUtf16(value, Take(value.Length), out _);
            return;
        }
        // Half surrogate pairs become U+FFFD here, so what is read back is what a database takes.
        var length = Encoding.UTF8.GetByteCount(value);
        Number(length);
        Encoding.UTF8.GetBytes(value, Take(length));
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Number(value.Length);
        value.CopyTo(Take(value.Length));
    }

    /// <summary>Opens a part whose length is written before it, so that a later version may add to its end.</summary>
    public int BeginPart()
    {
        Take(4);
        return _end;
    }

    public void EndPart(int begin) => BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(begin - 4), _end - begin);

    private Span<byte> Take(int count)
    {
        if (_end + count > _bytes.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _end + count));
        var taken = _bytes.AsSpan(_end, count);
        _end += count;
        return taken;
    }
}
