using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Api;

/// <summary>
/// A spec read by path. What is not written has the table's default, so that a default stands in one place and is never
/// written into a stored object. A path that the table does not have is a bug and throws.
/// </summary>
internal sealed class SpecView(JsonObject spec)
{
    private static readonly ImmutableDictionary<string, ApiField> s_fields = InstanceFields.Spec.ToImmutableDictionary(static f => f.Path, StringComparer.Ordinal);

    public JsonObject Json { get; } = spec;

    /// <summary>True when it is written and not null.</summary>
    public bool Has(string path) => Written(path) is not null;

    /// <summary>True when what is written is not what would hold anyway.</summary>
    public bool Differs(string path) => Written(path) switch
    {
        null => false,
        JsonValue value => Scalar(value) != Field(path).Default,
        JsonArray list => string.Join(", ", list.OfType<JsonValue>().Select(Scalar)) != (Field(path).Default ?? ""),
        var node => node is JsonObject { Count: > 0 },
    };

    public string? Text(string path) => Written(path) is JsonValue value && value.TryGetValue<string>(out var text) ? text : Field(path).Default;

    public bool Flag(string path) => Written(path) is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : Field(path).Default == "true";

    public long? Number(string path) =>
        Written(path) is { } node ? Integer(node) : Field(path).Default is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>A quantity as text, whether it was written as text or as a number.</summary>
    public string? Quantity(string path) => Written(path) is JsonValue value ? Scalar(value) : Field(path).Default;

    public IReadOnlyList<JsonNode> List(string path) => Written(path) is JsonArray list ? [.. list.OfType<JsonNode>()] : [];

    public IReadOnlyList<JsonObject> Objects(string path) => [.. List(path).OfType<JsonObject>()];

    /// <summary>Text items; a default is words with commas.</summary>
    public IReadOnlyList<string> Texts(string path)
    {
        var list = List(path);
        if (list.Count == 0) return Field(path).Default is { } words ? words.Split(", ") : [];
        return [.. list.OfType<JsonValue>().Select(static v => v.TryGetValue<string>(out var text) ? text : null).OfType<string>()];
    }

    public JsonObject? Map(string path) => Written(path) as JsonObject;

    /// <summary>Text by name; scalars that are no text are written as they are.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> TextMap(string path) =>
        [.. (Map(path) ?? []).Where(static m => m.Value is JsonValue).Select(static m => KeyValuePair.Create(m.Key, Scalar((JsonValue)m.Value!)))];

    public static string? Name(JsonNode? item) => item is JsonObject map && map["name"] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static string Scalar(JsonValue value) => value.TryGetValue<string>(out var text) ? text : value.ToJsonString();

    public static long? Integer(JsonNode? node)
    {
        if (node is not JsonValue value || value.GetValueKind() != JsonValueKind.Number) return null;
        return decimal.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number == decimal.Truncate(number) && number is >= long.MinValue and <= long.MaxValue
            ? (long)number : null;
    }

    private JsonNode? Written(string path)
    {
        _ = Field(path);
        JsonNode? node = Json;
        foreach (var name in path.Split('.'))
        {
            if (node is not JsonObject map || !map.TryGetPropertyValue(name, out node)) return null;
        }
        return node;
    }

    private static ApiField Field(string path) =>
        s_fields.TryGetValue(path, out var field) ? field : throw new InvalidOperationException($"the table of fields has no {path}");
}
