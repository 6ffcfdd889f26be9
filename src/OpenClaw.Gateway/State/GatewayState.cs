using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using OpenClaw.Config;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Metering.Prices;
using OpenClaw.Gateway.Providers;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.State;

/// <summary>
/// One configuration, made ready. A request takes one reference and keeps it to its end, whatever is reloaded meanwhile.
/// Immutable but for a cache of targets; their health lives in <see cref="TargetHealth"/> and outlives it.
/// </summary>
internal sealed class GatewayState
{
    // Open-ended providers serve any name; a caller must not be able to fill the memory with invented ones.
    private const int MaxTargets = 4096;

    private readonly ConcurrentDictionary<ModelRef, (Target? Target, GatewayError? Missing, int Discovery)> _targets = new();
    private readonly HashSet<ModelRef> _known;

    // So many series a scrape carries; beyond it names come that only callers know.
    private const int MaxShown = 1000;
    private readonly TargetHealth _health;
    private readonly DiscoveryState _discovered;

    public GatewayState(OpenClawConfig config, Authentication authentication, IEnumerable<ProviderEntry> providers, TargetHealth health, DateTimeOffset loaded, DiscoveryState? discovered = null)
    {
        Config = config;
        Authentication = authentication;
        Providers = providers.ToFrozenDictionary(static p => p.Id);
        Loaded = loaded;
        Prices = PriceTable.Of(config);
        (_health, _discovered) = (health, discovered ?? new DiscoveryState());
        KnownReferences = [.. References(config).Distinct()];
        _known = [.. KnownReferences];
    }

    /// <summary>What is in force: budgets and limits of single clients, the store's too, stand among the others.</summary>
    public OpenClawConfig Config { get; }

    /// <summary>What a person wrote.</summary>
    public OpenClawConfig Written { get => field ?? Config; init; }

    public Authentication Authentication { get; }

    public FrozenDictionary<string, ProviderEntry> Providers { get; }

    public DateTimeOffset Loaded { get; }

    public PriceTable Prices { get; }

    /// <summary>Every reference that the configuration names exactly.</summary>
    public ImmutableArray<ModelRef> KnownReferences { get; }

    /// <summary>The target of a reference, or why there is none. Does not look at the allowlist.</summary>
    public (Target? Target, GatewayError? Missing) TargetOf(ModelRef reference)
    {
        var version = _discovered.Version;
        if (_targets.TryGetValue(reference, out var known) && known.Discovery == version) return (known.Target, known.Missing);
        var (target, missing) = Build(reference);
        if (_targets.Count < MaxTargets || _targets.ContainsKey(reference)) _targets[reference] = (target, missing, version);
        return (target, missing);
    }

    /// <summary>
    /// The targets that were asked for, at the addresses that are in force, by name. Of an open-ended provider only models that somebody
    /// other than a caller has named: the configuration, the catalogue, the server itself.
    /// </summary>
    public IEnumerable<Target> SeenTargets() => _health.All
        .Select(seen => TargetOf(seen.Reference).Target is { IsNamed: true } target && ReferenceEquals(target.Health, seen.State) ? target : null)
        .OfType<Target>().OrderBy(static t => t.Name, StringComparer.Ordinal).Take(MaxShown);

    /// <summary>What open servers of one's own say they serve and the configuration does not name. Not checked against the allowlist.</summary>
    public IEnumerable<ModelRef> DiscoveredReferences()
    {
        foreach (var provider in Config.Providers)
        {
            if (provider.ModelsAreClosed || !provider.IsLocal) continue;
            foreach (var model in _discovered.Of(PlaceOf(provider, null))?.Models ?? [])
            {
                var reference = new ModelRef(provider.Id, model.Id);
                if (_known.Contains(reference)) continue;
                if (_known.Any(k => k.Provider == provider.Id && ServedModels.IsLatest(model.Id, k.Model))) continue;
                yield return reference;
            }
        }
    }

    /// <summary>Why a server of one's own would not serve the target now, as far as it said; null when nothing speaks against it.</summary>
    public string? WhyNotServed(Target target)
    {
        if (!target.Provider.Config.IsLocal || _discovered.Of(target.Place) is not { } served) return null;
        if (served.Problem is { } problem) return $"{target.Provider.Id} at {target.Place.Root} {problem}";
        if (served.ServesAnyName || served.Find(target.Ref.Model) is not null) return null;
        // An empty list says nothing of any model: some servers list none and serve what is asked for.
        if (served.Models.IsEmpty && target.Place.Kind != DialectKind.Ollama) return null;
        return target.Place.Kind == DialectKind.Ollama
            ? $"{target.Provider.Id} has no model {target.Ref.Model}; run: ollama pull {target.Ref.Model}"
            : $"{target.Provider.Id} does not list {target.Ref.Model}; it lists {string.Join(", ", served.Models.Take(5).Select(static m => m.Id))}";
    }

    /// <summary>The last word of the provider's server on what it serves; null = not asked, or it is not asked at all.</summary>
    public ServedModels? ServedBy(ProviderConfig provider) => _discovered.Of(PlaceOf(provider, null));

