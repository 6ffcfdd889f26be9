using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Build;

/// <summary><c>NAME</c>: nothing in or out of the pod but what is listed.</summary>
internal static class BuildNetworkPolicy
{
    public static JsonObject? Of(InstancePlan plan)
    {
        if (!plan.Spec.Flag("security.networkPolicy.enabled")) return null;
        var policy = Draw.Object(plan, "networking.k8s.io/v1", "NetworkPolicy", plan.Name);
        policy["spec"] = new JsonObject
        {
            ["podSelector"] = Draw.MatchLabels(plan),
            ["policyTypes"] = new JsonArray("Ingress", "Egress"),
            ["ingress"] = Ingress(plan),
            ["egress"] = Draw.List(plan.Egress.Rules.Select(static r => r.Rule)),
        };
        return policy;
    }

    private static JsonArray Ingress(InstancePlan plan)
    {
        var ports = BuildServices.PodPorts(plan).Select(static p => EgressPlan.Port(p.Protocol, p.Port)).ToList();
        var rules = new JsonArray();
        foreach (var space in plan.Spec.Texts("security.networkPolicy.allowedIngressNamespaces").Prepend(plan.Namespace).Distinct(StringComparer.Ordinal))
        {
            rules.Put(Rule(new JsonObject { ["namespaceSelector"] = EgressPlan.Labels("kubernetes.io/metadata.name", space) }, ports));
        }
        foreach (var range in plan.Spec.Texts("security.networkPolicy.allowedIngressCIDRs")) rules.Put(Rule(EgressPlan.IpBlock(range), ports));
        return rules;
    }

    private static JsonObject Rule(JsonObject from, IEnumerable<JsonObject> ports) =>
        new() { ["from"] = new JsonArray(from), ["ports"] = new JsonArray([.. ports.Select(static p => (JsonNode)p.DeepClone())]) };
}
