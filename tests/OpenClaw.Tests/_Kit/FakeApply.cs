using System.Text.Json.Nodes;

namespace OpenClaw.Tests;

/// <summary>Server-side apply with lists as single values: who gave which field last, what goes when it is not given any more.</summary>
internal sealed class FakeApply
{
    private readonly Dictionary<(string Uid, string Manager), Dictionary<string, JsonNode?>> _given = [];

    public void Remember(string uid, string manager, JsonObject patch) => _given[(uid, manager)] = Leaves(patch);

    /// <exception cref="FakeRefusal">Another manager owns a field with another value.</exception>
    public JsonObject Apply(JsonObject old, JsonObject patch, string manager, bool force)
    {
        var uid = FakeCluster.Text(old, "uid");
        var leaves = Leaves(patch);
        var others = _given.Where(g => g.Key.Uid == uid && g.Key.Manager != manager).ToArray();
        var conflicts = others.SelectMany(g => g.Value
            .Where(f => leaves.TryGetValue(f.Key, out var mine) && !JsonNode.DeepEquals(mine, At(old, f.Key)))
            .Select(f => (Field: f.Key, g.Key.Manager))).ToArray();
        if (conflicts.Length > 0 && !force)
        {
            throw new FakeRefusal(409, "Conflict", $"Apply failed with {conflicts.Length} conflict", FakeCluster.Causes(
                [.. conflicts.Select(static c => ("." + c.Field.Replace('\u0001', '.'), "FieldManagerConflict", $"conflict with \"{c.Manager}\" using v1"))]));
        }
        foreach (var (field, other) in conflicts) _given[(uid, other)].Remove(field);
        var next = FakeCluster.Copy(old);
        var before = _given.GetValueOrDefault((uid, manager)) ?? [];
        foreach (var gone in before.Keys.Where(f => !leaves.ContainsKey(f) && !others.Any(o => o.Value.ContainsKey(f)))) RemoveAt(next, gone);
        Merge(next, patch);
        _given[(uid, manager)] = leaves;
        return next;
    }

    /// <summary>RFC 7396.</summary>
    public static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null) target.Remove(name);
            else if (value is JsonObject inner && target[name] is JsonObject there) Merge(there, inner);
            else if (value is JsonObject made)
            {
                var fresh = new JsonObject();
                Merge(fresh, made);
                target[name] = fresh;
            }
            else target[name] = value.DeepClone();
        }
    }

    private static Dictionary<string, JsonNode?> Leaves(JsonObject json)
    {
        var leaves = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        Walk(json, "", leaves);
        foreach (var identity in new[] { "apiVersion", "kind", "metadata\u0001name", "metadata\u0001namespace" }) leaves.Remove(identity);
        return leaves;
    }

    private static void Walk(JsonObject json, string prefix, Dictionary<string, JsonNode?> leaves)
    {
        foreach (var (name, value) in json)
        {
            var path = prefix.Length == 0 ? name : prefix + '\u0001' + name;
            if (value is JsonObject { Count: > 0 } inner) Walk(inner, path, leaves);
            else leaves[path] = value;
        }
    }

    private static JsonNode? At(JsonObject json, string path)
    {
        JsonNode? node = json;
        foreach (var name in path.Split('\u0001')) node = (node as JsonObject)?[name];
        return node;
    }

    private static void RemoveAt(JsonObject json, string path)
    {
        var names = path.Split('\u0001');
        JsonNode? node = json;
        foreach (var name in names[..^1]) node = (node as JsonObject)?[name];
        (node as JsonObject)?.Remove(names[^1]);
    }
}