    private static ServedPlace PlaceOf(ProviderConfig provider, ModelConfig? model)
    {
        var kind = DialectTable.KindOf(model?.Api ?? provider.Api);
        return new ServedPlace(provider.Id, ProviderEntry.RootFor(model?.BaseUrl ?? provider.BaseUrl, kind), kind);
    }

    private (Target?, GatewayError?) Build(ModelRef reference)
    {
        if (!Providers.TryGetValue(reference.Provider, out var provider))
        {
            return (null, new GatewayError(GatewayErrorKind.ModelUnknown, $"provider \"{reference.Provider}\" is not configured") { Param = "model" });
        }
        var model = provider.Config.FindModel(reference.Model);
        if (model is null && provider.Config.ModelsAreClosed)
        {
            return (null, new GatewayError(GatewayErrorKind.ModelUnknown, $"provider \"{reference.Provider}\" does not list a model \"{reference.Model}\"") { Param = "model" });
        }
        return (Build(reference, provider, model), null);
    }

    private Target Build(ModelRef reference, ProviderEntry provider, ModelConfig? model)
    {
        var kind = DialectTable.KindOf(model?.Api ?? provider.Config.Api);
        var dialect = DialectTable.Of(kind);
        var root = ProviderEntry.RootFor(provider.BaseUrlOverride ?? model?.BaseUrl ?? provider.Config.BaseUrl, kind);
        var known = provider.Config.Preset ?? reference.Provider;
        var facts = ModelCatalog.Find(known, reference.Model);
        var place = PlaceOf(provider.Config, model);
        var served = _discovered.Find(place, reference.Model);
        var window = model?.ContextWindow ?? facts?.ContextWindow ?? served?.ContextWindow;
        var quirks = ProviderQuirks.Of(provider.Config);
        var isLocal = model?.BaseUrl is { } own ? ProviderAddress.IsLocal(own) : provider.Config.IsLocal;
        var grantsPrefill = provider.Config.Prefill ?? ModelCatalog.GrantsPrefill(known, reference.Model, quirks);
        return new Target
        {
            Ref = reference,
            Name = reference.ToString(),
            Provider = provider,
            Dialect = dialect,
            StreamUri = new Uri(root + dialect.Path(reference.Model, stream: true)),
            WholeUri = new Uri(root + dialect.Path(reference.Model, stream: false)),
            Request = new RequestTarget(reference.Model, provider.Id, quirks, model?.MaxTokens ?? facts?.MaxOutput ?? served?.MaxOutput ?? 4096, window)
            {
                GrantsPrefill = grantsPrefill,
                Thinks = model?.Reasoning ?? served?.Thinks ?? facts?.Reasoning,
            },
            Health = _health.Of(reference, root),
            IsNamed = model is not null || facts is not null || served is not null || _known.Contains(reference),
            Price = Prices.Find(reference, provider.Config),
            Place = place,
            ContextWindow = window,
            MaxOutput = model?.MaxTokens ?? facts?.MaxOutput ?? served?.MaxOutput,
            ThinksUnseen = kind != DialectKind.Anthropic && (facts?.Reasoning == true || model?.Reasoning == true),
            TakesImages = model is { Input.IsEmpty: false } ? model.Input.Contains("image") : facts?.TakesImages ?? served?.TakesImages ?? true,
            GrantsPrefill = grantsPrefill,
            Times = AttemptTimes.Of(Config.Routing.Timeouts, provider.Config, isLocal),
            ThinkingTimes = AttemptTimes.Of(Config.Routing.Timeouts, provider.Config, isLocal, thinks: true),
            RoutingPreferencesJson = model?.RoutingPreferencesJson ?? provider.Config.RoutingPreferencesJson,
            ExtraBodyJson = model?.ExtraBodyJson ?? provider.Config.ExtraBodyJson,
        };
    }

    private static IEnumerable<ModelRef> References(OpenClawConfig config)
    {
        foreach (var reference in config.Models.Chain) yield return reference;
        foreach (var rule in config.Models.Allowlist ?? [])
        {
            if (!rule.IsWildcard) yield return new ModelRef(rule.Provider, rule.Pattern);
        }
        foreach (var chain in config.Models.Aliases.Values)
        {
            foreach (var reference in chain) yield return reference;
        }
        foreach (var provider in config.Providers)
        {
            foreach (var model in provider.Models) yield return new ModelRef(provider.Id, model.Id);
        }
    }
}

/// <summary>The health of every target ever seen, by reference and address, across reloads. Thread-safe.</summary>
internal sealed class TargetHealth(Func<ModelRef, TargetState> create)
{
    private readonly ConcurrentDictionary<(ModelRef, string), TargetState> _states = new();

    // Invented names must not fill the memory: beyond this, health is not remembered.
    private const int MaxStates = 8192;

    public TargetState Of(ModelRef reference, string root)
    {
        if (_states.TryGetValue((reference, root), out var known)) return known;
        var state = create(reference);
        return _states.Count < MaxStates ? _states.GetOrAdd((reference, root), state) : state;
    }

    public IEnumerable<(ModelRef Reference, TargetState State)> All => _states.Select(static s => (s.Key.Item1, s.Value));
}
