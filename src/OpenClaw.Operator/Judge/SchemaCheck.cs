using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OpenClaw.Config.Text;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Judge;

/// <summary>
/// Holds a spec against the table as the API server does with the schema made from it, so that a file is judged without a
/// cluster: unknown fields with the nearest known one, types, words, bounds, what is required. Fields that are written and not
/// built are named here too.
/// </summary>
internal sealed class SchemaCheck
{
    private readonly List<Finding> _findings = [];

    public static List<Finding> Of(JsonObject spec, IEnumerable<ApiField> rows)
    {
        var check = new SchemaCheck();
        check.Members(spec, FieldTree.Of(rows), "spec");
        return check._findings;
    }

    private void Members(JsonObject map, FieldTree tree, string path)
    {
        foreach (var (name, value) in map)
        {
            var here = $"{path}.{name}";
            if (tree.Child(name) is not { } node)
            {
                var near = Nearest.One(name, tree.Children.Select(static c => c.Name));
                Add("UnknownField", here, "there is no such field", near is null ? "remove it" : $"did you mean {near}?");
                continue;
            }
            if (value is not null) Value(value, node, here);
        }
        foreach (var (name, node) in tree.Children)
        {
            if (node.Field.IsRequired && map[name] is null) Add("FieldMissing", $"{path}.{name}", "it is not written", $"write {name}");
        }
    }

    private void Value(JsonNode value, FieldTree node, string path)
    {
        var field = node.Field;
        var isRight = field.Kind switch
        {
            FieldKind.Object or FieldKind.Any or FieldKind.TextMap or FieldKind.QuantityMap => value is JsonObject,
            FieldKind.Objects or FieldKind.AnyList or FieldKind.Texts => value is JsonArray,
            FieldKind.Integer => SpecView.Integer(value) is not null,
            FieldKind.Flag => value.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
            FieldKind.Quantity => value.GetValueKind() is JsonValueKind.String or JsonValueKind.Number,
            _ => value.GetValueKind() == JsonValueKind.String,
        };
        if (!isRight)
        {
            Add("WrongType", path, $"it is {Kind(value)}", $"write {Wanted(field.Kind)}");
            return;
        }
        NotBuilt(value, field, path);
        switch (value)
        {
            case JsonObject map when field.Kind == FieldKind.Object:
                Members(map, node, path);
                break;
            case JsonObject map:
                Map(map, field, path);
                break;
            case JsonArray list:
                List(list, node, path);
                break;
            case JsonValue scalar:
                Scalar(scalar, field, path);
                break;
        }
    }

    private void NotBuilt(JsonNode value, ApiField field, string path)
    {
        // A group is named by its fields, and "off" asks for nothing.
        if (field.State == FieldState.Built || field.Kind == FieldKind.Object || value is JsonValue { } v && v.GetValueKind() == JsonValueKind.False) return;
        if (value is JsonArray { Count: 0 } or JsonObject { Count: 0 }) return;
        // Upstream's definition writes defaults into stored objects: nobody asked for these.
        if (field.State == FieldState.NotYet && value is JsonValue written && SpecView.Scalar(written) == field.Default) return;
        _findings.Add(field.State == FieldState.NotYet
            ? Finding.Warn("NotBuilt", path, "it is accepted and not built yet", field.Instead)
            : Finding.Tell("Needless", path, "it is accepted and has no effect: " + field.Instead.TrimEnd('.')));
    }

    private void Map(JsonObject map, ApiField field, string path)
    {
        if (field.MaxItems is { } most && map.Count > most) Add("TooMany", path, $"it has {map.Count} entries", $"write at most {most}");
        foreach (var (name, value) in map)
        {
            var here = $"{path}.{name}";
            if (field.Kind == FieldKind.TextMap && value?.GetValueKind() != JsonValueKind.String) Add("WrongType", here, $"it is {Kind(value)}", "write text, in quotes");
            if (field.Kind == FieldKind.QuantityMap) CheckQuantity(value, here);
        }
    }

