using System.Collections.Concurrent;
using System.Globalization;
using OpenClaw.Config;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Metering.Ledger.Storage;

namespace OpenClaw.Gateway.Admission;

/// <summary>
/// Stops sessions that spend without getting anywhere: each has a breaker that <see cref="GuardSession"/>'s detectors open. A
/// stopped session goes on when its time is over or when somebody resumes it. Time alone forgives nothing: what
/// comes again as before is stopped again at once, for twice as long; <see cref="Resume"/> grants a fresh allowance.
/// Thread-safe, outlives snapshots; a stop survives the process, counts do not.
/// </summary>
internal sealed class RunawayGuard(TimeProvider time, LedgerState? ledger = null)
{

    // Session keys are the callers' invention and must not fill the memory.
    private const int MaxSessions = 20_000;

    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(2);

    // By then the store has deleted what was resumed.
    private static readonly TimeSpan s_deleted = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(string Caller, string Session), GuardSession> _sessions = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _resumed = new();
    private readonly ConcurrentDictionary<string, bool> _told = new();
    private HashSet<string> _stored = [];
    private bool _isLoaded;
    private int _sweeping;

    /// <summary>A session was stopped. Raised on the request's thread: must not wait.</summary>
    public event Action<GuardStop>? Stopped;

    public int Count => _sessions.Count;

    /// <summary>Resumed sessions whose stop may still be in the store.</summary>
    public int Resuming => _resumed.Count;

    /// <summary>The key under which a request is watched: its session, else its conversation (<c>~1a2b3c4d</c>).</summary>
    public static string KeyOf(string? session, in RequestSign sign) =>
        session ?? "~" + ((uint)(sign.Conversation ^ (sign.Conversation >> 32))).ToString("x8", CultureInfo.InvariantCulture);

    /// <summary>True for the key of a conversation that names no session.</summary>
    public static bool IsUnnamed(string key) => key.Length == 9 && key[0] == '~' && key.Skip(1).All(char.IsAsciiHexDigitLower);

    /// <summary>Lets a request in, or says in a sentence why its session is stopped.</summary>
    /// <param name="priced">Dollars that its prompt costs at the list price.</param>
    public (GuardVisit? Visit, GatewayError? Error) Admit(GuardConfig rules, string caller, string key, in RequestSign sign, int tokens, decimal priced)
    {
        var now = time.GetUtcNow();
        var session = SessionOf(caller, key, now);
        GuardStop stop;
        lock (session.Lock)
        {
            if (session.IsStopped(now))
            {
                session.Knock(sign, now);
                return (null, ErrorOf(session.Stop!, now));
            }
            var expected = session.Expect(tokens, priced);
            if (session.Arrive(rules, sign, tokens, expected, now) is not { } finding) return (new GuardVisit(session, sign, expected, tokens), null);
            stop = session.Stop = StopOf(session, finding, now);
        }
        Tell(stop);
        return (null, ErrorOf(stop, now));
    }

    /// <summary>A request that was let in has ended. Call once, on every path.</summary>
    public void Ended(GuardConfig rules, GuardVisit visit, GuardOutcome outcome)
    {
        var now = time.GetUtcNow();
        GuardStop? stop = null;
        lock (visit.Session.Lock)
        {
            if (visit.Session.Leave(rules, visit, outcome, now) is { } finding) stop = visit.Session.Stop = StopOf(visit.Session, finding, now);
            else if (outcome.End == GuardEnd.Answered && !visit.Session.IsStopped(now)) visit.Session.Stop = null;
        }
        if (stop is not null) Tell(stop);
    }

    /// <summary>Why a session is stopped now, or null.</summary>
    /// <param name="caller">Whose; null: anybody's of that key.</param>
    public GuardStop? StopOf(string session, string? caller = null)
    {
        var now = time.GetUtcNow();
        return Named(session, caller).FirstOrDefault(s => s.IsStopped(now))?.Stop;
    }

    /// <summary>Every session that is stopped now, the newest first.</summary>
    public IReadOnlyList<GuardStop> Stops()
    {
        var now = time.GetUtcNow();
        // Read once: a request that is answered meanwhile takes it away.
        return [.. _sessions.Values.Select(static s => s.Stop).OfType<GuardStop>().Where(stop => now < stop.Until).OrderByDescending(static s => s.Since)];
    }

    public bool Knows(string session) => _sessions.Values.Any(s => s.Key == session);

    /// <summary>Lets a session go on with a fresh allowance. What was stopped, or null when nothing was.</summary>
    /// <param name="caller">Whose; null: anybody's of that key.</param>
    public GuardStop? Resume(string session, string? caller = null)
    {
        var now = time.GetUtcNow();
        GuardStop? was = null;
        foreach (var known in Named(session, caller))
        {
            lock (known.Lock)
            {
                if (known.IsStopped(now)) was = known.Stop;
                known.Forgive();
            }
            var record = GuardRecord.KeyOf(known.Caller, known.Key);
            // Without others to follow, the store is read once.
            if (ledger is not null && (ledger.IsShared || !_isLoaded)) _resumed[record] = now;
            ledger?.DeleteRecord(RecordKind.Guard, record);
        }
        return was;
    }

