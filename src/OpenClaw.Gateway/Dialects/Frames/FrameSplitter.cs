// hot path: no allocation per frame
using System.Buffers;

namespace OpenClaw.Gateway.Dialects.Frames;

/// <summary>One frame of a stream, pointing into the buffer it was found in.</summary>
internal readonly ref struct Frame
{
    /// <summary>SSE's <c>event:</c> field; empty when absent.</summary>
    public ReadOnlySpan<byte> Event { get; init; }

    /// <summary>The payload, several <c>data:</c> lines joined by a newline. Empty for a comment or a blank frame.</summary>
    public ReadOnlySpan<byte> Data { get; init; }

    /// <summary>Bytes of the buffer that the frame takes, its terminator included.</summary>
    public int Length { get; init; }
}

/// <summary>
/// Cuts server-sent events (WHATWG HTML, section 9.2) or JSON lines out of a growing buffer. Holds only what a frame
/// of several data lines needs to be joined.
/// </summary>
internal sealed class FrameSplitter(Framing framing)
{
    private byte[] _joined = [];
    private int _scanned;

    /// <summary>
    /// Finds the frame at the start of <paramref name="buffer"/>. False: it is not complete yet; call again with more
    /// bytes appended (the part already searched is not searched again). <paramref name="atEnd"/>: no more bytes will come,
    /// an unterminated last frame counts.
    /// </summary>
    public bool TryRead(ReadOnlySpan<byte> buffer, bool atEnd, out Frame frame) =>
        framing == Framing.JsonLines ? TryReadLine(buffer, atEnd, out frame) : TryReadEvent(buffer, atEnd, out frame);

    private bool TryReadLine(ReadOnlySpan<byte> buffer, bool atEnd, out Frame frame)
    {
        frame = default;
        _scanned = Math.Min(_scanned, buffer.Length);
        var end = buffer[_scanned..].IndexOf((byte)'\n');
        if (end < 0)
        {
            if (!atEnd || buffer.IsEmpty)
            {
                _scanned = buffer.Length;
                return false;
            }
            frame = new Frame { Data = Trim(buffer), Length = buffer.Length };
        }
        else
        {
            end += _scanned;
            frame = new Frame { Data = Trim(buffer[..end]), Length = end + 1 };
        }
        _scanned = 0;
        return true;
    }

    private bool TryReadEvent(ReadOnlySpan<byte> buffer, bool atEnd, out Frame frame)
    {
        frame = default;
        var length = FindBlankLine(buffer);
        if (length < 0)
        {
            if (!atEnd || buffer.IsEmpty) return false;
            length = buffer.Length;
        }
        _scanned = 0;
        frame = Parse(buffer[..length], length);
        return true;
    }

    // The end of the first blank line: LF LF, CRLF CRLF, CR CR, or mixtures. A CR at the very end may be half a CRLF: wait.
    private int FindBlankLine(ReadOnlySpan<byte> buffer)
    {
        var from = Math.Max(0, Math.Min(_scanned, buffer.Length) - 3);
        while (true)
        {
            var i = buffer[from..].IndexOfAny((byte)'\n', (byte)'\r');
            if (i < 0) break;
            i += from;
            var next = AfterLineEnd(buffer, i);
            if (next < 0) break;
            // A blank line at the very start is a frame of its own.
            if (i == 0) return next;
            if (next < buffer.Length && buffer[next] is (byte)'\n' or (byte)'\r')
            {
                var end = AfterLineEnd(buffer, next);
                if (end < 0) break;
                return end;
            }
            from = next;
        }
        _scanned = buffer.Length;
        return -1;
    }

    private static int AfterLineEnd(ReadOnlySpan<byte> buffer, int i)
    {
        if (buffer[i] == (byte)'\n') return i + 1;
        if (i + 1 >= buffer.Length) return -1;
        return buffer[i + 1] == (byte)'\n' ? i + 2 : i + 1;
    }

    private Frame Parse(ReadOnlySpan<byte> block, int length)
    {
        ReadOnlySpan<byte> name = default, data = default;
        var lines = 0;
        var joined = 0;
        var stray = false;
        // A byte order mark may open the stream (the same section); nowhere else could a field begin with one.
        if (block.StartsWith("\uFEFF"u8)) block = block[3..];
        var rest = block;
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOfAny((byte)'\n', (byte)'\r');
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (line.IsEmpty) continue;
            var colon = line.IndexOf((byte)':');
            if (colon == 0) continue;
            var field = colon < 0 ? line : line[..colon];
            var value = colon < 0 ? default : line[(colon + 1)..];
            if (!value.IsEmpty && value[0] == (byte)' ') value = value[1..];
            if (field.SequenceEqual("event"u8)) name = value;
            else if (field.SequenceEqual("data"u8))
            {
                if (lines == 0) data = value;
                else joined = Join(lines == 1 ? data : default, value, joined);
                lines++;
            }
            else stray |= colon < 0 || !IsKnownField(field);
        }
        // No data but lines that are no SSE (an HTML page, a plain-text error): hand the text over, the reader will call
        // it malformed. Beside data, unknown fields are ignored as the specification says.
        if (lines == 0 && stray) data = block;
        if (lines > 1) data = _joined.AsSpan(0, joined);
        return new Frame { Event = name, Data = data, Length = length };
    }

    private static bool IsKnownField(ReadOnlySpan<byte> field) => field.SequenceEqual("id"u8) || field.SequenceEqual("retry"u8);

    private int Join(ReadOnlySpan<byte> first, ReadOnlySpan<byte> next, int joined)
    {
        var need = joined + first.Length + 1 + next.Length;
        if (_joined.Length < need) Array.Resize(ref _joined, Math.Max(need, Math.Max(1024, _joined.Length * 2)));
        first.CopyTo(_joined);
        joined += first.Length;
        _joined[joined++] = (byte)'\n';
        next.CopyTo(_joined.AsSpan(joined));
        return joined + next.Length;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> line) => line.Trim(" \t\r"u8);
}