    private void List(JsonArray list, FieldTree node, string path)
    {
        var field = node.Field;
        if (field.MaxItems is { } most && list.Count > most) Add("TooMany", path, $"it has {list.Count} items", $"write at most {most}");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < list.Count; i++)
        {
            var here = $"{path}[{i.ToString(CultureInfo.InvariantCulture)}]";
            var isText = field.Kind == FieldKind.Texts;
            if (isText ? list[i]?.GetValueKind() != JsonValueKind.String : list[i] is not JsonObject)
            {
                Add("WrongType", here, $"it is {Kind(list[i])}", isText ? "write text" : "write an object");
                continue;
            }
            if (isText) Scalar((JsonValue)list[i]!, field, here);
            else if (field.Kind == FieldKind.Objects) Members((JsonObject)list[i]!, node, here);
            var key = isText && field.IsSet ? list[i]!.GetValue<string>() : field.Key is { } name && list[i]![name] is JsonValue value ? SpecView.Scalar(value) : null;
            if (key is not null && !seen.Add(key)) Add("WrittenTwice", here, $"{key} is in the list already", "keep one");
            if ((field.Key ?? (field.ItemsAreNamed ? "name" : null)) is { } wanted && list[i]![wanted] is null) Add("FieldMissing", $"{here}.{wanted}", "it is not written", $"write {wanted}");
        }
    }

    private void Scalar(JsonValue value, ApiField field, string path)
    {
        if (field.Kind == FieldKind.Quantity)
        {
            CheckQuantity(value, path);
            return;
        }
        if (SpecView.Integer(value) is { } number)
        {
            if (number < field.Min) Add("OutOfBounds", path, $"{number} is less than {field.Min}", $"write {field.Min} or more");
            if (number > field.Max) Add("OutOfBounds", path, $"{number} is more than {field.Max}", $"write {field.Max} or less");
            return;
        }
        if (!value.TryGetValue<string>(out var text)) return;
        if (!field.Words.IsEmpty && !field.Words.Contains(text))
        {
            var near = Nearest.One(text, field.Words);
            Add("UnknownWord", path, $"\"{Shorten(text)}\" is not one of its words", near is null ? "write " + string.Join(" or ", field.Words.Where(static w => w.Length > 0)) : $"write {near}");
        }
        else if (text.Length < field.MinLength) Add("OutOfBounds", path, "it is empty", "write a name");
        else if (text.Length > field.MaxLength) Add("OutOfBounds", path, $"it has {text.Length} characters", $"write at most {field.MaxLength}");
        else if (field.Pattern is { } pattern && !Regex.IsMatch(text, pattern, RegexOptions.None, TimeSpan.FromSeconds(1))) Add("WrongForm", path, $"\"{Shorten(text)}\" has not the form it must have", $"write {(field.Form.Length > 0 ? field.Form : "something that matches " + pattern)}");
    }

    private void CheckQuantity(JsonNode? value, string path)
    {
        if (value is JsonValue scalar && scalar.GetValueKind() is JsonValueKind.String or JsonValueKind.Number
            && Regex.IsMatch(SpecView.Scalar((JsonValue)value), Row.QuantityPattern, RegexOptions.None, TimeSpan.FromSeconds(1))) return;
        Add("WrongForm", path, $"{(value is null ? "null" : Shorten(value.ToJsonString()))} is not a quantity", "write one such as 500m, 2 or 8Gi");
    }

    private void Add(string reason, string path, string sentence, string write) => _findings.Add(Finding.Refuse(reason, path, sentence, write));

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..57] + "…";

    private static string Kind(JsonNode? value) => value switch
    {
        null => "null",
        JsonObject => "an object",
        JsonArray => "a list",
        _ => value.GetValueKind() switch { JsonValueKind.String => "text", JsonValueKind.Number => "a number", _ => "true or false" },
    };

    private static string Wanted(FieldKind kind) => kind switch
    {
        FieldKind.Object or FieldKind.Any or FieldKind.TextMap or FieldKind.QuantityMap => "an object",
        FieldKind.Objects or FieldKind.AnyList or FieldKind.Texts => "a list",
        FieldKind.Integer => "a whole number",
        FieldKind.Flag => "true or false",
        FieldKind.Quantity => "a quantity such as 500m or 8Gi",
        _ => "text, in quotes where it looks like a number",
    };
}
