using System.Net;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Judge;

namespace OpenClaw.Operator.Build;

/// <summary>Whether each configured address can be reached through the rules: what cannot is a warning that says what to open.</summary>
internal static class EgressJudge
{
    private const string Policy = "spec.security.networkPolicy";

    public static void Judge(SpecView spec, IEnumerable<Destination> destinations, IReadOnlyCollection<EgressRule> rules, List<Finding> findings)
    {
        foreach (var destination in destinations.DistinctBy(static d => (d.Who, d.Shown)))
        {
            if (destination.Kind == PlaceKind.Pod)
            {
                InPod(spec, destination, findings);
                continue;
            }
            if (!IsCovered(destination, rules))
            {
                findings.Add(Finding.Warn("ProviderUnreachable", Policy, $"{destination.Who} at {destination.Shown} cannot be reached: no rule lets TCP {destination.Port} out to it", Open(spec, destination)));
            }
            else if (!IsFound(spec, destination, rules))
            {
                findings.Add(Finding.Warn("ProviderUnreachable", Policy + ".allowDNS", $"{destination.Who} at {destination.Shown} cannot be found: names are not looked up", "write allowDNS: true, or the address as a number"));
            }
            if (destination is { Kind: PlaceKind.Service, Facts: { Ports: var ports } } && !ports.ContainsKey(destination.Port))
            {
                findings.Add(Finding.Warn("ServicePortMissing", spec.Has("config.configMapRef") ? "spec.config.configMapRef" : "spec.config.raw", $"{destination.Who} is at {destination.Shown}, and the Service has no port {destination.Port}", $"write one of its ports: {string.Join(", ", ports.Keys.Order())}"));
            }
        }
    }

    /// <summary>True when the policy, if there is one, lets the gateway out to it and its name can be looked up.</summary>
    public static bool IsOpen(SpecView spec, Destination destination, IReadOnlyCollection<EgressRule> rules) =>
        !spec.Flag("security.networkPolicy.enabled") || (IsCovered(destination, rules) && IsFound(spec, destination, rules));

    private static bool IsCovered(Destination destination, IReadOnlyCollection<EgressRule> rules) => rules.Any(r => Covers(r.Rule, destination));

    private static bool IsFound(SpecView spec, Destination destination, IReadOnlyCollection<EgressRule> rules) =>
        destination.Kind == PlaceKind.Address || spec.Flag("security.networkPolicy.allowDNS") || rules.Any(static r => Ports(r.Rule, 53));

    /// <summary>The container of the pod that names the port, and whether the gateway is alone in the pod.</summary>
    public static (string? Container, bool IsAlone) Beside(SpecView spec, Destination destination)
    {
        if (spec.Flag("ollama.enabled") && destination.Port == InstancePlan.OllamaPort) return ("ollama", false);
        var beside = spec.Objects("sidecars").Concat(spec.Objects("initContainers").Where(static c => (string?)c["restartPolicy"] == "Always")).ToList();
        var named = beside.FirstOrDefault(c => (c["ports"] as JsonArray ?? []).OfType<JsonObject>().Any(p => SpecView.Integer(p["containerPort"]) == destination.Port));
        return (SpecView.Name(named), beside.Count == 0 && !spec.Flag("ollama.enabled"));
    }

    private static void InPod(SpecView spec, Destination destination, List<Finding> findings)
    {
        if (spec.Flag("ollama.enabled") && destination.Port == InstancePlan.OllamaPort)
        {
            findings.Add(Finding.Tell("ProviderInPod", "spec.ollama", $"{destination.Who} is in the pod itself, at {destination.Shown}: nothing is to be opened"));
            return;
        }
        var (named, isAlone) = Beside(spec, destination);
        if (named is not null) findings.Add(Finding.Tell("ProviderInPod", "spec.sidecars", $"{destination.Who} is the container {named} beside the gateway, at {destination.Shown}: nothing is to be opened"));
        else if (!isAlone) findings.Add(Finding.Tell("ProviderInPod", "spec.sidecars", $"{destination.Who} is in the pod itself, at {destination.Shown}; no container says that it listens there, which is allowed"));
        else findings.Add(Finding.Warn("NothingListens", "spec.sidecars", $"{destination.Who} is at {destination.Shown}, and in the pod there is nothing but the gateway", destination.Port == 11434 ? "write ollama: {enabled: true}, add a sidecar, or correct the address" : "add a sidecar that listens there, or correct the address"));
    }

