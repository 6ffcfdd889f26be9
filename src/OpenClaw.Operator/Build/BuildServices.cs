using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Build;

/// <summary>A port of the Service and the pod's port behind it.</summary>
internal sealed record ServicePort(string Name, int Port, int Target, string Protocol);

/// <summary><c>NAME</c>: the gateway's address in the cluster.</summary>
internal static class BuildServices
{
    public static JsonObject Of(InstancePlan plan)
    {
        var service = Draw.Object(plan, "v1", "Service", plan.Name, plan.Spec.TextMap("networking.service.annotations"));
        service["spec"] = new JsonObject
        {
            ["type"] = plan.Spec.Text("networking.service.type"),
            ["selector"] = Draw.Selector(plan),
            ["ports"] = new JsonArray([.. Ports(plan).Select(static p => (JsonNode)new JsonObject { ["name"] = p.Name, ["port"] = p.Port, ["targetPort"] = p.Target, ["protocol"] = p.Protocol })]),
        };
        return service;
    }

    public static IReadOnlyList<ServicePort> Ports(InstancePlan plan)
    {
        var own = plan.Spec.Objects("networking.service.ports");
        var ports = own.Count > 0
            ? own.Select(Own).ToList()
            : [new ServicePort("gateway", InstancePlan.GatewayPort, plan.Config.Port, "TCP")];
        if (own.Count == 0 && BuildTerminal.CredentialSecret(plan) is not null) ports.Add(new ServicePort("web-terminal", BuildTerminal.Port, BuildTerminal.Port, "TCP"));
        var metrics = (int)plan.Spec.Number("observability.metrics.port")!.Value;
        // Metrics are the gateway's own page; the name is what a ServiceMonitor looks for.
        if (plan.HasMetrics && ports.All(p => p.Name != "metrics" && p.Port != metrics)) ports.Add(new ServicePort("metrics", metrics, plan.Config.Port, "TCP"));
        return ports;
    }

    /// <summary>The name of the port where the metrics are: the one named so, else any that leads to the gateway; null where none does.</summary>
    public static string? MetricsPort(InstancePlan plan)
    {
        var ports = Ports(plan);
        return ports.Any(static p => p.Name == "metrics") ? "metrics" : ports.FirstOrDefault(p => p.Protocol == "TCP" && p.Target == plan.Config.Port)?.Name;
    }

    /// <summary>The ports of the pod that may be called.</summary>
    public static IEnumerable<(string Protocol, int Port)> PodPorts(InstancePlan plan) => Ports(plan).Select(static p => (p.Protocol, p.Target)).Distinct();

    private static ServicePort Own(JsonObject port)
    {
        var number = (int)(SpecView.Integer(port["port"]) ?? InstancePlan.GatewayPort);
        return new ServicePort((string?)port["name"] ?? "", number, (int)(SpecView.Integer(port["targetPort"]) ?? number), (string?)port["protocol"] ?? "TCP");
    }
}
