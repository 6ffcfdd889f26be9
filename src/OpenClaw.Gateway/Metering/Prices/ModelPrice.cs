namespace OpenClaw.Gateway.Metering.Prices;

/// <summary>How a call was served, where that changes the price.</summary>
internal enum PriceTier
{
    Standard,
    Batch,
    Flex,
    Priority,
}

/// <summary>The price of one model at one provider over time. Immutable; a target holds its own, so a request looks nothing up.</summary>
internal sealed class ModelPrice
{
    private readonly decimal _input;
    private readonly decimal _output;
    private readonly decimal _cacheRead;
    private readonly decimal _cacheWrite;

    public static readonly ModelPrice Unpriced = new(CostSource.Unpriced, 0, 0, 0, 0);

    public static readonly ModelPrice SelfHosted = new(CostSource.SelfHosted, 0, 0, 0, 0);

    /// <summary>Dollars per million tokens.</summary>
    public ModelPrice(CostSource source, decimal input, decimal output, decimal cacheRead, decimal cacheWrite) =>
        (Source, _input, _output, _cacheRead, _cacheWrite) = (source, input, output, cacheRead, cacheWrite);

    public CostSource Source { get; }

    public bool IsUnpriced => Source == CostSource.Unpriced;

    /// <summary>What <paramref name="usage"/> costs; the provider's own figure wins where it reported one.</summary>
    /// <param name="at">When the call was made: prices have dates.</param>
    public Cost CostOf(in Usage usage, DateTimeOffset at, PriceTier tier = PriceTier.Standard)
    {
        if (usage.ReportedCost is { } reported) return Cost.Of(reported, CostSource.Reported);
        return new Cost(
            usage.Input * _input / 1_000_000m,
            usage.CacheRead * _cacheRead / 1_000_000m,
            (usage.CacheWrite + usage.CacheWrite1h) * _cacheWrite / 1_000_000m,
            usage.Output * _output / 1_000_000m,
            0,
            usage.IsEmpty ? CostSource.None : Source);
    }

    /// <summary>The most that a call with this many tokens can cost: no cache hit, everything written to the dearest cache that the model has, tiers included.</summary>
    public decimal Ceiling(long inputTokens, long outputTokens, DateTimeOffset at) =>
        ((inputTokens * Math.Max(_input, _cacheWrite)) + (outputTokens * _output)) / 1_000_000m;
}
