using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Build;

/// <summary>What is known of a Secret or ConfigMap.</summary>
internal enum SourceState
{
    Found,

    /// <summary>The cluster has none of this name.</summary>
    Missing,

    /// <summary>Not looked at (no cluster) or not readable just now: nothing may be concluded from it.</summary>
    Unknown,
}

/// <summary>The keys and bytes of a Secret or ConfigMap; never printed.</summary>
internal sealed class SourceFacts(SourceState state, ImmutableSortedDictionary<string, byte[]> data)
{
    public static SourceFacts Missing { get; } = new(SourceState.Missing, ImmutableSortedDictionary<string, byte[]>.Empty);

    public static SourceFacts Unknown { get; } = new(SourceState.Unknown, ImmutableSortedDictionary<string, byte[]>.Empty);

    public SourceState State { get; } = state;

    public ImmutableSortedDictionary<string, byte[]> Data { get; } = data;

    public string? Text(string key) => Data.TryGetValue(key, out var bytes) ? Encoding.UTF8.GetString(bytes) : null;

    public override string ToString() => State == SourceState.Found ? $"{Data.Count} keys" : State.ToString();

    /// <summary>From an object of the API: <c>data</c> (a Secret's in base64), <c>stringData</c>, <c>binaryData</c>.</summary>
    public static SourceFacts Of(JsonObject source)
    {
        var isSecret = (string?)source["kind"] == "Secret";
        var data = ImmutableSortedDictionary.CreateBuilder<string, byte[]>(StringComparer.Ordinal);
        Add(data, source["data"], isSecret);
        Add(data, source["binaryData"], isBase64: true);
        Add(data, source["stringData"], isBase64: false);
        return new SourceFacts(SourceState.Found, data.ToImmutable());
    }

    private static void Add(ImmutableSortedDictionary<string, byte[]>.Builder to, JsonNode? map, bool isBase64)
    {
        foreach (var (key, value) in map as JsonObject ?? [])
        {
            if (value is not JsonValue scalar) continue;
            var text = Api.SpecView.Scalar(scalar);
            var bytes = new byte[text.Length];
            to[key] = isBase64 && Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : Encoding.UTF8.GetBytes(text);
        }
    }
}

/// <summary>What a Service leads to.</summary>
/// <param name="Selector">Empty: none (an ExternalName, or endpoints by hand).</param>
/// <param name="Ports">Port to the pods' port, a number or a port's name.</param>
internal sealed record ServiceFacts(ImmutableSortedDictionary<string, string> Selector, ImmutableDictionary<int, JsonNode> Ports)
{
    public string? ExternalName { get; init; }

    public static ServiceFacts Of(JsonObject service)
    {
        var spec = service["spec"] as JsonObject;
        var ports = (spec?["ports"] as JsonArray ?? []).OfType<JsonObject>()
            .Where(static p => Api.SpecView.Integer(p["port"]) is not null)
            .GroupBy(static p => (int)Api.SpecView.Integer(p["port"])!)
            .ToImmutableDictionary(static g => g.Key, static g => (g.First()["targetPort"] ?? g.First()["port"])!.DeepClone());
        var selector = (spec?["selector"] as JsonObject ?? []).Where(static m => m.Value is JsonValue)
            .ToImmutableSortedDictionary(static m => m.Key, static m => Api.SpecView.Scalar((JsonValue)m.Value!), StringComparer.Ordinal);
        return new ServiceFacts(selector, ports) { ExternalName = (string?)spec?["externalName"] };
    }
}

/// <summary>Everything that is known when an instance is drawn. Gathered first, then only read.</summary>
internal sealed record InstanceFacts
{
    public required JsonObject Instance { get; init; }

    /// <summary>Secrets and ConfigMaps of the instance's namespace by name.</summary>
    public ImmutableDictionary<string, SourceFacts> Secrets { get; init; } = ImmutableDictionary<string, SourceFacts>.Empty;

    public ImmutableDictionary<string, SourceFacts> ConfigMaps { get; init; } = ImmutableDictionary<string, SourceFacts>.Empty;

    /// <summary>Services by <c>namespace/name</c>.</summary>
    public ImmutableDictionary<string, ServiceFacts> Services { get; init; } = ImmutableDictionary<string, ServiceFacts>.Empty;

    /// <summary>The spec of the OpenClawClusterDefaults named cluster.</summary>
    public JsonObject? ClusterDefaults { get; init; }

    /// <summary>True when a cluster was asked: what is not here is not there.</summary>
    public bool IsComplete { get; init; }

    /// <summary><c>apiVersion/kind</c> of what the cluster serves; null: all that a current one with every extension serves.</summary>
    public ImmutableHashSet<string>? Served { get; init; }

    /// <summary>A fresh token for an instance that has none; null when drawn without a cluster, where none may be made up.</summary>
    public string? NewToken { get; init; }

    /// <summary>The pod template's annotations in force: kept where something cannot be read just now.</summary>
    public ImmutableDictionary<string, string> PodAnnotations { get; init; } = ImmutableDictionary<string, string>.Empty;

    public required string OperatorVersion { get; init; }

    public SourceFacts Secret(string name) => Secrets.GetValueOrDefault(name) ?? Absent;

    public SourceFacts ConfigMap(string name) => ConfigMaps.GetValueOrDefault(name) ?? Absent;

    public bool Serves(string apiVersion, string kind) => Served is null || Served.Contains($"{apiVersion}/{kind}");

    private SourceFacts Absent => IsComplete ? SourceFacts.Missing : SourceFacts.Unknown;
}
