using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace OpenClaw.Gateway.Dialects.Json;

/// <summary>Small tolerant steps over JSON that providers and clients wrote.</summary>
internal static class JsonRead
{
    /// <summary>Deep enough for any real schema, shallow enough to be safe.</summary>
    public static readonly JsonReaderOptions Options = new() { MaxDepth = 256 };

    /// <summary>The same limit for documents.</summary>
    public static readonly JsonDocumentOptions Document = new() { MaxDepth = 256 };

    /// <summary>The name or string that the reader stands on is <paramref name="name"/>. Unlike <see cref="Utf8JsonReader.ValueTextEquals(ReadOnlySpan{byte})"/>, half a surrogate pair is another name and no exception.</summary>
    /// <param name="reader">Over one piece of memory.</param>
    /// <param name="name">At most fifty bytes.</param>
    public static bool Is(scoped in Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        if (!reader.ValueIsEscaped) return reader.ValueSpan.SequenceEqual(name);
        Span<byte> text = stackalloc byte[64];
        var escaped = reader.ValueSpan;
        return text[..JsonEscapes.Fill(ref escaped, text, 0, name.Length + 1)].SequenceEqual(name);
    }

    /// <summary>The bytes of the value that the reader stands on (not on its name), nested content included; the reader is left on its last token.</summary>
    /// <param name="reader">A reader over <paramref name="data"/>, from its beginning.</param>
    public static ReadOnlySpan<byte> Raw(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> data)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return data[start..(int)reader.BytesConsumed];
    }

    /// <summary>The current value as a whole number: numbers, numbers with a fraction, numbers in quotes; 0 for anything else.</summary>
    public static long Int64(scoped ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.Number or JsonTokenType.String) || reader.HasValueSequence) return 0;
        var text = reader.ValueSpan;
        if (Utf8Parser.TryParse(text, out long whole, out var used) && used == text.Length) return whole;
        return Utf8Parser.TryParse(text, out double real, out used) && used == text.Length && Math.Abs(real) < 9e15 ? (long)real : 0;
    }

    /// <summary>No call comes near so many tokens: a larger number is a provider's mistake, and no count.</summary>
    public const long MostTokens = 1_000_000_000;

    /// <summary>The current value as a count of tokens; null for what cannot be one: no number, below zero, absurdly large.</summary>
    public static long? Tokens(scoped ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.Number or JsonTokenType.String) || reader.HasValueSequence) return null;
        return JsonSlice.Tokens(reader.ValueSpan);
    }

    /// <summary>True for the text of a positive whole number that is not above <paramref name="most"/>.</summary>
    public static bool IsAtMost(ReadOnlySpan<byte> value, int most) =>
        Utf8Parser.TryParse(value, out int number, out var used) && used == value.Length && number > 0 && number <= most;

    /// <summary>The current value as an amount of money; null when it is not a number.</summary>
    public static decimal? Decimal(scoped ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.Number or JsonTokenType.String) || reader.HasValueSequence) return null;
        var text = reader.ValueSpan;
        if (Utf8Parser.TryParse(text, out decimal value, out var used) && used == text.Length) return value;
        return Utf8Parser.TryParse(text, out double real, out used, 'e') && used == text.Length && Math.Abs(real) < 1e15 ? (decimal)real : null;
    }

    /// <summary>A document's string; like <see cref="JsonElement.GetString"/>, but a lone surrogate becomes U+FFFD instead of an exception.</summary>
    public static string? String(JsonElement element) =>
        element.ValueKind == JsonValueKind.String ? Encoding.UTF8.GetString(new JsonScratch().Text(JsonMarshal.GetRawUtf8Value(element))) : null;

    /// <summary>A string member, or null when it is absent or no string.</summary>
    public static string? String(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? String(value) : null;
}
