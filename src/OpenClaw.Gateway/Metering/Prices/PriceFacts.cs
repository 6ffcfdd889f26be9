using System.Collections.Immutable;

namespace OpenClaw.Gateway.Metering.Prices;

/// <summary>What is known of a model's price.</summary>
/// <param name="Rows">Empty when it is free or unpriced.</param>
/// <param name="Match">What the catalogue has of it, or null.</param>
internal sealed record PriceFacts(CostSource Source, ImmutableArray<PriceRow> Rows, PriceMatch? Match)
{
    public static PriceFacts Unpriced { get; } = new(CostSource.Unpriced, [], null);

    public static PriceFacts SelfHosted { get; } = new(CostSource.SelfHosted, [], null);

    /// <summary>The row that holds: the latest that has begun, its hours before the rest of the day, the highest size that the prompt exceeds.</summary>
    public PriceRow? At(DateTimeOffset at, long inputTokens)
    {
        var day = DateOnly.FromDateTime(at.UtcDateTime);
        PriceRow? best = null;
        foreach (var row in Rows)
        {
            if (row.From > day || (row.Above > 0 && inputTokens <= row.Above) || (row.Hours is { } hours && !hours.Contains(at))) continue;
            if (best is null || IsBetter(row, best)) best = row;
        }
        // Asked for a day before the first that is known: the first price is the best guess there is.
        return best ?? Rows.Where(static r => r.Hours is null && r.Above == 0).MinBy(static r => r.From);
    }

    private static bool IsBetter(PriceRow row, PriceRow best)
    {
        var byDay = (row.From ?? DateOnly.MinValue).CompareTo(best.From ?? DateOnly.MinValue);
        if (byDay != 0) return byDay > 0;
        if (row.Hours is null != best.Hours is null) return row.Hours is not null;
        return row.Above > best.Above;
    }
}
