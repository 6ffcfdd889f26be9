using System.Text.Json;
using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Operator.Build;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// Objects that upstream's operator made for the same instance. It wrote them whole, so its fields are written over to this
/// operator's applies; with the next one, what is not drawn (its proxy, its collector, its ports) goes. It is recognised by
/// having written the owner reference, whatever its process is called.
/// </summary>
internal static class Takeover
{
    /// <summary>A merge patch that hands the fields over; null when there is nothing to hand over.</summary>
    public static JsonObject? Patch(JsonElement live)
    {
        var meta = live.Field("metadata");
        var entries = new JsonArray();
        var changed = false;
        foreach (var entry in meta.Items("managedFields"))
        {
            var copy = JsonObject.Create(entry.Clone())!;
            if (IsMaker(entry))
            {
                // Two entries of one manager and one operation are not allowed; the first one that made the object has it all.
                if (changed) return null;
                changed = true;
                copy["manager"] = Draw.ManagedBy;
                copy["operation"] = "Apply";
            }
            entries.Add((JsonNode)copy);
        }
        if (!changed) return null;
        return new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = meta.Text("resourceVersion"), ["managedFields"] = entries } };
    }

    private static bool IsMaker(JsonElement entry) =>
        entry.Text("operation") == "Update" && entry.Text("subresource").Length == 0 && entry.Field("fieldsV1", "f:metadata").Has("f:ownerReferences");
}
