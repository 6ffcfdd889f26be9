// hot path: runs over the text of every request; no allocation
using System.Text;

namespace OpenClaw.Gateway.Dialects.Json;

/// <summary>
/// JSON text as what it says: <c>\u00e9</c> is the two bytes of an é, as in a body that was written without escapes. Client
/// libraries differ in that (Python's writes every letter beyond ASCII so), and a model is given the letter.
/// </summary>
internal static class JsonEscapes
{
    /// <summary>How many bytes of UTF-8 valid JSON is without its escapes.</summary>
    public static int Length(ReadOnlySpan<byte> json)
    {
        var length = json.Length;
        Span<byte> character = stackalloc byte[4];
        for (int at; (at = json.IndexOf((byte)'\\')) >= 0;)
        {
            json = json[at..];
            var taken = Decode(json, character, out var written);
            length -= taken - written;
            json = json[taken..];
        }
        return length;
    }

    /// <summary>Writes on in <paramref name="to"/> until it holds <paramref name="wanted"/> bytes, or up to three more, or the text is over.</summary>
    /// <param name="json">What is left of the text; cut off where the writing stopped.</param>
    /// <param name="to">At least three bytes longer than <paramref name="wanted"/>.</param>
    /// <param name="filled">So many bytes are in it already.</param>
    /// <returns>How many there are then.</returns>
    public static int Fill(ref ReadOnlySpan<byte> json, scoped Span<byte> to, int filled, int wanted)
    {
        while (filled < wanted && !json.IsEmpty)
        {
            var room = json[..Math.Min(json.Length, wanted - filled)];
            var at = room.IndexOf((byte)'\\');
            var plain = at < 0 ? room : room[..at];
            plain.CopyTo(to[filled..]);
            filled += plain.Length;
            json = json[plain.Length..];
            if (at < 0) continue;
            json = json[Decode(json, to[filled..], out var written)..];
            filled += written;
        }
        return filled;
    }

    // At a backslash. Half a surrogate pair is what decoders make of it, U+FFFD; an escape that was cut off stays as it is.
    private static int Decode(ReadOnlySpan<byte> json, Span<byte> to, out int written)
    {
        if (json.Length < 6 || json[1] != (byte)'u')
        {
            to[0] = json.Length < 2 ? json[0] : Short(json[1]);
            written = 1;
            return Math.Min(json.Length, 2);
        }
        var unit = Unit(json[2..]);
        var (rune, taken) = (Rune.ReplacementChar, 6);
        if (!char.IsSurrogate(unit)) rune = new Rune(unit);
        else if (char.IsHighSurrogate(unit) && json.Length >= 12 && json[6] == (byte)'\\' && json[7] == (byte)'u' && char.IsLowSurrogate(Unit(json[8..]))) (rune, taken) = (new Rune(unit, Unit(json[8..])), 12);
        written = rune.EncodeToUtf8(to);
        return taken;
    }

    private static byte Short(byte letter) => letter switch
    {
        (byte)'n' => (byte)'\n',
        (byte)'t' => (byte)'\t',
        (byte)'r' => (byte)'\r',
        (byte)'b' => (byte)'\b',
        (byte)'f' => (byte)'\f',
        _ => letter,
    };

    private static char Unit(ReadOnlySpan<byte> digits) => (char)((Digit(digits[0]) << 12) | (Digit(digits[1]) << 8) | (Digit(digits[2]) << 4) | Digit(digits[3]));

    private static int Digit(byte digit) => digit <= (byte)'9' ? digit & 0xF : (digit & 0xF) + 9;
}
