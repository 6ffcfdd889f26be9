using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Tests.Gateway.Metering.Budgets;

/// <summary>How a lease follows use and the database: how often it is asked, and what is still on its way there.</summary>
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

    // A flush takes longer than a beat where the database is slow or asked often.
    [Fact]
    public void What_was_settled_while_a_flush_ran_is_not_taken_for_written_when_it_ends()
    {
        var counter = new BudgetCounter(default, inTokens: true, isShared: true);
        counter.Load(default, default);
        counter.Granted(new LeaseGrant(1000, 0, 1000), 10_000);
        Beat(1000, isWritten: true);
        Use(100);
        Beat(1000, isWritten: true);
        counter.BeginFlush();
        Use(200);
        // The flush of the first hundred still runs.
        Beat(1000, isWritten: false);
        Beat(1000, isWritten: false);
        // It is over: the database has taken the hundred off the lease, and not yet the two hundred.
        Beat(900, isWritten: true);
        Assert.Equal(700, counter.FreeLease);
        counter.BeginFlush();
        Beat(700, isWritten: true);
        Assert.Equal(700, counter.FreeLease);
        // Nothing is on its way any more: what the database has is the lease.
        Beat(650, isWritten: true);
        Assert.Equal(650, counter.FreeLease);

        void Use(decimal amount)
        {
            Assert.True(counter.TryTake(amount, HoldMode.Hard, 10_000), "the lease has it");
            counter.Settle(amount, amount);
            counter.Closed(amount);
        }

        void Beat(decimal left, bool isWritten)
        {
            counter.Need(300);
            counter.BeginBeat();
            counter.EndBeat(left, isWritten);
        }
    }

    // The gateway was cut off for a quarter of a minute; it is back, and asks for more while its beat is under way.
    [Fact]
    public void A_lease_that_was_reclaimed_gets_no_new_exposure_from_a_beat_in_the_middle_of_a_change()
    {
        var counter = new BudgetCounter(default, inTokens: true, isShared: true);
        counter.Load(default, default);
        counter.Granted(new LeaseGrant(20, 0, 20), 100);
        counter.Need(4);
        counter.BeginBeat();
        counter.EndBeat(20, isWritten: true);
        Assert.True(counter.TryTake(4, HoldMode.Hard, 100), "the lease has it");
        counter.Need(16);
        counter.BeginChange();
        counter.BeginBeat();
        counter.EndBeat(null, isWritten: true);
        Assert.False(counter.TryTake(17, HoldMode.Hard, 100));
        Assert.False(counter.TryTake(16, HoldMode.Hard, 100), "another gateway may have it by now");
        counter.EndChange();
        counter.BeginBeat();
        counter.EndBeat(null, isWritten: true);
        Assert.False(counter.TryTake(1, HoldMode.Hard, 100), "nothing is left of the lease");
    }
}
