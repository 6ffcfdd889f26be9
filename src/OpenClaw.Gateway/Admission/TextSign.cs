namespace OpenClaw.Gateway.Admission;

/// <summary>
/// Says whether two texts are the same but for the time they name. Upper and lower case, white space, punctuation, dates, times of
/// day and long numbers do not count; a number that stands alone (<c>document 17</c>) does.
/// </summary>
internal static class TextSign
{
    // What is near-identical is so from its beginning; a document behind it must not cost time.
    private const int MaxLooked = 16 * 1024;

    private static readonly string[] s_calendar =
    [
        "mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];

    private static readonly string[] s_wholeWords =
    [
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march", "april", "june",
        "july", "august", "september", "october", "november", "december", "tues", "thur", "thurs", "sept", "am", "pm", "utc", "gmt",
    ];

    /// <param name="text">UTF-8; JSON escapes may stay as they are.</param>
    public static ulong Of(ReadOnlySpan<byte> text)
    {
        if (text.Length > MaxLooked) text = text[..MaxLooked];
        Span<byte> word = stackalloc byte[64];
        ulong sign = 1;
        var (afterTime, before) = (false, (byte)0);
        for (var i = 0; i < text.Length;)
        {
            if (!IsWordByte(text[i]))
            {
                before = text[i++];
                continue;
            }
            var start = i;
            while (i < text.Length && IsWordByte(text[i])) i++;
            var token = text[start..i];
            var after = i < text.Length ? text[i] : (byte)0;
            afterTime = IsTime(token, before, after, afterTime, word);
            if (!afterTime) sign = Hash64.Join(sign, Lowered(token, word));
        }
        return sign;
    }

    /// <summary>Agents' own names for a prompt that a clock sends, not a person.</summary>
    public static bool NamesHeartbeat(ReadOnlySpan<byte> text)
    {
        if (text.Length > MaxLooked) text = text[..MaxLooked];
        return text.IndexOf("heartbeat"u8) >= 0 || text.IndexOf("HEARTBEAT"u8) >= 0 || text.IndexOf("Heartbeat"u8) >= 0 || text.IndexOf("[cron"u8) >= 0;
    }

    private static bool IsTime(ReadOnlySpan<byte> token, byte before, byte after, bool afterTime, Span<byte> word)
    {
        if (token.ContainsAnyInRange((byte)'0', (byte)'9')) return afterTime || token.Length >= 8 || Joins(before) || Joins(after);
        if (token.Length is < 2 or > 9) return false;
        var text = word[..token.Length];
        for (var i = 0; i < token.Length; i++) text[i] = (byte)(token[i] | 0x20);
        foreach (var name in token.Length == 3 ? s_calendar : s_wholeWords)
        {
            if (name.Length == text.Length && System.Text.Ascii.Equals(text, name)) return true;
        }
        return token.Length == 3 && (text.SequenceEqual("utc"u8) || text.SequenceEqual("gmt"u8));
    }

    // 10:03, 2026-04-15, 15/04/26, +08:00
    private static bool Joins(byte b) => b is (byte)':' or (byte)'-' or (byte)'/' or (byte)'+';

    private static bool IsWordByte(byte b) => char.IsAsciiLetterOrDigit((char)b) || b >= 0x80;

    private static ulong Lowered(ReadOnlySpan<byte> token, Span<byte> word)
    {
        if (token.Length > word.Length) return Hash64.Of(token);
        for (var i = 0; i < token.Length; i++) word[i] = token[i] is >= (byte)'A' and <= (byte)'Z' ? (byte)(token[i] | 0x20) : token[i];
        return Hash64.Of(word[..token.Length]);
    }
}
