using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Tests.Gateway.Metering.Budgets;

/// <summary>How counters come and go: used while they are forgotten, read by some who leave and some who stay.</summary>
public sealed class CounterLifeTests
{
    private const string Budget = """{ "name": "b", "scope": "session", "period": "total", "limit": 1 }""";
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);
    private readonly ManualTime _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_uses_a_counter_while_it_is_forgotten_has_the_one_that_the_others_have()
    {
        await using var stage = BudgetStage.Of(Budget, time: _time);
        var (rule, rest) = (Assert.Single(stage.Budgets.PlanOf(stage.State.Config).Rules), TimeSpan.FromSeconds(30));
        var forgotten = 0;
        var before = stage.Budgets.CounterOf(rule, "s", _time.GetUtcNow());
        for (var round = 0; round < 3000; round++)
        {
            // From here on it may be forgotten, until somebody uses it.
            _time.Advance(rest);
            var now = _time.GetUtcNow();
            var used = new BudgetCounter[2];
            Parallel.Invoke(
                () => stage.Budgets.Forget(rest),
                () => used[0] = stage.Budgets.CounterOf(rule, "s", now),
                () => used[1] = stage.Budgets.CounterOf(rule, "s", now));
            var known = stage.Budgets.CounterOf(rule, "s", now);
            Assert.Same(known, used[0]);
            Assert.Same(known, used[1]);
            Assert.True(stage.Budgets.Knows(known.Key));
            if (!ReferenceEquals(known, before)) forgotten++;
            before = known;
        }
        // Or nothing raced.
        Assert.InRange(forgotten, 1, 3000);
    }

    [Fact]
    public async Task What_is_reserved_or_in_use_is_not_forgotten_and_what_was_is_not_used_again()
    {
        await using var stage = BudgetStage.Of(Budget, time: _time);
        using var money = stage.Open(session: "s", maxTokens: 100);
        Assert.Null(await money.HoldAsync(stage.Target(), Cancel));
        var counter = Assert.Single(stage.Budgets.Counters);
        _time.Advance(TimeSpan.FromHours(1));
        stage.Budgets.Forget();
        Assert.Same(counter, Assert.Single(stage.Budgets.Counters));
        stage.End(money, 100, 10);
        money.Dispose();
        stage.Budgets.Forget();
        Assert.Empty(stage.Budgets.Counters);
        Assert.False(counter.TryUse(_time.GetUtcNow()));
        Assert.NotSame(counter, stage.Budgets.CounterOf(Assert.Single(stage.Budgets.PlanOf(stage.State.Config).Rules), counter.Key.Subject, _time.GetUtcNow()));
    }

    [Fact]
    public async Task Askers_share_one_reading_and_one_who_leaves_takes_it_from_nobody()
    {
        var store = new GatedStore(new SimulatedStore(new LeaseDatabase(_time), 1, isShared: false));
        await using var stage = BudgetStage.Of(Budget, store, _time);
        using var leaving = new CancellationTokenSource();
        using var first = stage.Open(session: "s", maxTokens: 100);
        using var second = stage.Open(session: "s", maxTokens: 100);
        var left = first.HoldAsync(stage.Target(), leaving.Token).AsTask();
        var stays = second.HoldAsync(stage.Target(), Cancel).AsTask();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left.WaitAsync(s_bound, Cancel));
        Assert.False(stays.IsCompleted);
        store.Open();
        Assert.Null(await stays.WaitAsync(s_bound, Cancel));
        Assert.Equal(1, store.Reads);
    }

    [Fact]
    public async Task A_reading_that_failed_when_nobody_waited_any_more_is_not_the_next_askers_answer()
    {
        var store = new GatedStore(new SimulatedStore(new LeaseDatabase(_time), 1, isShared: false)) { Fails = true };
        await using var stage = BudgetStage.Of(Budget, store, _time);
        using var leaving = new CancellationTokenSource();
        using var first = stage.Open(session: "s", maxTokens: 100);
        var left = first.HoldAsync(stage.Target(), leaving.Token).AsTask();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left.WaitAsync(s_bound, Cancel));
        // It ends with a failure; from now on the database answers.
        store.Open();
        using var second = stage.Open(session: "s", maxTokens: 100);
        Assert.Null(await second.HoldAsync(stage.Target(), Cancel).AsTask().WaitAsync(s_bound, Cancel));
        Assert.Equal(2, store.Reads);
    }

    [Fact]
    public async Task Who_waited_for_a_reading_that_failed_is_told_and_the_next_reads_anew()
    {
        var store = new GatedStore(new SimulatedStore(new LeaseDatabase(_time), 1, isShared: false)) { Fails = true };
        await using var stage = BudgetStage.Of(Budget, store, _time);
        using var first = stage.Open(session: "s", maxTokens: 100);
        var waits = first.HoldAsync(stage.Target(), Cancel).AsTask();
        store.Open();
        Assert.Contains("what is spent cannot be read from the ledger", (await waits.WaitAsync(s_bound, Cancel))!.Error.Message, StringComparison.Ordinal);
        using var second = stage.Open(session: "s", maxTokens: 100);
        Assert.Null(await second.HoldAsync(stage.Target(), Cancel).AsTask().WaitAsync(s_bound, Cancel));
    }

    [Fact]
    public async Task A_sum_that_takes_long_goes_on_while_askers_are_told_so_and_holds_the_budget_in_the_end()
    {
        var store = new GatedStore(new SimulatedStore(new LeaseDatabase(_time), 1, isShared: true)) { IsSlow = true };
        await using var stage = BudgetStage.Of(Budget, store, _time);
        // The first is given up by the time that its asker is.
        Assert.NotNull(await AskAsync(stage));
        while (store.Reads < 2) Assert.NotNull(await AskAsync(stage));
        Assert.Contains("what was spent is still being summed from the ledger", await AskAsync(stage), StringComparison.Ordinal);
        store.Open();
        for (var i = 0; i < 100 && await AskAsync(stage) is not null; i++) await Task.Yield();
        Assert.Null(await AskAsync(stage));
        Assert.Equal(2, store.Reads);
    }

    [Fact]
    public async Task What_all_have_spent_is_summed_before_anyone_asks_and_is_told_as_long_as_it_takes()
    {
        var store = new GatedStore(new SimulatedStore(new LeaseDatabase(_time), 1, isShared: true)) { IsSlow = true };
        await using var stage = BudgetStage.Of("""{ "scope": "gateway", "limit": 1 }, { "scope": "session", "limit": 1 }, { "scope": "gateway", "limit": 1, "action": "warn" }""", store, _time);
        stage.Budgets.PlanOf(stage.State.Config);
        Assert.False(stage.Budgets.IsSumming);
        var summing = stage.Budgets.SumAsync();
        Assert.Equal((1, true), (store.Reads, stage.Budgets.IsSumming));
        Assert.Equal(["ledger: summing what was spent"], Readiness.Of(isDraining: false, LedgerState.InMemory().Facts with { IsOpen = true }, isFull: false, needsLedger: true, isSumming: true).Failing);
        store.Open();
        await summing.WaitAsync(s_bound, Cancel);
        Assert.False(stage.Budgets.IsSumming);
    }

    // Time goes on as long as it waits.
    private async Task<string?> AskAsync(BudgetStage stage)
    {
        using var money = stage.Open(session: "s", maxTokens: 100);
        var asked = money.HoldAsync(stage.Target(), Cancel).AsTask();
        for (var i = 0; i < 3 && !asked.IsCompleted; i++) _time.Advance(TimeSpan.FromSeconds(1));
        return (await asked.WaitAsync(s_bound, Cancel))?.Error.Message;
    }

    /// <summary>The first reading waits until it is opened, and then may fail; every later one is answered.</summary>
    private sealed class GatedStore(SimulatedStore store) : ICounterStore
    {
        private readonly TaskCompletionSource _gate = new();

        public bool Fails { get; init; }

        /// <summary>All readings wait, as long as they are let.</summary>
        public bool IsSlow { get; init; }

        public int Reads { get; private set; }

        public bool IsShared => false;

        public string? WhyNotAccepting => null;

        public void Open() => _gate.SetResult();

        public void Opened(LedgerOpening opening) => store.Opened(opening);

        public ValueTask<CounterValue> ReadCounterAsync(CounterKey key, CancellationToken cancel) => store.ReadCounterAsync(key, cancel);

        public async ValueTask<(CounterValue Counter, CounterValue Rows)> ReadWithRowsAsync(CounterKey key, CounterScope scope, DateTimeOffset from, CancellationToken cancel)
        {
            ++Reads;
            if (IsSlow) await _gate.Task.WaitAsync(cancel);
            else if (Reads == 1)
            {
                await _gate.Task;
                if (Fails) throw new IOException("the connection broke");
            }
            return await store.ReadWithRowsAsync(key, scope, from, cancel);
        }

        public ValueTask<LeaseGrant> LeaseAsync(CounterKey key, LeaseWish wish, CancellationToken cancel) => store.LeaseAsync(key, wish, cancel);

        public ValueTask ReturnLeaseAsync(CounterKey key, decimal amount, CancellationToken cancel) => store.ReturnLeaseAsync(key, amount, cancel);

        public ValueTask<IReadOnlyList<LeaseLeft>> HeartbeatAsync(IReadOnlyCollection<LeaseExposure> exposures, CancellationToken cancel) => store.HeartbeatAsync(exposures, cancel);

        public Task FlushAsync() => store.FlushAsync();
    }
}
