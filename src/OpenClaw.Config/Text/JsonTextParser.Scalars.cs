using System.Globalization;
using System.Text;

namespace OpenClaw.Config.Text;

// Strings, numbers and the space between tokens; see the map in JsonTextParser.cs.
internal ref partial struct JsonTextParser
{
    private ConfigNode? Number()
    {
        var start = _at;
        while (_at < _bytes.Length && (char.IsAsciiLetterOrDigit((char)_bytes[_at]) || _bytes[_at] is (byte)'.' or (byte)'+' or (byte)'-')) _at++;
        var text = Encoding.ASCII.GetString(_bytes[start.._at]);
        var normal = text.Length <= 40 ? Normalize(text) : null;
        if (normal is not null) return new ConfigNode(NodeKind.Number, start, _line) { End = _at, Text = normal, Written = normal };
        _at = start;
        return Failed("this is not a number", "Write digits, such as 18789 or 0.5; text goes in quotation marks.");
    }

    /// <summary>JSON5's <c>+1</c>, <c>.5</c>, <c>5.</c> and <c>0x10</c> in JSON's notation; null when it is no number.</summary>
    private static string? Normalize(string text)
    {
        var isNegative = text[0] == '-';
        var digits = text.TrimStart('+', '-');
        if (text.Length - digits.Length > 1 || digits.Length == 0) return null;
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return long.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) && hex >= 0
                ? (isNegative ? "-" : "") + hex.ToString(CultureInfo.InvariantCulture)
                : null;
        }
        if (digits[0] == '.') digits = "0" + digits;
        var dot = digits.IndexOf('.', StringComparison.Ordinal);
        if (dot >= 0 && (dot + 1 == digits.Length || !char.IsAsciiDigit(digits[dot + 1]))) digits = digits.Insert(dot + 1, "0");
        if (digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1])) return null;
        return IsJsonNumber(digits) ? (isNegative ? "-" : "") + digits : null;
    }

    private static bool IsJsonNumber(string digits)
    {
        var at = SkipDigits(digits, 0);
        if (at == 0) return false;
        if (at < digits.Length && digits[at] == '.')
        {
            var end = SkipDigits(digits, at + 1);
            if (end == at + 1) return false;
            at = end;
        }
        if (at == digits.Length) return true;
        if (digits[at] is not ('e' or 'E')) return false;
        at++;
        if (at < digits.Length && digits[at] is '+' or '-') at++;
        return at < digits.Length && SkipDigits(digits, at) == digits.Length;
    }

    private static int SkipDigits(string text, int at)
    {
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        return at;
    }

    private string? String()
    {
        var quote = _bytes[_at++];
        var line = _line;
        var text = new StringBuilder();
        var run = _at;
        while (true)
        {
            if (_at == _bytes.Length)
            {
                Ended("a string", line);
                return null;
            }
            var b = _bytes[_at];
            if (b == quote) break;
            if (b is (byte)'\n' or (byte)'\r')
            {
                Failed("a string does not end on its line", "Close it with a quotation mark; write a line break as \\n.");
                return null;
            }
            if (b == '\\')
            {
                text.Append(Encoding.UTF8.GetString(_bytes[run.._at]));
                if (!Escape(text)) return null;
                run = _at;
                continue;
            }
            _at++;
        }
        text.Append(Encoding.UTF8.GetString(_bytes[run.._at]));
        _at++;
        var result = text.ToString();
        return HasLoneSurrogate(result) ? FailedEscape("half a character (a lone surrogate)") : result;
    }

    private string? FailedEscape(string what)
    {
        Failed($"a string holds {what}", "Write the character itself, or \\uXXXX with four hexadecimal digits.");
        return null;
    }

    private static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])) return true;
            i++;
        }
        return false;
    }

    private bool Escape(StringBuilder text)
    {
        _at++;
        if (_at == _bytes.Length) return Ended("a string", _line) is not null;
        var escape = _bytes[_at++];
        switch (escape)
        {
            case (byte)'u':
                return Hex(4, text);
            case (byte)'x':
                return Hex(2, text);
            case (byte)'\n':
                _line++;
                return true;
            case (byte)'\r':
                if (_at < _bytes.Length && _bytes[_at] == '\n') _at++;
                _line++;
                return true;
        }
        char? character = escape switch
        {
            (byte)'n' => '\n',
            (byte)'r' => '\r',
            (byte)'t' => '\t',
            (byte)'b' => '\b',
            (byte)'f' => '\f',
            (byte)'v' => '\v',
            (byte)'"' or (byte)'\'' or (byte)'\\' or (byte)'/' => (char)escape,
            _ => null,
        };
        if (character is null) return FailedEscape("an unknown escape behind a backslash") is not null;
        text.Append(character);
        return true;
    }

    private bool Hex(int length, StringBuilder text)
    {
        if (_at + length > _bytes.Length) return Ended("a string", _line) is not null;
        if (!ushort.TryParse(_bytes.Slice(_at, length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
        {
            return FailedEscape("an escape without its hexadecimal digits") is not null;
        }
        text.Append((char)code);
        _at += length;
        return true;
    }

    /// <summary>Skips white space and comments; false when a comment does not end.</summary>
    private bool Space()
    {
        while (_at < _bytes.Length)
        {
            var rest = _bytes[_at..];
            switch (rest)
            {
                case [(byte)'\n', ..]:
                    _line++;
                    _at++;
                    break;
                case [(byte)' ' or (byte)'\t' or (byte)'\r', ..]:
                    _at++;
                    break;
                case [0xC2, 0xA0, ..]: // a no-break space, from copying out of a web page
                    _at += 2;
                    break;
                case [(byte)'/', (byte)'/', ..]:
                    var newline = rest.IndexOf((byte)'\n');
                    _at = newline < 0 ? _bytes.Length : _at + newline;
                    break;
                case [(byte)'/', (byte)'*', ..]:
                    var line = _line;
                    var end = rest[2..].IndexOf("*/"u8);
                    if (end < 0) return Ended("a comment", line) is not null;
                    _line += rest[..(end + 2)].Count((byte)'\n');
                    _at += end + 4;
                    break;
                default:
                    return true;
            }
        }
        return true;
    }
}
