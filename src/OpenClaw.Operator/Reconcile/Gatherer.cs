using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Build;
using OpenClaw.Operator.Judge;

namespace OpenClaw.Operator.Reconcile;

/// <summary>What was gathered for one pass.</summary>
/// <param name="Unreadable">What could not be read just now, and why; nothing is concluded from it.</param>
/// <param name="Inputs">The same while the instance and every source of its own say the same. The cluster's defaults are not in it: they concern the whole fleet, as a new operator does.</param>
internal sealed record Gathered(InstanceFacts Facts, ImmutableArray<string> Unreadable, string Inputs);

/// <summary>
/// Reads what an instance depends on. Secrets and ConfigMaps are read anew for each pass and kept no longer; what cannot be read
/// is unknown, never missing.
/// </summary>
internal sealed class Gatherer(KubeClient client, ClusterView view, SourceIndex index, string operatorVersion)
{
    public async Task<Gathered> GatherAsync(InstanceSeen seen, CancellationToken cancel)
    {
        var instance = seen.ToJson();
        var defaultBytes = view.ClusterDefaults;
        var facts = new InstanceFacts
        {
            Instance = instance,
            OperatorVersion = operatorVersion,
            ClusterDefaults = defaultBytes is null ? null : JsonNode.Parse(defaultBytes) as JsonObject,
            Services = view.Services,
            Served = view.Served,
            PodAnnotations = view.Child(Kinds.StatefulSet, seen.Key)?.Set?.Set.TemplateAnnotations ?? ImmutableDictionary<string, string>.Empty,
        };
        var names = Names(seen, facts);
        index.Set(seen.Key, names.Select(n => KeyOf(seen.Key.Namespace, n)));
        var read = await Task.WhenAll(names.Select(n => ReadAsync(seen.Key.Namespace, n, cancel))).ConfigureAwait(false);
        facts = facts with
        {
            IsComplete = true,
            Secrets = Of(read, "Secret"),
            ConfigMaps = Of(read, "ConfigMap"),
            NewToken = RandomNumberGenerator.GetHexString(64, lowercase: true),
        };
        return new Gathered(facts, [.. read.Select(static r => r.Why).OfType<string>()], InputsOf(seen, read));
    }

    /// <summary>What a drawing depends on beside what was read: Services behind addresses, there or not yet there.</summary>
    /// <returns>True when one of them changed meanwhile, which nobody was told then: the drawing is of before.</returns>
    public bool Follow(InstanceSeen seen, InstanceDrawing drawing)
    {
        if (drawing.Plan is not { Config.Config: { } config } plan) return false;
        var services = Destination.Of(config, plan.Namespace, plan.Facts).SelectMany(d => ServicesOf(d, plan.Namespace)).ToArray();
        index.Set(seen.Key, Names(seen, plan.Facts).Select(n => KeyOf(seen.Key.Namespace, n)).Concat(services));
        var now = view.Services;
        return services.Select(static s => $"{s.Namespace}/{s.Name}").Any(s => !ReferenceEquals(now.GetValueOrDefault(s), plan.Facts.Services.GetValueOrDefault(s)));
    }

    public void Forget(ObjectKey instance) => index.Remove(instance);

    private static IEnumerable<SourceKey> ServicesOf(Destination destination, string ownNamespace)
    {
        if (destination.Kind == PlaceKind.Service) yield return new SourceKey("Service", destination.Namespace, destination.Service);
        // A name of two parts becomes a Service as soon as there is one.
        else if (destination.Kind == PlaceKind.Host && destination.Host.Split('.') is [var name, var space]) yield return new SourceKey("Service", space, name);
        else if (destination.Kind == PlaceKind.Host && !destination.Host.Contains('.', StringComparison.Ordinal)) yield return new SourceKey("Service", ownNamespace, destination.Host);
    }

    /// <summary><c>Secret/NAME</c> and <c>ConfigMap/NAME</c> of all that may matter; nothing when the shape is wrong, since nothing is drawn then.</summary>
    private static ImmutableArray<string> Names(InstanceSeen seen, InstanceFacts facts)
    {
        if (InstanceChecks.OfShape(facts).Any(static f => f.Severity == FindingSeverity.Refused)) return [];
        var spec = new SpecView(facts.Instance["spec"] as JsonObject ?? []);
        var runtime = spec.Text("runtime") == "original" ? RuntimeKind.Original : RuntimeKind.OpenClaw;
        var images = Images.Of(spec, facts.ClusterDefaults, runtime, facts.OperatorVersion);
        var environment = PodEnvironment.Of(spec, facts with { IsComplete = false, Secrets = ImmutableDictionary<string, SourceFacts>.Empty, ConfigMaps = ImmutableDictionary<string, SourceFacts>.Empty }, []);
        var names = PodHashes.Named(spec, images, environment).Append("Secret/" + (spec.Text("gateway.existingSecret") ?? seen.Key.Name + "-gateway-token"));
        if (BuildBasicAuth.IsGenerated(spec)) names = names.Append("Secret/" + BuildBasicAuth.Name(seen.Key.Name));
        if (spec.Text("config.configMapRef.name") is { Length: > 0 } map) names = names.Append("ConfigMap/" + map);
        return [.. names.Where(static n => !n.EndsWith('/')).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private async Task<Read> ReadAsync(string ns, string name, CancellationToken cancel)
    {
        var key = KeyOf(ns, name);
        var kind = key.Kind == "Secret" ? Kinds.Secret : Kinds.ConfigMap;
        var result = await client.GetAsync(kind, new ObjectKey(ns, key.Name), cancel).ConfigureAwait(false);
        if (result.Is(KubeProblemKind.NotFound)) return new Read(key, SourceFacts.Missing, null);
        if (!result.TryGet(out var found, out var problem)) return new Read(key, SourceFacts.Unknown, $"the {key.Kind} {key.Name} cannot be read: {problem.Message}");
        var json = JsonObject.Create(found.Json)!;
        // An answer may leave the kind out; a Secret's values are in base64 whatever it says.
        json["kind"] = key.Kind;
        return new Read(key, SourceFacts.Of(json), null);
    }

    private static ImmutableDictionary<string, SourceFacts> Of(IEnumerable<Read> read, string kind) =>
        read.Where(r => r.Key.Kind == kind).ToImmutableDictionary(static r => r.Key.Name, static r => r.Facts, StringComparer.Ordinal);

    private static SourceKey KeyOf(string ns, string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return new SourceKey(name[..slash], ns, name[(slash + 1)..]);
    }

    private static string InputsOf(InstanceSeen seen, IEnumerable<Read> read)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text + "\n"));
        Add(seen.SpecPrint);
        // What the operator itself makes is the same for as long as the instance lives.
        foreach (var source in read.Where(r => r.Key.Name != seen.Key.Name + "-gateway-token" && r.Key.Name != BuildBasicAuth.Name(seen.Key.Name)))
        {
            Add($"{source.Key.Kind}/{source.Key.Name} {source.Facts.State}");
            foreach (var (key, bytes) in source.Facts.Data) Add($"{key.Length}:{key}={Convert.ToHexString(SHA256.HashData(bytes))}");
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 12));
    }

    private readonly record struct Read(SourceKey Key, SourceFacts Facts, string? Why);
}
