using System.Globalization;

namespace OpenClaw.Chat;

/// <summary>The text being typed and the cursor in it. Moves and deletes by what a reader takes for one character.</summary>
internal sealed class LineBuffer
{
    public string Text { get; private set; } = "";

    /// <summary>Index into <see cref="Text"/>, never inside a character.</summary>
    public int Cursor { get; private set; }

    public void Set(string text) => (Text, Cursor) = (text, text.Length);

    public void Insert(string text)
    {
        Text = Text.Insert(Cursor, text);
        Cursor += text.Length;
    }

    public void Left() => Cursor = Before(Cursor);

    public void Right() => Cursor = After(Cursor);

    public void Home() => Cursor = 0;

    public void End() => Cursor = Text.Length;

    public void WordLeft()
    {
        while (Cursor > 0 && char.IsWhiteSpace(Text[Cursor - 1])) Cursor--;
        while (Cursor > 0 && !char.IsWhiteSpace(Text[Cursor - 1])) Cursor = Before(Cursor);
    }

    public void WordRight()
    {
        while (Cursor < Text.Length && char.IsWhiteSpace(Text[Cursor])) Cursor++;
        while (Cursor < Text.Length && !char.IsWhiteSpace(Text[Cursor])) Cursor = After(Cursor);
    }

    public void Backspace() => RemoveFrom(Before(Cursor), Cursor);

    public void Delete() => RemoveFrom(Cursor, After(Cursor));

    /// <summary>Ctrl-K.</summary>
    public void CutToEnd() => RemoveFrom(Cursor, Text.Length);

    /// <summary>Ctrl-U.</summary>
    public void CutToStart() => RemoveFrom(0, Cursor);

    /// <summary>Ctrl-W.</summary>
    public void CutWord()
    {
        var end = Cursor;
        WordLeft();
        RemoveFrom(Cursor, end);
    }

    private void RemoveFrom(int start, int end)
    {
        Text = Text.Remove(start, end - start);
        Cursor = start;
    }

    private int After(int at) => at >= Text.Length ? Text.Length : at + StringInfo.GetNextTextElementLength(Text.AsSpan(at));

    private int Before(int at)
    {
        var (start, next) = (0, 0);
        while (next < at)
        {
            start = next;
            next += StringInfo.GetNextTextElementLength(Text.AsSpan(next));
        }
        return start;
    }
}
