using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>
/// Which JSON Schemas OpenAI takes with <c>strict</c>; it refuses a request with any other (platform.openai.com/docs,
/// "Structured Outputs", supported schemas): every object closed, with all of its members required.
/// </summary>
internal static class StrictSchema
{
    private static readonly string[] s_refused =
        ["allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties", "prefixItems", "default"];

    /// <summary>False also for what is no schema.</summary>
    public static bool Takes(string schema)
    {
        using var document = RawJson.TryParseObject(schema);
        return document is not null && IsObject(document.RootElement) && !document.RootElement.TryGetProperty("anyOf"u8, out _) && IsTaken(document.RootElement);
    }

    private static bool IsTaken(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object) return false;
        if (Array.Exists(s_refused, name => schema.TryGetProperty(name, out _))) return false;
        if (IsObject(schema) && !IsClosed(schema)) return false;
        foreach (var member in schema.EnumerateObject())
        {
            var isTaken = member.Name switch
            {
                "properties" or "$defs" or "definitions" => member.Value.ValueKind == JsonValueKind.Object && member.Value.EnumerateObject().All(static m => IsTaken(m.Value)),
                "anyOf" => member.Value.ValueKind == JsonValueKind.Array && member.Value.EnumerateArray().All(IsTaken),
                "items" => IsTaken(member.Value),
                _ => true,
            };
            if (!isTaken) return false;
        }
        return true;
    }

    private static bool IsObject(JsonElement schema)
    {
        if (schema.TryGetProperty("properties"u8, out _)) return true;
        if (!schema.TryGetProperty("type"u8, out var type)) return false;
        return type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Any(IsWord) : IsWord(type);
    }

    private static bool IsWord(JsonElement type) => type.ValueKind == JsonValueKind.String && type.ValueEquals("object"u8);

    private static bool IsClosed(JsonElement schema)
    {
        if (!schema.TryGetProperty("additionalProperties"u8, out var more) || more.ValueKind != JsonValueKind.False) return false;
        if (!schema.TryGetProperty("properties"u8, out var properties)) return true;
        if (properties.ValueKind != JsonValueKind.Object) return false;
        var required = schema.TryGetProperty("required"u8, out var names) && names.ValueKind == JsonValueKind.Array
            ? names.EnumerateArray().Select(static n => JsonRead.String(n)).ToHashSet(StringComparer.Ordinal) : [];
        return properties.EnumerateObject().All(m => required.Contains(m.Name));
    }
}
