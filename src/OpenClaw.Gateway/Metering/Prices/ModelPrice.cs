namespace OpenClaw.Gateway.Metering.Prices;

/// <summary>
/// The price of one model at one provider over time. Immutable and thread-safe; a target holds its own, and it is looked up in
/// the catalogue when it is first asked for anything, so that starting costs nothing.
/// </summary>
internal sealed class ModelPrice
{
    private readonly Lazy<PriceFacts> _facts;
    private readonly bool _saysWhatItCharges;

    public static readonly ModelPrice Unpriced = new(PriceFacts.Unpriced);

    public static readonly ModelPrice SelfHosted = new(PriceFacts.SelfHosted);

    public ModelPrice(PriceFacts facts) => _facts = new Lazy<PriceFacts>(facts);

    /// <param name="saysWhatItCharges">The provider's own figure wins over every price (<see cref="PriceProviders.SaysWhatItCharges"/>).</param>
    public ModelPrice(Func<PriceFacts> resolve, bool saysWhatItCharges) => (_facts, _saysWhatItCharges) = (new Lazy<PriceFacts>(resolve), saysWhatItCharges);

    public PriceFacts Facts => _facts.Value;

    public CostSource Source => Facts.Source;

    public bool IsUnpriced => Source == CostSource.Unpriced;

    /// <summary>
    /// What <paramref name="usage"/> costs; the provider's own figure wins where it is known to report one, or nobody names a price. A prompt above a tier's size
    /// re-prices every token of the call. A part without a price of its own costs what the whole does: cached tokens as input,
    /// reasoning, audio and images as the direction they went in.
    /// </summary>
    /// <param name="at">When the call was made: prices have dates and hours.</param>
    /// <param name="tier">How it was served; <see cref="Usage.Tier"/> holds where this is the standard one.</param>
    public Cost CostOf(in Usage usage, DateTimeOffset at, PriceTier tier = PriceTier.Standard)
    {
        if (usage.ReportedCost is { } said && _saysWhatItCharges) return Cost.Of(said, CostSource.Reported);
        var facts = Facts;
        if (usage.ReportedCost is { } reported && facts.Source is not (CostSource.Config or CostSource.Catalogue)) return Cost.Of(reported, CostSource.Reported);
        if (usage.IsEmpty && usage.WebSearches == 0) return new Cost(0, 0, 0, 0, 0, CostSource.None);
        if (facts.At(at, usage.TotalInput) is not { } row) return new Cost(0, 0, 0, 0, 0, facts.Source);
        var perToken = Factor(row, tier == PriceTier.Standard ? usage.Tier : tier) / 1_000_000m;
        return new Cost(
            Input(usage, row) * perToken,
            CacheRead(usage, row) * perToken,
            CacheWrite(usage, row) * perToken,
            Output(usage, row) * perToken,
            ((usage.WebSearches * (row.WebSearch ?? 0)) + (row.Request ?? 0)) / 1000m,
            facts.Source);
    }

    /// <summary>
    /// The most that a call with this many tokens can cost: no cache hit, everything written to the dearest cache that the model
    /// has, everything answered in the dearest kind of output, tiers and fees for the call and its searches included. Who asks for
    /// <see cref="PriceTier.Priority"/> may be served as everybody else, and never pays less for it here.
    /// </summary>
    /// <param name="soundTokens">Of the input, what may be recordings.</param>
    public decimal Ceiling(long inputTokens, long outputTokens, DateTimeOffset at, PriceTier tier = PriceTier.Standard, int searches = 0, long soundTokens = 0)
    {
        if (Facts.At(at, inputTokens) is not { } row) return 0;
        var input = Math.Max(row.Input ?? 0, Math.Max(row.CacheWrite ?? 0, row.CacheWrite1h ?? 0));
        var output = Math.Max(Math.Max(row.Output ?? 0, row.Reasoning ?? 0), Math.Max(row.AudioOutput ?? 0, row.ImageOutput ?? 0));
        var factor = tier == PriceTier.Priority ? Math.Max(1, Factor(row, tier)) : Factor(row, tier);
        var tokens = ((inputTokens - soundTokens) * input) + (soundTokens * Math.Max(input, row.AudioInput ?? 0)) + (outputTokens * output);
        return (tokens * factor / 1_000_000m) + (((row.Request ?? 0) + (searches * (row.WebSearch ?? 0))) / 1000m);
    }

    private static decimal Input(in Usage usage, PriceRow row)
    {
        var input = row.Input ?? 0;
        var audio = Math.Clamp(usage.AudioInput - usage.AudioCacheRead, 0, usage.Input);
        var image = Math.Clamp(usage.ImageInput, 0, usage.Input - audio);
        return ((usage.Input - audio - image) * input) + (audio * (row.AudioInput ?? input)) + (image * (row.ImageInput ?? input));
    }

    private static decimal CacheRead(in Usage usage, PriceRow row)
    {
        var read = row.CacheRead ?? row.Input ?? 0;
        var audio = Math.Clamp(usage.AudioCacheRead, 0, usage.CacheRead);
        return ((usage.CacheRead - audio) * read) + (audio * (row.AudioCacheRead ?? read));
    }

    private static decimal CacheWrite(in Usage usage, PriceRow row)
    {
        var write = row.CacheWrite ?? row.Input ?? 0;
        return (usage.CacheWrite * write) + (usage.CacheWrite1h * (row.CacheWrite1h ?? write));
    }

    private static decimal Output(in Usage usage, PriceRow row)
    {
        var output = row.Output ?? 0;
        var audio = Math.Clamp(usage.AudioOutput, 0, usage.Output);
        var image = Math.Clamp(usage.ImageOutput, 0, usage.Output - audio);
        var reasoning = Math.Clamp(usage.Reasoning, 0, usage.Output - audio - image);
        return ((usage.Output - audio - image - reasoning) * output) + (audio * (row.AudioOutput ?? output))
            + (image * (row.ImageOutput ?? output)) + (reasoning * (row.Reasoning ?? output));
    }

    private static decimal Factor(PriceRow row, PriceTier tier) => tier switch
    {
        PriceTier.Batch => row.Batch ?? 1,
        PriceTier.Flex => row.Flex ?? 1,
        PriceTier.Priority => row.Priority ?? 1,
        _ => 1,
    };
}
