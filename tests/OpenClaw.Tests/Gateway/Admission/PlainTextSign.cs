using System.Text;
using System.Text.RegularExpressions;
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
        var isOfClock = Encoding.Latin1.GetString(text).Contains("heartbeat", StringComparison.Ordinal);
        var afterTime = false;
        for (var i = 0; i < text.Length;)
        {
            if (!IsWordByte(text[i]))
            {
                i++;
                continue;
            }
            var start = i;
            while (i < text.Length && IsWordByte(text[i])) i++;
            var token = text[start..i];
            afterTime = IsTime(token, Encoding.Latin1.GetString(text[Math.Max(0, start - 2)..start]), Encoding.Latin1.GetString(text[i..Math.Min(text.Length, i + 2)]), afterTime, isOfClock);
            if (!afterTime) sign = Hash64.Join(sign, Hash64.Of(Lowered(token)));
        }
        return sign;
    }

    private static bool IsTime(ReadOnlySpan<byte> token, string before, string after, bool afterTime, bool isOfClock)
    {
        var text = Encoding.Latin1.GetString(Lowered(token));
        if (Regex.IsMatch(text, "[0-9]"))
        {
            if (isOfClock) return afterTime || text.Length >= 8 || Regex.IsMatch(before, "[-:/+]$") || Regex.IsMatch(after, "^[-:/+]");
            if (text.Length > 8) return Regex.IsMatch(text, "^1[5-9]([0-9]{8}|[0-9]{11}|[0-9]{14}|[0-9]{17})$") || (text.Length >= 12 && Regex.IsMatch(text, "^(19|20)[0-9]{6}[tz]*[0-9]+[tz]*$"));
            return afterTime || Regex.IsMatch(text, "^(19|20)[0-9]{6}$") || Regex.IsMatch(before, "[0-9][-:/+]$") || Regex.IsMatch(after, "^[-:/+][0-9]");
        }
        return token.Length == 3 ? s_short.Contains(text) : s_names.Contains(text);
    }

    private static bool IsWordByte(byte b) => char.IsAsciiLetterOrDigit((char)b) || b >= 0x80;

    private static byte[] Lowered(ReadOnlySpan<byte> token)
    {
        var word = token.ToArray();
        for (var i = 0; i < word.Length; i++) word[i] = word[i] is >= (byte)'A' and <= (byte)'Z' ? (byte)(word[i] | 0x20) : word[i];
        return word;
    }
}
