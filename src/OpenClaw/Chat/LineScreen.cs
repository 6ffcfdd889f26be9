using System.Globalization;
using System.Text;

namespace OpenClaw.Chat;

/// <summary>Draws a line being edited, over as many rows as it takes, and puts the cursor where it belongs. Knows where it left the cursor.</summary>
internal sealed class LineScreen(string prompt)
{
    private const string Continued = "… ";
    private int _cursorRow;

    /// <summary>What to send to a terminal of <paramref name="width"/> columns so that it shows the line.</summary>
    public string Draw(LineBuffer line, int width)
    {
        width = Math.Max(width, 10);
        var output = new StringBuilder();
        if (_cursorRow > 0) output.Append(CultureInfo.InvariantCulture, $"\e[{_cursorRow}A");
        output.Append("\r\e[J").Append(prompt);
        var (row, column) = (0, TextWidth.Of(prompt));
        var (cursorRow, cursorColumn) = (row, column);
        var text = line.Text.AsSpan();
        for (var at = 0; at < text.Length;)
        {
            if (at == line.Cursor) (cursorRow, cursorColumn) = (row, column);
            if (text[at] == '\n')
            {
                output.Append("\r\n").Append(Continued);
                (row, column) = (row + 1, TextWidth.Of(Continued));
                at++;
                continue;
            }
            var length = StringInfo.GetNextTextElementLength(text[at..]);
            var element = text.Slice(at, length);
            var wide = TextWidth.OfElement(element);
            // A wide character does not stand in the last column: the terminal would put it below, and so do we.
            if (column + wide > width)
            {
                output.Append("\r\n");
                (row, column) = (row + 1, 0);
                if (at == line.Cursor) (cursorRow, cursorColumn) = (row, column);
            }
            if (text[at] >= ' ') output.Append(element);
            column += wide;
            at += length;
        }
        if (column >= width)
        {
            // The cursor hangs at the edge: a line end brings it where the next character will stand.
            output.Append("\r\n");
            (row, column) = (row + 1, 0);
        }
        if (line.Cursor == text.Length) (cursorRow, cursorColumn) = (row, column);
        if (row > cursorRow) output.Append(CultureInfo.InvariantCulture, $"\e[{row - cursorRow}A");
        output.Append('\r');
        if (cursorColumn > 0) output.Append(CultureInfo.InvariantCulture, $"\e[{cursorColumn}C");
        _cursorRow = cursorRow;
        return output.ToString();
    }

    /// <summary>Leaves the line as it stands; what is written next begins below it.</summary>
    public string Leave(LineBuffer line, int width)
    {
        line.End();
        var drawn = Draw(line, width) + "\r\n";
        _cursorRow = 0;
        return drawn;
    }
}
