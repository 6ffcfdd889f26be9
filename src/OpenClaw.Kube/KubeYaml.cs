using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace OpenClaw.Kube;

/// <summary>YAML that cannot be read, with the place.</summary>
public sealed class YamlException(string message, long line) : Exception(message)
{
    /// <summary>Counted from 1.</summary>
    public long Line { get; } = line;
}

/// <summary>
/// YAML as Kubernetes reads it: documents become JSON, with the core schema's plain scalars. Works on parser events, so that
/// depth and the growth of aliases are bounded before anything is built.
/// </summary>
public static partial class KubeYaml
{
    private const int MaxDepth = 64;
    private const int MaxNodes = 200_000;

    /// <summary>All documents of a text; empty ones are left out.</summary>
    /// <exception cref="YamlException">It is not YAML, too deep, or grows without end.</exception>
    public static List<JsonNode> Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            return new Reading(new Parser(new StringReader(text))).Documents();
        }
        catch (YamlDotNet.Core.YamlException e)
        {
            throw new YamlException(e.Message, e.Start.Line);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IndexOutOfRangeException or NullReferenceException or FormatException)
        {
            // The scanner of YamlDotNet trips over some broken input with exceptions of its own.
            throw new YamlException("this is not YAML", 1);
        }
    }

    /// <summary>The one document of a text; null when there is none.</summary>
    /// <exception cref="YamlException">As <see cref="Read"/>, or there is more than one document.</exception>
    public static JsonNode? ReadOne(string text)
    {
        var documents = Read(text);
        return documents.Count <= 1 ? documents.FirstOrDefault() : throw new YamlException("there is more than one document", 1);
    }

    private static JsonValue? Plain(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE":
                return JsonValue.Create(true);
            case "false" or "False" or "FALSE":
                return JsonValue.Create(false);
        }
        if (Integer().IsMatch(text) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) return JsonValue.Create(number);
        if (Float().IsMatch(text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real)) return JsonValue.Create(real);
        return JsonValue.Create(text);
    }

    [GeneratedRegex("^[-+]?(0|[1-9][0-9]*)$")]
    private static partial Regex Integer();

    [GeneratedRegex(@"^[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+)([eE][-+]?[0-9]+)?$")]
    private static partial Regex Float();

    /// <summary>One pass over the events of a text.</summary>
    private sealed class Reading(IParser parser)
    {
        private readonly Dictionary<string, JsonNode?> _anchors = [];
        private int _nodes;

        public List<JsonNode> Documents()
        {
            var documents = new List<JsonNode>();
            Next();
            while (parser.MoveNext() && parser.Current is DocumentStart)
            {
                _anchors.Clear();
                Next();
                if (Node(0) is { } node) documents.Add(node);
                Next();
            }
            return documents;
        }

        private ParsingEvent Next() => parser.MoveNext() ? parser.Current! : throw new YamlException("the text stops too early", 1);

        private JsonNode? Node(int depth)
        {
            var current = parser.Current!;
            Count(1, current);
            if (depth > MaxDepth) throw new YamlException("it is too deep", current.Start.Line);
            switch (current)
            {
                case AnchorAlias alias:
                    return Alias(alias);
                case Scalar scalar:
                    var quoted = scalar.Style is not ScalarStyle.Plain || scalar.Tag is { IsEmpty: false, IsLocal: false, Value: "tag:yaml.org,2002:str" };
                    return Anchor(scalar, quoted ? JsonValue.Create(scalar.Value) : Plain(scalar.Value));
                case SequenceStart:
                    var array = new JsonArray();
                    while (Next() is not SequenceEnd) array.Add(Node(depth + 1));
                    return Anchor((NodeEvent)current, array);
                case MappingStart:
                    return Anchor((NodeEvent)current, Mapping(depth));
                default:
                    throw new YamlException("a value is expected", current.Start.Line);
            }
        }

        private JsonObject Mapping(int depth)
        {
            var map = new JsonObject();
            while (Next() is not MappingEnd)
            {
                if (parser.Current is not Scalar key) throw new YamlException("a key must be a word", parser.Current!.Start.Line);
                if (map.ContainsKey(key.Value)) throw new YamlException($"\"{Short(key.Value)}\" stands twice", key.Start.Line);
                Count(1, key);
                Next();
                map[key.Value] = Node(depth + 1);
            }
            return map;
        }

        private JsonNode? Anchor(NodeEvent node, JsonNode? value)
        {
            if (!node.Anchor.IsEmpty) _anchors[node.Anchor.Value] = value;
            return value;
        }

        private JsonNode? Alias(AnchorAlias alias)
        {
            if (!_anchors.TryGetValue(alias.Value.Value, out var value)) throw new YamlException("an alias without its anchor", alias.Start.Line);
            if (value is not null) Count(Size(value), alias);
            return value?.DeepClone();
        }

        private void Count(int nodes, ParsingEvent at)
        {
            _nodes += nodes;
            if (_nodes > MaxNodes) throw new YamlException("it is too large", at.Start.Line);
        }

        private static int Size(JsonNode? node) => node switch
        {
            JsonObject map => 1 + map.Sum(static p => Size(p.Value)),
            JsonArray array => 1 + array.Sum(Size),
            _ => 1,
        };

        private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";
    }
}
