// hot path: no allocation once the buffers have grown
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace OpenClaw.Gateway.Dialects.Json;

/// <summary>
/// Values of a JSON text as slices of that text, so that fields may come in any order and be looked at in the order in
/// which they matter. Call <see cref="IsWellFormed"/> once on the whole text; nothing else here throws after that.
/// </summary>
internal static class JsonSlice
{
    /// <summary>One value and nothing after it.</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, JsonRead.Options);
            while (reader.Read())
            {
            }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The properties of an object, in order; none when <paramref name="json"/> is no object.</summary>
    public static JsonProperties Properties(ReadOnlySpan<byte> json) => new(json);

    /// <summary>The elements of an array, in order; none when <paramref name="json"/> is no array.</summary>
    public static JsonElements Elements(ReadOnlySpan<byte> json) => new(json);

    public static bool IsObject(ReadOnlySpan<byte> value) => !value.IsEmpty && value[0] == (byte)'{';

    public static bool IsArray(ReadOnlySpan<byte> value) => !value.IsEmpty && value[0] == (byte)'[';

    public static bool IsString(ReadOnlySpan<byte> value) => !value.IsEmpty && value[0] == (byte)'"';

    public static bool IsTrue(ReadOnlySpan<byte> value) => value.SequenceEqual("true"u8);

    /// <summary>True for a value that says something: not missing, not <c>null</c>.</summary>
    public static bool IsPresent(ReadOnlySpan<byte> value) => !value.IsEmpty && !value.SequenceEqual("null"u8);

    /// <summary>A whole number, also when written as <c>12.0</c>; null for anything else.</summary>
    public static long? Integer(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) return null;
        if (Utf8Parser.TryParse(value, out long whole, out var used) && used == value.Length) return whole;
        if (Utf8Parser.TryParse(value, out double real, out used) && used == value.Length && Math.Abs(real) < 1e15) return (long)real;
        return null;
    }

    /// <summary>A count of tokens; null for what cannot be one: no number, below zero, absurdly large.</summary>
    public static long? Tokens(ReadOnlySpan<byte> value) => Integer(value) is >= 0 and <= JsonRead.MostTokens and var count ? count : null;

    /// <summary>The text of a JSON string value; null for anything else.</summary>
    public static string? String(ReadOnlySpan<byte> value) =>
        IsString(value) ? Encoding.UTF8.GetString(new JsonScratch().Text(value)) : null;

    /// <summary>
    /// JSON without the whitespace between its tokens and without bytes that are no UTF-8: the value itself, or a part of
    /// <paramref name="scratch"/>.
    /// </summary>
    public static ReadOnlySpan<byte> Compact(ReadOnlySpan<byte> value, scoped ref byte[] scratch)
    {
        if (!Utf8.IsValid(value)) value = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(value));
        if (value.IndexOfAny(" \n\r\t"u8) < 0) return value;
        if (scratch.Length < value.Length) Array.Resize(ref scratch, value.Length);
        var length = 0;
        var inString = false;
        for (var i = 0; i < value.Length; i++)
        {
            var b = value[i];
            if (!inString && b is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') continue;
            scratch[length++] = b;
            if (b == (byte)'"') inString = !inString;
            else if (b == (byte)'\\') scratch[length++] = value[++i];
        }
        return scratch.AsSpan(0, length);
    }
}

/// <summary>Walks over the properties of an object: <c>while (fields.Next()) if (fields.Is("id"u8)) id = fields.Value;</c></summary>
internal ref struct JsonProperties
{
    private readonly ReadOnlySpan<byte> _json;
    private Utf8JsonReader _reader;

    public JsonProperties(ReadOnlySpan<byte> json)
    {
        _json = JsonSlice.IsObject(json) ? json : default;
        _reader = new Utf8JsonReader(_json, JsonRead.Options);
        if (!_json.IsEmpty) _reader.Read();
    }

    /// <summary>Raw: no provider escapes names.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The value's JSON text.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    public bool Next()
    {
        if (_json.IsEmpty || !_reader.Read() || _reader.TokenType != JsonTokenType.PropertyName) return false;
        Name = _json.Slice((int)_reader.TokenStartIndex + 1, _reader.ValueSpan.Length);
        _reader.Read();
        var start = (int)_reader.TokenStartIndex;
        _reader.Skip();
        Value = _json[start..(int)_reader.BytesConsumed];
        return true;
    }

    public readonly bool Is(ReadOnlySpan<byte> name) => Name.SequenceEqual(name);
}

/// <summary>Walks over the elements of an array.</summary>
internal ref struct JsonElements
{
    private readonly ReadOnlySpan<byte> _json;
    private Utf8JsonReader _reader;

    public JsonElements(ReadOnlySpan<byte> json)
    {
        _json = JsonSlice.IsArray(json) ? json : default;
        _reader = new Utf8JsonReader(_json, JsonRead.Options);
        if (!_json.IsEmpty) _reader.Read();
    }

    /// <summary>The element's JSON text.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    public bool Next()
    {
        if (_json.IsEmpty || !_reader.Read() || _reader.TokenType == JsonTokenType.EndArray) return false;
        var start = (int)_reader.TokenStartIndex;
        _reader.Skip();
        Value = _json[start..(int)_reader.BytesConsumed];
        return true;
    }
}