    private static string Open(SpecView spec, Destination destination) => destination switch
    {
        { Kind: PlaceKind.Host, Port: 443 } when !spec.Flag("security.networkPolicy.allowHTTPS") => "write allowHTTPS: true, or its address range in allowedEgressCIDRs",
        { Kind: PlaceKind.Address } => $"write {destination.AddressRange} in additionalEgress, with port {destination.Port}",
        _ when !spec.Flag("security.networkPolicy.deriveEgress") => "write deriveEgress: true, or a rule in additionalEgress",
        _ => "write a rule in additionalEgress",
    };

    /// <summary>True when a rule lets it out, or when nobody without a cluster can say that it does not.</summary>
    public static bool Covers(JsonObject rule, Destination destination)
    {
        if (!Ports(rule, destination)) return false;
        if (rule["to"] is not JsonArray { Count: > 0 } peers) return true;
        return peers.OfType<JsonObject>().Any(p => Peer(p, destination));
    }

    private static bool Peer(JsonObject peer, Destination destination)
    {
        if (peer["ipBlock"] is JsonObject block)
        {
            return destination.Kind switch
            {
                PlaceKind.Address => Contains((string?)block["cidr"], destination.Address!) && !(block["except"] as JsonArray ?? []).Any(e => Contains((string?)e, destination.Address!)),
                // A Service's pods have addresses that come and go; a range may hold them, a public one does not.
                PlaceKind.Service => block["except"] is null,
                _ => true,
            };
        }
        if (destination.Kind != PlaceKind.Service) return false;
        return SelectsNamespace(peer["namespaceSelector"] as JsonObject, destination) && SelectsPods(peer["podSelector"] as JsonObject, destination);
    }

    private static bool SelectsNamespace(JsonObject? selector, Destination destination)
    {
        // Without one only the policy's own namespace is meant; the caller's rules come from the same place, so it may be this.
        if (selector?["matchLabels"] is not JsonObject labels) return true;
        return labels["kubernetes.io/metadata.name"] is not JsonValue name || SpecView.Scalar(name) == destination.Namespace;
    }

    private static bool SelectsPods(JsonObject? selector, Destination destination)
    {
        if (selector?["matchLabels"] is not JsonObject labels || destination.Facts is not { } facts) return true;
        return !labels.Any(l => l.Value is JsonValue value && facts.Selector.TryGetValue(l.Key, out var known) && known != SpecView.Scalar(value));
    }

    private static bool Contains(string? range, IPAddress address) =>
        IPNetwork.TryParse(range, out var network) && network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address);

    private static bool Ports(JsonObject rule, Destination destination) => destination.Kind == PlaceKind.Service
        ? Ports(rule, destination.PodPort)
        : Ports(rule, destination.Port);

    private static bool Ports(JsonObject rule, JsonNode wanted)
    {
        if (rule["ports"] is not JsonArray { Count: > 0 } ports) return true;
        return ports.OfType<JsonObject>().Any(p =>
        {
            if (p["protocol"] is JsonValue protocol && SpecView.Scalar(protocol) != "TCP" && SpecView.Integer(wanted) != 53) return false;
            if (p["port"] is not JsonValue port) return true;
            if (SpecView.Integer(p["endPort"]) is { } end && SpecView.Integer(port) is { } start && SpecView.Integer(wanted) is { } number) return number >= start && number <= end;
            return SpecView.Scalar(port) == (wanted is JsonValue value ? SpecView.Scalar(value) : "");
        });
    }
}
