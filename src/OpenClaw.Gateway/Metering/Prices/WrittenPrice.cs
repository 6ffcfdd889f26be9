using System.Collections.Immutable;
using OpenClaw.Config;

namespace OpenClaw.Gateway.Metering.Prices;

/// <summary>
/// A price from the configuration. With <c>input</c> it stands alone: what it leaves out follows from <c>input</c> and
/// <c>output</c>, never from the catalogue and never zero. Without <c>input</c> it changes single figures of the catalogue's.
/// </summary>
internal static class WrittenPrice
{
    private const string Source = "configuration";

    public static PriceFacts Over(PriceConfig written, PriceMatch? known, ProviderConfig provider, string model)
    {
        if (written.Input is { } input) return new PriceFacts(CostSource.Config, Alone(written, input, known, provider, model), known);
        // Half a price of a model that nobody else prices is none.
        if (known is null) return PriceFacts.Unpriced;
        return new PriceFacts(CostSource.Config, [.. known.Rows.Select(row => Change(row, written, Whole(row, known.Rows)))], known);
    }

    private static ImmutableArray<PriceRow> Alone(PriceConfig written, decimal input, PriceMatch? known, ProviderConfig provider, string model)
    {
        var last = known?.Rows.Where(static r => r.Above == 0 && r.Hours is null).MaxBy(static r => r.From ?? DateOnly.MinValue);
        var isAnthropic = (provider.FindModel(model)?.Api ?? provider.Api) == ApiKind.Anthropic;
        var row = new PriceRow
        {
            Provider = provider.Id,
            Model = model,
            Input = input,
            Output = written.Output ?? last?.Output ?? input,
            CacheRead = written.CacheRead ?? input,
            // platform.claude.com/docs/en/build-with-claude/prompt-caching#pricing: 1.25 times the input, 2 times for an hour.
            CacheWrite = written.CacheWrite ?? (isAnthropic ? input * 1.25m : input),
            CacheWrite1h = written.CacheWrite1h ?? (isAnthropic ? Math.Max(input * 2m, written.CacheWrite ?? 0) : written.CacheWrite ?? input),
            Reasoning = written.Reasoning,
            AudioInput = written.AudioInput,
            AudioOutput = written.AudioOutput,
            ImageInput = written.ImageInput,
            ImageOutput = written.ImageOutput,
            // Fees and factors do not follow from a token's price.
            WebSearch = written.WebSearch ?? last?.WebSearch,
            Request = written.Request ?? last?.Request,
            Batch = last?.Batch,
            Flex = last?.Flex,
            Priority = last?.Priority,
            Source = Source,
        };
        return [row, .. written.Tiers.Select(tier => Tier(row, tier))];
    }

    // The row that a tier raises; a row that is none is its own.
    private static PriceRow Whole(PriceRow row, ImmutableArray<PriceRow> rows) =>
        row.Above == 0 ? row : rows.FirstOrDefault(r => r.Above == 0 && r.From == row.From && r.Hours == row.Hours) ?? rows.FirstOrDefault(static r => r.Above == 0) ?? row;

    private static PriceRow Change(PriceRow row, PriceConfig written, PriceRow whole) => row with
    {
        Output = Change(row.Output, written.Output, whole.Output),
        CacheRead = Change(row.CacheRead, written.CacheRead, whole.CacheRead),
        CacheWrite = Change(row.CacheWrite, written.CacheWrite, whole.CacheWrite),
        CacheWrite1h = Change(row.CacheWrite1h, written.CacheWrite1h, whole.CacheWrite1h),
        Reasoning = Change(row.Reasoning, written.Reasoning, whole.Reasoning),
        AudioInput = Change(row.AudioInput, written.AudioInput, whole.AudioInput),
        AudioOutput = Change(row.AudioOutput, written.AudioOutput, whole.AudioOutput),
        ImageInput = Change(row.ImageInput, written.ImageInput, whole.ImageInput),
        ImageOutput = Change(row.ImageOutput, written.ImageOutput, whole.ImageOutput),
        WebSearch = written.WebSearch ?? row.WebSearch,
        Request = written.Request ?? row.Request,
    };

    // What is written holds for prompts of every size as the catalogue's figure does: above a tier by as much more.
    private static decimal? Change(decimal? known, decimal? written, decimal? whole) =>
        written is { } price && known is { } here && whole is > 0 and { } below && here != below ? price * here / below : written ?? known;

    // A part that a tier leaves out grows as the input does: long prompts re-price every token.
    private static PriceRow Tier(PriceRow row, PriceTierConfig tier)
    {
        var growth = row.Input is > 0 and { } was && tier.Input is { } now ? now / was : 1m;
        return row with
        {
            Above = tier.Above,
            Input = tier.Input ?? row.Input,
            Output = tier.Output ?? row.Output,
            CacheRead = tier.CacheRead ?? row.CacheRead * growth,
            CacheWrite = tier.CacheWrite ?? row.CacheWrite * growth,
            CacheWrite1h = tier.CacheWrite1h ?? row.CacheWrite1h * growth,
        };
    }
}
