using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Tests.Gateway.Metering.Budgets;

/// <summary>Budgets of a configuration that changes while requests run.</summary>
public sealed class ChangedBudgetTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1", "0.04", 2100, 4000)]
    [InlineData("0.085", "1", 20_000, 20_000)]
    [InlineData("0.085", "0.085", 5000, 8500)]
    public async Task A_limit_that_is_changed_holds_for_the_stream_that_is_under_way(string before, string after, int least, int most)
    {
        await using var stage = BudgetStage.Of(Budget(before));
        using var money = stage.Open(stream: true);
        Assert.Null(await money.HoldAsync(stage.Target("p/big"), Cancel));
        stage.Reload(Budget(after));
        stage.Budgets.PlanOf(stage.State.Config);
        var tokens = 0;
        while (tokens < 20_000 && await money.MayGoOnAsync((tokens + 1) * 4, tokens + 1)) tokens++;
        Assert.InRange(tokens, least, most);
    }

    [Fact]
    public async Task A_request_that_began_earlier_does_not_bring_the_old_limit_back()
    {
        await using var stage = BudgetStage.Of(Budget("1"));
        var old = stage.State.Config;
        stage.Budgets.PlanOf(old);
        stage.Reload(Budget("2"));
        Assert.Null(await stage.RunAsync(100, 10));
        using var late = stage.Budgets.Open(old, new RequestFacts("late", "owner", null, null, [], "chat", 100, 10, false, null));
        Assert.Null(await late.HoldAsync(stage.Target(), Cancel));
        Assert.Equal(2, Assert.Single(stage.Budgets.Counters).Rule!.Limit);
    }

    [Fact]
    public async Task Rows_are_read_again_when_the_budgets_change_and_when_a_request_of_earlier_ones_ends_and_not_without_need()
    {
        var store = new RowsStore();
        await using var stage = BudgetStage.Of(Budget("1"), store);
        Assert.Null(await stage.RunAsync(100, 10));
        Assert.Null(await stage.RunAsync(100, 10));
        Assert.Equal((1, 0), (store.Reads, store.Flushes));
        // Another limit is no other budget.
        stage.Reload(Budget("2"));
        Assert.Null(await stage.RunAsync(100, 10));
        Assert.Equal(1, store.Reads);
        using (var early = stage.Open(maxTokens: 10))
        {
            Assert.Null(await early.HoldAsync(stage.Target(), Cancel));
            stage.Reload(Budget("2") + """, { "name": "c", "scope": "client", "limit": 1 }""");
            Assert.Null(await stage.RunAsync(100, 10));
            Assert.Equal((3, 1), (store.Reads, store.Flushes));
        }
        Assert.Null(await stage.RunAsync(100, 10));
        Assert.Null(await stage.RunAsync(100, 10));
        Assert.Equal((5, 2), (store.Reads, store.Flushes));
    }

    [Fact]
    public async Task What_ends_while_rows_are_read_is_for_the_next_to_read()
    {
        var store = new RowsStore();
        await using var stage = BudgetStage.Of(Budget("1"), store);
        using var early = stage.Open(maxTokens: 10);
        using var earlier = stage.Open(maxTokens: 10);
        Assert.Null(await early.HoldAsync(stage.Target(), Cancel));
        Assert.Null(await earlier.HoldAsync(stage.Target(), Cancel));
        stage.Reload(Budget("1") + """, { "name": "c", "scope": "client", "limit": 1 }""");
        store.WhileReading = early.Dispose;
        Assert.Null(await stage.RunAsync(100, 10));
        var reads = store.Reads;
        store.WhileReading = earlier.Dispose;
        Assert.Null(await stage.RunAsync(100, 10));
        Assert.True(store.Reads > reads, "what ended meanwhile is not read");
    }

    [Fact]
    public async Task What_the_rows_have_beyond_the_counter_is_spent_and_what_was_is_not_forgotten_with_them()
    {
        var store = new RowsStore();
        await using var stage = BudgetStage.Of(Budget("1"), store);
        Assert.Null(await stage.RunAsync(100_000, 0));
        foreach (var (rows, spent) in ((decimal, decimal)[])[(0.4m, 0.5m), (0.3m, 0.5m), (0.8m, 0.9m)])
        {
            store.Rows = rows;
            stage.Reload("""{ "name": "other", "scope": "gateway", "limit": 9 }""");
            stage.Budgets.PlanOf(stage.State.Config);
            stage.Reload(Budget("1"));
            Assert.Null(await stage.RunAsync(0, 0, maxTokens: 1));
            Assert.Equal(spent, stage.Standing().Spent);
        }
        Assert.NotNull(await stage.RunAsync(200_000, 0));
    }

    [Fact]
    public async Task A_hard_budget_waits_for_rows_that_cannot_be_read_and_refuses()
    {
        var store = new RowsStore();
        await using var stage = BudgetStage.Of(Budget("1"), store);
        Assert.Null(await stage.RunAsync(100, 10));
        stage.Reload("");
        stage.Budgets.PlanOf(stage.State.Config);
        stage.Reload(Budget("1"));
        store.Fails = true;
        Assert.Contains("what is spent cannot be read from the ledger", (await stage.RunAsync(100, 10))!.Error.Message, StringComparison.Ordinal);
        store.Fails = false;
        Assert.Null(await stage.RunAsync(100, 10));
    }

    [Fact]
    public async Task Gateways_hear_of_each_other_s_budgets()
    {
        var (one, two) = (new BudgetStrays(), new BudgetStrays());
        var (with, without) = (await PlanAsync(Budget("1")), await PlanAsync(""));
        one.Adopt(with, isFirst: true);
        two.Adopt(without, isFirst: true);
        // While they differ each sign of life may have brought rows.
        one.Heard("two", two.Word);
        one.Heard("two", two.Word);
        Assert.Equal(2, one.Count.Foreign);
        // It changed: its last rows may have come before. From then on they are charged.
        two.Adopt(await PlanAsync(Budget("7")), isFirst: false);
        for (var i = 0; i < 3; i++) one.Heard("two", two.Word);
        Assert.Equal(3, one.Count.Foreign);
        // A request that had begun before the change has ended there.
        two.Ended(without);
        for (var i = 0; i < 3; i++) one.Heard("two", two.Word);
        Assert.Equal(4, one.Count.Foreign);
        one.Gone("two");
        Assert.Equal(4, one.Count.Foreign);
        // One that says nothing of budgets (an earlier version) may lack any.
        for (var i = 0; i < 3; i++) one.Heard("three", null);
        one.Gone("three");
        Assert.Equal((8, 0), (one.Count.Foreign, one.Count.Own));
    }

    private static async Task<BudgetPlan> PlanAsync(string budgets)
    {
        await using var stage = BudgetStage.Of(budgets);
        return BudgetPlan.Of(stage.State.Config);
    }

    private static string Budget(string limit) => $$"""{ "name": "b", "scope": "gateway", "period": "total", "limit": {{limit}} }""";

    /// <summary>A ledger whose rows a test makes up; nothing is ever written.</summary>
    private sealed class RowsStore : ICounterStore
    {
        public decimal Rows { get; set; }

        public bool Fails { get; set; }

        public Action WhileReading { get; set; } = static () => { };

        public int Reads { get; private set; }

        public int Flushes { get; private set; }

        public bool IsShared => false;

        public string? WhyNotAccepting => null;

        public void Opened(LedgerOpening opening)
        {
        }

        public ValueTask<CounterValue> ReadCounterAsync(CounterKey key, CancellationToken cancel) => default;

        public ValueTask<(CounterValue Counter, CounterValue Rows)> ReadWithRowsAsync(CounterKey key, CounterScope scope, DateTimeOffset from, CancellationToken cancel)
        {
            if (Fails) throw new IOException("away");
            Reads++;
            WhileReading();
            return new((default, new CounterValue(Rows, 0)));
        }

        public ValueTask<LeaseGrant> LeaseAsync(CounterKey key, LeaseWish wish, CancellationToken cancel) => throw new InvalidOperationException("not shared");

        public ValueTask ReturnLeaseAsync(CounterKey key, decimal amount, CancellationToken cancel) => throw new InvalidOperationException("not shared");

        public ValueTask<IReadOnlyList<LeaseLeft>> HeartbeatAsync(IReadOnlyCollection<LeaseExposure> exposures, CancellationToken cancel) => throw new InvalidOperationException("not shared");

        public Task FlushAsync()
        {
            Flushes++;
            return Task.CompletedTask;
        }
    }
}
