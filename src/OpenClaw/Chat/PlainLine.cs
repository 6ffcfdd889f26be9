namespace OpenClaw.Chat;

/// <summary>Reads a line, or several with a backslash at the end, without moving a cursor: for a terminal that obeys no escape sequences.</summary>
internal static class PlainLine
{
    public static (LineEnd End, string Text) Read(TextReader input, LineHistory history)
    {
        var text = "";
        while (input.ReadLine() is { } line)
        {
            if (line.EndsWith('\\'))
            {
                text += line[..^1] + "\n";
                continue;
            }
            text += line;
            history.Add(text.Trim());
            return (LineEnd.Entered, text);
        }
        return (LineEnd.Left, "");
    }
}
