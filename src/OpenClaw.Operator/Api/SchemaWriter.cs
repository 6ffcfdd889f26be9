using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Api;

/// <summary>
/// The structural schema of a table. Kubernetes' own objects stay objects of any content: their schema would make the file a
/// hundred times larger, and the API server checks them when the pod's StatefulSet is written. No default is in it.
/// </summary>
internal static class SchemaWriter
{
    public static JsonObject Write(IEnumerable<ApiField> rows, IEnumerable<ApiRule> rules, string does)
    {
        var byPath = rules.ToLookup(static r => r.Path);
        var schema = Node(FieldTree.Of(rows), byPath);
        schema.Insert(0, "description", does);
        return schema;
    }

    private static JsonObject Node(FieldTree tree, ILookup<string, ApiRule> rules)
    {
        var field = tree.Field;
        var schema = new JsonObject();
        if (field.Does.Length > 0) schema["description"] = Describe(field);
        switch (field.Kind)
        {
            case FieldKind.Object:
                schema["type"] = "object";
                Properties(schema, tree, rules);
                break;
            case FieldKind.Objects:
                schema["type"] = "array";
                ListBounds(schema, field);
                schema["items"] = Item(tree, rules);
                break;
            case FieldKind.Texts:
                schema["type"] = "array";
                ListBounds(schema, field);
                schema["items"] = TextBounds(new JsonObject { ["type"] = "string" }, field);
                break;
            case FieldKind.AnyList:
                schema["type"] = "array";
                ListBounds(schema, field);
                schema["items"] = AnyItem(field);
                break;
            case FieldKind.TextMap:
                schema["type"] = "object";
                if (field.MaxItems is { } most) schema["maxProperties"] = most;
                schema["additionalProperties"] = new JsonObject { ["type"] = "string" };
                break;
            case FieldKind.QuantityMap:
                schema["type"] = "object";
                schema["additionalProperties"] = Quantity(new JsonObject());
                break;
            case FieldKind.Quantity:
                Quantity(schema);
                break;
            case FieldKind.Any:
                schema["type"] = "object";
                schema["x-kubernetes-preserve-unknown-fields"] = true;
                break;
            case FieldKind.Integer:
                schema["type"] = "integer";
                schema["format"] = "int64";
                if (field.Min is { } min) schema["minimum"] = min;
                if (field.Max is { } max) schema["maximum"] = max;
                break;
            case FieldKind.Flag:
                schema["type"] = "boolean";
                break;
            default:
                schema["type"] = "string";
                TextBounds(schema, field);
                break;
        }
        Rules(schema, rules[field.Path]);
        return schema;
    }

    private static string Describe(ApiField field) => field.State switch
    {
        FieldState.NotYet => $"Accepted, not built yet. {field.Does} {field.Instead}",
        FieldState.Needless => $"Accepted, without effect. {field.Does} {field.Instead}",
        _ => field.Default is { } standard ? $"{field.Does} Default: {standard}." : field.Does,
    };

    private static JsonObject Item(FieldTree tree, ILookup<string, ApiRule> rules)
    {
        var item = new JsonObject { ["type"] = "object" };
        Properties(item, tree, rules);
        return item;
    }

    private static void Properties(JsonObject schema, FieldTree tree, ILookup<string, ApiRule> rules)
    {
        var required = tree.Children.Where(static c => c.Node.Field.IsRequired).Select(static c => (JsonNode)c.Name).ToArray();
        if (required.Length > 0) schema["required"] = new JsonArray(required);
        var properties = new JsonObject();
        foreach (var (name, node) in tree.Children) properties[name] = Node(node, rules);
        schema["properties"] = properties;
    }

    private static JsonObject AnyItem(ApiField field)
    {
        var item = new JsonObject { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true };
        // A rule may speak of an item's name only when the schema knows it.
        if (field.ItemsAreNamed)
        {
            item["required"] = new JsonArray("name");
            item["properties"] = new JsonObject { ["name"] = new JsonObject { ["type"] = "string", ["maxLength"] = 253 } };
        }
        return item;
    }

    private static void ListBounds(JsonObject schema, ApiField field)
    {
        if (field.MaxItems is { } most) schema["maxItems"] = most;
        if (field.IsSet) schema["x-kubernetes-list-type"] = "set";
        if (field.Key is not { } key) return;
        schema["x-kubernetes-list-type"] = "map";
        schema["x-kubernetes-list-map-keys"] = new JsonArray(key);
    }

    private static JsonObject TextBounds(JsonObject schema, ApiField field)
    {
        if (field.Format is { } format) schema["format"] = format;
        if (field.MinLength is { } min) schema["minLength"] = min;
        if (field.MaxLength is { } max) schema["maxLength"] = max;
        if (field.Pattern is { } pattern) schema["pattern"] = pattern;
        if (!field.Words.IsEmpty) schema["enum"] = new JsonArray([.. field.Words.Select(static w => (JsonNode)w)]);
        return schema;
    }

    private static JsonObject Quantity(JsonObject schema)
    {
        schema["anyOf"] = new JsonArray(new JsonObject { ["type"] = "integer" }, new JsonObject { ["type"] = "string" });
        schema["pattern"] = Row.QuantityPattern;
        schema["x-kubernetes-int-or-string"] = true;
        return schema;
    }

    private static void Rules(JsonObject schema, IEnumerable<ApiRule> rules)
    {
        var list = new JsonArray([.. rules.Select(static r => (JsonNode)new JsonObject { ["rule"] = r.Cel, ["message"] = r.Message })]);
        if (list.Count > 0) schema["x-kubernetes-validations"] = list;
    }
}
