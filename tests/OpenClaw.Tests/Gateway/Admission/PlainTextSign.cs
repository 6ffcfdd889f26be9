using System.Text;
using OpenClaw.Gateway.Admission;

namespace OpenClaw.Tests.Gateway.Admission;

/// <summary>The rules of <see cref="TextSign"/> in the plainest words, to hold the fast reading against.</summary>
internal static class PlainTextSign
{
    private static readonly string[] s_short = ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "utc", "gmt"];

    private static readonly string[] s_names =
    [
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march", "april", "june",
        "july", "august", "september", "october", "november", "december", "tues", "thur", "thurs", "sept", "am", "pm",
    ];

    public static ulong Of(ReadOnlySpan<byte> text)
    {
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
            afterTime = IsTime(token, before, i < text.Length ? text[i] : (byte)0, afterTime);
            if (!afterTime) sign = Hash64.Join(sign, Hash64.Of(Lowered(token)));
        }
        return sign;
    }

    private static bool IsTime(ReadOnlySpan<byte> token, byte before, byte after, bool afterTime)
    {
        if (token.ContainsAnyInRange((byte)'0', (byte)'9')) return afterTime || token.Length >= 8 || Joins(before) || Joins(after);
        var text = Encoding.Latin1.GetString(Lowered(token));
        return token.Length == 3 ? s_short.Contains(text) : s_names.Contains(text);
    }

    private static bool Joins(byte b) => b is (byte)':' or (byte)'-' or (byte)'/' or (byte)'+';

    private static bool IsWordByte(byte b) => char.IsAsciiLetterOrDigit((char)b) || b >= 0x80;

    private static byte[] Lowered(ReadOnlySpan<byte> token)
    {
        var word = token.ToArray();
        for (var i = 0; i < word.Length; i++) word[i] = word[i] is >= (byte)'A' and <= (byte)'Z' ? (byte)(word[i] | 0x20) : word[i];
        return word;
    }
}
