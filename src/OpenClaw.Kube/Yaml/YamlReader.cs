using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace OpenClaw.Kube.Yaml;

/// <summary>One document of a file, and the line on which it begins.</summary>
public sealed record YamlDocument(int Line, JsonNode? Content);

/// <summary>Why a file is no YAML; lines count from 1.</summary>
public sealed record YamlProblem(int Line, string Message)
{
    public override string ToString() => $"line {Line}: {Message}";
}

/// <summary>What unquoted words mean.</summary>
public enum YamlWords
{
    /// <summary>As kubectl reads objects: YAML 1.1, where <c>on</c> is true and <c>017</c> is fifteen.</summary>
    Kubectl,

    /// <summary>The core schema of YAML 1.2: <c>on</c> and <c>017</c> are text. For files of passwords and names that nobody thinks to quote.</summary>
    Core,
}

/// <summary>All documents, or the first problem.</summary>
public sealed record YamlResult(ImmutableArray<YamlDocument> Documents, YamlProblem? Problem);

/// <summary>
/// Reads Kubernetes YAML, several documents a file, into JSON nodes, with the meaning that kubectl gives it. Quoted stays text.
/// A key written twice is a problem, not a silent choice. Bounds: 4 MiB, 64 levels, 200 000 values, an alias counting as often
/// as it is used: a short file cannot become a large one.
/// </summary>
public sealed class YamlReader
{
    private const int MaxCharacters = 4 * 1024 * 1024;
    private const int MaxDepth = 64;
    private const int MaxValues = 200_000;

    private readonly Parser _parser;
    private readonly YamlWords _words;
    private readonly Dictionary<string, (JsonNode? Value, int Count)> _anchors = new(StringComparer.Ordinal);
    private int _values;

    private YamlReader(string text, YamlWords words) => (_parser, _words) = (new Parser(new StringReader(text)), words);

    /// <param name="words">What unquoted words mean.</param>
    public static YamlResult Read(string text, YamlWords words = YamlWords.Kubectl)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxCharacters) return new YamlResult([], new YamlProblem(1, $"the file has {text.Length} characters; at most {MaxCharacters} are read"));
        var documents = ImmutableArray.CreateBuilder<YamlDocument>();
        try
        {
            var reader = new YamlReader(text, words);
            while (reader._parser.MoveNext())
            {
                if (reader._parser.Current is not DocumentStart) continue;
                reader._anchors.Clear();
                reader._parser.MoveNext();
                var line = (int)reader._parser.Current!.Start.Line;
                var content = reader.Value(1);
                if (content is not null) documents.Add(new YamlDocument(line, content));
            }
        }
        catch (YamlException e)
        {
            return new YamlResult([], new YamlProblem((int)e.Start.Line, e.Message));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IndexOutOfRangeException or NullReferenceException or FormatException)
        {
            // The scanner of YamlDotNet trips over some broken input with exceptions of its own.
            return new YamlResult([], new YamlProblem(1, "this is not YAML: " + e.Message));
        }
        return new YamlResult(documents.ToImmutable(), null);
    }

    /// <summary>The value whose first event is current; afterwards its last event is.</summary>
    private JsonNode? Value(int depth)
    {
        var at = _parser.Current!;
        if (depth > MaxDepth) throw Failed(at, $"nested more than {MaxDepth} levels deep");
        if (at is AnchorAlias alias) return Alias(alias);
        var before = _values;
        Count(at, 1);
        var value = at switch
        {
            Scalar scalar => Scalar(scalar),
            SequenceStart => Sequence(depth),
            MappingStart => Mapping(depth),
            _ => throw Failed(at, "a value was expected"),
        };
        if (at is NodeEvent { Anchor.IsEmpty: false } node) _anchors[node.Anchor.Value] = (value, _values - before);
        return value;
    }

    private JsonNode? Alias(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out var known)) throw Failed(alias, $"the alias *{alias.Value.Value} has no anchor before it");
        Count(alias, known.Count);
        return known.Value?.DeepClone();
    }

    private JsonArray Sequence(int depth)
    {
        var array = new JsonArray();
        while (_parser.MoveNext() && _parser.Current is not SequenceEnd) array.Add(Value(depth + 1));
        return array;
    }

    private JsonObject Mapping(int depth)
    {
        var map = new JsonObject();
        var merged = new List<JsonObject>();
        while (_parser.MoveNext() && _parser.Current is not MappingEnd)
        {
            var at = _parser.Current!;
            var isPlain = at is Scalar { Style: ScalarStyle.Plain };
            var key = Key(at, Value(depth + 1));
            _parser.MoveNext();
            var value = Value(depth + 1);
            if (isPlain && key == "<<")
            {
                if (value is JsonObject one) merged.Add(one);
                else if (value is JsonArray several && several.All(static s => s is JsonObject)) merged.AddRange(several.Select(static s => (JsonObject)s!));
                else throw Failed(at, "<< wants a map or a list of maps");
            }
            else if (!map.TryAdd(key, value)) throw Failed(at, $"the key \"{key}\" is written twice");
        }
        // What is written beside << stands over what comes with it, and the first of several over the next.
        foreach (var (key, value) in merged.SelectMany(static m => m)) map.TryAdd(key, value?.DeepClone());
        return map;
    }

    private static string Key(ParsingEvent at, JsonNode? key) => key switch
    {
        null => "null",
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        JsonValue value when value.TryGetValue<double>(out var real) && !value.TryGetValue<long>(out _) => real.ToString("R", CultureInfo.InvariantCulture),
        JsonValue value => value.ToJsonString(),
        _ => throw Failed(at, "a key must be a word"),
    };

    private JsonNode? Scalar(Scalar scalar)
    {
        if (!scalar.Tag.IsEmpty && !scalar.Tag.IsNonSpecific)
        {
            return scalar.Tag.Value switch
            {
                "tag:yaml.org,2002:str" or "tag:yaml.org,2002:binary" => JsonValue.Create(scalar.Value),
                "tag:yaml.org,2002:int" or "tag:yaml.org,2002:float" or "tag:yaml.org,2002:bool" or "tag:yaml.org,2002:null" => YamlScalars.Resolve(scalar.Value, _words),
                _ => throw Failed(scalar, $"the tag {scalar.Tag.Value} is not known here"),
            };
        }
        return scalar.Style == ScalarStyle.Plain ? YamlScalars.Resolve(scalar.Value, _words) : JsonValue.Create(scalar.Value);
    }

    private void Count(ParsingEvent at, int values)
    {
        _values += values;
        if (_values > MaxValues) throw Failed(at, $"more than {MaxValues} values");
    }

    private static SemanticErrorException Failed(ParsingEvent at, string message) => new(at.Start, at.End, message);
}
