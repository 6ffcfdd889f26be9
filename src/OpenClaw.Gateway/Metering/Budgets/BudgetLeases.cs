using System.Data.Common;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Gateway.Metering.Budgets;

/// <summary>What came of asking for a part of a shared budget.</summary>
internal enum LeaseAnswer
{
    /// <summary>Something changed: try again.</summary>
    TryAgain,

    /// <summary>The budget has not enough left, or other gateways held on to it for too long.</summary>
    UsedUp,

    /// <summary>The database did not answer in time.</summary>
    Away,
}

/// <summary>
/// This gateway's parts of budgets that several gateways share (docs/adr/0012-leases.md): asked for ahead of need, given back
/// when they rest, kept alive, and their exposure told to the database before it is taken. Thread-safe.
/// </summary>
internal sealed class BudgetLeases : IAsyncDisposable
{
    /// <summary>How long a request waits for the database, or for what other gateways do not use.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    // How much longer a request waits while the database answers others: there is a queue, and no reason to refuse.
    private static readonly TimeSpan s_queue = TimeSpan.FromSeconds(12);

    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_beat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_again = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_read = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_closeTime = TimeSpan.FromSeconds(2);

    private readonly ICounterStore _store;
    private readonly BudgetState _budgets;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _beating = new(1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _starting = new();
    private Task? _upkeep;
    private long _asked;
    private long _begun;
    private long _answered;
    private long? _beatAt;
    private Task _flushed = Task.CompletedTask;
    private long? _forgotAt;

    public BudgetLeases(ICounterStore store, BudgetState budgets, TimeProvider time) => (_store, _budgets, _time) = (store, budgets, time);

    /// <summary>
    /// Begins to look after the counters. The first counter of a shared database begins it, whether or not it is ever leased:
    /// a budget that only warns or downgrades must hear what other gateways spend, too.
    /// </summary>
    public void Start()
    {
        if (_upkeep is not null) return;
        lock (_starting) _upkeep ??= UpkeepAsync();
    }

    /// <summary>Asks the database so that the shortage can be held; waits a moment where other gateways hold what they do not use.</summary>
    /// <param name="since">When patience began, as <see cref="TimeProvider.GetTimestamp"/> has it: whatever the wall clock does meanwhile.</param>
    public async ValueTask<LeaseAnswer> AskAsync(BudgetShortage shortage, long since, CancellationToken cancel)
    {
        Start();
        var left = LeftSince(since);
        if (left <= TimeSpan.Zero)
        {
            // Out of patience: with a database that says there is nothing, or with one that says nothing.
            if (shortage.Counter.NothingSince is { } nothing && _time.GetElapsedTime(nothing) < s_again + s_beat) return LeaseAnswer.UsedUp;
            if (!IsBusy(since)) return LeaseAnswer.Away;
            left = Patience;
        }
        var asking = AskWithinAsync(shortage, since, left, cancel);
        try
        {
            // By a clock of its own: a driver whose server hangs may not end for half a minute after it was told to. What comes of it
            // then is found by the next who looks.
            return await asking.WaitAsync(left, _time, cancel).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return IsBusy(since) ? LeaseAnswer.TryAgain : LeaseAnswer.Away;
        }
    }

    /// <summary>Asks ahead of need; what comes of it is found by the next who looks.</summary>
    public async Task AskAheadAsync(BudgetShortage shortage) => await AskAsync(shortage, _time.GetTimestamp(), CancellationToken.None).ConfigureAwait(false);

    public async ValueTask DisposeAsync()
    {
        // By a clock of its own, as in AskAsync: already the cancelling waits for the driver. What goes on after it holds nothing that would have to be closed.
        await Task.WhenAll(_stop.CancelAsync(), _upkeep ?? Task.CompletedTask).WaitAsync(s_closeTime, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await GiveAllBackAsync().WaitAsync(s_closeTime, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task GiveAllBackAsync()
    {
        using var enough = new CancellationTokenSource(s_closeTime, _time);
        try
        {
            foreach (var counter in _budgets.Counters) await GiveBackAsync(counter, enough.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The database is away: it takes the leases back when they are not kept alive.
        }
    }

    private async Task<LeaseAnswer> AskWithinAsync(BudgetShortage shortage, long since, TimeSpan left, CancellationToken cancel)
    {
        using var clock = new CancellationTokenSource(left, _time);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancel);
        try
        {
            return await AskOnceAsync(shortage, since, enough.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested && e is not OutOfMemoryException)
        {
            if (clock.IsCancellationRequested) return IsBusy(since) ? LeaseAnswer.TryAgain : LeaseAnswer.Away;
            if (e is not DbException) return LeaseAnswer.Away;
        }
        // A pooled connection that a restart has ended, or no connection free for one more: while there is patience that is no answer.
        try
        {
            await Task.Delay(s_again, _time, enough.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // The next question finds no patience left.
        }
        return LeaseAnswer.TryAgain;
    }

    private async ValueTask<LeaseAnswer> AskOnceAsync(BudgetShortage shortage, long since, CancellationToken cancel)
    {
        var (counter, limit) = (shortage.Counter, shortage.Hold.Limit);
        // Spent only grows, but for what is presumed of a gateway that comes back: what it does not leave room for need not be asked.
        if (counter.SpentAtLeast + shortage.Least > limit && counter.FreeLease < shortage.Least && Rested(counter.ReadAt) < s_read) return LeaseAnswer.UsedUp;
        if (counter.NothingSince is { } nothing && _time.GetElapsedTime(nothing) < s_again)
        {
            if (LeftSince(since) <= s_again) return LeaseAnswer.UsedUp;
            await Task.Delay(s_again, _time, cancel).ConfigureAwait(false);
            return LeaseAnswer.TryAgain;
        }
        await counter.Gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (counter.WishFor(shortage.Need, shortage.Least, limit) is { } wish)
            {
                var grant = await LeaseAsync(counter, wish, limit, cancel).ConfigureAwait(false);
                counter.ReadAt = _time.GetTimestamp();
                if (grant.Granted > 0) counter.GrantedAt = counter.ReadAt;
                else
                {
                    counter.NothingSince = _time.GetTimestamp();
                    return wish.Limit - grant.Spent < shortage.Least ? LeaseAnswer.UsedUp : LeaseAnswer.TryAgain;
                }
            }
        }
        finally
        {
            counter.Gate.Release();
        }
        counter.Need(shortage.Need);
        await BeatAsync(cancel).ConfigureAwait(false);
        return LeaseAnswer.TryAgain;
    }

    // The database has not answered this request in time, and others it has.
    private bool IsBusy(long since) =>
        Interlocked.Read(ref _answered) is > 0 and var last && _time.GetElapsedTime(last) < Patience && -LeftSince(since) < s_queue;

    private TimeSpan LeftSince(long since) => Patience - _time.GetElapsedTime(since);

    // Never: longer ago than anybody asks.
    private TimeSpan Rested(long? since) => since is { } at ? _time.GetElapsedTime(at) : TimeSpan.MaxValue;

    // One beat at a time. Whoever asks while one is under way needs the next one, together with all who asked meanwhile.
    private async Task BeatAsync(CancellationToken cancel)
    {
        var mine = Interlocked.Increment(ref _asked);
        await _beating.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_begun >= mine) return;
            _begun = Interlocked.Read(ref _asked);
            _beatAt = _time.GetTimestamp();
            var leased = _budgets.Counters.Where(static c => c.IsLeased).ToList();
            if (leased.Count == 0) return;
            var exposures = leased.ConvertAll(static c => c.BeginBeat());
            // Asked before the leases are read: a charge that is written between the two must not look like a lease that is free.
            var isWritten = _flushed.IsCompletedSuccessfully;
            var left = await _store.HeartbeatAsync(exposures, cancel).ConfigureAwait(false);
            Answered();
            var byKey = new Dictionary<CounterKey, decimal>(left.Count);
            foreach (var lease in left) byKey[lease.Counter] = lease.Amount;
            foreach (var counter in leased) counter.EndBeat(byKey.TryGetValue(counter.Key, out var amount) ? amount : null, isWritten);
            // What was counted as settled by now leaves the exposure once it is written, and not before; what comes while this
            // flush runs waits for the next one, which begins when a beat has seen the end of this.
            if (isWritten || _flushed is { IsCompleted: true, IsCompletedSuccessfully: false })
            {
                foreach (var counter in leased) counter.BeginFlush();
                _flushed = _store.FlushAsync();
            }
            // Left by an earlier run, or of a counter that was forgotten.
            foreach (var lease in left)
            {
                if (lease.Amount > 0 && !_budgets.Knows(lease.Counter)) await _store.ReturnLeaseAsync(lease.Counter, lease.Amount, cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            _beating.Release();
        }
    }

    private void Answered() => Interlocked.Exchange(ref _answered, _time.GetTimestamp());

    private async Task UpkeepAsync()
    {
        var last = _time.GetTimestamp();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(s_step, _time, _stop.Token).ConfigureAwait(false);
                var passed = _time.GetElapsedTime(last);
                last = _time.GetTimestamp();
                using var clock = new CancellationTokenSource(TimeSpan.FromSeconds(5), _time);
                using var enough = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, _stop.Token);
                foreach (var counter in _budgets.Counters) await TendAsync(counter, passed, enough.Token).ConfigureAwait(false);
                if (_beatAt is not { } beat || _time.GetElapsedTime(beat) >= s_beat) await BeatAsync(enough.Token).ConfigureAwait(false);
                if (_forgotAt is not { } forgot || _time.GetElapsedTime(forgot) > TimeSpan.FromMinutes(1))
                {
                    _forgotAt = _time.GetTimestamp();
                    _budgets.Forget();
                }
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // The database is away, or the gateway ends: requests hear of the one, the loop's condition of the other.
            }
        }
    }

    private async ValueTask TendAsync(BudgetCounter counter, TimeSpan passed, CancellationToken cancel)
    {
        if (counter.Rule is not { } rule || !counter.IsLoaded) return;
        var rate = counter.Tick(passed);
        var isUsed = (_time.GetUtcNow() - counter.UsedAt).Duration() < s_rest;
        if (isUsed && Rested(counter.ReadAt) > (counter.Now.Spent > rule.Limit * 0.8m ? s_step * 2 : s_read))
        {
            counter.ReadAt = _time.GetTimestamp();
            var value = await _store.ReadCounterAsync(counter.Key, cancel).ConfigureAwait(false);
            Answered();
            _budgets.Seen(rule, counter, value);
        }
        if (rule.Action != BudgetAction.Block) return;
        var free = counter.FreeLease;
        if (free <= 0) return;
        // Little is left for all: what is free here is what another gateway waits for.
        var isScarce = free > counter.Unleased / 16;
        if (isScarce || !isUsed)
        {
            // What was just granted is about to be taken by whoever asked for it.
            if (Rested(counter.GrantedAt) >= s_step) await GiveBackAsync(counter, cancel).ConfigureAwait(false);
        }
        else if (rate > 0 && free < rate) await RenewAsync(counter, rule, rate, cancel).ConfigureAwait(false);
    }

    // Before it is used up, so that no request waits.
    private async ValueTask RenewAsync(BudgetCounter counter, BudgetRule rule, decimal rate, CancellationToken cancel)
    {
        if (!await counter.Gate.WaitAsync(0, cancel).ConfigureAwait(false)) return;
        try
        {
            if (counter.WishFor(Math.Min(rate * 2, counter.Unleased / 8), 0, rule.Limit) is not { } wish) return;
            await LeaseAsync(counter, wish, rule.Limit, cancel).ConfigureAwait(false);
            await BeatAsync(cancel).ConfigureAwait(false);
        }
        finally
        {
            counter.Gate.Release();
        }
    }

    private async ValueTask GiveBackAsync(BudgetCounter counter, CancellationToken cancel)
    {
        counter.BeginChange();
        try
        {
            var amount = counter.TakeBack();
            if (amount > 0) await _store.ReturnLeaseAsync(counter.Key, amount, cancel).ConfigureAwait(false);
        }
        finally
        {
            counter.EndChange();
        }
    }

    private async ValueTask<LeaseGrant> LeaseAsync(BudgetCounter counter, LeaseWish wish, decimal limit, CancellationToken cancel)
    {
        counter.BeginChange();
        try
        {
            var grant = await _store.LeaseAsync(counter.Key, wish, cancel).ConfigureAwait(false);
            Answered();
            counter.Granted(grant, limit);
            return grant;
        }
        finally
        {
            counter.EndChange();
        }
    }
}
