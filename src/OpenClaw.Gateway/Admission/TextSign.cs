// hot path: runs over the text of every request
using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.Intrinsics;
using System.Text;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Admission;

/// <summary>
/// Says whether two texts are the same but for the time they name. Upper and lower case, white space, punctuation, dates, times of
/// day and seconds since 1970 do not count; any other number does (<c>document 17</c>, an order's), but in a prompt that says itself
/// that a clock sends it: there an id is of the run. A word of up to eight bytes, as nearly all are, is one number from the text to its hash.
/// </summary>
internal static class TextSign
{
    // Word by word; of what is longer only the end is looked at so again, for the time that it may name. What is between counts as it is.
    private const int MaxLooked = 16 * 1024;
    private const int Tail = 1024;

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

    // One bit for each name: a word without it is none. 1024 bits for 42 names, so few other words have one.
    private static readonly ulong[] s_mayBeName = Bits();

    /// <param name="text">UTF-8.</param>
    public static ulong Of(ReadOnlySpan<byte> text) => OfBeginning(text[..Math.Min(text.Length, MaxLooked)], NamesHeartbeat(text));

    private static ulong OfBeginning(ReadOnlySpan<byte> text, bool isOfClock)
    {
        Span<ulong> words = stackalloc ulong[(text.Length >> 6) + 1];
        Mark(text, words);
        ulong sign = 1;
        var afterTime = false;
        for (var at = 0; (at = Next(words, at, 0)) < text.Length;)
        {
            var start = at;
            at = Math.Min(Next(words, at, ulong.MaxValue), text.Length);
            var length = at - start;
            if (length > 8)
            {
                var token = text[start..at];
                afterTime = IsLongTime(token) || (isOfClock && token.ContainsAnyInRange((byte)'0', (byte)'9'));
                if (!afterTime) sign = Hash64.Join(sign, OfLong(token));
                continue;
            }
            var word = Lowered(Load(text, start, length));
            if (!HasDigit(word)) afterTime = IsName(word, length);
            else if (isOfClock) afterTime = afterTime || length == 8 || (start > 0 && Joins(text[start - 1])) || (at < text.Length && Joins(text[at]));
            else afterTime = afterTime || IsDay(text[start..at]) || (start > 1 && Joins(text[start - 1]) && IsDigit(text[start - 2])) || (at + 1 < text.Length && Joins(text[at]) && IsDigit(text[at + 1]));
            if (!afterTime) sign = Hash64.Join(sign, Hash64.OfWord(word, length));
        }
        return sign;
    }

    /// <summary>The same for a text in JSON, its escapes taken for what they stand for.</summary>
    public static ulong OfJson(ReadOnlySpan<byte> json) => OfJson(json, NamesHeartbeat(json));

    private static ulong OfJson(ReadOnlySpan<byte> json, bool isOfClock)
    {
        if (!json[..Math.Min(json.Length, MaxLooked)].Contains((byte)'\\')) return OfBeginning(json[..Math.Min(json.Length, MaxLooked)], isOfClock);
        var text = ArrayPool<byte>.Shared.Rent(MaxLooked + 4);
        var sign = OfBeginning(text.AsSpan(0, JsonEscapes.Fill(ref json, text, 0, MaxLooked)), isOfClock);
        ArrayPool<byte>.Shared.Return(text);
        return sign;
    }

    /// <summary>The same for the whole of it, a document behind an instruction too.</summary>
    /// <param name="isOfClock">It <see cref="NamesHeartbeat"/>.</param>
    public static ulong OfWholeJson(ReadOnlySpan<byte> json, bool isOfClock)
    {
        var sign = OfJson(json, isOfClock);
        if (json.Length <= MaxLooked) return sign;
        var end = Math.Max(MaxLooked, json.Length - Tail);
        return Hash64.Join(Hash64.Join(sign, Hash64.Of(json[MaxLooked..end])), OfBeginning(json[end..], isOfClock));
    }

    /// <summary>Agents' own names for a prompt that a clock sends, not a person.</summary>
    public static bool NamesHeartbeat(ReadOnlySpan<byte> text)
    {
        if (text.Length > MaxLooked) text = text[..MaxLooked];
        return text.IndexOf("heartbeat"u8) >= 0 || text.IndexOf("HEARTBEAT"u8) >= 0 || text.IndexOf("Heartbeat"u8) >= 0 || text.IndexOf("[cron"u8) >= 0;
    }

    // One bit a byte: it belongs to a word. That are ASCII letters and digits, and every byte of a character beyond ASCII.
    private static void Mark(ReadOnlySpan<byte> text, Span<ulong> words)
    {
        words.Clear();
        var i = 0;
        for (; i <= text.Length - 16; i += 16)
        {
            var bytes = Vector128.Create(text[i..]);
            var letters = Vector128.LessThan((bytes | Vector128.Create((byte)0x20)) - Vector128.Create((byte)'a'), Vector128.Create((byte)26));
            var digits = Vector128.LessThan(bytes - Vector128.Create((byte)'0'), Vector128.Create((byte)10));
            // The high bit itself is what is extracted.
            words[i >> 6] |= (ulong)(letters | digits | bytes).ExtractMostSignificantBits() << (i & 63);
        }
        for (; i < text.Length; i++)
        {
            if (char.IsAsciiLetterOrDigit((char)text[i]) || text[i] >= 0x80) words[i >> 6] |= 1UL << (i & 63);
        }
    }

    // The first place from here on whose bit is set, or with a full mask the first whose bit is not.
    private static int Next(ReadOnlySpan<ulong> words, int at, ulong flip)
    {
        var block = at >> 6;
        if (block >= words.Length) return int.MaxValue;
        var bits = (words[block] ^ flip) & (ulong.MaxValue << (at & 63));
        while (bits == 0)
        {
            if (++block >= words.Length) return int.MaxValue;
            bits = words[block] ^ flip;
        }
        return (block << 6) + BitOperations.TrailingZeroCount(bits);
    }

    private static bool IsName(ulong word, int length)
    {
        var bit = BitOf(word);
        return (s_mayBeName[bit >> 6] & (1UL << (bit & 63))) != 0 && s_names[length].AsSpan().Contains(word);
    }

    private static int BitOf(ulong word) => (int)((word * 0x9E3779B97F4A7C15) >> 54);

    private static ulong[] Bits()
    {
        var bits = new ulong[16];
        foreach (var name in s_names.SelectMany(static n => n)) bits[BitOf(name) >> 6] |= 1UL << (BitOf(name) & 63);
        return bits;
    }

    // 20260415T100300Z and its like, or seconds, milliseconds … since 1970, of the years 2017 to 2033.
    private static bool IsLongTime(ReadOnlySpan<byte> token) =>
        (token.Length is 10 or 13 or 16 or 19 && token[0] == (byte)'1' && token[1] >= (byte)'5' && IsNumber(token))
        || (token.Length >= 12 && IsDay(token[..8]) && IsNumber(token[8..].Trim("TtZz"u8)))
        || (token.Length == 9 && (Ascii.EqualsIgnoreCase(token, "wednesday"u8) || Ascii.EqualsIgnoreCase(token, "september"u8)));

    // 20260415
    private static bool IsDay(ReadOnlySpan<byte> token) => token.Length == 8 && (token.StartsWith("20"u8) || token.StartsWith("19"u8)) && IsNumber(token);

    private static bool IsNumber(ReadOnlySpan<byte> token) => !token.IsEmpty && !token.ContainsAnyExceptInRange((byte)'0', (byte)'9');

    private static bool IsDigit(byte b) => b is >= (byte)'0' and <= (byte)'9';

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