    /// <summary>Takes up the stops of an earlier process and, where gateways share a store, goes on with those of the others, and with what was resumed there.</summary>
    public async Task FollowAsync(CancellationToken stop)
    {
        await LoadAsync(stop).ConfigureAwait(false);
        if (ledger is not { IsShared: true }) return;
        using var timer = new PeriodicTimer(s_every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false)) await LoadAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The gateway ends.
        }
    }

    /// <summary>Takes up the stops that are in the store.</summary>
    public async Task LoadAsync(CancellationToken cancel = default)
    {
        if (ledger is null) return;
        IReadOnlyList<StoredRecord> records;
        // What was stopped here is in the store before it is looked for: then what is missing was resumed elsewhere.
        var told = _told.Keys.ToList();
        try
        {
            if (told.Count > 0) await ledger.FlushAsync().WaitAsync(cancel).ConfigureAwait(false);
            records = await ledger.LoadRecordsAsync(RecordKind.Guard, Retention.MaxRecords, cancel).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The store is away: what goes on as before is stopped again.
            return;
        }
        var now = time.GetUtcNow();
        var stored = new HashSet<string>(StringComparer.Ordinal);
        foreach (var record in records)
        {
            if (GuardRecord.Read(record.Json.Span) is not { } stop) continue;
            if (stop.Until <= now) ledger?.DeleteRecord(RecordKind.Guard, record.Key);
            else if (!(_resumed.TryGetValue(record.Key, out var resumed) && stop.Since <= resumed))
            {
                stored.Add(record.Key);
                TakeOver(stop, now);
            }
        }
        // What was there and is gone was resumed by another gateway.
        foreach (var key in told)
        {
            _stored.Add(key);
            _told.TryRemove(key, out _);
        }
        // Of more than were read nobody knows what is missing.
        if (records.Count >= Retention.MaxRecords) stored.UnionWith(_stored);
        else foreach (var key in _stored.Except(stored)) Forgive(key, now);
        _stored = stored;
        _isLoaded = true;
        ForgetResumed(records, now);
    }

    // A stop that is still there keeps the memory of its end, however long the store takes to delete it.
    private void ForgetResumed(IReadOnlyList<StoredRecord> records, DateTimeOffset now)
    {
        var there = records.Select(static r => r.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var (record, at) in _resumed)
        {
            if (!there.Contains(record) && (now - at >= s_deleted || ledger is not { IsShared: true })) _resumed.TryRemove(new KeyValuePair<string, DateTimeOffset>(record, at));
        }
    }

    private void TakeOver(GuardStop stop, DateTimeOffset now)
    {
        var session = SessionOf(stop.Caller, stop.Session, now);
        lock (session.Lock)
        {
            if (!session.IsStopped(now)) session.Stop = stop;
        }
    }

    private void Forgive(string record, DateTimeOffset now)
    {
        var end = record.IndexOf('\n', StringComparison.Ordinal);
        if (end < 0 || !_sessions.TryGetValue((record[..end], record[(end + 1)..]), out var session)) return;
        lock (session.Lock)
        {
            if (session.IsStopped(now)) session.Forgive();
        }
    }

    private IEnumerable<GuardSession> Named(string session, string? caller)
    {
        if (caller is null) return _sessions.Values.Where(s => s.Key == session);
        return _sessions.TryGetValue((caller, session), out var known) ? [known] : [];
    }

    private GuardSession SessionOf(string caller, string key, DateTimeOffset now)
    {
        if (_sessions.TryGetValue((caller, key), out var known)) return known;
        if (_sessions.Count >= MaxSessions) Sweep(now);
        return _sessions.GetOrAdd((caller, key), static k => new GuardSession(k.Caller, k.Session));
    }

    // The quarter that was not used for the longest time goes; who is stopped stays.
    private void Sweep(DateTimeOffset now)
    {
        if (Interlocked.Exchange(ref _sweeping, 1) == 1) return;
        var oldest = _sessions.Values.Where(s => !s.IsStopped(now)).OrderBy(static s => s.Used).Take(MaxSessions / 4).ToList();
        foreach (var session in oldest) _sessions.TryRemove((session.Caller, session.Key), out _);
        Volatile.Write(ref _sweeping, 0);
    }

    private static GuardStop StopOf(GuardSession session, GuardFinding finding, DateTimeOffset now) =>
        new(session.Caller, session.Key, finding.Kind, finding.Saw, now, now + finding.Stop);

    private void Tell(GuardStop stop)
    {
        var record = GuardRecord.KeyOf(stop.Caller, stop.Session);
        ledger?.PutRecord(RecordKind.Guard, record, GuardRecord.Write(stop));
        if (ledger is { IsShared: true }) _told[record] = true;
        Stopped?.Invoke(stop);
    }

    // Only a loop of errors is worth another try by the client itself: the provider may be back.
    private static GatewayError ErrorOf(GuardStop stop, DateTimeOffset now)
    {
        var left = stop.Until - now;
        var wait = left.TotalMinutes >= 2 ? $"{Math.Ceiling(left.TotalMinutes)} minutes" : $"{Math.Ceiling(left.TotalSeconds)} seconds";
        // Where no session is named there is none to say it in.
        var command = IsUnnamed(stop.Session) ? "/budget resume " + stop.Session : "/budget resume in the session";
        return new GatewayError(
            GatewayErrorKind.RunawayStopped,
            $"the runaway guard stopped session \"{stop.Session}\": {stop.Saw}. It goes on in {wait}, or at once with {command} or POST /openclaw/v1/sessions/{Uri.EscapeDataString(stop.Session)}/resume")
        {
            RetryAfter = stop.Kind == GuardKind.ErrorLoop ? left : null,
        };
    }
}
