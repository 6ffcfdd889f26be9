using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Judge;

namespace OpenClaw.Operator.Build;

/// <summary>One way out, and the sentence that says why it is there.</summary>
internal sealed record EgressRule(JsonObject Rule, string Why);

/// <summary>The ways out of the pod, in the order in which they are written: DNS, 443, what the providers need, ranges, the user's own rules.</summary>
internal sealed record EgressPlan(ImmutableArray<EgressRule> Rules)
{
    private const int Https = 443;

    /// <summary>Every address that the gateway will call.</summary>
    public ImmutableArray<Destination> Destinations { get; init; } = [];

    public static EgressPlan Of(SpecView spec, InstanceFacts facts, string ownNamespace, ConfigPlan config, List<Finding> findings)
    {
        var destinations = config.Config is { } read ? Destination.Of(read, ownNamespace, facts).ToList() : [];
        if (!spec.Flag("security.networkPolicy.enabled"))
        {
            findings.Add(Finding.Warn("NetworkPolicyOff", "spec.security.networkPolicy.enabled", "there is no network policy: the pod can reach everything, and everything the pod", "write enabled: true"));
            return new EgressPlan([]) { Destinations = [.. destinations] };
        }
        var rules = new List<EgressRule>();
        if (spec.Flag("security.networkPolicy.allowDNS")) rules.Add(new EgressRule(new JsonObject { ["ports"] = new JsonArray(Port("UDP", 53), Port("TCP", 53)) }, "port 53 anywhere: names are looked up"));
        if (spec.Flag("security.networkPolicy.allowHTTPS")) rules.Add(OpenHttps(spec.Flag("security.networkPolicy.allowPrivateHTTPS")));
        if (BuildTailscale.Way(spec) is { } tailscale) rules.Add(tailscale);
        if (spec.Flag("security.networkPolicy.deriveEgress")) rules.AddRange(Derived(destinations, spec.Flag("security.networkPolicy.allowHTTPS")));
        foreach (var range in spec.Texts("security.networkPolicy.allowedEgressCIDRs"))
        {
            rules.Add(new EgressRule(new JsonObject { ["to"] = new JsonArray(IpBlock(range)) }, $"{range} at any port: allowedEgressCIDRs"));
        }
        var own = spec.Objects("security.networkPolicy.additionalEgress");
        for (var i = 0; i < own.Count; i++) rules.Add(new EgressRule((JsonObject)own[i].DeepClone(), $"as written: additionalEgress[{i}]"));
        foreach (var rule in rules) findings.Add(Finding.Tell("EgressRule", "spec.security.networkPolicy", "out: " + rule.Why));
        EgressJudge.Judge(spec, destinations, rules, findings);
        return new EgressPlan([.. rules]) { Destinations = [.. destinations] };
    }

    private static EgressRule OpenHttps(bool toPrivate)
    {
        var ports = new JsonArray(Port("TCP", Https));
        if (toPrivate) return new EgressRule(new JsonObject { ["ports"] = ports }, "port 443 anywhere, private and metadata addresses too: allowPrivateHTTPS");
        return new EgressRule(new JsonObject
        {
            ["to"] = new JsonArray(IpBlock("0.0.0.0/0", Destination.PrivateRanges4), IpBlock("::/0", Destination.PrivateRanges6)),
            ["ports"] = ports,
        }, "port 443 at public addresses: HTTPS providers; cluster, private, link-local and metadata addresses are left out");
    }

    /// <summary>One rule a place; several providers behind one place share it.</summary>
    private static IEnumerable<EgressRule> Derived(IEnumerable<Destination> destinations, bool httpsIsOpen) =>
        destinations.Select(d => (Destination: d, Rule: RuleFor(d, httpsIsOpen)))
            .Where(static d => d.Rule is not null)
            .GroupBy(static d => d.Rule!.ToJsonString(), StringComparer.Ordinal)
            .Select(static g => new EgressRule(g.First().Rule!, Where(g.First().Destination) + ": " + string.Join(", ", g.Select(static d => $"{d.Destination.Who} is at {d.Destination.Shown}").Distinct())));

    /// <summary>Null: nothing is to be opened.</summary>
    private static JsonObject? RuleFor(Destination destination, bool httpsIsOpen)
    {
        var ports = new JsonArray(Port("TCP", destination.Kind == PlaceKind.Service ? destination.PodPort : destination.Port));
        switch (destination.Kind)
        {
            case PlaceKind.Service when destination.Facts is { Selector.IsEmpty: true }:
                // Endpoints by hand: nobody knows which pods, or whether they are pods at all.
                return new JsonObject { ["ports"] = ports };
            case PlaceKind.Service:
                var peer = new JsonObject { ["namespaceSelector"] = Labels("kubernetes.io/metadata.name", destination.Namespace) };
                if (destination.Facts is { } facts) peer["podSelector"] = new JsonObject { ["matchLabels"] = new JsonObject(facts.Selector.Select(static l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value))) };
                return new JsonObject { ["to"] = new JsonArray(peer), ["ports"] = ports };
            case PlaceKind.Address when destination.Port != Https || destination.IsPrivate || !httpsIsOpen:
                return new JsonObject { ["to"] = new JsonArray(IpBlock(destination.AddressRange)), ["ports"] = ports };
            case PlaceKind.Host when destination.Port != Https:
                return new JsonObject { ["ports"] = ports };
            default:
                return null;
        }
    }

    private static string Where(Destination destination)
    {
        var port = $"TCP {(destination.Kind == PlaceKind.Service ? SpecView.Scalar((JsonValue)destination.PodPort) : destination.Port.ToString(CultureInfo.InvariantCulture))}";
        return destination.Kind switch
        {
            PlaceKind.Service when destination.Facts is { Selector.IsEmpty: true } => $"{port} anywhere (the Service {destination.Namespace}/{destination.Service} selects no pods)",
            PlaceKind.Service when destination.Facts is { } facts => $"{port} of pods {string.Join(",", facts.Selector.Select(static l => $"{l.Key}={l.Value}"))} in namespace {destination.Namespace}",
            PlaceKind.Service => $"{port} of any pod in namespace {destination.Namespace} (the Service {destination.Service} was not seen)",
            PlaceKind.Address => $"{port} of {destination.AddressRange}",
            _ => $"{port} anywhere (a policy knows no names)",
        };
    }

    public static JsonObject Labels(string key, string value) => new() { ["matchLabels"] = new JsonObject { [key] = value } };

    public static JsonObject IpBlock(string range, IEnumerable<string>? except = null)
    {
        var block = new JsonObject { ["cidr"] = range };
        if (except is not null) block["except"] = new JsonArray([.. except.Select(static e => (JsonNode)e)]);
        return new JsonObject { ["ipBlock"] = block };
    }

    public static JsonObject Port(string protocol, JsonNode port) => new() { ["protocol"] = protocol, ["port"] = port };
}
