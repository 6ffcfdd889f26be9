using System.Collections.Immutable;

namespace OpenClaw.Config;

public sealed record ModelsConfig
{
    /// <summary>The default chain, primary first; empty when the file names none.</summary>
    public ImmutableArray<ModelRef> Chain { get; init; } = [];

    /// <summary>What may be asked for. Null: everything that is configured. Never widened.</summary>
    public ImmutableArray<AllowRule>? Allowlist { get; init; }

    /// <summary>Name to one reference or a chain of them.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<ModelRef>> Aliases { get; init; } =
        ImmutableSortedDictionary<string, ImmutableArray<ModelRef>>.Empty;

    /// <summary>Those of <see cref="Aliases"/> that stand for a list, however short: a chain of its own, to which no fallbacks are added.</summary>
    public ImmutableSortedSet<string> ListAliases { get; init; } = ImmutableSortedSet<string>.Empty;

    /// <summary>Tried, in order, when a provider refused for its content policy. Empty: a refusal is final.</summary>
    public ImmutableArray<ModelRef> ContentPolicyFallbacks { get; init; } = [];

    /// <summary>Prices that override the catalogue.</summary>
    public ImmutableSortedDictionary<string, PriceConfig> Prices { get; init; } =
        ImmutableSortedDictionary<string, PriceConfig>.Empty;

    /// <summary>Models without a price that may run although a budget in dollars cannot count them.</summary>
    public ImmutableArray<AllowRule> AllowUnpriced { get; init; } = [];

    /// <summary>True when <paramref name="reference"/> is named as one that may run without a price under a budget in dollars.</summary>
    public bool MayRunUnpriced(ModelRef reference)
    {
        foreach (var rule in AllowUnpriced)
        {
            if (rule.Matches(reference)) return true;
        }
        return false;
    }

    /// <summary>True when <paramref name="reference"/> may be used.</summary>
    public bool IsAllowed(ModelRef reference)
    {
        if (Allowlist is not { } rules) return true;
        foreach (var rule in rules)
        {
            if (rule.Matches(reference)) return true;
        }
        return false;
    }
}
