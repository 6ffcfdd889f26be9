using System.Buffers.Binary;

namespace OpenClaw.Gateway.Metering.Ledger.Journal;

/// <summary>
/// The records of one journal file, from an offset on. What does not hold its checksum is skipped up to the next record that
/// does: at the end of the file that is a write the process did not live to finish, in the middle it is damage.
/// </summary>
internal sealed class SegmentScan(byte[] file, long from = 0)
{
    private static readonly byte[] s_magic = BitConverter.GetBytes(FrameBuffer.Magic);
    private int _at = (int)Math.Min(from, file.Length);
    private int _end = file.Length;
    private int _skippedSince = -1;

    /// <summary>Behind the last record that was read.</summary>
    public int Offset => _at;

    /// <summary>Bytes of damage with whole records behind them.</summary>
    public long Damaged { get; private set; }

    /// <summary>Bytes at the end that are no whole record.</summary>
    public long Torn { get; private set; }

    /// <summary>The next whole record, or false at the end.</summary>
    public bool TryRead(out JournalItem item)
    {
        while (TryFrame(out var payload))
        {
            try
            {
                item = JournalCodec.Read(payload);
                return true;
            }
            catch (InvalidDataException)
            {
                Damaged += payload.Length + FrameBuffer.HeadLength;
            }
        }
        item = default;
        return false;
    }

    private bool TryFrame(out ReadOnlySpan<byte> payload)
    {
        while (_at < _end)
        {
            if (IsFrame(_at, out payload))
            {
                if (_skippedSince >= 0) Damaged += _at - _skippedSince;
                _skippedSince = -1;
                _at += FrameBuffer.HeadLength + payload.Length;
                return true;
            }
            if (_skippedSince < 0) _skippedSince = _at;
            var next = file.AsSpan(_at + 1).IndexOf(s_magic);
            _at = next < 0 ? _end : _at + 1 + next;
        }
        if (_skippedSince >= 0)
        {
            Torn += _end - _skippedSince;
            _at = _skippedSince;
            _skippedSince = -1;
            _end = _at;
        }
        payload = default;
        return false;
    }

    private bool IsFrame(int at, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        var rest = file.AsSpan(at);
        if (rest.Length < FrameBuffer.HeadLength || BinaryPrimitives.ReadUInt32LittleEndian(rest) != FrameBuffer.Magic) return false;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
        if (length is 0 or > FrameBuffer.MaxPayload || length > rest.Length - FrameBuffer.HeadLength) return false;
        payload = rest.Slice(FrameBuffer.HeadLength, (int)length);
        return Checksum.Of(payload) == BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]);
    }
}
