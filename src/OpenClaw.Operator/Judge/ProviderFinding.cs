using System.Collections.Immutable;
using System.Text.Json.Nodes;
using OpenClaw.Config;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Build;

namespace OpenClaw.Operator.Judge;

/// <summary>What can be said of a configured provider before any pod runs: where it is, whether it has a key and a way to it.</summary>
/// <param name="Address">Scheme, host and port, never a path; several with commas; empty for one without an address.</param>
/// <param name="Place"><c>pod</c>, <c>cluster</c>, <c>private</c> (a number that is not of the public internet), <c>outside</c>, <c>none</c>.</param>
/// <param name="Key"><c>present</c>, <c>missing</c>, <c>unknown</c> (its source cannot be read), <c>needless</c>.</param>
/// <param name="Egress"><c>open</c>, <c>closed</c>, <c>needless</c>.</param>
internal sealed record ProviderFinding(string Name, string Address, string Place, string Key, string Egress)
{
    /// <summary>True when a request for the default model can come to it.</summary>
    public bool IsInChain { get; init; }

    /// <summary>Variable and source of its keys, for sentences; never a value.</summary>
    public string KeyFrom { get; init; } = "";

    /// <summary>The container of the pod that serves it; empty when it is elsewhere, or when no container names its port.</summary>
    public string Container { get; init; } = "";

    /// <summary>True when it is in the pod, and there is nothing in the pod that could serve it.</summary>
    public bool NothingListens { get; init; }

    public bool IsReady => Key != "missing" && Egress != "closed" && !NothingListens;

    public static ImmutableArray<ProviderFinding> Of(InstancePlan plan) => plan.Config.Config is { } config ? [.. config.Providers.Select(p => Of(plan, config, p))] : [];

    private static ProviderFinding Of(InstancePlan plan, OpenClawConfig config, ProviderConfig provider)
    {
        var ways = plan.Egress.Destinations.Where(d => d.Who == "provider " + provider.Id).ToList();
        var inPod = ways.FirstOrDefault(static w => w.Kind == PlaceKind.Pod);
        (string? Container, bool IsAlone) beside = inPod is null ? (null, false) : EgressJudge.Beside(plan.Spec, inPod);
        var (key, from) = KeyOf(plan, provider);
        return new ProviderFinding(provider.Id, string.Join(", ", ways.Select(static w => w.Shown).Distinct()), Where(ways), key, Way(plan, ways))
        {
            IsInChain = config.Models.Chain.Any(r => r.Provider == provider.Id), KeyFrom = from,
            Container = beside.Container ?? "", NothingListens = beside is { Container: null, IsAlone: true },
        };
    }

    private static string Where(List<Destination> ways) => ways switch
    {
        [] => "none",
        _ when ways.Exists(static w => w.Kind == PlaceKind.Pod) => "pod",
        _ when ways.Exists(static w => w.Kind == PlaceKind.Service) => "cluster",
        _ when ways.Exists(static w => w.IsPrivate) => "private",
        _ => "outside",
    };

    private static string Way(InstancePlan plan, List<Destination> ways)
    {
        var away = ways.Where(static w => w.Kind != PlaceKind.Pod).ToList();
        if (away.Count == 0) return "needless";
        return away.TrueForAll(w => EgressJudge.IsOpen(plan.Spec, w, plan.Egress.Rules)) ? "open" : "closed";
    }

    private static (string Key, string From) KeyOf(InstancePlan plan, ProviderConfig provider)
    {
        if (!provider.Keys.IsEmpty)
        {
            var names = provider.Keys.Select(static k => k.Source == SecretSource.Env ? k.Value : k.FromVariable).ToList();
            var isSeen = names.TrueForAll(n => n is null || plan.Environment.Variables.GetValueOrDefault(n) != PodEnvironment.NotGiven);
            return (isSeen ? "present" : "unknown", string.Join(", ", provider.Keys.Select(k => InstanceChecks.Origin(plan, k)).Distinct()));
        }
        var preset = provider.Preset is null ? null : ProviderCatalog.Find(provider.Preset);
        if (preset is not { NeedsKey: true } || provider.IsLocal) return ("needless", "");
        return (plan.Environment.HasUnknown ? "unknown" : "missing", preset.EnvPrefix + "_API_KEY");
    }

    public JsonObject Write()
    {
        var item = new JsonObject { ["name"] = Name, ["ready"] = IsReady, ["inChain"] = IsInChain };
        if (Address.Length > 0) item["address"] = Address;
        item["place"] = Place;
        item["key"] = Key;
        if (KeyFrom.Length > 0) item["keyFrom"] = KeyFrom;
        item["egress"] = Egress;
        if (Container.Length > 0) item["container"] = Container;
        item["message"] = Sentence();
        return item;
    }

    /// <summary><c>it is outside the cluster, its way is open; its key is OPENAI_API_KEY of Secret keys</c>.</summary>
    public string Sentence()
    {
        var place = Place switch
        {
            "pod" when Container.Length > 0 => $"it is the container {Container} beside the gateway",
            "pod" when NothingListens => "it is in the pod, and nothing there listens",
            "pod" => "it is in the pod",
            "cluster" => "it is in the cluster",
            "private" => "it is at a private address",
            "none" => "it needs no address",
            _ => "it is outside the cluster",
        };
        var way = Egress switch { "open" => ", its way is open", "closed" => ", and no rule of the network policy lets the gateway out to it", _ => "" };
        var key = Key switch
        {
            "present" => $"; its key is {KeyFrom}",
            "missing" => $"; it has no key ({KeyFrom})",
            "unknown" => $"; whether it has a key is not known ({KeyFrom})",
            _ => "",
        };
        return place + way + key;
    }
}
