using System.Text.Json;
using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// Whether all that is drawn is in an object as it is. What others added beside it does no harm; what the server writes in
/// another way (<c>1000m</c> as <c>1</c>) counts as not there, and costs one apply that changes nothing.
/// </summary>
internal static class Containment
{
    public static bool Holds(JsonObject drawn, byte[] live)
    {
        using var json = JsonDocument.Parse(live);
        return drawn.All(m => m.Key is "apiVersion" or "kind" || Holds(m.Value, json.RootElement.TryGetProperty(m.Key, out var value) ? value : default));
    }

    private static bool Holds(JsonNode? drawn, JsonElement live) => drawn switch
    {
        null => live.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null,
        JsonObject { Count: 0 } or JsonArray { Count: 0 } => live.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.Object or JsonValueKind.Array,
        JsonObject map => live.ValueKind == JsonValueKind.Object && map.All(m => Holds(m.Value, live.TryGetProperty(m.Key, out var value) ? value : default)),
        JsonArray list => live.ValueKind == JsonValueKind.Array && Holds(list, live),
        _ => IsSame(drawn, live),
    };

    private static bool Holds(JsonArray drawn, JsonElement live)
    {
        // Lists whose items have names are joined by name; other objects stand in any order (some servers turn them); texts in theirs.
        if (drawn.All(static i => i is JsonObject map && map.ContainsKey("name")))
        {
            return drawn.All(item => live.EnumerateArray().Any(l => NameOf(l) == (string?)item!["name"] && Holds(item, l)));
        }
        if (drawn.Count != live.GetArrayLength()) return false;
        if (drawn.All(static i => i is JsonObject)) return drawn.All(item => live.EnumerateArray().Any(l => Holds(item, l)));
        return drawn.Zip(live.EnumerateArray()).All(static p => Holds(p.First, p.Second));
    }

    private static string? NameOf(JsonElement item) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;

    private static bool IsSame(JsonNode drawn, JsonElement live) => drawn.GetValueKind() switch
    {
        // A server leaves an empty text out.
        JsonValueKind.String when live.ValueKind == JsonValueKind.Undefined => drawn.GetValue<string>().Length == 0,
        JsonValueKind.String => live.ValueKind == JsonValueKind.String && live.ValueEquals(drawn.GetValue<string>()),
        JsonValueKind.Number => live.ValueKind == JsonValueKind.Number && live.GetRawText() == drawn.ToJsonString(),
        var kind => kind == live.ValueKind,
    };
}
