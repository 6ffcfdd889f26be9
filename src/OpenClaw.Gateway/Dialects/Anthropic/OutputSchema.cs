using System.Text.Json;
using System.Text.Json.Nodes;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>JSON Schemas in the subset that the protocol takes.</summary>
internal static class OutputSchema
{
    /// <summary>Constraints that structured outputs refuse; Anthropic's own clients strip them too.</summary>
    private static readonly string[] s_refused =
        ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"];

    /// <summary>The schema for <c>output_config.format</c>, or null when the request has none or the model would not enforce it.</summary>
    /// <param name="unsupported">Is told of every constraint that is left out, and of members of any name, which the protocol does not take.</param>
    public static string? Of(ChatRequest request, ClaudeModel model, ICollection<string> unsupported)
    {
        if (request.Output is not { Kind: OutputFormatKind.JsonSchema, SchemaJson: { } schema } || !model.EnforcesSchemas) return null;
        return Rewrite(schema, node => Adapt(node, unsupported)) ?? schema;
    }

    /// <summary>A tool's schema: an object whose type is said.</summary>
    public static string ForTool(string schema) => Rewrite(schema, NameType) ?? """{"type":"object","properties":{}}""";

    private static void NameType(JsonNode? node)
    {
        if (node is JsonObject schema && !schema.ContainsKey("type")) schema.Insert(0, "type", "object");
    }

    // Null for what is no object. The tree is read lazily: a key that appears twice shows while it is walked.
    private static string? Rewrite(string schema, Action<JsonNode?> change)
    {
        try
        {
            if (JsonNode.Parse(RawJson.Mended(schema), documentOptions: JsonRead.Document) is not JsonObject node) return null;
            change(node);
            return node.ToJsonString();
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return null;
        }
    }

    private static bool IsObject(JsonNode? type) => type is JsonValue word && word.TryGetValue<string>(out var kind) && kind == "object";

    private static void Adapt(JsonNode? node, ICollection<string> unsupported)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array) Adapt(item, unsupported);
            return;
        }
        if (node is not JsonObject schema) return;
        // Refused, and the same where no value fits two of them.
        if (!schema.ContainsKey("anyOf") && schema.TryGetPropertyValue("oneOf", out var choices) && schema.Remove("oneOf")) schema["anyOf"] = choices;
        foreach (var name in s_refused)
        {
            if (schema.Remove(name)) unsupported.Note($"{name} in a response schema");
        }
        foreach (var (name, value) in schema)
        {
            if (name is "properties" or "$defs" or "definitions")
            {
                // The members are names of the user's, each with a schema.
                if (value is JsonObject named) foreach (var (_, inner) in named) Adapt(inner, unsupported);
            }
            else if (name is "items" or "anyOf" or "allOf" or "oneOf" or "prefixItems") Adapt(value, unsupported);
        }
        if (schema.TryGetPropertyValue("type", out var type) && (IsObject(type) || (type is JsonArray types && types.Any(IsObject))))
        {
            if (schema["additionalProperties"] is { } more && more.GetValueKind() != JsonValueKind.False) unsupported.Note("additionalProperties in a response schema");
            schema["additionalProperties"] = false;
        }
    }
}
