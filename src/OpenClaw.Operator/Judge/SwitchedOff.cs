using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Judge;

/// <summary>
/// What is described and was never switched on: <c>ollama: {models: [m]}</c> without <c>enabled: true</c>. Whoever writes
/// <c>enabled: false</c> knows that nothing of it is made.
/// </summary>
internal static class SwitchedOff
{
    private static readonly FieldTree s_fields = FieldTree.Of(InstanceFields.Spec);

    public static IEnumerable<Finding> Of(JsonObject spec) => Below(spec, s_fields, "spec");

    private static IEnumerable<Finding> Below(JsonObject map, FieldTree tree, string path)
    {
        foreach (var (name, node) in tree.Children)
        {
            if (node.Field.Kind != FieldKind.Object || map[name] is not JsonObject group) continue;
            var here = $"{path}.{name}";
            var isOff = node.Child("enabled") is { Field: { State: FieldState.Built, Kind: FieldKind.Flag, Default: "false" } } && group["enabled"] is not JsonValue;
            if (!isOff)
            {
                // Off in so many words: what stands below waits to be switched on.
                if (group["enabled"] is JsonValue value && value.TryGetValue<bool>(out var isOn) && !isOn) continue;
                foreach (var finding in Below(group, node, here)) yield return finding;
            }
            else if (Asks(group, node)) yield return Finding.Warn("SwitchedOff", here, "it is described and not switched on, so nothing of it is made", "write enabled: true, or remove it");
        }
    }

    /// <summary>True when the object at a path of the spec says something else than would hold anyway.</summary>
    public static bool Asks(SpecView spec, string path) => spec.Map(path) is { } group && Asks(group, s_fields.At(path)!);

    /// <summary>True when something there differs from what would hold anyway.</summary>
    private static bool Asks(JsonObject group, FieldTree tree) => group.Any(member => member.Value switch
    {
        null or JsonArray { Count: 0 } => false,
        JsonObject inner when tree.Child(member.Key) is { Field.Kind: FieldKind.Object } node => Asks(inner, node),
        JsonObject inner => inner.Count > 0,
        JsonValue value => SpecView.Scalar(value) != tree.Child(member.Key)?.Field.Default,
        _ => true,
    });
}
