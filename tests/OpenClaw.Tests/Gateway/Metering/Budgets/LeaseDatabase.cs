using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Tests.Gateway.Metering.Budgets;

/// <summary>
/// What several gateways share, by the rules of the ledger: counters, leases that never exceed what is left together with them,
/// exposures that count as spent when their gateway is silent for 15 seconds. It can be paused.
/// </summary>
internal sealed class LeaseDatabase(TimeProvider time)
{
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(15);
    private readonly Lock _lock = new();
    private readonly Dictionary<CounterKey, CounterValue> _counters = [];
    private readonly Dictionary<(int Gateway, CounterKey Key), Lease> _leases = [];
    private readonly Dictionary<(int Gateway, CounterKey Key), decimal> _presumed = [];
    private TaskCompletionSource _open = Done();

    public bool IsPaused { get; private set; }

    /// <summary>Unspent parts of all leases.</summary>
    public decimal Leased
    {
        get { lock (_lock) return _leases.Values.Sum(static l => l.Amount); }
    }

    public decimal Presumed
    {
        get { lock (_lock) return _presumed.Values.Sum(); }
    }

    public void Pause(bool paused)
    {
        IsPaused = paused;
        if (paused) _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        else _open.TrySetResult();
    }

    public Task OpenAsync(CancellationToken cancel) => _open.Task.WaitAsync(cancel);

    public CounterValue Read(CounterKey key)
    {
        lock (_lock)
        {
            var value = _counters.GetValueOrDefault(key);
            foreach (var (whose, amount) in _presumed)
            {
                if (whose.Key == key) value += key.Budget.Contains("/tokens", StringComparison.Ordinal) ? new CounterValue(0, (long)amount) : new CounterValue(amount, 0);
            }
            return value;
        }
    }

    /// <summary>What was charged, without what is presumed.</summary>
    public CounterValue Charged(CounterKey key)
    {
        lock (_lock) return _counters.GetValueOrDefault(key);
    }

    public void Charge(int gateway, IEnumerable<LedgerCharge> charges)
    {
        lock (_lock)
        {
            foreach (var charge in charges)
            {
                _counters[charge.Counter] = _counters.GetValueOrDefault(charge.Counter) + new CounterValue(charge.Usd, charge.Tokens);
                if (!_leases.TryGetValue((gateway, charge.Counter), out var lease)) continue;
                lease.Amount = Math.Max(0, lease.Amount - (lease.Unit == LeaseUnit.Usd ? charge.Usd : charge.Tokens));
            }
        }
    }

    /// <summary>The gateway's journal has been read: nothing need be presumed any more.</summary>
    public void JournalRead(int gateway)
    {
        lock (_lock)
        {
            foreach (var key in _presumed.Keys.Where(k => k.Gateway == gateway).ToList()) _presumed.Remove(key);
            foreach (var key in _leases.Keys.Where(k => k.Gateway == gateway).ToList()) _leases.Remove(key);
        }
    }

    public LeaseGrant Grant(int gateway, CounterKey key, LeaseWish wish)
    {
        lock (_lock)
        {
            Reclaim();
            var value = Read(key);
            var spent = wish.Unit == LeaseUnit.Usd ? value.Usd : value.Tokens;
            var leased = _leases.Where(l => l.Key.Key == key).Sum(static l => l.Value.Amount);
            var granted = Math.Min(wish.Want, wish.Limit - spent - leased);
            if (granted < wish.Least || granted <= 0) return new LeaseGrant(0, spent, leased);
            if (!_leases.TryGetValue((gateway, key), out var lease)) _leases[(gateway, key)] = lease = new Lease(wish.Unit);
            lease.Amount += granted;
            lease.BeatAt = time.GetUtcNow();
            Assert.True(spent + leased + granted <= wish.Limit, "the database granted more than there is");
            return new LeaseGrant(granted, spent, leased + granted);
        }
    }

    public void Return(int gateway, CounterKey key, decimal amount)
    {
        lock (_lock)
        {
            if (_leases.TryGetValue((gateway, key), out var lease)) lease.Amount = Math.Max(0, lease.Amount - amount);
        }
    }

    public IReadOnlyList<LeaseLeft> Beat(int gateway, IReadOnlyCollection<LeaseExposure> exposures)
    {
        lock (_lock)
        {
            Reclaim();
            foreach (var exposure in exposures)
            {
                if (!_leases.TryGetValue((gateway, exposure.Counter), out var lease)) continue;
                lease.Exposure = lease.Unit == LeaseUnit.Usd ? exposure.Usd : exposure.Tokens;
            }
            foreach (var (whose, lease) in _leases)
            {
                if (whose.Gateway == gateway) lease.BeatAt = time.GetUtcNow();
            }
            return [.. _leases.Where(l => l.Key.Gateway == gateway).Select(static l => new LeaseLeft(l.Key.Key, l.Value.Unit, l.Value.Amount))];
        }
    }

