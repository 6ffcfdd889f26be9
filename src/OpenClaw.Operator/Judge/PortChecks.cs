using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Build;

namespace OpenClaw.Operator.Judge;

/// <summary>All containers of a pod share one network: each port is one's own.</summary>
internal static class PortChecks
{
    public static IEnumerable<Finding> Of(InstancePlan plan)
    {
        var taken = new Dictionary<long, string> { [plan.Config.Port] = "the gateway" };
        foreach (var (port, who, isUsed) in new[] { (InstancePlan.OllamaPort, "ollama", plan.HasOllama), (BuildTerminal.Port, "web-terminal", plan.HasTerminal), (BuildChromium.Port, "chromium", plan.HasChromium) })
        {
            if (isUsed && !taken.TryAdd(port, who)) yield return Finding.Refuse("PortTaken", plan.Config.Path + ".gateway.port", $"the gateway and {who} both listen on {port}", "write another port");
        }
        // Init containers are gone when the others start, but for those that keep running.
        var staying = plan.Spec.Objects("sidecars").Select(static (c, i) => (Container: c, Path: $"spec.sidecars[{i}].ports"))
            .Concat(plan.Spec.Objects("initContainers").Select(static (c, i) => (Container: c, Path: $"spec.initContainers[{i}].ports")).Where(static c => (string?)c.Container["restartPolicy"] == "Always"));
        foreach (var (container, path) in staying)
        {
            var name = SpecView.Name(container) ?? "";
            foreach (var port in Ports(container).Where(p => !taken.TryAdd(p, name) && taken[p] != name)) yield return Finding.Refuse("PortTaken", path, $"{name} and {taken[port]} both listen on {port}", "write another port");
        }
    }

    private static IEnumerable<long> Ports(JsonObject container) =>
        (container["ports"] as JsonArray ?? []).OfType<JsonObject>().Where(static p => p["protocol"] is not JsonValue protocol || SpecView.Scalar(protocol) == "TCP").Select(static p => SpecView.Integer(p["containerPort"])).OfType<long>();
}
