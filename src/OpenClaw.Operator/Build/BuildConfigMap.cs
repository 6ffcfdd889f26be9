using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Build;

/// <summary><c>NAME-config</c>: the complete openclaw.json, without a token.</summary>
internal static class BuildConfigMap
{
    public static JsonObject? Of(InstancePlan plan)
    {
        if (plan.Config.Text is not { } text) return null;
        var map = Draw.Object(plan, "v1", "ConfigMap", plan.Name + "-config");
        map["data"] = new JsonObject { ["openclaw.json"] = text };
        return map;
    }
}
