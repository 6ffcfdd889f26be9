namespace OpenClaw.Gateway.Metering;

/// <summary>Where a price came from.</summary>
internal enum CostSource
{
    /// <summary>Nothing was used.</summary>
    None,

    /// <summary>The provider said what it charges (OpenRouter's <c>usage.cost</c>).</summary>
    Reported,

    /// <summary>The configuration names the price.</summary>
    Config,

    /// <summary>The built-in catalogue.</summary>
    Catalogue,

    /// <summary>A server of one's own (Ollama, vLLM, a local address): no price per token.</summary>
    SelfHosted,

    /// <summary>Nobody knows. Counted as zero dollars, always shown, and refused under a dollar budget unless allowed by name.</summary>
    Unpriced,
}

/// <summary>What one call cost, in dollars, by part. <c>decimal</c> to the end: no rounding before it is shown.</summary>
internal readonly record struct Cost(decimal Input, decimal CacheRead, decimal CacheWrite, decimal Output, decimal Extras, CostSource Source)
{
    /// <summary>Only a total is known.</summary>
    public static Cost Of(decimal total, CostSource source) => new(total, 0, 0, 0, 0, source);

    public decimal Total => Input + CacheRead + CacheWrite + Output + Extras;

    public bool IsUnpriced => Source == CostSource.Unpriced;

    /// <summary>Two hops of one request together. Unpriced stays visible.</summary>
    public static Cost operator +(in Cost a, in Cost b) => new(
        a.Input + b.Input, a.CacheRead + b.CacheRead, a.CacheWrite + b.CacheWrite, a.Output + b.Output, a.Extras + b.Extras,
        a.IsUnpriced || b.IsUnpriced ? CostSource.Unpriced : b.Source == CostSource.None ? a.Source : b.Source);
}
