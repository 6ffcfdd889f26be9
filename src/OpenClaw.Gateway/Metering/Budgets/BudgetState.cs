using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using OpenClaw.Config;
using OpenClaw.Gateway.Metering.Alerts;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Gateway.Metering.Budgets;

/// <summary>Every budget's counters: what is spent, what is reserved. Read from the ledger at first use. Thread-safe, outlives snapshots.</summary>
internal sealed class BudgetState : IAsyncDisposable
{
    // Sessions come and go; beyond this, those that rest are forgotten early and read again when they come back.
    private const int MaxCounters = 20_000;

    // Of a budget with less than a tenth left, a refusal says that it is over.
    private const decimal AlmostAll = 0.9m;
    private static readonly TimeSpan s_forgetAfter = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_load = TimeSpan.FromSeconds(3);

    // Whoever asks waits no longer than that. The sum of a month's rows may take longer, and is not begun again for each who asks: it
    // goes on, and is given four times as long where it was given up. A connection that hangs is so found out at once at first.
    private static readonly TimeSpan s_longestRead = TimeSpan.FromMinutes(5);
    private const int Patient = 4;

    // Sums at a time: journal and leases need connections, too.
    private const int MaxReaders = 3;

    // What is in use is read every two seconds. What was at rest is read by whoever comes, who does not wait long: nothing is refused for it.
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_readAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromMinutes(1);

    // So many times as long as it took to sum the rows, and a second at least, they are not summed again for what others wrote.
    private const int RowsPause = 20;

    // A database that is well has answered by then; a note is not worth more.
    private static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<CounterKey, BudgetCounter> _counters = new();
    private readonly ConcurrentDictionary<BudgetCounter, Lazy<Task>> _loading = new();
    private readonly SemaphoreSlim _readers = new(MaxReaders);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, (string Window, long At, TimeSpan Until)> _looked = new();
    private readonly HashSet<(string Rule, decimal Limit, string Client, decimal? Line)> _toldAlone = [];
    private readonly ICounterStore _store;
    private readonly AlertState _alerts;
    private readonly TimeProvider _time;
    private readonly ConditionalWeakTable<OpenClawConfig, BudgetPlan> _plans = [];
    private readonly Lock _planning = new();
    private volatile BudgetPlan? _plan;
    private string? _hourAlone;

    public BudgetState(ICounterStore store, AlertState alerts, TimeProvider time)
    {
        (_store, _alerts, _time) = (store, alerts, time);
        Leases = new BudgetLeases(store, this, time);
    }

    /// <summary>The leases of budgets that gateways share.</summary>
    public BudgetLeases Leases { get; }

    /// <summary>Rows that lack charges of the budgets in force.</summary>
    public BudgetStrays Strays { get; } = new();

    public bool IsShared => _store.IsShared;

    public string? WhyNotAccepting => _store.WhyNotAccepting;

    /// <summary>No ledger: openings need not be told.</summary>
    public bool IsOff => _store.IsOff;

    public DateTimeOffset UtcNow => _time.GetUtcNow();

    public long Timestamp => _time.GetTimestamp();

    public IEnumerable<BudgetCounter> Counters => _counters.Values;

    public bool Knows(CounterKey key) => _counters.ContainsKey(key);

    /// <summary>Opens the money side of a request under the budgets of <paramref name="config"/>.</summary>
    public Reservation Open(OpenClawConfig config, RequestFacts facts) => new(this, PlanOf(config), facts, _time.GetUtcNow());

    /// <summary>The budgets of a configuration. One that was not seen before is the newest, and in force from then on.</summary>
    public BudgetPlan PlanOf(OpenClawConfig config)
    {
        if (_plan is { } plan && ReferenceEquals(plan.Config, config)) return plan;
        lock (_planning)
        {
            // A request that began under an earlier one goes on with it, and changes nothing for the others.
            return _plans.TryGetValue(config, out var known) ? known : Adopt(BudgetPlan.Of(config));
        }
    }

    private BudgetPlan Adopt(BudgetPlan plan)
    {
        var before = _plan;
        _plans.Add(plan.Config, plan);
        foreach (var rule in before?.Rules ?? []) rule.IsOld = true;
        _plan = plan;
        // What runs is bounded by what is in force now.
        var byId = plan.Rules.ToDictionary(static r => r.Id, StringComparer.Ordinal);
        foreach (var counter in _counters.Values)
        {
            if (byId.TryGetValue(counter.Key.Budget, out var rule)) Use(counter, rule);
        }
        Strays.Adopt(plan, before is null);
        return plan;
    }

