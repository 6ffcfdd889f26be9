using Npgsql;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Tests.Gateway.Metering.Budgets;

/// <summary>A call that the database keeps waiting: is it away, or only busy with others?</summary>
public sealed class LeaseQueueTests
{
    private const string Sessions = """{ "name": "each", "scope": "session", "period": "total", "limit": 1 }""";
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task While_the_database_answers_others_a_call_waits_and_is_not_refused()
    {
        var time = new ManualTime();
        var store = new QueueStore(time);
        await using var stage = BudgetStage.Of(Sessions, store, time);
        using var money = stage.Open(session: QueueStore.Waits, maxTokens: 100);
        var held = money.HoldAsync(stage.Target(), CancellationToken.None).AsTask();
        for (var second = 0; second < 8; second++)
        {
            using var other = stage.Open(session: "other " + second, maxTokens: 100);
            Assert.Null(await other.HoldAsync(stage.Target(), CancellationToken.None).AsTask().WaitAsync(s_bound, TestContext.Current.CancellationToken));
            time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.False(held.IsCompleted, "a call that only waits was ended");
        store.Answer();
        Assert.Null(await Until(held, time));
    }

    [Fact]
    public async Task A_database_that_answers_nobody_is_away_after_three_seconds()
    {
        var time = new ManualTime();
        var database = new LeaseDatabase(time);
        await using var stage = BudgetStage.Of(Sessions, new SimulatedStore(database, 1, isShared: true), time);
        Assert.Null(await stage.RunAsync(100, 10, session: "a", maxTokens: 10));
        database.Pause(true);
        using var money = stage.Open(session: "a", maxTokens: 8000);
        var held = money.HoldAsync(stage.Target(), CancellationToken.None).AsTask();
        time.Advance(BudgetLeases.Patience - TimeSpan.FromMilliseconds(10));
        Assert.False(held.IsCompleted, "the call was refused too early");
        time.Advance(TimeSpan.FromMilliseconds(10));
        var finding = await held.WaitAsync(s_bound, TestContext.Current.CancellationToken);
        database.Pause(false);
        Assert.Equal(GatewayErrorKind.Overloaded, finding!.Error.Kind);
    }

    // A connection of the pool that a restart of the server has ended, or a server that has none free for a moment.
    [Fact]
    public async Task A_question_that_fails_is_asked_again_while_there_is_patience()
    {
        var time = new ManualTime();
        var store = new QueueStore(time) { Failures = 3 };
        await using var stage = BudgetStage.Of(Sessions, store, time);
        using var money = stage.Open(session: "a", maxTokens: 100);
        Assert.Null(await Until(money.HoldAsync(stage.Target(), CancellationToken.None).AsTask(), time));
        Assert.Equal(0, store.Failures);
    }

    [Fact]
    public async Task One_that_only_fails_refuses_the_call_at_last()
    {
        var time = new ManualTime();
        var began = time.GetTimestamp();
        await using var stage = BudgetStage.Of(Sessions, new QueueStore(time) { Failures = int.MaxValue }, time);
        using var money = stage.Open(session: "a", maxTokens: 100);
        Assert.Equal(GatewayErrorKind.Overloaded, (await Until(money.HoldAsync(stage.Target(), CancellationToken.None).AsTask(), time))!.Error.Kind);
        // The upkeep is answered meanwhile: as long as in a queue.
        Assert.InRange(time.GetElapsedTime(began), BudgetLeases.Patience, BudgetLeases.Patience * 6);
    }

    [Fact]
    public async Task Nor_does_a_call_wait_for_ever()
    {
        var time = new ManualTime();
        await using var stage = BudgetStage.Of(Sessions, new QueueStore(time), time);
        using var money = stage.Open(session: QueueStore.Waits, maxTokens: 100);
        var held = money.HoldAsync(stage.Target(), CancellationToken.None).AsTask();
        var seconds = 0;
        for (; !held.IsCompleted && seconds < 60; seconds++)
        {
            using var other = stage.Open(session: "other " + seconds, maxTokens: 100);
            await other.HoldAsync(stage.Target(), CancellationToken.None).AsTask().WaitAsync(s_bound, TestContext.Current.CancellationToken);
            time.Advance(TimeSpan.FromSeconds(1));
            await SettleAsync(held);
        }
        Assert.InRange(seconds, 13, 30);
        Assert.Equal(GatewayErrorKind.Overloaded, (await held)!.Error.Kind);
    }

    // As a driver is whose server stands still: it wants to hear from the server that what it asked is off.
    [Fact]
    public async Task A_database_that_does_not_hear_of_the_end_of_patience_holds_nobody_longer()
    {
        var time = new ManualTime();
        var store = new QueueStore(time) { IsDeaf = true };
        await using var stage = BudgetStage.Of(Sessions, store, time);
        foreach (var session in (string[])[QueueStore.Waits, "unread " + QueueStore.Waits])
        {
            using var money = stage.Open(session: session, maxTokens: 100);
            var held = money.HoldAsync(stage.Target(), CancellationToken.None).AsTask();
            var seconds = 0;
            for (; !held.IsCompleted && seconds < 60; seconds++)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await SettleAsync(held);
            }
            Assert.InRange(seconds, 3, 30);
            Assert.Equal(GatewayErrorKind.Overloaded, (await held.WaitAsync(s_bound, TestContext.Current.CancellationToken))!.Error.Kind);
        }
        store.Answer();
        // What it answers at last comes over threads that the clock of this test does not wait for.
        for (var tries = 1; ; tries++)
        {
            using var later = stage.Open(session: QueueStore.Waits, maxTokens: 100);
            if (await Until(later.HoldAsync(stage.Target(), CancellationToken.None).AsTask(), time) is not { } finding) break;
            Assert.True(tries < 1000, finding.Error.Message);
        }
    }

