using System.Collections.Concurrent;
using System.Collections.Immutable;
using OpenClaw.Gateway.Dialects;

namespace OpenClaw.Gateway.Providers;

/// <summary>A server that can be asked what it serves: a provider at an address, in one protocol.</summary>
/// <param name="Root">As of <see cref="ProviderEntry.RootFor"/>.</param>
internal readonly record struct ServedPlace(string Provider, string Root, DialectKind Kind);

/// <summary>What a server said last.</summary>
/// <param name="Models">In the server's order; kept while it is away.</param>
/// <param name="At">When it said so; null = never.</param>
/// <param name="Problem">Why the last question had no answer, as the end of a sentence; null when it had.</param>
internal sealed record ServedModels(ImmutableArray<DiscoveredModel> Models, DateTimeOffset? At, string? Problem)
{
    /// <summary>llama-server answers with its one model whatever name is asked for.</summary>
    public bool ServesAnyName => Models.Any(static m => m.Owner == "llamacpp");

    /// <summary>The model of that name; Ollama's <c>:latest</c> may be left out.</summary>
    public DiscoveredModel? Find(string model)
    {
        foreach (var known in Models)
        {
            if (known.Id == model || IsLatest(known.Id, model)) return known;
        }
        return null;
    }

    /// <summary>True when <paramref name="tagged"/> is <paramref name="name"/> with Ollama's default tag.</summary>
    public static bool IsLatest(string tagged, string name) =>
        tagged.Length == name.Length + 7 && tagged.EndsWith(":latest", StringComparison.Ordinal) && tagged.StartsWith(name, StringComparison.Ordinal);
}

/// <summary>What the servers of one's own serve, as <see cref="LocalDiscovery"/> found it. Outlives snapshots. Thread-safe.</summary>
internal sealed class DiscoveryState
{
    private readonly ConcurrentDictionary<ServedPlace, ServedModels> _places = new();
    private int _version;

    /// <summary>Goes up whenever a fact about a model changed: who keeps derived facts compares this first.</summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>Null: not asked yet.</summary>
    public ServedModels? Of(ServedPlace place) => _places.GetValueOrDefault(place);

    public DiscoveredModel? Find(ServedPlace place, string model) => Of(place)?.Find(model);

    public void Found(ServedPlace place, IReadOnlyList<DiscoveredModel> models, DateTimeOffset now)
    {
        var isSame = _places.TryGetValue(place, out var old) && old.Models.SequenceEqual(models);
        _places[place] = new ServedModels(isSame ? old!.Models : [.. models], now, null);
        if (!isSame) Interlocked.Increment(ref _version);
    }

    /// <summary>What was known stays known: a server that restarts serves the same models again.</summary>
    public void Failed(ServedPlace place, string problem) =>
        _places.AddOrUpdate(place, static (_, p) => new ServedModels([], null, p), static (_, old, p) => old with { Problem = p }, problem);

    /// <summary>Forgets every place but these.</summary>
    public void KeepOnly(IReadOnlySet<ServedPlace> places)
    {
        foreach (var place in _places.Keys)
        {
            if (!places.Contains(place) && _places.TryRemove(place, out _)) Interlocked.Increment(ref _version);
        }
    }
}