    // Under another limit nothing was told yet; who is told drops what he has of the old one.
    private static void Use(BudgetCounter counter, BudgetRule rule)
    {
        if (rule.IsOld && counter.Rule is { IsOld: false }) return;
        if (counter.Rule is { } before && before.Limit != rule.Limit) (counter.ToldUpTo, counter.ToldOfRefusal) = (0, false);
        counter.Rule = rule;
    }

    public void Opened(LedgerOpening opening) => _store.Opened(opening);

    /// <summary>The counter of a budget for a subject in the window of <paramref name="at"/>; made when it is asked for first.</summary>
    public BudgetCounter CounterOf(BudgetRule rule, string subject, DateTimeOffset at)
    {
        var key = new CounterKey(rule.Id, subject, rule.WindowAt(at).Name);
        BudgetCounter? counter;
        while (!_counters.TryGetValue(key, out counter) || !counter.TryUse(_time.GetUtcNow()))
        {
            // Forgotten just now: who uses it still would count for himself.
            if (counter is not null) _counters.TryRemove(new KeyValuePair<CounterKey, BudgetCounter>(key, counter));
            if (_counters.Count >= MaxCounters) Forget(TimeSpan.FromSeconds(30));
            _counters.TryAdd(key, new BudgetCounter(key, rule.InTokens, _store.IsShared));
        }
        Use(counter, rule);
        return counter;
    }

    /// <summary>Others count in it too, and what they spent of late is not known here.</summary>
    public bool IsStale(BudgetCounter counter) => _store.IsShared && !(counter.ReadAt is { } read && _time.GetElapsedTime(read) <= s_fresh);

    /// <summary>Reads the counters that were never read, and of those that nothing is leased of the ones that are stale; says why a hard budget cannot be kept when that fails.</summary>
    public async ValueTask<BudgetFinding?> LoadAsync(List<BudgetHold> holds, RequestFacts facts, DateTimeOffset at, CancellationToken cancel)
    {
        // All at once: with a database that hangs, one patience is enough.
        List<(BudgetHold Hold, Task<bool> Loading)> all = [];
        foreach (var hold in holds)
        {
            if (!NeedsRead(hold)) continue;
            all.Add((hold, LoadAsync(hold.Rule!, hold.Counter, facts, at, PatienceOf(hold.Mode), cancel).AsTask()));
        }
        BudgetFinding? failed = null;
        foreach (var (hold, loading) in all)
        {
            if (!await loading.ConfigureAwait(false) && hold.Mode == HoldMode.Hard) failed ??= BudgetWords.NotAccepting(hold.Rule!.Name, _loading.ContainsKey(hold.Counter) ? "what was spent is still being summed from the ledger" : "what is spent cannot be read from the ledger");
        }
        return failed;
    }

    /// <summary>The database is to be asked before the call is held for. What a lease covers need not be; and for what refuses nothing, not each request waits for a database that is away.</summary>
    public bool NeedsRead(in BudgetHold hold)
    {
        if (hold.IsOwn) return false;
        if (hold.Mode == HoldMode.Hard) return MustRead(hold.Counter);
        return MustRead(hold.Counter) ? !WasTried(hold.Counter) : IsStale(hold.Counter);
    }

    /// <summary>Sums what was spent under the budgets that refuse before anyone asks, since of millions of rows that takes a while; until all is known.</summary>
    public async Task SumAsync()
    {
        if (_plan is not { } plan) return;
        var now = UtcNow;
        try
        {
            await Task.WhenAll(plan.Rules.Where(static r => r is { Action: BudgetAction.Block, OnlySubject: not null }).Select(r => SumAsync(r, CounterOf(r, r.OnlySubject!, now), now))).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The gateway ends.
        }
    }

    private async Task SumAsync(BudgetRule rule, BudgetCounter counter, DateTimeOffset at)
    {
        while (!counter.IsLoaded && !rule.IsOld)
        {
            if (!await LoadAsync(rule, counter, null, at, s_load, _stop.Token).ConfigureAwait(false)) await Task.Delay(s_readAgain, _time, _stop.Token).ConfigureAwait(false);
        }
    }