    [Fact]
    public async Task Nor_does_it_hold_up_a_gateway_that_closes()
    {
        var time = new ManualTime();
        var store = new QueueStore(time) { IsMute = true };
        await using var stage = BudgetStage.Of(Sessions, store, time);
        using (var money = stage.Open(session: "a", maxTokens: 100)) Assert.Null(await Until(money.HoldAsync(stage.Target(), CancellationToken.None).AsTask(), time));
        // The upkeep is in the middle of giving back what rests.
        for (var step = 0; step < 1000 && !store.IsReturning; step++)
        {
            time.Advance(TimeSpan.FromMilliseconds(250));
            for (var i = 0; i < 100; i++) await Task.Yield();
        }
        Assert.True(store.IsReturning, "nothing is given back");
        var closing = stage.Budgets.DisposeAsync().AsTask();
        for (var second = 0; second < 5; second++)
        {
            Assert.False(closing.IsCompleted && second < 2, "it was not waited for");
            time.Advance(TimeSpan.FromSeconds(1));
            await SettleAsync(closing);
        }
        await closing.WaitAsync(s_bound, TestContext.Current.CancellationToken);
        store.Answer();
    }

    // The loop waits on the clock between its tries.
    private static async Task<BudgetFinding?> Until(Task<BudgetFinding?> held, ManualTime time)
    {
        while (!held.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await SettleAsync(held);
        }
        return await held;
    }

    // What a timer ended or a store answered may still be on its way through the thread pool: the clock must not run ahead of it.
    private static async Task SettleAsync(Task held)
    {
        for (var i = 0; i < 1000 && !held.IsCompleted; i++) await Task.Yield();
    }

    /// <summary>Leases for everybody at once but for one session.</summary>
    private sealed class QueueStore(TimeProvider time) : ICounterStore
    {
        public const string Waits = "waits";

        private readonly SimulatedStore _store = new(new LeaseDatabase(time), 1, isShared: true);
        private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>It answers nobody, and what is asked does not end because nobody wants it any more.</summary>
        public bool IsDeaf { get; init; }

        /// <summary>What is given back is taken without an answer.</summary>
        public bool IsMute { get; init; }

        /// <summary>So many questions for a lease fail.</summary>
        public int Failures { get; set; }

        public bool IsReturning { get; private set; }

        public bool IsShared => true;

        public string? WhyNotAccepting => null;

        public void Answer() => _answer.SetResult();

        public void Opened(LedgerOpening opening) => _store.Opened(opening);

        public async ValueTask<CounterValue> ReadCounterAsync(CounterKey key, CancellationToken cancel)
        {
            if (IsDeaf) await _answer.Task.WaitAsync(cancel);
            return await _store.ReadCounterAsync(key, cancel);
        }

        public async ValueTask<(CounterValue Counter, CounterValue Rows)> ReadWithRowsAsync(CounterKey key, CounterScope scope, DateTimeOffset from, CancellationToken cancel)
        {
            if (key.Subject.Contains("unread", StringComparison.Ordinal)) await _answer.Task;
            return await _store.ReadWithRowsAsync(key, scope, from, cancel);
        }

        public async ValueTask<LeaseGrant> LeaseAsync(CounterKey key, LeaseWish wish, CancellationToken cancel)
        {
            if (Failures > 0)
            {
                Failures--;
                throw new NpgsqlException("the connection was ended");
            }
            if (key.Subject.Contains(Waits, StringComparison.Ordinal)) await _answer.Task.WaitAsync(IsDeaf ? CancellationToken.None : cancel);
            return await _store.LeaseAsync(key, wish, cancel);
        }

        public async ValueTask ReturnLeaseAsync(CounterKey key, decimal amount, CancellationToken cancel)
        {
            IsReturning = true;
            if (IsMute) await _answer.Task;
            await _store.ReturnLeaseAsync(key, amount, cancel);
        }

        public ValueTask<IReadOnlyList<LeaseLeft>> HeartbeatAsync(IReadOnlyCollection<LeaseExposure> exposures, CancellationToken cancel) => _store.HeartbeatAsync(exposures, cancel);

        public Task FlushAsync() => _store.FlushAsync();
    }
}
