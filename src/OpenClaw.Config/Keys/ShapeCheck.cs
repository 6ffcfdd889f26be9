using System.Globalization;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Keys;

/// <summary>
/// Holds a parsed file against the key table: types, words, ranges, unknown keys. A value it refuses is marked, so that
/// the sections can read on as if it were absent and say nothing twice.
/// </summary>
/// <param name="keepsVariables">True while converting: <c>${VAR}</c> stays text, so it fits every scalar place.</param>
internal sealed class ShapeCheck(ProblemList problems, bool keepsVariables)
{
    /// <summary>Far beyond any real file; keeps the work on a hostile one small.</summary>
    private const int MostItems = 5000;

    private static readonly string[] s_liteLlm = ["model_list", "router_settings", "litellm_settings", "general_settings"];

    private readonly List<string> _unused = [];

    /// <summary>Values that are only known with the environment and stand where their text cannot be kept.</summary>
    public List<ConfigNode> LeftOut { get; } = [];

    /// <summary>Values of upstream's that nothing here reads.</summary>
    public List<ConfigNode> Skipped { get; } = [];

    public void Check(ConfigNode root)
    {
        CheckValue(root, KeyTable.Root);
        if (_unused.Count == 0) return;
        var shown = string.Join(", ", _unused.Take(12)) + (_unused.Count > 12 ? ", …" : "");
        problems.Add(ProblemSeverity.Warning, 1, "", "settings of upstream OpenClaw that this gateway does not use: " + shown, "They may stay; they have no effect here.");
    }

    private void CheckValue(ConfigNode node, Shape shape)
    {
        if (node.Kind == NodeKind.Null)
        {
            CheckNull(node, shape);
            return;
        }
        if (shape.FreeWhenApi is { } api && IsFree(node, api)) return;
        if (keepsVariables && node.HasVariables && LeavesOut(node, shape)) return;
        if (node.IsUnset && (shape.Types & ~(JsonTypes.Object | JsonTypes.Array)) != 0) return;
        var type = TypeOf(node.Kind);
        if ((shape.Types & type) == 0 && !TakeFromVariable(node, shape))
        {
            Refuse(node, $"{Shown.Kind(node.Kind)} stands where {Wanted(shape.Types)} was expected", Literal(node, shape));
            return;
        }
        if (node.Items.Count + node.Members.Count > MostItems)
        {
            Refuse(node, $"there are more than {MostItems} entries", "Shorten it; in lists of models \"provider/*\" stands for all of a provider.");
            return;
        }
        switch (node.Kind)
        {
            case NodeKind.Object:
                CheckObject(node, shape);
                break;
            case NodeKind.Array when shape.Items is { } items:
                foreach (var item in node.Items) CheckItem(item, items);
                break;
            case NodeKind.String:
                CheckWord(node, shape);
                break;
            case NodeKind.Number:
                CheckNumber(node, shape);
                break;
        }
    }

    /// <summary>A provider of the embedded script takes any keys: they are the script.</summary>
    private static bool IsFree(ConfigNode node, string api) =>
        node.Segment == api || node.Members.Any(m => m.Name == "api" && m.Value.Text == api);

    private bool LeavesOut(ConfigNode node, Shape shape)
    {
        if (shape.Types.HasFlag(JsonTypes.String) && shape.Words.IsEmpty && !shape.Types.HasFlag(JsonTypes.Number)) return false;
        if ((shape.Types & (JsonTypes.String | JsonTypes.Number | JsonTypes.Boolean)) == 0) return false;
        node.IsUnset = true;
        LeftOut.Add(node);
        return true;
    }

    private void CheckItem(ConfigNode item, Shape shape)
    {
        if (item.Kind == NodeKind.Null) Refuse(item, "null stands in a list", $"Remove it, or write {shape.Sample}.");
        else CheckValue(item, shape);
    }

    private void CheckNull(ConfigNode node, Shape shape)
    {
        if (shape.RefusesNull) Refuse(node, "null would lift a restriction", $"Remove the key if that is meant, or write {shape.Sample}.");
        else problems.Warn(node, "null counts as not written", $"Remove the key, or write {shape.Sample}.");
    }

    private void CheckObject(ConfigNode node, Shape shape)
    {
        var seen = new Dictionary<string, ConfigMember>(StringComparer.Ordinal);
        foreach (var member in node.Members)
        {
            if (member.Name == "$include")
            {
                problems.Error(member.Value, "\"$include\" is not supported", "Put the included text into this file.");
                continue;
            }
            if (shape.Values is { } values)
            {
                CheckValue(member.Value, values);
                continue;
            }
            var key = shape.Find(member.Name);
            if (key is null)
            {
                if (member.IsDuplicate) continue;
                if (shape.IsOpen) Mistaken(member, shape);
                else Unknown(member, shape);
                continue;
            }
            member.Key = key.Name;
            if (!seen.TryAdd(key.Name, member) && seen[key.Name].Name != member.Name)
            {
                problems.Add(ProblemSeverity.Error, member.Line, member.Value.Pointer, $"\"{member.Name}\" and \"{seen[key.Name].Name}\" (line {seen[key.Name].Line}) are one key", "Keep one of the two.");
            }
            CheckKey(member, key);
        }
    }

    private void CheckKey(ConfigMember member, Key key)
    {
        switch (key.Use)
        {
            case KeyUse.Read:
                CheckValue(member.Value, key.Shape);
                break;
            case KeyUse.Unused:
                _unused.Add(member.Value.Pointer);
                Skipped.Add(member.Value);
                break;
            case KeyUse.Ignored:
                Skipped.Add(member.Value);
                break;
        }
    }

