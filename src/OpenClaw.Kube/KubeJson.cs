using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OpenClaw.Kube;

/// <summary>Tolerant reading of JSON: a field that is missing or of another type is absent, never an exception.</summary>
public static class KubeJson
{
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 128 };

    /// <summary>The JSON of bytes that may be anything; false when it is not JSON.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out JsonElement json)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, s_options);
            json = document.RootElement.Clone();
            return true;
        }
        catch (JsonException)
        {
            json = default;
            return false;
        }
    }

    /// <summary>As <see cref="TryParse(ReadOnlyMemory{byte}, out JsonElement)"/>, without a copy: the caller disposes it.</summary>
    internal static JsonDocument? TryOpen(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return JsonDocument.Parse(bytes, s_options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static JsonElement Field(this JsonElement json, string name)
    {
        try
        {
            return json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) ? value : default;
        }
        catch (InvalidOperationException)
        {
            // One of the names is half a surrogate pair: valid JSON and no text.
            return default;
        }
    }

    public static JsonElement Field(this JsonElement json, string first, string second) => json.Field(first).Field(second);

    public static bool Has(this JsonElement json, string name) => json.Field(name).ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    public static string Text(this JsonElement json, string name) => json.TextOrNull(name) ?? "";

    public static string? TextOrNull(this JsonElement json, string name) => TextOf(json.Field(name));

    public static long? Number(this JsonElement json, string name)
    {
        var value = json.Field(name);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;
    }

    public static int Int(this JsonElement json, string name, int otherwise = 0) =>
        json.Number(name) is { } number and >= int.MinValue and <= int.MaxValue ? (int)number : otherwise;

    public static bool Flag(this JsonElement json, string name) => json.Field(name).ValueKind == JsonValueKind.True;

    public static DateTimeOffset? Time(this JsonElement json, string name) =>
        json.TextOrNull(name) is { } text
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time : null;

    /// <summary>The elements of an array; nothing when it is none.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement json, string name)
    {
        var value = json.Field(name);
        return value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [];
    }

    public static ImmutableArray<T> Items<T>(this JsonElement json, string name, Func<JsonElement, T> read) => [.. json.Items(name).Select(read)];

    public static ImmutableArray<string> Texts(this JsonElement json, string name) =>
        [.. json.Items(name).Select(TextOf).OfType<string>()];

    public static ImmutableDictionary<string, string> Map(this JsonElement json, string name)
    {
        var value = json.Field(name);
        if (value.ValueKind != JsonValueKind.Object) return ImmutableDictionary<string, string>.Empty;
        var map = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var field in value.EnumerateObject())
        {
            if (TextOf(field.Value) is { } text && NameOf(field) is { } key) map[key] = text;
        }
        return map.ToImmutable();
    }

    /// <summary>A string or a number, as the port of a Service or an IntOrString is written.</summary>
    public static string TextOrNumber(this JsonElement json, string name)
    {
        var value = json.Field(name);
        return value.ValueKind switch
        {
            JsonValueKind.String => TextOf(value) ?? "",
            JsonValueKind.Number => value.GetRawText(),
            _ => "",
        };
    }

    /// <summary>Time as <c>metav1.Time</c>: whole seconds.</summary>
    public static string Write(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Time as <c>metav1.MicroTime</c>.</summary>
    public static string WriteMicro(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>The start of an object to apply: version, kind, name and labels.</summary>
    public static JsonObject NewObject(ResourceKind kind, ObjectKey key, IEnumerable<KeyValuePair<string, string>>? labels = null)
    {
        var meta = new JsonObject { ["name"] = key.Name };
        if (kind.IsNamespaced) meta["namespace"] = key.Namespace;
        if (labels is not null) meta["labels"] = WriteMap(labels);
        return new JsonObject { ["apiVersion"] = kind.ApiVersion, ["kind"] = kind.Kind, ["metadata"] = meta };
    }

    public static JsonObject WriteMap(IEnumerable<KeyValuePair<string, string>> map) =>
        new(map.OrderBy(static p => p.Key, StringComparer.Ordinal).Select(static p => KeyValuePair.Create(p.Key, (JsonNode?)JsonValue.Create(p.Value))));

    internal static string? NameOf(JsonProperty field)
    {
        try
        {
            return field.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    internal static byte[]? BytesOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String && value.TryGetBytesFromBase64(out var bytes) ? bytes : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    internal static byte[] WriteBytes(JsonNode json)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) json.WriteTo(writer);
        return stream.ToArray();
    }
}
