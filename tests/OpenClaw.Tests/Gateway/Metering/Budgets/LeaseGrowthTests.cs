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
        var counter = Leased(400, 1_000_000);
        Beat(counter, 400, 400);
        for (var call = 0; call < 8; call++) Assert.True(counter.TryTake(50, HoldMode.Hard, 1_000_000), "the lease was there");
        Assert.Equal(50 + (400 * 3), counter.WishFor(50, 50, 1_000_000)!.Value.Want);
        for (var second = 0; second < 60; second++) counter.Tick(TimeSpan.FromSeconds(1));
        Assert.Equal(50 + (50 * 3), counter.WishFor(50, 50, 1_000_000)!.Value.Want);
    }

    // A flush takes longer than a beat where the database is slow or asked often.
    [Fact]
    public void What_was_settled_while_a_flush_ran_is_not_taken_for_written_when_it_ends()
    {
        var counter = Leased(1000, 10_000);
        Beat(counter, 300, 1000);
        Use(100);
        Beat(counter, 300, 1000);
        counter.BeginFlush();
        Use(200);
        // The flush of the first hundred still runs.
        Beat(counter, 300, 1000, isWritten: false);
        Beat(counter, 300, 1000, isWritten: false);
        // It is over: the database has taken the hundred off the lease, and not yet the two hundred.
        Beat(counter, 300, 900);
        Assert.Equal(700, counter.FreeLease);
        counter.BeginFlush();
        Beat(counter, 300, 700);
        Assert.Equal(700, counter.FreeLease);
        // Nothing is on its way any more: what the database has is the lease.
        Beat(counter, 300, 650);
        Assert.Equal(650, counter.FreeLease);

        void Use(decimal amount)
        {
            Assert.True(counter.TryTake(amount, HoldMode.Hard, 10_000), "the lease has it");
            counter.Settle(amount, amount);
            counter.Closed(amount);
        }
    }

    // The gateway was cut off for a quarter of a minute; it is back, and asks for more while its beat is under way.
    [Fact]
    public void A_lease_that_was_reclaimed_gets_no_new_exposure_from_a_beat_in_the_middle_of_a_change()
    {
        var counter = Leased(20, 100);
        Beat(counter, 4, 20);
        Assert.True(counter.TryTake(4, HoldMode.Hard, 100), "the lease has it");
        counter.BeginChange();
        Beat(counter, 16, null);
        Assert.False(counter.TryTake(17, HoldMode.Hard, 100));
        Assert.False(counter.TryTake(16, HoldMode.Hard, 100), "another gateway may have it by now");
        counter.EndChange();
        Beat(counter, 0, null);
        Assert.False(counter.TryTake(1, HoldMode.Hard, 100), "nothing is left of the lease");
    }

    // What the ledger has written is known here as written only after whole beats.
    [Fact]
    public void What_was_settled_here_and_is_written_already_is_spent_once()
    {
        var counter = new BudgetCounter(default, inTokens: true, isShared: true);
        counter.Load(default, default);
        Assert.True(counter.TryTake(5, HoldMode.Count, 100));
        counter.Settle(5, 5);
        counter.Closed(5);
        Assert.Equal(5, counter.Now.Spent);
        counter.Refresh(new CounterValue(0, 5));
        Assert.Equal(5, counter.Now.Spent);
        Assert.True(counter.TryTake(4, HoldMode.Soft, 9), "it has as much left");
        counter.Undo(4);
        // Another gateway's come in with what is written, and so does what was taken back there.
        counter.Refresh(new CounterValue(0, 12));
        Assert.Equal(12, counter.Now.Spent);
        counter.Settle(0, 2);
        counter.Refresh(new CounterValue(0, 12));
        Assert.Equal(14, counter.Now.Spent);
        for (var i = 0; i < 3; i++)
        {
            counter.BeginFlush();
            Beat(counter, 0, null);
        }
        counter.Closed(2);
        counter.Refresh(new CounterValue(0, 14));
        Assert.Equal(14, counter.Now.Spent);
    }

    private static BudgetCounter Leased(decimal amount, decimal limit)
    {
        var counter = new BudgetCounter(default, inTokens: true, isShared: true);
        counter.Load(default, default);
        counter.Granted(new LeaseGrant(amount, 0, amount), limit);
        return counter;
    }

    /// <param name="left">The lease as the database has it; null = none.</param>
    private static void Beat(BudgetCounter counter, decimal need, decimal? left, bool isWritten = true)
    {
        counter.Need(need);
        counter.BeginBeat();
        counter.EndBeat(left, isWritten);
    }
}
