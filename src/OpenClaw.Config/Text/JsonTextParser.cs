using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace OpenClaw.Config.Text;

/// <summary>
/// Reads JSON with what people and upstream (JSON5) write around it: comments, trailing commas, unquoted keys, single
/// quotes. Keeps line and byte offset of every value. Bounds: 4 MiB, 64 levels, 200 000 values. The first syntax error ends
/// it; duplicate keys do not.
/// Map: <see cref="Parse"/> (bounds, encoding) -> Value -> Object | Array | String (in the second file) | Number | Word; Space.
/// </summary>
internal ref partial struct JsonTextParser
{
    public const int MaxBytes = 4 * 1024 * 1024;
    public const int MaxDepth = 64;
    private const int MaxNodes = 200_000;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ProblemList _problems;
    private int _at;
    private int _line;
    private int _nodes;

    private JsonTextParser(ReadOnlySpan<byte> bytes, ProblemList problems)
    {
        _bytes = bytes;
        _problems = problems;
        _line = 1;
    }

    /// <summary>The root object; null when a problem was added.</summary>
    /// <param name="mayBeEmpty">A text without any value is an empty object, for who begins one; else it is an error: a writer that truncates first, or a full disk, leaves such files.</param>
    public static ConfigNode? Parse(ReadOnlySpan<byte> bytes, ProblemList problems, bool mayBeEmpty = false)
    {
        if (bytes.Length > MaxBytes)
        {
            problems.Error(null, $"the file has {bytes.Length} bytes; at most {MaxBytes} are read", "Check that this is openclaw.json, and make it smaller.");
            return null;
        }
        if (!Utf8.IsValid(bytes))
        {
            var (offset, line) = FirstInvalid(bytes);
            problems.Add(ProblemSeverity.Error, line, "", $"the file is not UTF-8: byte {offset} does not belong to a character", "Save the file as UTF-8.");
            return null;
        }
        var parser = new JsonTextParser(bytes, problems);
        return parser.Document(mayBeEmpty);
    }

    private static (int Offset, int Line) FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        var offset = 0;
        var line = 1;
        while (offset < bytes.Length && Rune.DecodeFromUtf8(bytes[offset..], out var rune, out var length) == System.Buffers.OperationStatus.Done)
        {
            if (rune.Value == '\n') line++;
            offset += length;
        }
        return (offset, line);
    }

    private ConfigNode? Document(bool mayBeEmpty)
    {
        if (_bytes.StartsWith("\uFEFF"u8)) _at = 3;
        if (!Space()) return null;
        if (_at == _bytes.Length) return mayBeEmpty ? new ConfigNode(NodeKind.Object, _at, _line) { End = _at } : FailedEmpty();
        if (_bytes[_at] != '{') return FailedRoot();
        var root = Value(1);
        if (root is null || !Space()) return null;
        ReportDuplicates(root);
        return _at == _bytes.Length ? root : Failed("there is more text behind the end of the document", "Remove what follows the last \"}\".");
    }

    private ConfigNode? FailedEmpty() => Failed(
        _bytes.IsEmpty ? "the file is empty" : "the file holds no value, only blanks or comments", "Write {} for the defaults; the file may have been cut off.");

    private ConfigNode? FailedRoot()
    {
        var isIdentifier = IsNameStart(_bytes[_at]) || _bytes[_at] == '-';
        return isIdentifier
            ? Failed("the document does not start with \"{\": this looks like YAML", "Write JSON: { \"gateway\": { … } }. In a Kubernetes manifest this file is a block of JSON.")
            : Failed("the document is not an object", "Write an object: { \"defaultModel\": \"provider/model\" }.");
    }

    private ConfigNode? Failed(string message, string instead)
    {
        _problems.Add(ProblemSeverity.Error, _line, "", message, instead);
        return null;
    }

    private ConfigNode? Ended(string what, int line) =>
        Failed($"the file ends inside {what} that began on line {line}", "Write the missing end; the file may have been cut off.");

    private ConfigNode? Value(int depth)
    {
        if (depth > MaxDepth) return Failed($"values are nested deeper than {MaxDepth} levels", "Nest less deeply.");
        if (++_nodes > MaxNodes) return Failed($"the file holds more than {MaxNodes} values", "Check that this is openclaw.json.");
        if (_at == _bytes.Length) return Failed("the file ends where a value was expected", "Write the missing value; the file may have been cut off.");
        var start = _at;
        var first = _bytes[_at];
        switch (first)
        {
            case (byte)'{':
                return Object(depth);
            case (byte)'[':
                return Array(depth);
            case (byte)'"' or (byte)'\'':
                var line = _line;
                var text = String();
                return text is null ? null : new ConfigNode(NodeKind.String, start, line) { End = _at, Text = text, Written = text };
            default:
                return first is (>= (byte)'0' and <= (byte)'9') or (byte)'-' or (byte)'+' or (byte)'.' ? Number() : Word();
        }
    }

    private ConfigNode? Object(int depth)
    {
        var node = new ConfigNode(NodeKind.Object, _at, _line);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        _at++;
        while (true)
        {
            if (!Space()) return null;
            if (_at == _bytes.Length) return Ended("an object", node.Line);
            if (_bytes[_at] == '}') break;
            var (start, line) = (_at, _line);
            var name = Name();
            if (name is null || !Space()) return null;
            if (_at == _bytes.Length) return Ended("an object", node.Line);
            if (_bytes[_at] != ':') return Failed($"\":\" is missing behind the key \"{Shown.Text(name)}\"", "Write \"key\": value.");
            _at++;
            if (!Space()) return null;
            var value = Value(depth + 1);
            if (value is null) return null;
            node.Add(new ConfigMember(name, start, line, value) { FirstLine = seen.GetValueOrDefault(name) });
            seen.TryAdd(name, line);
            if (!Separator((byte)'}', "an object", node.Line)) return null;
        }
        node.End = ++_at;
        return node;
    }

    /// <summary>After the whole tree stands, because only then every node knows its pointer.</summary>
    private readonly void ReportDuplicates(ConfigNode node)
    {
        foreach (var item in node.Items) ReportDuplicates(item);
        foreach (var member in node.Members)
        {
            if (member.IsDuplicate)
            {
                _problems.Add(ProblemSeverity.Error, member.Line, member.Value.Pointer, $"the key \"{Shown.Text(member.Name)}\" is written twice: on line {member.FirstLine} and on line {member.Line}", "Keep one of the two.");
            }
            ReportDuplicates(member.Value);
        }
    }

    private ConfigNode? Array(int depth)
    {
        var node = new ConfigNode(NodeKind.Array, _at, _line);
        _at++;
        while (true)
        {
            if (!Space()) return null;
            if (_at == _bytes.Length) return Ended("a list", node.Line);
            if (_bytes[_at] == ']') break;
            var value = Value(depth + 1);
            if (value is null) return null;
            node.Add(value);
            if (!Separator((byte)']', "a list", node.Line)) return null;
        }
        node.End = ++_at;
        return node;
    }

    /// <summary>Takes a comma, or stands before the closing bracket.</summary>
    private bool Separator(byte close, string what, int line)
    {
        if (!Space()) return false;
        if (_at == _bytes.Length) return Ended(what, line) is not null;
        if (_bytes[_at] == close) return true;
        if (_bytes[_at] != ',') return Failed($"\",\" or \"{(char)close}\" is missing", "Put a comma between two values.") is not null;
        _at++;
        return true;
    }

    private string? Name()
    {
        if (_bytes[_at] is (byte)'"' or (byte)'\'') return String();
        if (!IsNameStart(_bytes[_at]))
        {
            Failed(IsCurlyQuote() ? "a typographic quotation mark stands where a key was expected" : "a key was expected", "Write keys in straight quotation marks: \"key\".");
            return null;
        }
        var start = _at;
        while (_at < _bytes.Length && (IsNameStart(_bytes[_at]) || char.IsAsciiDigit((char)_bytes[_at]))) _at++;
        return Encoding.UTF8.GetString(_bytes[start.._at]);
    }

    private static bool IsNameStart(byte b) => char.IsAsciiLetter((char)b) || b is (byte)'_' or (byte)'$';

    private readonly bool IsCurlyQuote() =>
        _bytes[_at..] is [0xE2, 0x80, >= 0x98 and <= 0x9F, ..];

    private ConfigNode? Word()
    {
        var start = _at;
        while (_at < _bytes.Length && (IsNameStart(_bytes[_at]) || char.IsAsciiDigit((char)_bytes[_at]))) _at++;
        var word = _bytes[start.._at];
        NodeKind? kind = word.SequenceEqual("true"u8) ? NodeKind.True
            : word.SequenceEqual("false"u8) ? NodeKind.False
            : word.SequenceEqual("null"u8) ? NodeKind.Null
            : null;
        if (kind is { } found) return new ConfigNode(found, start, _line) { End = _at };
        _at = start;
        return IsCurlyQuote()
            ? Failed("a typographic quotation mark stands where a value was expected", "Use straight quotation marks: \"text\".")
            : Failed("this is not a value", "Write a string in quotation marks, a number, true, false, null, [ … ] or { … }.");
    }
}
