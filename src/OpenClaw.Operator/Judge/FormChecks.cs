using System.Net;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Build;

namespace OpenClaw.Operator.Judge;

/// <summary>What an API server would refuse only when the operator writes the objects, after the instance was taken: said before.</summary>
internal static class FormChecks
{
    private static readonly string[] s_ruleKeys = ["to", "ports"];
    private static readonly string[] s_sources = ["secretKeyRef", "configMapKeyRef", "fieldRef", "resourceFieldRef", "fileKeyRef"];

    public static IEnumerable<Finding> Of(InstancePlan plan) => Amounts(plan).Concat(Sizes(plan.Spec)).Concat(Ranges(plan.Spec)).Concat(Egress(plan.Spec)).Concat(Variables(plan.Spec)).Concat(Routes(plan));

    private static IEnumerable<Finding> Amounts(InstancePlan plan)
    {
        foreach (var (path, isUsed) in new[] { ("resources", true), ("ollama.resources", plan.HasOllama), ("tailscale.resources", plan.HasTailscale), ("webTerminal.resources", plan.HasTerminal), ("chromium.resources", plan.HasChromium) })
        {
            if (!isUsed) continue;
            var drawn = BuildGateway.Resources(plan.Spec, path);
            var (requests, limits) = ((JsonObject)drawn["requests"]!, (JsonObject)drawn["limits"]!);
            foreach (var (name, value) in requests)
            {
                var request = (string)value!;
                var limit = (string?)limits[name];
                var isCounted = name.Contains('/', StringComparison.Ordinal) || name.StartsWith("hugepages-", StringComparison.Ordinal);
                if (isCounted && limit is null) yield return Finding.Refuse("ResourcesInvalid", $"spec.{path}.limits", $"{name} is requested without a limit, and it cannot be shared", $"write limits: {{{name}: {request}}}");
                else if (limit is not null && QuantityText.TryParse(request, out var least) && QuantityText.TryParse(limit, out var most) && (isCounted ? least != most : least > most))
                {
                    yield return Finding.Refuse("ResourcesInvalid", $"spec.{path}.requests.{name}", $"{request} is requested and {limit} is the limit", isCounted ? "write the same for both" : "request at most the limit");
                }
            }
            foreach (var (name, value) in requests.Concat(limits).Where(static m => ((string)m.Value!).StartsWith('-')).DistinctBy(static m => m.Key)) yield return Finding.Refuse("ResourcesInvalid", $"spec.{path}", $"{(string)value!} of {name} is less than nothing", "write a positive quantity");
        }
    }

    private static IEnumerable<Finding> Sizes(SpecView spec)
    {
        foreach (var path in (string[])["storage.persistence.size", "chromium.persistence.size", "ollama.storage.sizeLimit"])
        {
            if (QuantityText.TryParse(spec.Quantity(path)!, out var size) && size <= 0) yield return Finding.Refuse("SizeInvalid", "spec." + path, "a volume without room", "write a size such as 10Gi");
        }
    }

    private static IEnumerable<Finding> Ranges(SpecView spec)
    {
        foreach (var name in (string[])["allowedIngressCIDRs", "allowedEgressCIDRs"])
        {
            var field = "security.networkPolicy." + name;
            foreach (var range in spec.Texts(field).Where(static r => !IsRange(r))) yield return Finding.Refuse("RangeInvalid", "spec." + field, $"{range} is no address range", "write one such as 10.0.0.0/8 or 192.0.2.7/32");
        }
    }

    private static bool IsRange(string text) =>
        text.Split('/') is [var address, var length] && IPAddress.TryParse(address, out var parsed) && int.TryParse(length, out var bits) && bits >= 0 && bits <= parsed.GetAddressBytes().Length * 8;

