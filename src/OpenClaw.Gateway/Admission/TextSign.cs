// hot path: runs over the text of every request
using System.Buffers.Binary;
using System.Text;

namespace OpenClaw.Gateway.Admission;

/// <summary>
/// Says whether two texts are the same but for the time they name. Upper and lower case, white space, punctuation, dates, times of
/// day and long numbers do not count; a number that stands alone (<c>document 17</c>) does. A word of up to eight bytes, as
/// nearly all are, is one number from the text to its hash.
/// </summary>
internal static class TextSign
{
    // What is near-identical is so from its beginning; a document behind it must not cost time.
    private const int MaxLooked = 16 * 1024;

    private const ulong Ones = 0x0101010101010101;
    private const ulong Highs = 0x8080808080808080;

    // By their length; a word of three letters is a name of the calendar only in its short form.
    private static readonly ulong[][] s_names =
    [
        [], [], Words("am", "pm"),
        Words("mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "utc", "gmt"),
        Words("june", "july", "tues", "thur", "sept"), Words("march", "april", "thurs"), Words("monday", "friday", "sunday", "august"),
        Words("tuesday", "january", "october"), Words("thursday", "saturday", "february", "november", "december"),
    ];

    // ASCII letters and digits, and every byte of a character beyond ASCII.
    private static readonly bool[] s_isWordByte = [.. Enumerable.Range(0, 256).Select(static b => b >= 0x80 || char.IsAsciiLetterOrDigit((char)b))];

    /// <param name="text">UTF-8; JSON escapes may stay as they are.</param>
    public static ulong Of(ReadOnlySpan<byte> text)
    {
        if (text.Length > MaxLooked) text = text[..MaxLooked];
        var isWordByte = s_isWordByte;
        ulong sign = 1;
        var (afterTime, before) = (false, (byte)0);
        for (var i = 0; i < text.Length;)
        {
            if (!isWordByte[text[i]])
            {
                before = text[i++];
                continue;
            }
            var start = i;
            while (i < text.Length && isWordByte[text[i]]) i++;
            var after = i < text.Length ? text[i] : (byte)0;
            if (i - start > 8)
            {
                var token = text[start..i];
                afterTime = IsLongTime(token);
                if (!afterTime) sign = Hash64.Join(sign, OfLong(token));
                continue;
            }
            var word = Lowered(Load(text, start, i - start));
            afterTime = HasDigit(word) ? afterTime || i - start == 8 || Joins(before) || Joins(after) : s_names[i - start].AsSpan().Contains(word);
            if (!afterTime) sign = Hash64.Join(sign, Hash64.OfWord(word, i - start));
        }
        return sign;
    }

    /// <summary>Agents' own names for a prompt that a clock sends, not a person.</summary>
    public static bool NamesHeartbeat(ReadOnlySpan<byte> text)
    {
        if (text.Length > MaxLooked) text = text[..MaxLooked];
        return text.IndexOf("heartbeat"u8) >= 0 || text.IndexOf("HEARTBEAT"u8) >= 0 || text.IndexOf("Heartbeat"u8) >= 0 || text.IndexOf("[cron"u8) >= 0;
    }

    // A long token with a digit in it is a moment or a number that nothing hangs on.
    private static bool IsLongTime(ReadOnlySpan<byte> token) =>
        token.ContainsAnyInRange((byte)'0', (byte)'9') || (token.Length == 9 && (Ascii.EqualsIgnoreCase(token, "wednesday"u8) || Ascii.EqualsIgnoreCase(token, "september"u8)));

    // 10:03, 2026-04-15, 15/04/26, +08:00
    private static bool Joins(byte b) => b is (byte)':' or (byte)'-' or (byte)'/' or (byte)'+';

    private static ulong OfLong(ReadOnlySpan<byte> token)
    {
        Span<byte> word = stackalloc byte[64];
        if (token.Length > word.Length) return Hash64.Of(token);
        for (var i = 0; i < token.Length; i++) word[i] = token[i] is >= (byte)'A' and <= (byte)'Z' ? (byte)(token[i] | 0x20) : token[i];
        return Hash64.Of(word[..token.Length]);
    }

    private static ulong Load(ReadOnlySpan<byte> text, int start, int length)
    {
        if (text.Length - start >= 8) return BinaryPrimitives.ReadUInt64LittleEndian(text[start..]) & (ulong.MaxValue >> (64 - (8 * length)));
        ulong word = 0;
        for (var i = length - 1; i >= 0; i--) word = (word << 8) | text[start + i];
        return word;
    }

    // Eight bytes at once: the high bit of a byte says that it is a capital, and is moved to the bit that makes it small.
    private static ulong Lowered(ulong word) => word | (Between(word, 'A', 'Z') >> 2);

    private static bool HasDigit(ulong word) => Between(word, '0', '9') != 0;

    // The high bit of each byte that is an ASCII character from first to last.
    private static ulong Between(ulong word, char first, char last)
    {
        var low = word & ~Highs;
        return (low + (Ones * (ulong)(0x80 - first))) & ~(low + (Ones * (ulong)(0x7F - last))) & ~word & Highs;
    }

    private static ulong[] Words(params string[] names) => [.. names.Select(static n => Load(Encoding.ASCII.GetBytes(n), 0, n.Length))];
}
