// hot path: no allocation per string once the buffer has grown
using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace OpenClaw.Gateway.Dialects.Json;

/// <summary>
/// Turns JSON string tokens into plain UTF-8 without allocating. A string without escapes is returned as it lies in the
/// frame; others are written into one buffer that the next call overwrites, so two strings that are needed at the same
/// time need two scratches. The result is always valid UTF-8: what is not becomes U+FFFD. Never throws, where
/// <see cref="Utf8JsonReader.CopyString(Span{byte})"/> does on a lone surrogate (<c>"\ud83d"</c>).
/// </summary>
internal sealed class JsonScratch
{
    // \uXXXX
    private const int EscapeLength = 6;

    private byte[] _buffer = [];

    /// <summary>The text of the reader's current string or property name; empty for any other token.</summary>
    public ReadOnlySpan<byte> Text(scoped ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName)) return default;
        return Plain(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan, reader.ValueIsEscaped);
    }

    /// <summary>The text of a raw JSON value as <see cref="JsonRead.Raw"/> cuts it out, quotes included; empty when it is no string.</summary>
    public ReadOnlySpan<byte> Text(ReadOnlySpan<byte> rawValue)
    {
        if (rawValue.Length < 2 || rawValue[0] != (byte)'"') return default;
        var inner = rawValue[1..^1];
        return Plain(inner, inner.Contains((byte)'\\'));
    }

    /// <summary>The same for a piece of a text: half a surrogate pair at its end waits for the next piece, as servers write it that cut text by UTF-16 units.</summary>
    /// <param name="half">What waits, as it was escaped; null = nothing.</param>
    public ReadOnlySpan<byte> Text(ReadOnlySpan<byte> rawValue, ref byte[]? half)
    {
        if (rawValue.Length < 2 || rawValue[0] != (byte)'"') return default;
        var inner = rawValue[1..^1];
        if (half is null && !EndsInHalf(inner)) return Plain(inner, inner.Contains((byte)'\\'));
        byte[] joined = [.. half ?? [], .. inner];
        half = EndsInHalf(joined) ? joined[^EscapeLength..] : null;
        return Plain(joined.AsSpan(0, joined.Length - (half?.Length ?? 0)), escaped: true);
    }

    // The backslash is no escaped one: an even number of others stands before it.
    private static bool EndsInHalf(ReadOnlySpan<byte> inner)
    {
        if (inner.Length < EscapeLength || inner[^EscapeLength] != (byte)'\\' || !Hex(inner[^(EscapeLength - 1)..], out var unit) || !char.IsHighSurrogate(unit)) return false;
        var before = inner[..^EscapeLength];
        return (before.Length - before.TrimEnd((byte)'\\').Length) % 2 == 0;
    }

    private ReadOnlySpan<byte> Plain(ReadOnlySpan<byte> raw, bool escaped)
    {
        if (escaped) raw = Unescape(raw);
        return Utf8.IsValid(raw) ? raw : Repair(raw.ToArray());
    }

    private ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> raw)
    {
        // An escape is never shorter than what it stands for.
        Grow(raw.Length);
        var to = 0;
        while (true)
        {
            var at = raw.IndexOf((byte)'\\');
            if (at < 0 || at + 1 >= raw.Length) break;
            raw[..at].CopyTo(_buffer.AsSpan(to));
            to += at;
            raw = raw[(at + 1)..];
            raw = raw[0] == (byte)'u' ? raw[Unicode(raw, ref to)..] : raw[Short(raw[0], ref to)..];
        }
        raw.CopyTo(_buffer.AsSpan(to));
        return _buffer.AsSpan(0, to + raw.Length);
    }

    private int Short(byte letter, ref int to)
    {
        _buffer[to++] = letter switch
        {
            (byte)'n' => (byte)'\n',
            (byte)'t' => (byte)'\t',
            (byte)'r' => (byte)'\r',
            (byte)'b' => (byte)'\b',
            (byte)'f' => (byte)'\f',
            _ => letter,
        };
        return 1;
    }

    // At "uXXXX"; consumes a following low surrogate too. Returns how much of raw it took.
    private int Unicode(ReadOnlySpan<byte> raw, ref int to)
    {
        if (!Hex(raw, out var unit)) return TakeBroken(raw, ref to);
        var length = 5;
        var rune = Rune.ReplacementChar;
        if (!char.IsSurrogate(unit)) rune = new Rune(unit);
        else if (char.IsHighSurrogate(unit) && raw.Length > 6 && raw[5] == (byte)'\\' && Hex(raw[6..], out var low) && char.IsLowSurrogate(low))
        {
            rune = new Rune(unit, low);
            length = 11;
        }
        to += rune.EncodeToUtf8(_buffer.AsSpan(to));
        return length;
    }

    private static bool Hex(ReadOnlySpan<byte> raw, out char unit)
    {
        unit = '\0';
        if (raw.Length < 5 || raw[0] != (byte)'u') return false;
        if (!ushort.TryParse(raw.Slice(1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)) return false;
        unit = (char)value;
        return true;
    }

    private int TakeBroken(ReadOnlySpan<byte> raw, ref int to)
    {
        _buffer[to++] = raw[0];
        return 1;
    }

    private ReadOnlySpan<byte> Repair(byte[] broken)
    {
        Grow(broken.Length * 3);
        var to = 0;
        var rest = broken.AsSpan();
        while (!rest.IsEmpty)
        {
            Rune.DecodeFromUtf8(rest, out var rune, out var taken);
            to += rune.EncodeToUtf8(_buffer.AsSpan(to));
            rest = rest[taken..];
        }
        return _buffer.AsSpan(0, to);
    }

    private void Grow(int need)
    {
        if (_buffer.Length < need) _buffer = new byte[Math.Max(need, Math.Max(256, _buffer.Length * 2))];
    }
}