    /// <summary>A misspelt key would leave a rule that says nothing, and such a rule opens everything.</summary>
    private static IEnumerable<Finding> Egress(SpecView spec)
    {
        var rules = spec.Objects("security.networkPolicy.additionalEgress");
        for (var i = 0; i < rules.Count; i++)
        {
            var path = $"spec.security.networkPolicy.additionalEgress[{i}]";
            foreach (var key in rules[i].Select(static m => m.Key).Where(static k => !s_ruleKeys.Contains(k))) yield return Finding.Refuse("EgressInvalid", $"{path}.{key}", "a rule has no such key", "write to: […] and ports: […]");
            if (rules[i].All(static m => m.Value is null or JsonArray { Count: 0 })) yield return Finding.Warn("EgressOpen", path, "a rule that names neither addresses nor ports opens everything", "write to: […] or ports: […]");
            foreach (var range in (rules[i]["to"] as JsonArray ?? []).OfType<JsonObject>().Select(static p => p["ipBlock"]?["cidr"]).OfType<JsonValue>().Select(SpecView.Scalar).Where(static r => !IsRange(r)))
            {
                yield return Finding.Refuse("RangeInvalid", path, $"{range} is no address range", "write one such as 10.0.0.0/8 or 192.0.2.7/32");
            }
        }
    }

    private static IEnumerable<Finding> Variables(SpecView spec)
    {
        var env = spec.Objects("env");
        for (var i = 0; i < env.Count; i++)
        {
            if (env[i]["valueFrom"] is not { } from) continue;
            var path = $"spec.env[{i}].valueFrom";
            if (env[i]["value"] is JsonValue value && SpecView.Scalar(value).Length > 0) yield return Finding.Refuse("EnvInvalid", path, $"{SpecView.Name(env[i])} has both value and valueFrom", "write one of them");
            else if (from is not JsonObject { Count: 1 } source || !s_sources.Contains(source.First().Key)) yield return Finding.Refuse("EnvInvalid", path, $"{SpecView.Name(env[i])} names no source that there is", "write secretKeyRef: {name: …, key: …}");
            else if (source.First() is { Key: "secretKeyRef" or "configMapKeyRef", Value: var reference } && (SpecView.Name(reference) is null || reference?["key"] is null)) yield return Finding.Refuse("EnvInvalid", path, $"{SpecView.Name(env[i])} has a source without a name or without a key", "write secretKeyRef: {name: …, key: …}");
        }
    }

    /// <summary>A route without a host, a Gateway or a port that there is leads nowhere.</summary>
    private static IEnumerable<Finding> Routes(InstancePlan plan)
    {
        var spec = plan.Spec;
        var ports = BuildServices.Ports(plan);
        var open = string.Join(", ", ports.Select(static p => p.Port).Distinct());
        if (spec.Flag("networking.ingress.enabled"))
        {
            var hosts = spec.Objects("networking.ingress.hosts");
            if (hosts.Count == 0) yield return Finding.Refuse("IngressWithoutHost", "spec.networking.ingress.hosts", "an Ingress without a host is refused by the API server", "write hosts: [{host: gateway.example.com}]");
            var asked = hosts.SelectMany(static h => (h["paths"] as JsonArray ?? []).OfType<JsonObject>().DefaultIfEmpty([])).Select(static p => SpecView.Integer(p["port"]) ?? InstancePlan.GatewayPort).Distinct();
            foreach (var port in asked.Where(a => ports.All(p => p.Port != a))) yield return Finding.Warn("PortNotInService", "spec.networking.ingress.hosts", $"it leads to port {port}, and the Service has none of this number", $"write one of its ports: {open}");
        }
        if (!spec.Flag("networking.httpRoute.enabled")) yield break;
        if (spec.List("networking.httpRoute.parentRefs").Count == 0) yield return Finding.Warn("RouteWithoutGateway", "spec.networking.httpRoute.parentRefs", "no Gateway serves a route that names none", "write parentRefs: [{name: …}]");
        if (spec.Number("networking.httpRoute.port") is var wanted && ports.All(p => p.Port != wanted)) yield return Finding.Warn("PortNotInService", "spec.networking.httpRoute.port", $"it leads to port {wanted}, and the Service has none of this number", $"write one of its ports: {open}");
    }
}
