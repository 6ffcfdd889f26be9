using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using OpenClaw.Config;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Inbound;
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

    private readonly ConcurrentDictionary<ModelRef, (Target? Target, GatewayError? Missing)> _targets = new();
    private readonly TargetHealth _health;

    public GatewayState(OpenClawConfig config, Authentication authentication, IEnumerable<ProviderEntry> providers, TargetHealth health, DateTimeOffset loaded)
    {
        Config = config;
        Authentication = authentication;
        Providers = providers.ToFrozenDictionary(static p => p.Id);
        Loaded = loaded;
        _health = health;
        KnownReferences = [.. References(config).Distinct()];
    }

    public OpenClawConfig Config { get; }

    public Authentication Authentication { get; }

    public FrozenDictionary<string, ProviderEntry> Providers { get; }

    public DateTimeOffset Loaded { get; }

    /// <summary>Every reference that the configuration names exactly.</summary>
    public ImmutableArray<ModelRef> KnownReferences { get; }

    /// <summary>The target of a reference, or why there is none. Does not look at the allowlist.</summary>
    public (Target? Target, GatewayError? Missing) TargetOf(ModelRef reference)
    {
        if (_targets.TryGetValue(reference, out var known)) return known;
        var built = Build(reference);
        if (_targets.Count < MaxTargets) _targets.TryAdd(reference, built);
        return built;
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
        var window = model?.ContextWindow ?? facts?.ContextWindow;
        var quirks = ProviderQuirks.Of(provider.Config);
        return new Target
        {
            Ref = reference,
            Name = reference.ToString(),
            Provider = provider,
            Dialect = dialect,
            StreamUri = new Uri(root + dialect.Path(reference.Model, stream: true)),
            WholeUri = new Uri(root + dialect.Path(reference.Model, stream: false)),
            Request = new RequestTarget(reference.Model, provider.Id, quirks, model?.MaxTokens ?? facts?.MaxOutput ?? 4096, window),
            Health = _health.Of(reference, root),
            ContextWindow = window,
            TakesImages = model is { Input.IsEmpty: false } ? model.Input.Contains("image") : facts?.TakesImages ?? true,
            GrantsPrefill = provider.Config.Prefill ?? ModelCatalog.GrantsPrefill(known, reference.Model, quirks),
            Times = AttemptTimes.Of(Config.Routing.Timeouts, provider.Config, model?.BaseUrl is { } own ? ProviderAddress.IsLocal(own) : provider.Config.IsLocal),
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
