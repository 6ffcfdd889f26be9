// hot path: no allocation once the buffers have grown
using System.Buffers;
using System.Text;

namespace OpenClaw.Gateway.Dialects.Json;

/// <summary>
/// Places of a body and what comes there instead. The new text of all edits lies in one buffer. Taken with <see cref="Rent"/>
/// and given back by <see cref="Dispose"/>; used on one thread, without an await in between.
/// </summary>
internal sealed class BodyEdits : IDisposable
{
    // A continuation's text may be long: such a buffer is not kept.
    private const int MaxKept = 64 * 1024;

    [ThreadStatic]
    private static BodyEdits? t_spare;

    private ArrayBufferWriter<byte> _text = new(256);
    private Edit[] _edits = new Edit[8];
    private int _count;

    private BodyEdits()
    {
    }

    /// <summary>Where the text of an edit is written: between <see cref="Mark"/> and <see cref="Add"/>.</summary>
    public IBufferWriter<byte> Text => _text;

    /// <summary>Where the next edit's text begins.</summary>
    public int Mark => _text.WrittenCount;

    public static BodyEdits Rent()
    {
        var edits = t_spare ?? new BodyEdits();
        t_spare = null;
        return edits;
    }

    public void Dispose()
    {
        _count = 0;
        if (_text.Capacity > MaxKept) _text = new ArrayBufferWriter<byte>(256);
        else _text.ResetWrittenCount();
        t_spare = this;
    }

    /// <summary>An edit whose text was written since <paramref name="mark"/>. <paramref name="length"/> 0 inserts.</summary>
    public void Add(int start, int length, int mark)
    {
        if (_count == _edits.Length) Array.Resize(ref _edits, _count * 2);
        var edit = new Edit(start, length, mark, Mark - mark);
        // Kept in the order of their places; at one place, in the order in which they were made.
        var at = _count++;
        while (at > 0 && _edits[at - 1].Start > start)
        {
            _edits[at] = _edits[at - 1];
            at--;
        }
        _edits[at] = edit;
    }

    public void Replace(int start, int length, ReadOnlySpan<byte> with)
    {
        var mark = Mark;
        _text.Write(with);
        Add(start, length, mark);
    }

    public void Insert(int at, ReadOnlySpan<byte> what) => Replace(at, 0, what);

    public void Remove(int start, int end) => Replace(start, end - start, default);

    /// <summary>Writes a JSON string, quotes included, into the text of the next edit.</summary>
    public void WriteQuoted(string text)
    {
        _text.Write("\""u8);
        WriteInside(text);
        _text.Write("\""u8);
    }

    /// <summary>The same without the quotes.</summary>
    public void WriteInside(string text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (most <= 512)
        {
            Span<byte> utf8 = stackalloc byte[most];
            JsonWrite.Escaped(_text, utf8[..Encoding.UTF8.GetBytes(text, utf8)]);
            return;
        }
        var rented = ArrayPool<byte>.Shared.Rent(most);
        JsonWrite.Escaped(_text, rented.AsSpan(0, Encoding.UTF8.GetBytes(text, rented)));
        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>Writes plain text, for JSON that is ready.</summary>
    public void WriteRaw(string json) => Encoding.UTF8.GetBytes(json, _text);

    /// <summary>Copies the body with the edits in place.</summary>
    public void Apply(ReadOnlySpan<byte> body, IBufferWriter<byte> output)
    {
        var at = 0;
        for (var i = 0; i < _count; i++)
        {
            var edit = _edits[i];
            output.Write(body[at..edit.Start]);
            output.Write(_text.WrittenSpan.Slice(edit.Text, edit.TextLength));
            at = edit.Start + edit.Length;
        }
        output.Write(body[at..]);
    }

    private readonly record struct Edit(int Start, int Length, int Text, int TextLength);
}
