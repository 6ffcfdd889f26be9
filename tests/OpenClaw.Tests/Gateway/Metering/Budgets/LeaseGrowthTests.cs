using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Tests.Gateway.Metering.Budgets;

/// <summary>How often the database is asked before a gateway that was at rest knows how much it needs.</summary>
public sealed class LeaseGrowthTests
{
    [Fact]
    public async Task A_rush_after_a_rest_asks_a_few_times_for_more_and_more_and_not_for_every_few_calls()
    {
        var time = new ManualTime();
        var store = new SimulatedStore(new LeaseDatabase(time), 1, isShared: true);
        await using var stage = BudgetStage.Of("""{ "name": "all", "scope": "gateway", "period": "total", "limit": 1000000 }""", store, time);
        for (var call = 0; call < 1000; call++) Assert.Null(await stage.RunAsync(100, 10, maxTokens: 10));
        Assert.InRange(store.Asked, 2, 40);
    }

    [Fact]
    public void What_was_taken_lately_is_soon_forgotten()
    {
        var counter = new BudgetCounter(default, inTokens: true, isShared: true);
        counter.Load(default, default);
        counter.Granted(new LeaseGrant(400, 0, 400), 1_000_000);
        counter.Need(400);
        counter.BeginBeat();
        counter.EndBeat(400, isWritten: true);
        for (var call = 0; call < 8; call++) Assert.True(counter.TryTake(50, HoldMode.Hard, 1_000_000), "the lease was there");
        Assert.Equal(50 + (400 * 3), counter.WishFor(50, 50, 1_000_000)!.Value.Want);
        for (var second = 0; second < 60; second++) counter.Tick(TimeSpan.FromSeconds(1));
        Assert.Equal(50 + (50 * 3), counter.WishFor(50, 50, 1_000_000)!.Value.Want);
    }
}