    /// <summary>What all have spent under a budget that refuses is not known yet: nothing is answered.</summary>
    public bool IsSumming => _plan is { } plan && plan.Rules.Any(r =>
        r is { Action: BudgetAction.Block, Scope: BudgetScope.Gateway, OnlySubject: { } subject } && _counters.TryGetValue(new CounterKey(r.Id, subject, r.WindowAt(UtcNow).Name), out var counter) && !counter.IsLoaded);

    /// <summary>Reads what a page or a scrape shows; not again and again from a database that is away.</summary>
    public async ValueTask LookAsync(BudgetRule rule, BudgetCounter counter, RequestFacts? facts, DateTimeOffset at, CancellationToken cancel)
    {
        if (!MustRead(counter) || !WasTried(counter)) await LoadAsync(rule, counter, facts, at, s_readAgain, cancel).ConfigureAwait(false);
    }

    /// <summary>The same for a budget of which each subject has its own counter: those with the highest, looked for once a minute.</summary>
    public async ValueTask LookAsync(BudgetRule rule, int most, DateTimeOffset at, CancellationToken cancel)
    {
        // Which rows are such a counter's says only the session, and that a request names.
        if (rule.Period == BudgetPeriod.Session && rule.Scope != BudgetScope.Session) return;
        var window = rule.WindowAt(at).Name;
        if (_looked.TryGetValue(rule.Id, out var last) && last.Window == window && _time.GetElapsedTime(last.At) <= last.Until) return;
        _looked[rule.Id] = (window, _time.GetTimestamp(), s_fresh);
        foreach (var subject in await _store.DearestAsync(rule.Id, window, most, cancel).ConfigureAwait(false)) await LookAsync(rule, CounterOf(rule, subject, at), null, at, cancel).ConfigureAwait(false);
        _looked[rule.Id] = (window, _time.GetTimestamp(), s_lookAgain);
    }

    // Never read, or rows have come since that may lack a charge to it. Those of others come all the time where their budgets differ for good.
    private bool MustRead(BudgetCounter counter)
    {
        if (!counter.IsLoaded) return true;
        var (strays, seen) = (Strays.Count, counter.ReadAfter);
        if (seen.Own != strays.Own) return true;
        var rest = counter.RowsRead.Took * RowsPause;
        return seen.Foreign != strays.Foreign && _time.GetElapsedTime(counter.RowsRead.At) >= (rest > s_readAgain ? rest : s_readAgain);
    }

    private bool WasTried(BudgetCounter counter) => counter.TriedAt is { } tried && _time.GetElapsedTime(tried) <= s_fresh;

    private static TimeSpan PatienceOf(HoldMode mode) => mode switch
    {
        HoldMode.Hard => s_load,
        HoldMode.Soft => s_readAgain,
        _ => s_glance,
    };

    // Reads the counter if it must be read or is stale. True when it need not be read any more, however long ago it was.
    private async ValueTask<bool> LoadAsync(BudgetRule rule, BudgetCounter counter, RequestFacts? facts, DateTimeOffset at, TimeSpan patience, CancellationToken cancel)
    {
        if (_store.IsShared) Leases.Start();
        // Which rows are such a counter's says only the session, and that a request names.
        if (!MustRead(counter) || (facts is null && counter.IsLoaded && rule.Period == BudgetPeriod.Session && rule.Scope != BudgetScope.Session))
        {
            if (!IsStale(counter)) return true;
            await JoinAsync(counter, () => ReadAgainAsync(rule, counter), patience < s_readAgain ? patience : s_readAgain, cancel).ConfigureAwait(false);
            // The database may be away: what is known does well enough, and not each request waits for better.
            if (IsStale(counter)) counter.ReadAt = _time.GetTimestamp();
            return true;
        }
        // What was over when it was found is another's, whose asker had left: it says nothing of the database now. What another reads of
        // a counter that is known it may have begun to read too early; and what comes after this is the next one's to read.
        var (since, strays) = (_time.GetTimestamp(), Strays.Count);
        for (var isAnswer = false; !isAnswer && !IsReadSince(counter, strays);)
        {
            var was = await JoinAsync(counter, () => ReadAsync(rule, counter, facts, at), patience, cancel).ConfigureAwait(false);
            isAnswer = was == Reading.Own || (was == Reading.Anothers && !counter.IsLoaded) || _time.GetElapsedTime(since) >= patience;
        }
        if (IsReadSince(counter, strays)) return true;
        counter.TriedAt = _time.GetTimestamp();
        return false;
    }