    /// <summary>
    /// Other names are upstream's, and free. One that is nearly a key that is read is a typing error, and an allowlist or a
    /// chain would be lost with it.
    /// </summary>
    private void Mistaken(ConfigMember member, Shape shape)
    {
        if (shape.Keys.IsEmpty || problems.IsFull) return;
        var nearest = Nearest.One(member.Name, shape.Keys.Select(static k => k.Name));
        var meant = shape.Keys.FirstOrDefault(k => k.MeantBy.Contains(member.Name, StringComparer.OrdinalIgnoreCase) || k.Name == nearest);
        if (meant is null) return;
        problems.Add(ProblemSeverity.Warning, member.Line, member.Value.Pointer, $"the key \"{Shown.Text(member.Name)}\" is not read and has no effect", $"Did you mean \"{meant.Name}\"? {meant.Does}");
    }

    private void Unknown(ConfigMember member, Shape shape)
    {
        if (problems.IsFull)
        {
            problems.Warn(member.Value, "", "");
            return;
        }
        if (ReferenceEquals(shape, KeyTable.Root) && s_liteLlm.Contains(member.Name))
        {
            problems.Error(member.Value, $"\"{member.Name}\" is a setting of LiteLLM, whose files this gateway does not read", "Write \"defaultModel\": \"provider/model\" and \"models\": { \"fallbacks\": [\"provider/model\"] }; servers of your own go under models.providers.");
            return;
        }
        var names = shape.Keys.Where(static k => k.Use == KeyUse.Read).Select(static k => k.Name).ToList();
        var nearest = Nearest.One(member.Name, names);
        var instead = nearest is not null ? $"Did you mean \"{nearest}\"?"
            : "Known here: " + string.Join(", ", names.Take(14)) + (names.Count > 14 ? ", …" : "") + ".";
        problems.Add(ProblemSeverity.Warning, member.Line, member.Value.Pointer, $"the key \"{Shown.Text(member.Name)}\" is not known here and has no effect", instead);
    }

    private void CheckWord(ConfigNode node, Shape shape)
    {
        if (shape.Words.IsEmpty || shape.Words.Contains(node.Text) || shape.Declined.Contains(node.Text)) return;
        var nearest = Nearest.One(node.Text, shape.Words);
        Refuse(node, $"{Shown.Value(node)} is not one of {Shown.Choice(shape.Words)}", $"Write \"{nearest ?? shape.Words[0]}\".");
    }

    private void CheckNumber(ConfigNode node, Shape shape)
    {
        if (!decimal.TryParse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
        {
            Refuse(node, "the number is too large or too precise", $"Write {shape.Sample}.");
        }
        else if (shape.IsInteger && value != decimal.Truncate(value))
        {
            Refuse(node, $"{Shown.Value(node)} is not a whole number", $"Write {shape.Sample}.");
        }
        else if (value < shape.Min || value > shape.Max)
        {
            var range = shape.Max is { } max ? $"between {Plain(shape.Min ?? 0)} and {Plain(max)}" : $"at least {Plain(shape.Min ?? 0)}";
            Refuse(node, $"{Shown.Value(node)} is not {range}", shape.Max is null ? $"Write {shape.Sample}." : $"Write a number {range}, such as {shape.Sample}.");
        }
    }

    /// <summary><c>"${PORT}"</c> is a string in the file and a number where one is wanted.</summary>
    private static bool TakeFromVariable(ConfigNode node, Shape shape)
    {
        if (node.Kind != NodeKind.String || !node.HasVariables) return false;
        if (shape.Types.HasFlag(JsonTypes.Boolean) && node.Text is "true" or "false")
        {
            node.Kind = node.Text == "true" ? NodeKind.True : NodeKind.False;
            return true;
        }
        if (!shape.Types.HasFlag(JsonTypes.Number) || !decimal.TryParse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) return false;
        node.Kind = NodeKind.Number;
        node.Text = number.ToString(CultureInfo.InvariantCulture);
        return true;
    }

    private static string Literal(ConfigNode node, Shape shape)
    {
        // 18789 written as "18789": the right literal is at hand.
        if (node.Kind == NodeKind.String && shape.Types.HasFlag(JsonTypes.Number) && !node.HasVariables
            && long.TryParse(node.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return $"Write {number.ToString(CultureInfo.InvariantCulture)} without quotation marks.";
        }
        return $"Write {shape.Sample}.";
    }

    private void Refuse(ConfigNode node, string message, string instead)
    {
        node.IsRefused = true;
        problems.Error(node, message, instead);
    }

    private static string Plain(decimal value) => value.ToString(CultureInfo.InvariantCulture);

    private static JsonTypes TypeOf(NodeKind kind) => kind switch
    {
        NodeKind.Object => JsonTypes.Object,
        NodeKind.Array => JsonTypes.Array,
        NodeKind.String => JsonTypes.String,
        NodeKind.Number => JsonTypes.Number,
        NodeKind.True or NodeKind.False => JsonTypes.Boolean,
        _ => JsonTypes.None,
    };

    private static string Wanted(JsonTypes types)
    {
        var names = new List<string>();
        if (types.HasFlag(JsonTypes.String)) names.Add("a string");
        if (types.HasFlag(JsonTypes.Number)) names.Add("a number");
        if (types.HasFlag(JsonTypes.Boolean)) names.Add("true or false");
        if (types.HasFlag(JsonTypes.Array)) names.Add("a list");
        if (types.HasFlag(JsonTypes.Object)) names.Add("an object");
        return string.Join(" or ", names);
    }
}
