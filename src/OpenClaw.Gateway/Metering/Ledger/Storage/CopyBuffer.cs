using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>
/// Rows as PostgreSQL's <c>COPY … (FORMAT BINARY)</c> takes them: a count of fields, then each with its length before it, big
/// endian (postgresql.org/docs/current/sql-copy.html). Every whole number is a bigint there, every fraction a double.
/// </summary>
internal sealed class CopyBuffer
{
    private static readonly byte[] s_head = [.. "PGCOPY\n"u8, 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private readonly ArrayBufferWriter<byte> _bytes = new(64 * 1024);

    /// <summary>Enough to be sent.</summary>
    public bool IsFull => _bytes.WrittenCount > 48 * 1024;

    public ReadOnlyMemory<byte> Written => _bytes.WrittenMemory;

    public void Begin()
    {
        Clear();
        s_head.CopyTo(Take(s_head.Length));
    }

    public void Clear() => _bytes.ResetWrittenCount();

    public void Row(short fields) => BinaryPrimitives.WriteInt16BigEndian(Take(2), fields);

    public void End() => Row(-1);

    public void Number(long value)
    {
        var field = Take(12);
        BinaryPrimitives.WriteInt32BigEndian(field, 8);
        BinaryPrimitives.WriteInt64BigEndian(field[4..], value);
    }

    public void Number(long? value)
    {
        if (value is { } known) Number(known);
        else Null();
    }

    public void Real(double value) => Number(BitConverter.DoubleToInt64Bits(value));

    public void Real(double? value)
    {
        if (value is { } known) Real(known);
        else Null();
    }

    public void Text(string? value)
    {
        if (value is null)
        {
            Null();
            return;
        }
        value = Commands.Clean(value);
        var length = Encoding.UTF8.GetByteCount(value);
        BinaryPrimitives.WriteInt32BigEndian(Take(4), length);
        Encoding.UTF8.GetBytes(value, Take(length));
    }

    private void Null() => BinaryPrimitives.WriteInt32BigEndian(Take(4), -1);

    private Span<byte> Take(int count)
    {
        var taken = _bytes.GetSpan(count)[..count];
        _bytes.Advance(count);
        return taken;
    }
}
