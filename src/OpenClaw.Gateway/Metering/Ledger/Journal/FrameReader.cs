using System.Buffers.Binary;
using System.Text;

namespace OpenClaw.Gateway.Metering.Ledger.Journal;

/// <summary>Reads the fields that <see cref="FrameBuffer"/> wrote. Reading past the end is an <see cref="InvalidDataException"/>.</summary>
internal ref struct FrameReader(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _rest = payload;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public byte Byte() => Take(1)[0];

    public long Number()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return (long)(value >> 1) ^ -(long)(value & 1);
        }
        throw new InvalidDataException("a number in the journal is too long");
    }

    public int Count(int most)
    {
        var count = Number();
        if (count < 0 || count > most) throw new InvalidDataException("a count in the journal is out of bounds");
        return (int)count;
    }

    public double Real() => BitConverter.Int64BitsToDouble(BinaryPrimitives.ReadInt64LittleEndian(Take(8)));

    public double? RealOrNone() => Byte() == 0 ? null : Real();

    public decimal Money()
    {
        if (Byte() == 0) return 0;
        Span<int> parts = stackalloc int[4];
        for (var i = 0; i < 4; i++) parts[i] = BinaryPrimitives.ReadInt32LittleEndian(Take(4));
        try
        {
            return new decimal(parts);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException("an amount in the journal is no decimal", e);
        }
    }

    public string Text() => TextOrNone() ?? "";

    public string? TextOrNone()
    {
        var length = Number();
        if (length == -1) return null;
        if (length < 0 || length > _rest.Length) throw new InvalidDataException("a text in the journal is too long");
        return Encoding.UTF8.GetString(Take((int)length));
    }

    public ReadOnlySpan<byte> Bytes() => Take(Count(FrameBuffer.MaxPayload));

    public FrameReader Part() => new(Take(BinaryPrimitives.ReadInt32LittleEndian(Take(4))));

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _rest.Length) throw new InvalidDataException("a record of the journal ends early");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
