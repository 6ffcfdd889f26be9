// hot path: asked of every request under a budget; 16 bytes a step
using System.Numerics;
using System.Runtime.Intrinsics;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Metering;

/// <summary>
/// The most tokens that a text can be, from what it is made of: no token is less than a byte, and prose has four bytes a
/// token, but digits, ids, base64 and most scripts have one to three. Held against the tokenizers of OpenAI (o200k, cl100k),
/// Claude, Llama and Mistral; a model that shows more is known by its <see cref="TokenCalibration"/>.
/// </summary>
internal static class PromptBound
{
    private const int Block = 256;

    // Tenths of a token.
    private const int Plain = 3;
    private const int Upper = 6;
    private const int Dense = 10;

    /// <summary>In tokens.</summary>
    public static long Of(ReadOnlySpan<byte> text)
    {
        long tenths = 0;
        for (var rest = text; !rest.IsEmpty; rest = rest[Math.Min(Block, rest.Length)..]) tenths += OfBlock(rest[..Math.Min(Block, rest.Length)]);
        return Most(text.Length, tenths);
    }

    /// <summary>The same for a text in JSON, its escapes taken for what they stand for.</summary>
    public static long OfJson(ReadOnlySpan<byte> json)
    {
        if (!json.Contains((byte)'\\')) return Of(json);
        Span<byte> block = stackalloc byte[Block + 4];
        var (tenths, length, filled) = (0L, 0L, 0);
        while (!json.IsEmpty || filled > 0)
        {
            filled = JsonEscapes.Fill(ref json, block, filled, Block);
            var whole = Math.Min(filled, Block);
            tenths += OfBlock(block[..whole]);
            length += whole;
            // The end of a character that does not fit begins the next block, as it does in a text without escapes.
            block[whole..filled].CopyTo(block);
            filled -= whole;
        }
        return Most(length, tenths);
    }

    // A block at a time, so that prose around an id does not lend it its vowels.
    private static long OfBlock(ReadOnlySpan<byte> text)
    {
        var (spaces, lower, upper, vowels, at) = (0, 0, 0, 0, 0);
        for (; at + Vector128<byte>.Count <= text.Length; at += Vector128<byte>.Count)
        {
            var bytes = Vector128.Create(text.Slice(at, Vector128<byte>.Count));
            spaces += Count(Vector128.Equals(bytes, Vector128.Create((byte)' ')));
            lower += Count(Vector128.LessThan(bytes - Vector128.Create((byte)'a'), Vector128.Create((byte)26)));
            upper += Count(Vector128.LessThan(bytes - Vector128.Create((byte)'A'), Vector128.Create((byte)26)));
            vowels += Count(Vector128.Equals(bytes, Vector128.Create((byte)'a')) | Vector128.Equals(bytes, Vector128.Create((byte)'e')) | Vector128.Equals(bytes, Vector128.Create((byte)'i'))
                | Vector128.Equals(bytes, Vector128.Create((byte)'o')) | Vector128.Equals(bytes, Vector128.Create((byte)'u')));
        }
        for (; at < text.Length; at++)
        {
            var b = text[at];
            if (b == (byte)' ') spaces++;
            else if (b is >= (byte)'a' and <= (byte)'z') lower++;
            else if (b is >= (byte)'A' and <= (byte)'Z') upper++;
            if (b is (byte)'a' or (byte)'e' or (byte)'i' or (byte)'o' or (byte)'u') vowels++;
        }
        // Words of any language have a vowel for two or three consonants; what has fewer is no word.
        var inWords = Math.Min(lower, vowels * 16 / 5);
        return ((spaces + inWords) * Plain) + (upper * Upper) + ((text.Length - spaces - inWords - upper) * Dense);
    }

    private static long Most(long length, long tenths) => Math.Min(length, (tenths * 29 / 200) + 1);

    private static int Count(Vector128<byte> found) => BitOperations.PopCount(found.ExtractMostSignificantBits());
}
