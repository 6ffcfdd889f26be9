using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Build;

/// <summary>What an instance may have beside the gateway and the volumes of it, in the order in which the pod lists them.</summary>
internal static class BuildBeside
{
    public static IEnumerable<JsonObject> InitContainers(InstancePlan plan) => ((JsonObject?[])[BuildWorkspace.Init(plan), BuildChromium.Of(plan)]).OfType<JsonObject>();

    public static IEnumerable<JsonObject> Containers(InstancePlan plan) => ((JsonObject?[])[BuildTailscale.Of(plan), BuildTerminal.Of(plan)]).OfType<JsonObject>();

    public static IEnumerable<JsonObject> Volumes(InstancePlan plan)
    {
        foreach (var volume in BuildWorkspace.Volumes(plan)) yield return volume;
        if (BuildTailscale.Volume(plan) is { } tailscale) yield return tailscale;
        foreach (var volume in BuildChromium.Volumes(plan)) yield return volume;
    }
}
