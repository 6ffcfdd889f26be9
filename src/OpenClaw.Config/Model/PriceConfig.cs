using System.Collections.Immutable;

namespace OpenClaw.Config;

/// <summary>Dollars per million tokens. With <see cref="Input"/> it stands alone; without, it changes single figures of the catalogue's price.</summary>
public sealed record PriceConfig
{
    public decimal? Input { get; init; }

    public decimal? Output { get; init; }

    public decimal? CacheRead { get; init; }

    /// <summary>Written to a cache that lives five minutes, or a time that the provider does not name.</summary>
    public decimal? CacheWrite { get; init; }

    public decimal? CacheWrite1h { get; init; }

    /// <summary>The part of the answer that was reasoning; null = as <see cref="Output"/>.</summary>
    public decimal? Reasoning { get; init; }

    public decimal? AudioInput { get; init; }

    public decimal? AudioOutput { get; init; }

    public decimal? ImageInput { get; init; }

    public decimal? ImageOutput { get; init; }

    /// <summary>Dollars per thousand searches that the provider runs.</summary>
    public decimal? WebSearch { get; init; }

    /// <summary>Dollars per thousand calls.</summary>
    public decimal? Request { get; init; }

    /// <summary>Prices of long prompts; need <see cref="Input"/>.</summary>
    public ImmutableArray<PriceTierConfig> Tiers { get; init; } = [];

    /// <summary>True when it says something that upstream's four figures cannot, nor tiers of these.</summary>
    public bool IsMoreThanFourFigures => this != FourFigures || Tiers.Any(static t => t.CacheWrite1h is not null);

    /// <summary>What upstream can say of it.</summary>
    public PriceConfig FourFigures => new() { Input = Input, Output = Output, CacheRead = CacheRead, CacheWrite = CacheWrite, Tiers = Tiers };
}

/// <summary>What every token of a call costs when its prompt is longer than <see cref="Above"/> tokens; null = see there.</summary>
public sealed record PriceTierConfig
{
    public required int Above { get; init; }

    public decimal? Input { get; init; }

    public decimal? Output { get; init; }

    public decimal? CacheRead { get; init; }

    public decimal? CacheWrite { get; init; }

    public decimal? CacheWrite1h { get; init; }
}