    private void Reclaim()
    {
        foreach (var (whose, lease) in _leases.ToList())
        {
            if (time.GetUtcNow() - lease.BeatAt < s_silence) continue;
            if (lease.Exposure > 0) _presumed[whose] = _presumed.GetValueOrDefault(whose) + lease.Exposure;
            _leases.Remove(whose);
        }
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }

    private sealed class Lease(LeaseUnit unit)
    {
        public LeaseUnit Unit => unit;

        public decimal Amount { get; set; }

        public decimal Exposure { get; set; }

        public DateTimeOffset BeatAt { get; set; }
    }
}

/// <summary>One gateway's way to the database, and its journal.</summary>
internal sealed class SimulatedStore(LeaseDatabase database, int gateway, bool isShared) : ICounterStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LedgerOpening> _open = [];
    private readonly Queue<LedgerCharge[]> _settled = [];
    private readonly List<(long UpTo, TaskCompletionSource Done)> _flushes = [];
    private long _taken;
    private long _written;

    /// <summary>The writer takes what is settled when <see cref="Flush"/> says so, and a flush ends when that has come to what was there when it began.</summary>
    public bool WritesLater { get; init; }

    public bool IsDead { get; private set; }

    /// <summary>How often it was asked for leases, and told of exposures.</summary>
    public int Asked { get; private set; }

    public bool IsShared => isShared;

    public string? WhyNotAccepting => null;

    public void Opened(LedgerOpening opening)
    {
        lock (_lock) _open[opening.Id] = opening;
    }

    public void Settled(string id, IEnumerable<LedgerCharge> charges)
    {
        lock (_lock)
        {
            _open.Remove(id);
            _settled.Enqueue([.. charges]);
            _taken++;
        }
    }

    /// <summary>The writer brings the oldest that are settled into the database.</summary>
    public void Flush(int most = int.MaxValue)
    {
        List<TaskCompletionSource> done = [];
        lock (_lock)
        {
            for (; most > 0 && _settled.TryDequeue(out var charges); most--)
            {
                database.Charge(gateway, charges);
                _written++;
            }
            foreach (var (upTo, flush) in _flushes)
            {
                if (upTo <= _written) done.Add(flush);
            }
            _flushes.RemoveAll(f => f.UpTo <= _written);
        }
        foreach (var flush in done) flush.SetResult();
    }

    /// <summary>Settled here and not yet in the database.</summary>
    public decimal Unwritten(string budget)
    {
        lock (_lock) return _settled.Sum(charges => charges.Where(c => c.Counter.Budget == budget).Sum(static c => c.Usd));
    }

    public void Die() => IsDead = true;

    /// <summary>The next process reads what this one left; what was under way is charged as it was reserved.</summary>
    public void Replay()
    {
        Flush();
        lock (_lock)
        {
            foreach (var opening in _open.Values) database.Charge(gateway, opening.Reserved);
            _open.Clear();
        }
        database.JournalRead(gateway);
    }

    public async ValueTask<CounterValue> ReadCounterAsync(CounterKey key, CancellationToken cancel)
    {
        await ReachAsync(cancel);
        return database.Read(key);
    }

    // Every budget of a simulation is there from the beginning: its rows are its counter.
    public async ValueTask<(CounterValue Counter, CounterValue Rows)> ReadWithRowsAsync(CounterKey key, CounterScope scope, DateTimeOffset from, CancellationToken cancel)
    {
        await ReachAsync(cancel);
        return (database.Read(key), default);
    }

    public async ValueTask<LeaseGrant> LeaseAsync(CounterKey key, LeaseWish wish, CancellationToken cancel)
    {
        await ReachAsync(cancel);
        Asked++;
        return database.Grant(gateway, key, wish);
    }

    public async ValueTask ReturnLeaseAsync(CounterKey key, decimal amount, CancellationToken cancel)
    {
        await ReachAsync(cancel);
        database.Return(gateway, key, amount);
    }

    public async ValueTask<IReadOnlyList<LeaseLeft>> HeartbeatAsync(IReadOnlyCollection<LeaseExposure> exposures, CancellationToken cancel)
    {
        await ReachAsync(cancel);
        Asked++;
        return database.Beat(gateway, exposures);
    }

    public async Task FlushAsync()
    {
        TaskCompletionSource? mine = null;
        lock (_lock)
        {
            if (WritesLater && _written < _taken) _flushes.Add((_taken, mine = new TaskCompletionSource()));
        }
        if (mine is not null)
        {
            await mine.Task;
            return;
        }
        await ReachAsync(CancellationToken.None);
        Flush();
    }

    private async ValueTask ReachAsync(CancellationToken cancel)
    {
        if (database.IsPaused) await database.OpenAsync(cancel);
        if (IsDead) throw new IOException("this gateway is dead");
    }
}
