using System.Collections.Concurrent;
using System.Data.Common;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Sessions;

/// <summary>
/// Every session: the ones in use in memory, all of them in the ledger's store, where each change is safe once it is made.
/// Thread-safe. A session that nobody changed and that served no request is never written.
/// </summary>
internal sealed class SessionState : IAsyncDisposable
{
    private const int MaxInMemory = 1024;

    // A request does not wait long for a store that is away: it goes on without its session, and says so.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    // Where gateways share the store: so long may a change of another gateway go unseen. While the store is away nobody waits for it.
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_lookPatience = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_lookNotBefore = TimeSpan.FromSeconds(5);

    // One that hangs is waited for by one request, not by each: the others find it hanging.
    private static readonly TimeSpan s_notAgainFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_firstSweep = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_sweep = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private readonly LedgerState _ledger;
    private readonly StateHolder _states;
    private readonly TimeProvider _time;
    private readonly ITimer _sweeper;
    private readonly CancellationTokenSource _closing = new();
    private Task _sweeping = Task.CompletedTask;
    private long _uses;
    private long _awayUntil;
    private long _hangsUntil;

    public SessionState(LedgerState ledger, StateHolder states, TimeProvider time)
    {
        (_ledger, _states, _time) = (ledger, states, time);
        _sweeper = time.CreateTimer(_ => Sweep(), null, s_firstSweep, s_sweep);
    }

    /// <summary>The session of this name, as it was left; a new one when there is none.</summary>
    public async ValueTask<Session> OpenAsync(SessionKey key, CancellationToken cancel)
    {
        var id = key.ToString();
        if (InMemory(id) is { } known && await IsCurrentAsync(known, cancel).ConfigureAwait(false)) return Touch(known);
        var (stored, isAsked) = await FindAsync(RecordKind.Session, id, cancel).ConfigureAwait(false);
        var data = stored is null ? null : SessionJson.Read(stored.Json);
        var isStored = data is not null;
        if (isAsked && _ledger.IsShared) (data, isStored, isAsked) = await WithSettingsAsync(key, data, cancel).ConfigureAwait(false);
        var session = new Session(data ?? SessionData.New(key, _time.GetUtcNow()), isAsked, isStored);
        if (!isAsked) return session;
        InMemory(id);
        session = Touch(_sessions.GetOrAdd(id, session));
        if (_sessions.Count > MaxInMemory) Evict();
        return session;
    }

    /// <summary>The session of this name, or null when nothing was ever kept of it.</summary>
    public async ValueTask<Session?> FindAsync(SessionKey key, CancellationToken cancel)
    {
        var session = await OpenAsync(key, cancel).ConfigureAwait(false);
        return session.IsStored ? session : null;
    }

    /// <summary>Makes a change that outlives the process.</summary>
    public SessionData Change(Session session, Func<SessionData, SessionData> change)
    {
        var current = Current(session);
        var isOnlySet = false;
        return current.Change(
            before =>
            {
                var data = change(before);
                // What was only set has a record of its own, and the counters that another gateway wrote meanwhile remain the later ones.
                isOnlySet = _ledger.IsShared && current.IsStored && IsOnlySet(before, data);
                return isOnlySet ? data with { Updated = before.Updated } : data;
            },
            (before, data) => Save(current, before, data, isOnlySet));
    }

    private static bool IsOnlySet(SessionData before, SessionData data) =>
        SessionSettings.Of(before) is var was && was != SessionSettings.Of(data) && was.ApplyTo(data) with { Updated = before.Updated } == before;

    /// <summary>Counts a finished request.</summary>
    /// <param name="since"><see cref="SessionData.Since"/> as the request began: in a conversation that was begun anew meanwhile it is not counted.</param>
    public void Settle(Session session, Decision decision, DateTimeOffset since) =>
        // One that was never begun anew may still take the time of its beginning from another gateway.
        Change(session, data => data.Since == since || data.Since == data.Created ? data.With(decision, _time.GetUtcNow()) : data);

