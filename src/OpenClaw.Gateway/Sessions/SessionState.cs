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
    private const string Kind = "session";
    private const string TranscriptKind = "transcript";
    private const int MaxInMemory = 1024;
    private const int MaxArchives = 5;

    // A request does not wait long for a store that is away: it goes on without its session, and says so.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);
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

    public SessionState(LedgerState ledger, StateHolder states, TimeProvider time)
    {
        (_ledger, _states, _time) = (ledger, states, time);
        _sweeper = time.CreateTimer(_ => Sweep(), null, s_firstSweep, s_sweep);
    }

    /// <summary>The session of this name, as it was left; a new one when there is none.</summary>
    public async ValueTask<Session> OpenAsync(SessionKey key, CancellationToken cancel)
    {
        var id = key.ToString();
        if (_sessions.TryGetValue(id, out var known)) return Touch(known);
        var (stored, isAsked) = await FindAsync(Kind, id, cancel).ConfigureAwait(false);
        var data = stored is null ? null : SessionJson.Read(stored.Json);
        var session = new Session(data ?? SessionData.New(key, _time.GetUtcNow()), isAsked, isStored: data is not null);
        if (!isAsked) return session;
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
        return current.Change(change, data => Save(current, data));
    }

    /// <summary>Counts a finished request.</summary>
    public void Settle(Session session, Decision decision)
    {
        if (!session.IsDeleted) Change(session, data => data.With(decision, _time.GetUtcNow()));
    }

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
        var records = await _ledger.LoadRecordsAsync(Kind, _states.Current.Config.Sessions.Max, cancel).ConfigureAwait(false);
        // Newest first in the store; what is in memory may be newer by a moment.
        var found = new Dictionary<string, SessionData>(StringComparer.Ordinal);
        foreach (var session in _sessions.Values)
        {
            if (session is { IsStored: true, IsDeleted: false }) found[session.Key.ToString()] = session.Data;
        }
        var fromStore = 0;
        foreach (var record in records)
        {
            if (fromStore > limit) break;
            if (found.ContainsKey(record.Key) || SessionJson.Read(record.Json) is not { } data) continue;
            if (before is not null && data.Updated >= before) continue;
            found[record.Key] = data;
            fromStore++;
        }
        return [.. found.Values.Where(s => before is null || s.Updated < before).OrderByDescending(static s => s.Updated).ThenBy(static s => s.Key.ToString(), StringComparer.Ordinal).Take(limit)];
    }

    /// <summary>The conversation that the gateway holds, or one that was put away; null when the store does not answer.</summary>
    public async ValueTask<Transcript?> ReadTranscriptAsync(Session session, CancellationToken cancel, string? archive = null)
    {
        var (stored, isAsked) = await FindAsync(TranscriptKind, archive ?? session.Key.ToString(), cancel).ConfigureAwait(false);
        return !isAsked ? null : stored is null ? Transcript.Empty : Transcript.Read(stored.Json);
    }

    public void WriteTranscript(Session session, Transcript transcript)
    {
        if (session.IsDeleted) return;
        _ledger.PutRecord(TranscriptKind, session.Key.ToString(), transcript.Write());
        Change(session, data => data with { Turns = transcript.Turns.Length, Updated = _time.GetUtcNow() });
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
            _ledger.PutRecord(TranscriptKind, name, transcript.Write());
            archives = archives.Add(name);
            while (archives.Length > MaxArchives)
            {
                _ledger.DeleteRecord(TranscriptKind, archives[0]);
                archives = archives.RemoveAt(0);
            }
        }
        _ledger.DeleteRecord(TranscriptKind, id);
        Change(session, data => data.Restarted(now) with { Archives = archives });
        return true;
    }

    /// <summary>Forgets the conversation and the counters; what the user set stays.</summary>
    public void Reset(Session session)
    {
        _ledger.DeleteRecord(TranscriptKind, session.Key.ToString());
        Change(session, data => data.Restarted(_time.GetUtcNow()));
    }

    public void Delete(Session session)
    {
        session.IsDeleted = true;
        _sessions.TryRemove(session.Key.ToString(), out _);
        Forget(session.Key.ToString(), session.Data);
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
            var records = await _ledger.LoadRecordsAsync(Kind, int.MaxValue, _closing.Token).ConfigureAwait(false);
            var kept = 0;
            foreach (var (id, data) in records.Select(static r => (r.Key, Data: SessionJson.Read(r.Json))).OrderByDescending(static s => s.Data?.Updated))
            {
                if (data is not null && data.Updated >= oldest && kept++ < rules.Max) continue;
                if (_sessions.TryRemove(id, out var session)) session.IsDeleted = true;
                Forget(id, data);
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
        _ledger.DeleteRecord(Kind, id);
        _ledger.DeleteRecord(TranscriptKind, id);
        foreach (var name in data?.Archives ?? []) _ledger.DeleteRecord(TranscriptKind, name);
    }

    private void Save(Session session, SessionData data)
    {
        if (!session.IsKept) return;
        session.IsStored = true;
        _ledger.PutRecord(Kind, data.Key.ToString(), SessionJson.Write(data));
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
        foreach (var (id, session) in _sessions.OrderBy(static s => s.Value.LastUsed).Take(MaxInMemory / 8)) _sessions.TryRemove(new(id, session));
    }

    private async ValueTask<(StoredRecord? Record, bool IsAsked)> FindAsync(string kind, string id, CancellationToken cancel)
    {
        var asking = _ledger.FindRecordAsync(kind, id, cancel);
        try
        {
            return (asking.IsCompletedSuccessfully ? asking.Result : await asking.WaitAsync(s_patience, _time, cancel).ConfigureAwait(false), true);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancel.IsCancellationRequested)
        {
            // Whatever a database can do: the request is not to blame for it.
            return (null, false);
        }
    }
}
