using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace OpenClaw.Kube.Yaml;

/// <summary>Writes JSON nodes as YAML in kubectl's layout, in the order of their keys. What is read back is equal.</summary>
public static class YamlWriter
{
    /// <summary>Several documents, each after <c>---</c>.</summary>
    public static string Write(IEnumerable<JsonNode> documents)
    {
        var text = new StringBuilder();
        foreach (var document in documents)
        {
            if (text.Length > 0) text.Append("---\n");
            text.Append(Write(document));
        }
        return text.ToString();
    }

    public static string Write(JsonNode document)
    {
        var text = new StringBuilder();
        switch (document)
        {
            case JsonObject { Count: > 0 } map:
                Map(text, map, 0, isInline: false);
                break;
            case JsonArray { Count: > 0 } list:
                List(text, list, 0);
                break;
            default:
                Scalar(text, document, 0);
                break;
        }
        return text.ToString();
    }

    /// <param name="isInline">True when the first key follows a dash on the same line.</param>
    private static void Map(StringBuilder text, JsonObject map, int indent, bool isInline)
    {
        foreach (var (key, value) in map)
        {
            if (!isInline) text.Append(' ', indent);
            isInline = false;
            text.Append(Plain(key) ? key : Quoted(key)).Append(':');
            switch (value)
            {
                case JsonObject { Count: > 0 } inner:
                    text.Append('\n');
                    Map(text, inner, indent + 2, isInline: false);
                    break;
                case JsonArray { Count: > 0 } list:
                    text.Append('\n');
                    List(text, list, indent);
                    break;
                default:
                    text.Append(' ');
                    Scalar(text, value, indent + 2);
                    break;
            }
        }
    }

    private static void List(StringBuilder text, JsonArray list, int indent)
    {
        foreach (var item in list)
        {
            text.Append(' ', indent).Append('-');
            switch (item)
            {
                case JsonObject { Count: > 0 } map:
                    text.Append(' ');
                    Map(text, map, indent + 2, isInline: true);
                    break;
                case JsonArray { Count: > 0 } inner:
                    text.Append('\n');
                    List(text, inner, indent + 2);
                    break;
                default:
                    text.Append(' ');
                    Scalar(text, item, indent + 2);
                    break;
            }
        }
    }

    private static void Scalar(StringBuilder text, JsonNode? value, int indent)
    {
        switch (value)
        {
            case null:
                text.Append("null\n");
                break;
            case JsonObject:
                text.Append("{}\n");
                break;
            case JsonArray:
                text.Append("[]\n");
                break;
            case JsonValue scalar when scalar.TryGetValue<string>(out var words):
                Words(text, words, indent);
                break;
            default:
                text.Append(value.ToJsonString()).Append('\n');
                break;
        }
    }

    private static void Words(StringBuilder text, string words, int indent)
    {
        if (Plain(words)) text.Append(words).Append('\n');
        else if (CanBeBlock(words)) Block(text, words, indent);
        else text.Append(Quoted(words)).Append('\n');
    }

    private static void Block(StringBuilder text, string words, int indent)
    {
        var body = words.TrimEnd('\n');
        var ends = words.Length - body.Length;
        text.Append(ends switch { 0 => "|-\n", 1 => "|\n", _ => "|+\n" });
        foreach (var line in body.Split('\n'))
        {
            if (line.Length > 0) text.Append(' ', indent).Append(line);
            text.Append('\n');
        }
        if (ends > 1) text.Append('\n', ends - 1);
    }

    private static bool CanBeBlock(string words) =>
        words.Contains('\n', StringComparison.Ordinal)
        && words[0] is not (' ' or '\n' or '\t')
        && words.All(static c => c is '\n' or '\t' || (!char.IsControl(c) && !IsBreak(c)))
        && !words.Split('\n').Any(static l => l.EndsWith(' '));

    private static bool IsBreak(char character) => character is '\u0085' or '\u2028' or '\u2029' or '\uFEFF' || char.IsSurrogate(character);

    private static bool Plain(string words)
    {
        if (words.Length == 0 || words[0] == ' ' || words[^1] is ' ' or ':') return false;
        if (words[0] is '-' or '?' or ':' && (words.Length == 1 || words[1] == ' ')) return false;
        if ("!&*{}[],#|>@`\"'%".Contains(words[0], StringComparison.Ordinal)) return false;
        if (words.StartsWith("---", StringComparison.Ordinal) || words.StartsWith("...", StringComparison.Ordinal)) return false;
        if (words.Contains(": ", StringComparison.Ordinal) || words.Contains(" #", StringComparison.Ordinal)) return false;
        return words.All(static c => !char.IsControl(c) && !IsBreak(c)) && YamlScalars.IsText(words);
    }

    /// <summary>A JSON string is a double-quoted YAML string.</summary>
    private static string Quoted(string words)
    {
        var text = new StringBuilder("\"");
        foreach (var character in words)
        {
            switch (character)
            {
                case '"' or '\\':
                    text.Append('\\').Append(character);
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                case '\r':
                    text.Append("\\r");
                    break;
                default:
                    if (char.IsControl(character) || (IsBreak(character) && !char.IsSurrogate(character))) text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
                    else text.Append(character);
                    break;
            }
        }
        return text.Append('"').ToString();
    }
}
