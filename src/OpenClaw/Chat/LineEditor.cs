using System.Text;

namespace OpenClaw.Chat;

/// <summary>Keys in, text out: a terminal, or a test.</summary>
/// <param name="Read">The next key; waits for it. Null: there will be none any more.</param>
/// <param name="HasMore">Another key is there already (the rest of an escape sequence, or of a paste).</param>
/// <param name="Width">Columns.</param>
internal sealed record LineTerminal(Func<ConsoleKeyInfo?> Read, Func<bool> HasMore, Action<string> Write, Func<int> Width);

/// <summary>How a line ended.</summary>
internal enum LineEnd
{
    Entered,

    /// <summary>Ctrl-C: what was typed is dropped.</summary>
    Dropped,

    /// <summary>Ctrl-D at an empty prompt, or the terminal is gone.</summary>
    Left,
}

/// <summary>
/// Reads one line (several with a backslash at the end, or pasted) with the keys that people know from a shell. The keys:
/// left, right, Home, End, Ctrl-A, Ctrl-E, Alt-B, Alt-F move; Backspace, Delete, Ctrl-U, Ctrl-K, Ctrl-W cut; up, down, Ctrl-P,
/// Ctrl-N go through what was said before; Tab completes; Ctrl-L clears the screen; Ctrl-C drops the line; Ctrl-D leaves.
/// </summary>
internal sealed class LineEditor(LineTerminal terminal, LineHistory history, LineCompletion completion)
{
    private const string PasteOn = "\e[?2004h";

    // The runtime switches the keypad to its application mode when it reads its first key, and leaves it so: a shell does not expect that.
    private const string GivenBack = "\e[?2004l\e[?1l\e>";

    private volatile bool _isReading;

    public (LineEnd End, string Text) Read(string prompt)
    {
        var line = new LineBuffer();
        var screen = new LineScreen(prompt);
        _isReading = true;
        terminal.Write(PasteOn);
        try
        {
            while (true)
            {
                // A paste comes as many keys: it is drawn once.
                if (!terminal.HasMore()) terminal.Write(screen.Draw(line, terminal.Width()));
                if (terminal.Read() is not { } key) return (LineEnd.Left, "");
                if (IsEscape(key)) Escape(key, line);
                else if (key.Key == ConsoleKey.Enter || key.KeyChar is '\r' or '\n')
                {
                    if (Continues(line)) continue;
                    terminal.Write(screen.Leave(line, terminal.Width()));
                    history.Add(line.Text.Trim());
                    return (LineEnd.Entered, line.Text);
                }
                else if (key.KeyChar == '\u0003')
                {
                    terminal.Write(screen.Leave(line, terminal.Width()));
                    return (LineEnd.Dropped, line.Text);
                }
                else if (key.KeyChar == '\u0004' && line.Text.Length == 0)
                {
                    terminal.Write("\r\n");
                    return (LineEnd.Left, "");
                }
                else if (key.Key == ConsoleKey.Tab || key.KeyChar == '\t') Complete(line, screen);
                else Edit(key, line);
            }
        }
        finally
        {
            terminal.Write(GivenBack);
            _isReading = false;
        }
    }

    /// <summary>The program ends while a line may be read: gives the terminal back as it was. From any thread.</summary>
    public void Abandon()
    {
        if (!_isReading) return;
        try
        {
            terminal.Write(GivenBack + "\r\n");
        }
        catch (IOException)
        {
            // The terminal is gone, and its settings with it.
        }
    }