    private static bool IsReadSince(BudgetCounter counter, in StrayCount strays) =>
        counter.IsLoaded && counter.ReadAfter is var seen && seen.Own >= strays.Own && seen.Foreign >= strays.Foreign;

    // Waits for the reading of the counter that is under way, or for its own.
    private async ValueTask<Reading> JoinAsync(BudgetCounter counter, Func<Task> read, TimeSpan patience, CancellationToken cancel)
    {
        Lazy<Task>? own = null;
        own = new Lazy<Task>(() => RunAsync(counter, own!, read));
        var joined = _loading.GetOrAdd(counter, own);
        var which = ReferenceEquals(joined, own) ? Reading.Own : joined.Value.IsCompleted ? Reading.Over : Reading.Anothers;
        try
        {
            await joined.Value.WaitAsync(patience, _time, cancel).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It goes on, whether or not anyone waits.
        }
        return which;
    }

    private async Task RunAsync(BudgetCounter counter, Lazy<Task> entry, Func<Task> read)
    {
        try
        {
            await read().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The database is away; the next request tries again.
        }
        finally
        {
            _loading.TryRemove(new KeyValuePair<BudgetCounter, Lazy<Task>>(counter, entry));
        }
    }

    /// <summary>A call was settled, or what others spent was read: tells what crossed a line.</summary>
    public void Spent(BudgetRule rule, BudgetCounter counter, DateTimeOffset at)
    {
        if (_alerts.IsOff) return;
        Tell(rule, counter, Fraction(rule, counter.Now.Spent), at);
    }

    /// <summary>A call was settled under a budget that counts the request by itself: tells the highest line that it crossed.</summary>
    public void SpentAlone(BudgetRule rule, decimal spent, RequestFacts facts, DateTimeOffset at)
    {
        if (_alerts.IsOff) return;
        var fraction = Fraction(rule, spent);
        var line = rule.Lines.LastOrDefault(l => l <= fraction);
        if (line > 0 && IsFirstOfHour(rule, facts.Client, line, at, out var hour)) _alerts.Raise(BudgetAlert.OfRequest(rule, facts, line, spent, hour, at));
    }

    /// <summary>A call was refused under a budget that counts the request by itself.</summary>
    /// <param name="least">What the call would have needed.</param>
    public void RefusedAlone(BudgetRule rule, decimal least, decimal spent, RequestFacts facts, DateTimeOffset at)
    {
        if (!_alerts.IsOff && IsFirstOfHour(rule, facts.Client, null, at, out var hour)) _alerts.Raise(BudgetAlert.RefusedRequest(rule, facts, least, spent, hour, at));
    }

    /// <summary>Somebody is to be told who was not before: every line that was crossed is told again, to those who have not heard it.</summary>
    public void TellAnew()
    {
        foreach (var counter in _counters.Values) (counter.ToldUpTo, counter.ToldOfRefusal) = (0, false);
    }

    /// <summary>What all gateways spent was read again. A line that only all together crossed is told by whoever sees it.</summary>
    public void Seen(BudgetRule rule, BudgetCounter counter, CounterValue value)
    {
        if (rule.Action == BudgetAction.Block) counter.Narrow(value, rule.Limit);
        else counter.Refresh(value);
        var now = _time.GetUtcNow();
        if (rule.WindowAt(now).Name == counter.Key.Window) Spent(rule, counter, now);
    }

    /// <summary>
    /// A call was refused. With little left the limit is reached, whatever the last few cents say; with much left the call was
    /// too large for it, which is told once a window and says nothing of the fractions to come.
    /// </summary>
    /// <param name="least">What the call would have needed.</param>
    public void Refused(BudgetRule rule, BudgetCounter counter, decimal least, DateTimeOffset at)
    {
        if (_alerts.IsOff || counter.ToldUpTo >= 1) return;
        var (spent, reserved) = counter.Now;
        if (spent >= rule.Limit * AlmostAll)
        {
            counter.ToldUpTo = 1;
            _alerts.Raise(BudgetAlert.Of(rule, counter.Key, 1, spent, reserved, rule.WindowAt(at), at));
        }
        else if (!counter.ToldOfRefusal)
        {
            counter.ToldOfRefusal = true;
            _alerts.Raise(BudgetAlert.Refused(rule, counter.Key, least, spent, reserved, rule.WindowAt(at), at));
        }
    }

