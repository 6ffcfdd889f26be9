using OpenClaw.Gateway.Metering.Prices;

namespace OpenClaw.Gateway.Metering;

/// <summary>
/// Tokens of one call in disjoint parts, whatever the provider's own accounting: OpenAI and Gemini count cached tokens
/// inside the prompt, Anthropic beside it; Gemini counts thoughts beside the answer, the others inside.
/// </summary>
internal readonly record struct Usage
{
    /// <summary>Prompt tokens that were neither read from nor written to a cache.</summary>
    public long Input { get; init; }

    public long CacheRead { get; init; }

    /// <summary>Written to a cache that lives five minutes (or an unnamed time).</summary>
    public long CacheWrite { get; init; }

    /// <summary>Written to a cache that lives one hour.</summary>
    public long CacheWrite1h { get; init; }

    /// <summary>Everything generated, reasoning included.</summary>
    public long Output { get; init; }

    /// <summary>The part of <see cref="Output"/> that was reasoning.</summary>
    public long Reasoning { get; init; }

    /// <summary>Audio in the prompt, cached or not; part of the counts above.</summary>
    public long AudioInput { get; init; }

    /// <summary>The part of <see cref="CacheRead"/> that was audio.</summary>
    public long AudioCacheRead { get; init; }

    /// <summary>The part of <see cref="Output"/> that was audio.</summary>
    public long AudioOutput { get; init; }

    /// <summary>The part of <see cref="Input"/> that was images.</summary>
    public long ImageInput { get; init; }

    /// <summary>The part of <see cref="Output"/> that was images.</summary>
    public long ImageOutput { get; init; }

    /// <summary>Rejected predictions: billed, and already part of <see cref="Output"/>.</summary>
    public long RejectedPrediction { get; init; }

    /// <summary>Provider-run web searches, billed per call.</summary>
    public long WebSearches { get; init; }

    /// <summary>What the provider itself charges, in dollars (OpenRouter's <c>usage.cost</c>); null = it does not say.</summary>
    public decimal? ReportedCost { get; init; }

    /// <summary>How the provider says it served the call.</summary>
    public PriceTier Tier { get; init; }

    /// <summary>True when some part was counted here from text, because the provider never got to report it.</summary>
    public bool Estimated { get; init; }

    /// <summary>What of an answer that is over its provider has not counted, though it should have: a zero there says nothing. Only on the way from a reader to the bill.</summary>
    public UsageSides Unsaid { get; init; }

    /// <summary>The whole prompt.</summary>
    public long TotalInput => Input + CacheRead + CacheWrite + CacheWrite1h;

    public long Total => TotalInput + Output;

    public bool IsEmpty => Total == 0;

    /// <summary>It says something that is paid for: tokens, searches, or what the provider charges.</summary>
    public bool IsBilled => !IsEmpty || WebSearches > 0 || ReportedCost > 0;

    /// <summary>Two hops of one request together.</summary>
    public static Usage operator +(Usage a, Usage b) => new()
    {
        Input = a.Input + b.Input,
        CacheRead = a.CacheRead + b.CacheRead,
        CacheWrite = a.CacheWrite + b.CacheWrite,
        CacheWrite1h = a.CacheWrite1h + b.CacheWrite1h,
        Output = a.Output + b.Output,
        Reasoning = a.Reasoning + b.Reasoning,
        AudioInput = a.AudioInput + b.AudioInput,
        AudioCacheRead = a.AudioCacheRead + b.AudioCacheRead,
        AudioOutput = a.AudioOutput + b.AudioOutput,
        ImageInput = a.ImageInput + b.ImageInput,
        ImageOutput = a.ImageOutput + b.ImageOutput,
        RejectedPrediction = a.RejectedPrediction + b.RejectedPrediction,
        WebSearches = a.WebSearches + b.WebSearches,
        ReportedCost = a.ReportedCost is null && b.ReportedCost is null ? null : (a.ReportedCost ?? 0) + (b.ReportedCost ?? 0),
        Tier = b.Tier != PriceTier.Standard ? b.Tier : a.Tier,
        Estimated = a.Estimated || b.Estimated,
    };
}