    private void Edit(ConsoleKeyInfo key, LineBuffer line)
    {
        switch (key.Key)
        {
            case ConsoleKey.LeftArrow when key.Modifiers.HasFlag(ConsoleModifiers.Control): line.WordLeft(); return;
            case ConsoleKey.RightArrow when key.Modifiers.HasFlag(ConsoleModifiers.Control): line.WordRight(); return;
            case ConsoleKey.LeftArrow: line.Left(); return;
            case ConsoleKey.RightArrow: line.Right(); return;
            case ConsoleKey.UpArrow: Recall(history.Up(line.Text), line); return;
            case ConsoleKey.DownArrow: Recall(history.Down(), line); return;
            case ConsoleKey.Home: line.Home(); return;
            case ConsoleKey.End: line.End(); return;
            case ConsoleKey.Delete: line.Delete(); return;
            case ConsoleKey.Backspace: line.Backspace(); return;
        }
        if (key.Modifiers.HasFlag(ConsoleModifiers.Alt))
        {
            if (key.Key == ConsoleKey.B) line.WordLeft();
            else if (key.Key == ConsoleKey.F) line.WordRight();
            return;
        }
        switch (key.KeyChar)
        {
            case '\u0001': line.Home(); break;
            case '\u0002': line.Left(); break;
            case '\u0004': line.Delete(); break;
            case '\u0005': line.End(); break;
            case '\u0006': line.Right(); break;
            case '\u0008' or '\u007f': line.Backspace(); break;
            case '\u000b': line.CutToEnd(); break;
            case '\u000c': terminal.Write("\e[H\e[2J"); break;
            case '\u000e': Recall(history.Down(), line); break;
            case '\u0010': Recall(history.Up(line.Text), line); break;
            case '\u0015': line.CutToStart(); break;
            case '\u0017': line.CutWord(); break;
            case >= ' ' and not '\u007f': line.Insert(Whole(key.KeyChar)); break;
        }
    }

    // Half of a pair comes with its other half right behind.
    private string Whole(char first)
    {
        if (!char.IsHighSurrogate(first)) return first.ToString();
        return terminal.Read() is { } second && char.IsLowSurrogate(second.KeyChar) ? new string([first, second.KeyChar]) : "\uFFFD";
    }

    private static void Recall(string? text, LineBuffer line)
    {
        if (text is not null) line.Set(text);
    }

    // A backslash at the end of the line: the message goes on below.
    private static bool Continues(LineBuffer line)
    {
        if (!line.Text.EndsWith('\\')) return false;
        line.End();
        line.Backspace();
        line.Insert("\n");
        return true;
    }

    // The runtime gives ESC [ as Alt and a bracket; other readers as two keys.
    private bool IsEscape(ConsoleKeyInfo key) =>
        (key.KeyChar == '[' && key.Modifiers.HasFlag(ConsoleModifiers.Alt)) || (key.KeyChar == '\e' && terminal.HasMore());

    private void Escape(ConsoleKeyInfo key, LineBuffer line)
    {
        if (key.KeyChar == '\e' && terminal.Read() is not { KeyChar: '[' }) return;
        var sequence = new StringBuilder();
        while (terminal.HasMore() && sequence.Length < 16 && terminal.Read() is { } next)
        {
            sequence.Append(next.KeyChar);
            if (next.KeyChar is >= '@' and <= '~') break;
        }
        if (sequence.ToString() == "200~") line.Insert(ReadPaste());
    }

    // Everything up to ESC [ 201 ~ is text, line ends and all.
    private string ReadPaste()
    {
        const string End = "[201~";
        var text = new StringBuilder();
        while (terminal.Read() is { } key)
        {
            var isAlt = key.Modifiers.HasFlag(ConsoleModifiers.Alt) && key.KeyChar == '[';
            if (key.KeyChar == '\r') text.Append('\n');
            else if (key.KeyChar is >= ' ' or '\n' or '\t' && key.KeyChar != '\e') text.Append(key.KeyChar);
            if (isAlt || text.Length < End.Length || key.KeyChar != '~' || !EndsWith(text, End)) continue;
            return text.ToString(0, text.Length - End.Length);
        }
        return text.ToString();
    }

    private static bool EndsWith(StringBuilder text, string end)
    {
        for (var i = 0; i < end.Length; i++)
        {
            if (text[text.Length - end.Length + i] != end[i]) return false;
        }
        return true;
    }

    private void Complete(LineBuffer line, LineScreen screen)
    {
        var (start, words) = completion.Find(line.Text[..line.Cursor]);
        if (words.Count == 0) return;
        var common = LineCompletion.Common(words);
        var typed = line.Cursor - start;
        if (common.Length > typed) line.Insert(common[typed..]);
        if (words.Count == 1) line.Insert(" ");
        else if (common.Length == typed)
        {
            terminal.Write(screen.Leave(line, terminal.Width()));
            terminal.Write(string.Join("\r\n", words) + "\r\n");
        }
    }
}
