using System.Collections.Immutable;
using System.Globalization;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Tests.Gateway.Metering.Ledger;

/// <summary>Requests as the ledger gets them.</summary>
internal static class Entries
{
    public static readonly DateTimeOffset Now = new(2026, 11, 20, 10, 30, 0, TimeSpan.Zero);

    public static readonly CounterKey Monthly = new("monthly", "", "2026-11-01T00:00Z");

    public static LedgerEntry Of(string id, decimal usd = 0.25m, string outcome = "answered", DateTimeOffset? at = null) => new()
    {
        Id = id,
        At = at ?? Now,
        Client = "owner",
        Session = "s1",
        Tags = ["batch", "team-a"],
        Protocol = "chat",
        Requested = "fast",
        Alias = "fast",
        Answered = "openai/gpt-4o",
        Outcome = outcome,
        Status = 200,
        TotalMs = 12.5,
        FirstTokenMs = 3.25,
        Hops =
        [
            new LedgerHop("anthropic", "claude-opus-4", "k1", "first", "rate_limited", 429, 0, 1.5, default, Cost.Of(0, CostSource.None)),
            Hop("openai", "gpt-4o", usd),
        ],
        Charges = [new LedgerCharge(Monthly, usd, 150)],
    };

    public static LedgerHop Hop(string provider, string model, decimal usd) => new(
        provider, model, "k2", "fallback", "ok", 200, 1.5, 12.5,
        new Usage { Input = 100, Output = 50, CacheRead = 7, CacheWrite = 5, CacheWrite1h = 3, Reasoning = 20, AudioInput = 1, AudioOutput = 2, RejectedPrediction = 4, WebSearches = 6 },
        new Cost(usd, 0, 0, 0, 0, CostSource.Catalogue));

    public static LedgerOpening Opening(string id, decimal usd = 0.5m) => new(
        id, Now, "owner", "s1", ImmutableArray<string>.Empty, "chat", "openai/gpt-4o", new Usage { Input = 100, Output = 400 }, Cost.Of(usd, CostSource.Catalogue), [new LedgerCharge(Monthly, usd, 500)]);

    public static string Id(int number) => "dec_" + number.ToString("D8", CultureInfo.InvariantCulture);

    /// <summary>The sum over the rows alone.</summary>
    public static async Task<CounterValue> SumAsync(this LedgerState ledger, CounterScope scope, DateTimeOffset from) =>
        (await ledger.ReadWithRowsAsync(Monthly, scope, from, TestContext.Current.CancellationToken)).Rows;

    public static UsageQuery All(UsageGrouping by, string zone = "UTC") => new(by, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200), null, null, zone, 1000);
}