    /// <summary>The sessions that were used last, newest first.</summary>
    /// <param name="before">Only those last used before this moment; null = from the newest on.</param>
    /// <returns>Null when the store does not answer.</returns>
    public async Task<List<SessionData>?> ListAsync(int limit, DateTimeOffset? before, CancellationToken cancel)
    {
        try
        {
            return await FromStoreAsync(limit, before, cancel).WaitAsync(s_patience, _time, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DbException or TimeoutException or IOException)
        {
            return null;
        }
    }

    private async Task<List<SessionData>> FromStoreAsync(int limit, DateTimeOffset? before, CancellationToken cancel)
    {
        // What was deleted a moment ago must not be listed.
        await _ledger.FlushAsync().ConfigureAwait(false);
        var most = _states.Current.Config.Sessions.Max;
        var records = await _ledger.LoadRecordsAsync(RecordKind.Session, most, cancel).ConfigureAwait(false);
        var settings = _ledger.IsShared
            ? (await _ledger.LoadRecordsAsync(RecordKind.SessionSettings, most, cancel).ConfigureAwait(false)).ToDictionary(static r => r.Key, static r => SessionSettings.Read(r.Json), StringComparer.Ordinal)
            : [];
        // Newest first in the store; what is in memory may be newer by a moment.
        var found = new Dictionary<string, SessionData>(StringComparer.Ordinal);
        foreach (var session in _sessions.Values)
        {
            if (session is not { IsStored: true, IsDeleted: false }) continue;
            var known = session.Key.ToString();
            if (settings.GetValueOrDefault(known)?.Forgets(session.Data) != true) found[known] = session.Data;
        }
        var fromStore = 0;
        foreach (var record in records)
        {
            if (fromStore > limit) break;
            if (found.ContainsKey(record.Key) || SessionJson.Read(record.Json) is not { } data) continue;
            if (settings.GetValueOrDefault(record.Key) is { } set)
            {
                if (set.Forgets(data)) continue;
                data = set.ApplyTo(data);
            }
            if (before is not null && data.Updated >= before) continue;
            found[record.Key] = data;
            fromStore++;
        }
        return [.. found.Values.Where(s => before is null || s.Updated < before).OrderByDescending(static s => s.Updated).ThenBy(static s => s.Key.ToString(), StringComparer.Ordinal).Take(limit)];
    }

    /// <summary>The conversation that the gateway holds, or one that was put away; null when the store does not answer.</summary>
    public async ValueTask<Transcript?> ReadTranscriptAsync(Session session, CancellationToken cancel, string? archive = null)
    {
        var (stored, isAsked) = await FindAsync(RecordKind.Transcript, archive ?? session.Key.ToString(), cancel).ConfigureAwait(false);
        return !isAsked ? null : stored is null ? Transcript.Empty : Transcript.Read(stored.Json);
    }

    /// <summary>The session and its conversation as they were at one moment; no conversation when the store does not answer.</summary>
    public async ValueTask<(SessionData Data, Transcript? Transcript)> ReadWholeAsync(Session session, CancellationToken cancel)
    {
        // Each message writes the conversation, then the session: between two readings that agree nothing was written.
        for (var tries = 1; ; tries++)
        {
            var data = session.Data;
            if (await ReadTranscriptAsync(session, cancel).ConfigureAwait(false) is not { } transcript) return (data, null);
            if (ReferenceEquals(data, session.Data) && data.Turns == transcript.Turns.Length) return (data, transcript);
            // Another gateway holds the conversation: its count is the conversation's own.
            if (tries == 5) return (data with { Turns = transcript.Turns.Length }, transcript);
        }
    }

    /// <param name="since"><see cref="SessionData.Since"/> of the conversation that it goes on from: one that was begun anew meanwhile stays as it is.</param>
    public void WriteTranscript(Session session, Transcript transcript, DateTimeOffset since)
    {
        var json = transcript.Write();
        Change(session, data =>
        {
            if (data.Since != since) return data;
            _ledger.PutRecord(RecordKind.Transcript, session.Key.ToString(), json);
            return data with { Turns = transcript.Turns.Length, Updated = _time.GetUtcNow() };
        });
    }

    /// <summary>Puts the conversation away and starts anew; the last five are kept. False: the store does not answer, and nothing was changed.</summary>
    public async ValueTask<bool> StartAnewAsync(Session session, CancellationToken cancel)
    {
        var now = _time.GetUtcNow();
        var id = session.Key.ToString();
        var archives = session.Data.Archives;
        if (session.Data.Turns > 0)
        {
            if (await ReadTranscriptAsync(session, cancel).ConfigureAwait(false) is not { } transcript) return false;
            var name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{id}@{now:yyyyMMdd'T'HHmmss.fff'Z'}");
            _ledger.PutRecord(RecordKind.Transcript, name, transcript.Write());
            archives = archives.Add(name);
            while (archives.Length > RecordKind.ArchivesEach)
            {
                _ledger.DeleteRecord(RecordKind.Transcript, archives[0]);
                archives = archives.RemoveAt(0);
            }
        }
        Change(session, data =>
        {
            // Under the session's lock, as a turn that ends now is written.
            _ledger.DeleteRecord(RecordKind.Transcript, id);
            return data.Restarted(Later(now, data.Since)) with { Archives = archives };
        });
        // Deleted meanwhile: what was put away goes with it.
        if (session.IsDeleted && !archives.IsEmpty) _ledger.DeleteRecord(RecordKind.Transcript, archives[^1]);
        return true;
    }

    /// <summary>Forgets the conversation and the counters; what the user set stays.</summary>
    public void Reset(Session session)
    {
        Change(session, data =>
        {
            _ledger.DeleteRecord(RecordKind.Transcript, session.Key.ToString());
            return data.Restarted(Later(_time.GetUtcNow(), data.Since));
        });
    }

    public void Delete(Session session)
    {
        var id = session.Key.ToString();
        // Dropped from memory while a request held it, it may be there a second time.
        if (_sessions.TryGetValue(id, out var other) && other != session) Delete(id, other, null);
        Delete(id, session, null);
        // The other gateways must know that it was, and not only find nothing.
        if (_ledger.IsShared) _ledger.PutRecord(RecordKind.SessionSettings, id, SessionSettings.Deleted(session.Data, _time.GetUtcNow()).Write());
    }

    // Under the session's lock: a change that comes meanwhile must not write anew what is deleted.
    private bool Delete(string id, Session session, Func<SessionData, bool>? isMeant)
    {
        if (!session.Delete(isMeant, data => Forget(id, data))) return false;
        _sessions.TryRemove(new(id, session));
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _sweeper.DisposeAsync().ConfigureAwait(false);
        await _sweeping.ConfigureAwait(false);
        _closing.Dispose();
    }

    /// <summary>Forgets what is older than the retention or beyond the bound.</summary>
    public async Task SweepAsync()
    {
        var rules = _states.Current.Config.Sessions;
        var oldest = _time.GetUtcNow() - rules.Retention;
        try
        {
            await _ledger.FlushAsync().WaitAsync(_closing.Token).ConfigureAwait(false);
            var records = await _ledger.LoadRecordsAsync(RecordKind.Session, int.MaxValue, _closing.Token).ConfigureAwait(false);
            var kept = 0;
            foreach (var (id, data, session) in records.Select(r => (r.Key, Data: SessionJson.Read(r.Json), Session: InMemory(r.Key))).Select(static s => (s.Key, Data: Later(s.Data, s.Session?.Data), s.Session)).OrderByDescending(static s => s.Data?.Updated))
            {
                if (session?.HasTurn == true || (data is not null && data.Updated >= oldest && kept++ < rules.Max)) continue;
                // Used since it was looked at: it stays.
                if (session is null) Forget(id, data);
                else Delete(id, session, now => !session.HasTurn && now.Updated <= data!.Updated);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or DbException or IOException or InvalidOperationException)
        {
            // The store is away: the next sweep finds the same.
        }
    }

    private void Sweep()
    {
        if (_sweeping.IsCompleted) _sweeping = SweepAsync();
    }

    private void Forget(string id, SessionData? data)
    {
        _ledger.DeleteRecord(RecordKind.Session, id);
        if (_ledger.IsShared) _ledger.DeleteRecord(RecordKind.SessionSettings, id);
        _ledger.DeleteRecord(RecordKind.Transcript, id);
        foreach (var name in data?.Archives ?? []) _ledger.DeleteRecord(RecordKind.Transcript, name);
    }

    private void Save(Session session, SessionData before, SessionData data, bool isOnlySet)
    {
        if (!session.IsKept) return;
        session.IsStored = true;
        if (!isOnlySet) _ledger.PutRecord(RecordKind.Session, data.Key.ToString(), SessionJson.Write(data));
        if (_ledger.IsShared && SessionSettings.Of(data) is var set && set != SessionSettings.Of(before)) _ledger.PutRecord(RecordKind.SessionSettings, data.Key.ToString(), set.Write());
    }

    // Counters as they were written last, set as it was set last. Null: forgotten, or never there.
    private async ValueTask<(SessionData? Data, bool IsStored, bool IsAsked)> WithSettingsAsync(SessionKey key, SessionData? data, CancellationToken cancel)
    {
        var (record, isAsked) = await FindAsync(RecordKind.SessionSettings, key.ToString(), cancel).ConfigureAwait(false);
        if (record is null || SessionSettings.Read(record.Json) is not { } settings) return (data, data is not null, isAsked);
        // Begun anew: later than it was forgotten, by whose clock ever.
        if (settings.IsDeleted && (data is null || settings.Forgets(data))) return (SessionData.New(key, Later(_time.GetUtcNow(), settings.Since)), false, isAsked);
        return (settings.ApplyTo(data ?? SessionData.New(key, settings.Since)), true, isAsked);
    }

    /// <summary>Takes over what another gateway set, twice a second at most. False: it was forgotten there.</summary>
    private async ValueTask<bool> IsCurrentAsync(Session session, CancellationToken cancel)
    {
        var now = _time.GetTimestamp();
        if (!_ledger.IsShared || now < Interlocked.Read(ref _awayUntil) || !session.TryLookAgain(now, Ticks(s_lookEvery))) return true;
        var (id, sets) = (session.Key.ToString(), session.Sets);
        var (set, isAsked) = await FindAsync(RecordKind.SessionSettings, id, cancel, s_lookPatience).ConfigureAwait(false);
        var (stored, isThere) = isAsked ? await FindAsync(RecordKind.Session, id, cancel, s_lookPatience).ConfigureAwait(false) : default;
        if (!isThere)
        {
            Interlocked.Exchange(ref _awayUntil, now + Ticks(s_lookNotBefore));
            return true;
        }
        var settings = set is null ? null : SessionSettings.Read(set.Json);
        if (settings?.Forgets(session.Data) == true)
        {
            session.Delete(null, static _ => { });
            _sessions.TryRemove(new(id, session));
            return false;
        }
        var counted = stored is null ? null : SessionJson.Read(stored.Json);
        var wasStored = session.IsStored;
        session.TakeOver(data =>
        {
            // Used elsewhere since: its counters go on from there. What was never written here began there.
            if (counted is not null && !wasStored) data = counted;
            else if (counted is not null && counted.Updated > data.Updated && counted.Since >= data.Since) data = SessionSettings.Of(data).ApplyTo(counted);
            return settings is null ? data : settings.ApplyTo(data);
        }, sets);
        if (counted is not null || settings is { IsDeleted: false }) session.IsStored = true;
        return true;
    }

    // What is in memory is newer than what was read, unless another gateway wrote that.
    private static SessionData? Later(SessionData? stored, SessionData? known) => known is null || stored?.Updated > known.Updated ? stored : known;

    private static DateTimeOffset Later(DateTimeOffset now, DateTimeOffset than) => now > than ? now : than.AddMilliseconds(1);

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * _time.TimestampFrequency);

    private Session? InMemory(string id)
    {
        if (!_sessions.TryGetValue(id, out var session)) return null;
        if (!session.IsDeleted) return session;
        // A change that came while it was deleted has put it back.
        _sessions.TryRemove(new(id, session));
        return null;
    }

    // One that was dropped from memory while a request held it comes back, or gives way to the one that was loaded since.
    private Session Current(Session session) => session.IsKept && !session.IsDeleted ? _sessions.GetOrAdd(session.Key.ToString(), session) : session;

    private Session Touch(Session session)
    {
        session.LastUsed = Interlocked.Increment(ref _uses);
        return session;
    }

    private void Evict()
    {
        // One that is being answered holds its turn: dropped and loaded again it would let a second message in beside it. And what a
        // request of a protocol holds would come back with its end, over what was set and counted in the meantime.
        foreach (var (id, session) in _sessions.Where(static s => !s.Value.HasTurn && !s.Value.IsHeld).OrderBy(static s => s.Value.LastUsed).Take(MaxInMemory / 8)) _sessions.TryRemove(new(id, session));
    }

    private async ValueTask<(StoredRecord? Record, bool IsAsked)> FindAsync(string kind, string id, CancellationToken cancel, TimeSpan? patience = null)
    {
        var hangs = _time.GetTimestamp() < Interlocked.Read(ref _hangsUntil);
        // What is on its way to the store is known without it.
        var asking = _ledger.FindRecordAsync(kind, id, hangs ? new CancellationToken(true) : cancel);
        try
        {
            return (asking.IsCompletedSuccessfully ? asking.Result : await asking.WaitAsync(patience ?? s_patience, _time, cancel).ConfigureAwait(false), true);
        }
        catch (TimeoutException) when (!asking.IsCompleted && patience is null)
        {
            Interlocked.Exchange(ref _hangsUntil, _time.GetTimestamp() + Ticks(s_notAgainFor));
            return (null, false);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancel.IsCancellationRequested)
        {
            // Whatever a database can do: the request is not to blame for it.
            return (null, false);
        }
    }
}
