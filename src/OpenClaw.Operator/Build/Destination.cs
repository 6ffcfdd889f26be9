using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using OpenClaw.Config;

namespace OpenClaw.Operator.Build;

/// <summary>Where an address of the configuration lies, seen from the pod.</summary>
internal enum PlaceKind
{
    /// <summary>The pod itself.</summary>
    Pod,

    /// <summary>A Service of the cluster.</summary>
    Service,

    /// <summary>An address written as a number.</summary>
    Address,

    /// <summary>A name that DNS knows.</summary>
    Host,
}

/// <summary>One address that the gateway will call, and who wants it.</summary>
/// <param name="Who"><c>provider openai</c>, <c>the ledger</c>, <c>an alert</c>.</param>
/// <param name="Shown">Scheme, host and port; never a path or a password.</param>
internal sealed record Destination(string Who, string Shown, PlaceKind Kind, string Host, int Port)
{
    public string Namespace { get; init; } = "";

    public string Service { get; init; } = "";

    /// <summary>What the Service leads to; null when it was not seen.</summary>
    public ServiceFacts? Facts { get; init; }

    public IPAddress? Address { get; init; }

    /// <summary>The port that the pods behind a Service listen on: policies are applied behind the Service. A number or a port's name.</summary>
    public JsonNode PodPort => Facts?.Ports.GetValueOrDefault(Port)?.DeepClone() ?? Port;

    /// <summary>Every address in a configuration.</summary>
    public static IEnumerable<Destination> Of(OpenClawConfig config, string ownNamespace, InstanceFacts facts)
    {
        foreach (var provider in config.Providers.Where(static p => p.Api != ApiKind.Scripted))
        {
            var ofModels = provider.Models.Select(static m => m.BaseUrl).OfType<string>();
            var needsOwn = provider.Models.IsEmpty || !provider.ModelsAreClosed || provider.Models.Any(static m => m.BaseUrl is null);
            // Where every model of the chain has an address of its own, the provider's is called by nobody.
            var chain = config.Models.Chain.Where(r => r.Provider == provider.Id).ToList();
            if (chain.Count > 0 && provider.Keys.IsEmpty && chain.All(r => provider.FindModel(r.Model)?.BaseUrl is not null)) needsOwn = false;
            foreach (var url in (needsOwn ? ofModels.Prepend(provider.BaseUrl) : ofModels).Distinct())
            {
                if (Read("provider " + provider.Id, url, ownNamespace, facts) is { } destination) yield return destination;
            }
        }
        foreach (var alert in config.Alerts)
        {
            if (Read("an alert", alert.Url, ownNamespace, facts) is { } destination) yield return destination;
        }
        if (config.Storage.Url.StartsWith("postgres", StringComparison.Ordinal) && Read("the ledger", config.Storage.Url, ownNamespace, facts, 5432) is { } ledger) yield return ledger;
    }

    public static Destination? Read(string who, string url, string ownNamespace, InstanceFacts facts, int standardPort = 0)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Host.Length == 0) return null;
        var host = uri.DnsSafeHost.TrimEnd('.').ToLowerInvariant();
        var port = uri.Port > 0 ? uri.Port : standardPort;
        var shown = $"{uri.Scheme}://{uri.Host}" + (uri.IsDefaultPort ? "" : ":" + port.ToString(CultureInfo.InvariantCulture));
        if (IPAddress.TryParse(host, out var address))
        {
            if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
            // 0.0.0.0 and :: as the address of a call are the machine itself.
            return new Destination(who, shown, IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? PlaceKind.Pod : PlaceKind.Address, host, port) { Address = address };
        }
        if (host == "localhost" || host.EndsWith(".localhost", StringComparison.Ordinal)) return new Destination(who, shown, PlaceKind.Pod, host, port);
        var (name, space) = FindService(host, ownNamespace, facts);
        if (name is null) return new Destination(who, shown, PlaceKind.Host, host, port);
        var service = facts.Services.GetValueOrDefault($"{space}/{name}");
        // An ExternalName is another name in DNS, nothing more.
        return service is { ExternalName: { } external }
            ? new Destination(who, shown, PlaceKind.Host, external.ToLowerInvariant(), port)
            : new Destination(who, shown, PlaceKind.Service, host, port) { Namespace = space!, Service = name, Facts = service };
    }

    /// <summary>name, name.ns, name.ns.svc, name.ns.svc.cluster.domain; pod-of-a-set.name.ns.svc leads to the same Service.</summary>
    private static (string? Name, string? Namespace) FindService(string host, string ownNamespace, InstanceFacts facts)
    {
        var parts = host.Split('.');
        var svc = Array.IndexOf(parts, "svc");
        if (svc >= 2) return (parts[svc - 2], parts[svc - 1]);
        return parts switch
        {
            [var name] => (name, ownNamespace),
            // vllm.inference may be a Service and may be a domain; only what is seen decides.
            [var name, var space] when facts.Services.ContainsKey($"{space}/{name}") => (name, space),
            _ => (null, null),
        };
    }

    /// <summary>Ranges that are not the public internet: private, shared, link-local (cloud metadata), loopback, their IPv6 kin.</summary>
    public static IReadOnlyList<string> PrivateRanges4 { get; } = ["10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];

    public static IReadOnlyList<string> PrivateRanges6 { get; } = ["::1/128", "fc00::/7", "fe80::/10"];

    public bool IsPrivate => Address is { } address && PrivateRanges4.Concat(PrivateRanges6).Any(r => IPNetwork.Parse(r) is var range && range.BaseAddress.AddressFamily == address.AddressFamily && range.Contains(address));

    public string AddressRange => Address is { AddressFamily: AddressFamily.InterNetworkV6 } ? $"{Address}/128" : $"{Address}/32";
}
