using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Build;

/// <summary><c>NAME-data</c>. It is drawn again with every change of size, so that it grows where its class can.</summary>
internal static class BuildStorage
{
    public static JsonObject? Claim(InstancePlan plan)
    {
        if (!plan.Spec.Flag("storage.persistence.enabled") || plan.Spec.Has("storage.persistence.existingClaim") || plan.IsScaled) return null;
        // A claim that is to outlive the instance has no owner that takes it along.
        var claim = Draw.Object(plan, "v1", "PersistentVolumeClaim", plan.Name + "-data", isOwned: !plan.Spec.Flag("storage.persistence.orphan"));
        claim["spec"] = ClaimSpec(plan);
        return claim;
    }

    public static JsonObject ClaimSpec(InstancePlan plan)
    {
        var spec = new JsonObject
        {
            ["accessModes"] = new JsonArray([.. plan.Spec.Texts("storage.persistence.accessModes").Select(static m => (JsonNode)m)]),
            ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = plan.Spec.Quantity("storage.persistence.size") } },
        };
        if (plan.Spec.Text("storage.persistence.storageClass") is { } name) spec["storageClassName"] = name;
        return spec;
    }

    /// <summary>The pod's volume <c>data</c>; null when each replica has a claim of its own.</summary>
    public static JsonObject? Volume(InstancePlan plan)
    {
        if (!plan.Spec.Flag("storage.persistence.enabled")) return new JsonObject { ["name"] = "data", ["emptyDir"] = new JsonObject() };
        if (plan.IsScaled) return null;
        return new JsonObject
        {
            ["name"] = "data",
            ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = plan.Spec.Text("storage.persistence.existingClaim") ?? plan.Name + "-data" },
        };
    }
}
