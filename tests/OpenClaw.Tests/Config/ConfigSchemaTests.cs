using System.Text.Json;
using System.Text.RegularExpressions;
using OpenClaw.Config;

namespace OpenClaw.Tests.Config;

public sealed class ConfigSchemaTests
{
    private static readonly JsonDocumentOptions Relaxed = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
    private static readonly JsonElement Schema = JsonDocument.Parse(ConfigSchema.Write()).RootElement;

    public static TheoryData<string> JsonSamples => [.. SampleFiles.Names.Where(static n => n != "upstream-full.json")];

    [Theory]
    [MemberData(nameof(JsonSamples))]
    public void Every_sample_fits_the_schema(string name)
    {
        using var sample = JsonDocument.Parse(SampleFiles.Bytes(name), Relaxed);
        Assert.Empty(Misfits(sample.RootElement, Schema, ""));
    }

    [Theory]
    [InlineData("""{ "gateway": { "port": "x" } }""", "/gateway/port")]
    [InlineData("""{ "gateway": { "port": 70000 } }""", "/gateway/port")]
    [InlineData("""{ "defualtModel": "a/b" }""", "/defualtModel")]
    [InlineData("""{ "budgets": [{ "scope": "gateway", "period": "monthly" }] }""", "/budgets/0/period")]
    [InlineData("""{ "models": { "allowlist": "openai/*" } }""", "/models/allowlist")]
    public void What_the_reader_refuses_or_does_not_know_does_not_fit(string json, string pointer)
    {
        using var document = JsonDocument.Parse(json);
        Assert.Equal([pointer], Misfits(document.RootElement, Schema, ""));
    }

    [Theory]
    [InlineData("""{ "gateway": { "port": "${PORT}", "auth": true }, "channels": { "x": 1 } }""")]
    [InlineData("""{ "gateway": { "auth": { "mode": "${MODE}", "token": { "source": "env", "id": "T" } } } }""")]
    public void Variables_and_upstreams_settings_fit(string json)
    {
        using var document = JsonDocument.Parse(json);
        Assert.Empty(Misfits(document.RootElement, Schema, ""));
    }

    [Fact]
    public void Every_key_has_a_description()
    {
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", Schema.GetProperty("$schema").GetString());
        Assert.DoesNotContain(Keys(Schema), static k => string.IsNullOrWhiteSpace(k.Value.GetProperty("description").GetString()));
        Assert.True(Keys(Schema).Count() > 100);
    }

    private static IEnumerable<JsonProperty> Keys(JsonElement schema)
    {
        if (schema.ValueKind == JsonValueKind.Array) return schema.EnumerateArray().SelectMany(Keys);
        if (schema.ValueKind != JsonValueKind.Object) return [];
        var own = schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object ? properties.EnumerateObject().ToList() : [];
        return own.Concat(schema.EnumerateObject().SelectMany(static p => Keys(p.Value)));
    }

    /// <summary>The keywords that the schema uses, and no others.</summary>
    private static List<string> Misfits(JsonElement value, JsonElement schema, string pointer)
    {
        if (schema.TryGetProperty("$ref", out _)) return Misfits(value, Schema.GetProperty("$defs").GetProperty("variable"), pointer);
        if (schema.TryGetProperty("anyOf", out var choices)) return choices.EnumerateArray().Any(c => Misfits(value, c, pointer).Count == 0) ? [] : [pointer];
        if (schema.TryGetProperty("type", out var type) && !Types(type).Any(t => Is(value, t))) return [pointer];
        if (schema.TryGetProperty("enum", out var words) && !words.EnumerateArray().Any(w => w.ValueEquals(value.GetString()))) return [pointer];
        if (schema.TryGetProperty("pattern", out var pattern) && !Regex.IsMatch(value.GetString()!, pattern.GetString()!)) return [pointer];
        if (value.ValueKind == JsonValueKind.Number && schema.TryGetProperty("minimum", out var min) && value.GetDecimal() < min.GetDecimal()) return [pointer];
        if (value.ValueKind == JsonValueKind.Number && schema.TryGetProperty("maximum", out var max) && value.GetDecimal() > max.GetDecimal()) return [pointer];
        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items)) return value.EnumerateArray().SelectMany((v, i) => Misfits(v, items, $"{pointer}/{i}")).ToList();
        return value.ValueKind == JsonValueKind.Object ? value.EnumerateObject().SelectMany(p => Member(p, schema, $"{pointer}/{p.Name}")).ToList() : [];
    }

    private static List<string> Member(JsonProperty member, JsonElement schema, string pointer)
    {
        if (schema.TryGetProperty("properties", out var known) && known.TryGetProperty(member.Name, out var shape)) return Misfits(member.Value, shape, pointer);
        if (!schema.TryGetProperty("additionalProperties", out var others)) return [];
        return others.ValueKind == JsonValueKind.False ? [pointer] : Misfits(member.Value, others, pointer);
    }

    private static IEnumerable<string> Types(JsonElement type) => type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(static t => t.GetString()!) : [type.GetString()!];

    private static bool Is(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDecimal() == decimal.Truncate(value.GetDecimal()),
        _ => value.ValueKind == JsonValueKind.Number,
    };
}