    /// <summary>Forgets the counters of windows that are over and of subjects that rest; what is reserved or leased is never forgotten.</summary>
    public void Forget(TimeSpan rest)
    {
        var now = _time.GetUtcNow();
        var isBehind = _store.IsBehind;
        foreach (var (key, counter) in _counters)
        {
            if (!counter.TryForget(now, rest, isBehind)) continue;
            _counters.TryRemove(new KeyValuePair<CounterKey, BudgetCounter>(key, counter));
        }
    }

    public void Forget() => Forget(s_forgetAfter);

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await Leases.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
        _readers.Dispose();
    }

    private async Task ReadAsync(BudgetRule rule, BudgetCounter counter, RequestFacts? facts, DateTimeOffset at)
    {
        await _readers.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        using var enough = new CancellationTokenSource(counter.ReadLimit ?? s_load, _time);
        try
        {
            await ReadAsync(rule, counter, facts, at, enough.Token).ConfigureAwait(false);
            counter.ReadLimit = null;
        }
        catch (OperationCanceledException)
        {
            var longer = (counter.ReadLimit ?? s_load) * Patient;
            counter.ReadLimit = longer < s_longestRead ? longer : s_longestRead;
        }
        finally
        {
            _readers.Release();
        }
    }

    private async Task ReadAsync(BudgetRule rule, BudgetCounter counter, RequestFacts? facts, DateTimeOffset at, CancellationToken enough)
    {
        var strays = Strays.Count;
        if (Strays.MustFlush)
        {
            await _store.FlushAsync().WaitAsync(enough).ConfigureAwait(false);
            Strays.Flushed(strays);
        }
        var began = _time.GetTimestamp();
        var window = rule.WindowAt(at);
        // Once its window is over the rows that come are of the next one.
        if (!counter.IsLoaded || rule.WindowAt(_time.GetUtcNow()).Name == counter.Key.Window)
        {
            var from = window.From == DateTimeOffset.MinValue ? DateTimeOffset.UnixEpoch : window.From;
            var (value, rows) = await _store.ReadWithRowsAsync(counter.Key, rule.RowsOf(counter.Key.Subject, facts), from, enough).ConfigureAwait(false);
            counter.Load(value, rows);
        }
        (counter.ReadAfter, counter.RowsRead) = (strays, (began, _time.GetElapsedTime(began)));
        counter.ReadAt = _time.GetTimestamp();
    }

    private async Task ReadAgainAsync(BudgetRule rule, BudgetCounter counter)
    {
        using var enough = new CancellationTokenSource(s_readAgain, _time);
        var value = await _store.ReadCounterAsync(counter.Key, enough.Token).ConfigureAwait(false);
        Seen(rule, counter, value);
        counter.ReadAt = _time.GetTimestamp();
    }

    /// <summary>Whose reading of a counter was waited for.</summary>
    private enum Reading
    {
        Own,
        Anothers,

        /// <summary>Another's, that was over when it was found.</summary>
        Over,
    }

    private static decimal Fraction(BudgetRule rule, decimal spent) => rule.Limit <= 0 ? 1 : spent / rule.Limit;

    // Each such request has a counter of its own: what would be told once a window of one is told once an hour of a client.
    private bool IsFirstOfHour(BudgetRule rule, string client, decimal? line, DateTimeOffset at, out BudgetWindow hour)
    {
        hour = BudgetWindow.Of(BudgetPeriod.Hour, TimeZoneInfo.Utc, at);
        lock (_toldAlone)
        {
            if (_hourAlone != hour.Name) _toldAlone.Clear();
            _hourAlone = hour.Name;
            return _toldAlone.Add((rule.Id, rule.Limit, client, line));
        }
    }

    private void Tell(BudgetRule rule, BudgetCounter counter, decimal fraction, DateTimeOffset at)
    {
        if (fraction <= counter.ToldUpTo) return;
        foreach (var line in rule.Lines)
        {
            if (line > fraction) break;
            if (line <= counter.ToldUpTo) continue;
            counter.ToldUpTo = line;
            var (spent, reserved) = counter.Now;
            _alerts.Raise(BudgetAlert.Of(rule, counter.Key, line, spent, reserved, rule.WindowAt(at), at));
        }
    }
}
