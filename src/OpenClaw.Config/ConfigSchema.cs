using System.Buffers;
using System.Text;
using System.Text.Json;
using OpenClaw.Config.Keys;
using OpenClaw.Config.Text;

namespace OpenClaw.Config;

/// <summary>
/// The JSON Schema (draft 2020-12) of <c>openclaw.json</c>, written from the key table that also drives the check of unknown
/// keys. Where a number, a word or true/false is wanted, a string with <c>${VAR}</c> is allowed too, as the reader allows it.
/// </summary>
public static class ConfigSchema
{
    private const string Variable = "#/$defs/variable";

    /// <summary>The schema, indented, with a line end.</summary>
    public static string Write()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, NodeJson.Indented)) WriteDocument(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private static void WriteDocument(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("$schema", "https://json-schema.org/draft/2020-12/schema");
        json.WriteString("title", "openclaw.json");
        json.WriteString("description", "Configuration of OpenClaw for .NET: its own keys, those of the guides, and those of upstream OpenClaw that it reads.");
        WriteBody(json, KeyTable.Root);
        json.WriteStartObject("$defs");
        json.WriteStartObject("variable");
        json.WriteString("type", "string");
        json.WriteString("pattern", "\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}");
        json.WriteString("description", "Text with ${VAR}, put in from the environment.");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteBody(Utf8JsonWriter json, Shape shape)
    {
        if (shape.Types == JsonTypes.Any) return;
        if (!TakesVariable(shape))
        {
            WriteType(json, shape);
            return;
        }
        json.WriteStartArray("anyOf");
        json.WriteStartObject();
        WriteType(json, shape);
        json.WriteEndObject();
        json.WriteStartObject();
        json.WriteString("$ref", Variable);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    /// <summary>Scalars that are not free text.</summary>
    private static bool TakesVariable(Shape shape) =>
        !shape.Words.IsEmpty || ((shape.Types & (JsonTypes.Number | JsonTypes.Boolean)) != 0 && !shape.Types.HasFlag(JsonTypes.String));

    private static void WriteType(Utf8JsonWriter json, Shape shape)
    {
        var types = TypeNames(shape);
        if (types.Count == 1)
        {
            json.WriteString("type", types[0]);
        }
        else
        {
            json.WriteStartArray("type");
            foreach (var type in types) json.WriteStringValue(type);
            json.WriteEndArray();
        }
        if (!shape.Words.IsEmpty)
        {
            json.WriteStartArray("enum");
            foreach (var word in shape.Words) json.WriteStringValue(word);
            json.WriteEndArray();
        }
        if (shape.Min is { } min) json.WriteNumber("minimum", min);
        if (shape.Max is { } max) json.WriteNumber("maximum", max);
        if (shape.Items is { } items)
        {
            json.WriteStartObject("items");
            WriteBody(json, items);
            json.WriteEndObject();
        }
        if (shape.Types.HasFlag(JsonTypes.Object)) WriteObject(json, shape);
    }

    private static void WriteObject(Utf8JsonWriter json, Shape shape)
    {
        if (shape.Values is { } values)
        {
            json.WriteStartObject("additionalProperties");
            WriteBody(json, values);
            json.WriteEndObject();
            return;
        }
        if (shape.Keys.IsEmpty) return;
        json.WriteStartObject("properties");
        foreach (var key in shape.Keys)
        {
            WriteKey(json, key, key.Name);
            foreach (var spelling in key.Spellings) WriteKey(json, key, spelling);
        }
        json.WriteEndObject();
        // An unknown key is a warning of the reader, and an editor should show it; open objects and scripts take any.
        if (!shape.IsOpen && shape.FreeWhenApi is null) json.WriteBoolean("additionalProperties", false);
    }

    private static void WriteKey(Utf8JsonWriter json, Key key, string name)
    {
        json.WriteStartObject(name);
        json.WriteString("description", key.Does);
        WriteBody(json, key.Shape);
        json.WriteEndObject();
    }

    private static List<string> TypeNames(Shape shape)
    {
        var names = new List<string>();
        if (shape.Types.HasFlag(JsonTypes.Object)) names.Add("object");
        if (shape.Types.HasFlag(JsonTypes.Array)) names.Add("array");
        if (shape.Types.HasFlag(JsonTypes.String)) names.Add("string");
        if (shape.Types.HasFlag(JsonTypes.Number)) names.Add(shape.IsInteger ? "integer" : "number");
        if (shape.Types.HasFlag(JsonTypes.Boolean)) names.Add("boolean");
        return names;
    }
}
