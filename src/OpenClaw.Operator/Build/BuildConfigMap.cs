using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Build;

/// <summary><c>NAME-config</c>, or <c>NAME-config-rendered</c> where the user's own has that name: the complete openclaw.json, without a token.</summary>
internal static class BuildConfigMap
{
    public static JsonObject? Of(InstancePlan plan)
    {
        if (plan.Config.Text is not { } text) return null;
        var map = Draw.Object(plan, "v1", "ConfigMap", plan.ConfigMapName);
        map["data"] = new JsonObject { ["openclaw.json"] = text };
        return map;
    }
}
