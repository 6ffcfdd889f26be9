using System.Collections.Concurrent;
using OpenClaw.Gateway.Metering.Ledger.Journal;
using OpenClaw.Gateway.Metering.Ledger.Storage;

namespace OpenClaw.Gateway.Metering.Ledger;

/// <summary>
/// The till: takes every finished request and keeps it for good. A record goes into the journal on the request's own path, one
/// write into the system's memory; one background task brings it into the database, and all reading is from there. Thread-safe.
/// </summary>
internal sealed class LedgerState : IAsyncDisposable
{
    private const int MaxRecordBytes = 256 * 1024;
    private static readonly TimeSpan s_closeTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_driverTime = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<(string Kind, string Key), RecordChange> _unwritten = new();
    private readonly LedgerOptions _options;
    private readonly IStorage _storage;
    private readonly string _gatewayId;
    private readonly bool _isOff;
    private readonly LedgerQueue _queue;
    private readonly LedgerStore _store;
    private readonly LedgerWriter _writer;
    private readonly CounterStore _counters;
    private readonly JournalReplay _replay;
    private readonly Task _running;
    // A report may read for half a minute: whoever asks for many must not take the connections that budgets need.
    private readonly SemaphoreSlim _reports;
    private volatile string? _journalProblem;

    private LedgerState(LedgerOptions options, IStorage storage)
    {
        (_options, _storage, _isOff) = (options with { StateFolder = storage.Kind == "none" ? null : options.StateFolder }, storage, storage.Kind == "none");
        options = _options;
        _reports = new SemaphoreSlim(storage.IsShared ? 2 : 1);
        var (folder, problem) = TakeFolder(options);
        _journalProblem = problem;
        if (folder is { IsFirst: false } && !storage.IsShared) options.Log($"another gateway runs on {_options.StateFolder}: with SQLite each of them counts budgets and limits for itself and overwrites the other's sessions. Give it a state folder of its own (OPENCLAW_STATE_DIR), or both a PostgreSQL (storage.url)");
        _gatewayId = folder?.GatewayId ?? Guid.NewGuid().ToString("N")[..16];
        var earlier = folder?.Segments() ?? [];
        _queue = new LedgerQueue(options.QueueCapacity);
        if (folder is not null) Attach(folder);
        _store = new LedgerStore(storage, _gatewayId, options.Time, options.Log);
        _writer = new LedgerWriter(_queue, _store, storage, _gatewayId, options.Time, options.Log) { Wrote = Forget };
        _counters = new CounterStore(storage, _gatewayId, options.Time);
        _replay = new JournalReplay(_store.MarkAsync, _writer.WriteAsync, options.Log);
        var chores = new LedgerChores(_queue, new Retention(storage, options.Retention, options.MaxBytes, options.Time), storage, FindJournal, options);
        // Not on the way of the start: opening a database takes longer than all the rest.
        _running = Task.Run(() => Task.WhenAll(_writer.RunAsync(cancel => RecoverAsync(earlier, cancel), _stop.Token), chores.SyncAsync(_stop.Token), chores.SweepAsync(_writer.Opened, _stop.Token)));
    }

    /// <summary>A ledger that opens in the background, or why <c>storage.url</c> names no database.</summary>
    public static (LedgerState? Ledger, string? Problem) Open(LedgerOptions options)
    {
        var (storage, problem) = StorageUrl.Open(options.Url, options.StateFolder);
        return storage is null ? (null, problem) : (new LedgerState(options, storage), null);
    }

    /// <summary>A ledger that keeps everything in memory.</summary>
    public static LedgerState InMemory() => Open(new LedgerOptions { Url = "sqlite::memory:" }).Ledger!;

    /// <summary>The configuration wants no ledger: requests are not entered; records are kept as long as the process lives.</summary>
    public bool IsOff => _isOff;

    /// <summary>True when several gateways share the database (PostgreSQL): budgets then need leases.</summary>
    public bool IsShared => _storage.IsShared;

    /// <summary>The database is open and has what an earlier run left in the journal.</summary>
    public bool IsOpen => _writer.Opened.IsCompletedSuccessfully;

    /// <summary>The database does not take entries, or has not caught up: what was settled a while ago may still wait.</summary>
    public bool IsBehind => _writer.Problem is not null || _queue.IsOverflowing;

    /// <summary>Why no request that costs money may begin now (neither journal nor memory has room for one more), or null. Callers read it: no path and no address; <see cref="Facts"/> has these.</summary>
    public string? WhyNotAccepting => _queue.IsFull ? "the ledger has no room for another request" : null;

    /// <summary>Why nothing that is put here now would outlive the process (neither the journal nor the database takes it), or null.</summary>
    public string? WhyNotKeeping => (_queue.JournalProblem ?? _journalProblem) is { } journal && _writer.Problem is { } database ? $"{journal}; {database}" : null;

    public LedgerFacts Facts => new(
        _storage.Kind, _storage.Place, _gatewayId, IsOpen, _writer.Problem, _queue.JournalProblem ?? _journalProblem, _queue.Waiting, _queue.JournalBytes,
        _writer.Written, _replay.Recovered, _replay.Unfinished, _queue.Lost + _writer.Refused) { Rewritten = _writer.Rewritten, HasGap = _writer.HasGap };

    /// <summary>
    /// Notes that a request may cost money from now on. Survives the process. A later opening of the same id takes the place of
    /// the earlier one, so a second call's opening names everything the request may have cost by then.
    /// </summary>
    public void Opened(LedgerOpening opening)
    {
        if (!_isOff) _queue.Open(opening);
    }

    /// <summary>Takes a finished request. Survives the process once it returns; reaches the database soon after.</summary>
    public void Settled(LedgerEntry entry)
    {
        if (!_isOff) _queue.Add(entry);
    }

    /// <summary>
    /// The counter as it is written, by every gateway that shares the database. Waits until the database is open and the journal
    /// of the last run has been read; while the database is away it waits until <paramref name="cancel"/>.
    /// </summary>
    public ValueTask<CounterValue> ReadCounterAsync(CounterKey key, CancellationToken cancel) => WhenBackAsync(() => _counters.ReadAsync(key, cancel), cancel);

    /// <summary>Whose counters of a budget are the highest in a window. Waits as <see cref="ReadCounterAsync"/> does.</summary>
    public ValueTask<IReadOnlyList<string>> DearestAsync(string budget, string window, int most, CancellationToken cancel) =>
        WhenBackAsync(() => _counters.DearestAsync(budget, window, most, cancel), cancel);

    /// <summary>
    /// The counter, and the exact sum over the rows since <paramref name="from"/>, for a budget that was configured after the money
    /// was spent; both of the same instant. Waits as <see cref="ReadCounterAsync"/> does.
    /// </summary>
    public ValueTask<(CounterValue Counter, CounterValue Rows)> ReadWithRowsAsync(CounterKey key, CounterScope scope, DateTimeOffset from, CancellationToken cancel) =>
        WhenBackAsync(() => IsShared ? _counters.ReadWithRowsAsync(key, scope, from, cancel) : Aside(() => _counters.ReadWithRowsAsync(key, scope, from, cancel)), cancel);

    // SQLite sums on the thread that asks, which may be a request's.
    private static ValueTask<T> Aside<T>(Func<ValueTask<T>> read) => new(Task.Run(() => read().AsTask()));

    /// <summary>Asks for a part of a shared budget; one transaction, exact among all gateways.</summary>
    /// <exception cref="System.Data.Common.DbException">The database does not answer; whether it granted is unknown, the next heartbeat tells.</exception>
    public async ValueTask<LeaseGrant> LeaseAsync(CounterKey key, LeaseWish wish, CancellationToken cancel)
    {
        await _writer.Opened.WaitAsync(cancel).ConfigureAwait(false);
        return await _counters.LeaseAsync(key, wish, cancel).ConfigureAwait(false);
    }

    /// <summary>Gives back a part of the own lease that is not needed.</summary>
    /// <exception cref="System.Data.Common.DbException">The database does not answer.</exception>
    public async ValueTask ReturnLeaseAsync(CounterKey key, decimal amount, CancellationToken cancel)
    {
        await _writer.Opened.WaitAsync(cancel).ConfigureAwait(false);
        await _counters.ReturnAsync(key, amount, cancel).ConfigureAwait(false);
    }

    /// <summary>
    /// Keeps the own leases alive and commits their exposures; a lease that is not named has none. Call about once a second while
    /// there are leases, or requests under one that was reclaimed; after 15 s of silence a lease is reclaimed.
    /// </summary>
    /// <returns>What the own leases still have. One that is missing was reclaimed.</returns>
    /// <exception cref="System.Data.Common.DbException">The database does not answer.</exception>
    public async ValueTask<IReadOnlyList<LeaseLeft>> HeartbeatAsync(IReadOnlyCollection<LeaseExposure> exposures, CancellationToken cancel)
    {
        await _writer.Opened.WaitAsync(cancel).ConfigureAwait(false);
        return await _counters.HeartbeatAsync(exposures, cancel).ConfigureAwait(false);
    }

    /// <summary>The newest records of a kind, newest first. Waits for the database to open.</summary>
    public async Task<IReadOnlyList<StoredRecord>> LoadRecordsAsync(string kind, int limit, CancellationToken cancel = default)
    {
        await _writer.Opened.WaitAsync(cancel).ConfigureAwait(false);
        await using var connection = await _storage.OpenAsync(cancel).ConfigureAwait(false);
        return await RecordReader.LoadAsync(connection, kind, limit, cancel).ConfigureAwait(false);
    }

    public async Task<StoredRecord?> FindRecordAsync(string kind, string key, CancellationToken cancel = default)
    {
        if (_unwritten.TryGetValue((kind, key), out var change)) return change.Json is { } json ? new StoredRecord(kind, key, json, change.At) : null;
        ThrowIfAway();
        await _writer.Opened.WaitAsync(cancel).ConfigureAwait(false);
        await using var connection = await _storage.OpenAsync(cancel).ConfigureAwait(false);
        return await RecordReader.FindAsync(connection, kind, key, cancel).ConfigureAwait(false);
    }

    /// <summary>Keeps a record: in the journal when this returns, in the database soon after, in the order of the calls. Of a kind at most 10,000 are kept, the newest.</summary>
    /// <exception cref="ArgumentException">It is longer than 256 KB.</exception>
    public void PutRecord(string kind, string key, ReadOnlyMemory<byte> json)
    {
        if (json.Length > MaxRecordBytes) throw new ArgumentException($"a record may have {MaxRecordBytes} bytes, this has {json.Length}", nameof(json));
        Change(new RecordChange(kind, key, json.ToArray(), _options.Time.GetUtcNow()));
    }

    public void DeleteRecord(string kind, string key) => Change(new RecordChange(kind, key, null, _options.Time.GetUtcNow()));

    /// <summary>What was used, by group. Exact sums; entries of the last fraction of a second may be missing, unless <see cref="FlushAsync"/> came before. One or two are made at a time, others wait.</summary>
    /// <exception cref="IOException">The database was never there.</exception>
    public async Task<UsageReport> ReportAsync(UsageQuery query, CancellationToken cancel)
    {
        ThrowIfAway();
        await _writer.Opened.WaitAsync(cancel).ConfigureAwait(false);
        await _reports.WaitAsync(cancel).ConfigureAwait(false);
        // On a thread of its own: SQLite has no asynchronous calls, and whoever waits may lose patience before it has its answer.
        return await Task.Run(ReadAsync, CancellationToken.None).WaitAsync(cancel).ConfigureAwait(false);

        async Task<UsageReport> ReadAsync()
        {
            try
            {
                return await new UsageReader(_storage).ReportAsync(query, cancel).ConfigureAwait(false);
            }
            finally
            {
                _reports.Release();
            }
        }
    }

    /// <summary>Everything taken before the call is in the database when it ends; while the database is away it does not end.</summary>
    public Task FlushAsync() => _writer.FlushAsync();

    /// <summary>Writes what is queued, for at most five seconds; what the database does not take by then stays in the journal.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        _writer.Close();
        // A database that is away now will hardly be back in time.
        var most = _writer.Problem is null ? s_closeTime : s_closeTime / 5;
        _stop.CancelAfter(most);
        try
        {
            // By a clock of its own: a driver whose server stands still ends when the server does, and not when it is told to.
            await CloseAsync().WaitAsync(most + s_driverTime).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _options.Log($"the ledger's database ({_storage.Place}) stands still: what it has not taken comes into it from the journal with the next start");
            TellOfLoose();
        }
    }

    private async Task CloseAsync()
    {
        await _writer.Ended.ConfigureAwait(false);
        if (!_stop.IsCancellationRequested) await _writer.DeleteDoneAsync(evenLast: true, _stop.Token).ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        await _store.DisposeAsync().ConfigureAwait(false);
        TellOfLoose();
        _queue.Dispose();
        await _storage.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private void TellOfLoose()
    {
        if (_queue.Loose is > 0 and var loose) _options.Log($"{loose} requests or changes reached neither the ledger's database nor its journal and are lost");
    }

    // What is known to be away is not waited for, by each request anew.
    private void ThrowIfAway()
    {
        if (!IsOpen && _writer.Problem is { } problem) throw new IOException(problem);
    }

    private async Task RecoverAsync(IReadOnlyList<(long Number, string Path)> earlier, CancellationToken cancel)
    {
        await _replay.RunAsync(_gatewayId, earlier, isLate: false, cancel).ConfigureAwait(false);
        if (_journalProblem is null) await RecoverAbandonedAsync(isLate: false, cancel).ConfigureAwait(false);
    }

    private async Task RecoverAbandonedAsync(bool isLate, CancellationToken cancel)
    {
        if (_options.StateFolder is not { } state) return;
        foreach (var folder in JournalFolder.TakeAbandoned(FolderIn(state)))
        {
            using (folder) await _replay.RunAsync(folder.GatewayId, folder.Segments(), isLate, cancel).ConfigureAwait(false);
        }
    }

    private async ValueTask<T> WhenBackAsync<T>(Func<ValueTask<T>> read, CancellationToken cancel)
    {
        await _writer.Opened.WaitAsync(cancel).ConfigureAwait(false);
        while (true)
        {
            try
            {
                return await read().ConfigureAwait(false);
            }
            catch (System.Data.Common.DbException) when (!cancel.IsCancellationRequested && !_stop.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250), _options.Time, cancel).ConfigureAwait(false);
            }
        }
    }

    private void Change(RecordChange change)
    {
        _unwritten[(change.Kind, change.Key)] = change;
        // What is lost is not told of as if it were still to be written.
        if (!_queue.Add(change)) _unwritten.TryRemove(new((change.Kind, change.Key), change));
    }

    private void Forget(List<PendingItem> written)
    {
        foreach (var item in written)
        {
            // Only if it is still the newest: otherwise a later one waits.
            if (item.Change is { } change && _unwritten.TryGetValue((change.Kind, change.Key), out var newest) && IsSame(newest, change)) _unwritten.TryRemove(new((change.Kind, change.Key), newest));
        }
    }

    // Read back from the journal it is another object, whose moment has whole milliseconds.
    private static bool IsSame(RecordChange put, RecordChange written) => ReferenceEquals(put, written)
        || (put.At.ToUnixTimeMilliseconds() == written.At.ToUnixTimeMilliseconds() && put.Json is null == written.Json is null
            && (put.Json is not { } json || json.Span.SequenceEqual(written.Json!.Value.Span)));

    private static string FolderIn(string state) => Path.Combine(state, "ledger");

    private void Attach(JournalFolder folder) =>
        _queue.Attach(folder, new JournalTail(folder, folder.NextNumber(_options.Time.GetUtcNow()), _options.MaxSegmentBytes, _options.MaxJournalBytes));

    // A disk that could not be written to when the gateway began may be well again.
    private void FindJournal()
    {
        if (_journalProblem is null || _options.StateFolder is not { } state) return;
        JournalFolder? folder = null;
        try
        {
            folder = JournalFolder.TakeFor(FolderIn(state), _gatewayId);
            Attach(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not yet.
            folder?.Dispose();
            return;
        }
        _journalProblem = null;
        _options.Log($"the journal is written again, in {folder.Path}");
        _writer.RecoverAlso(cancel => RecoverAbandonedAsync(isLate: true, cancel));
    }

    private static (JournalFolder? Folder, string? Problem) TakeFolder(LedgerOptions options)
    {
        if (options.StateFolder is not { } state) return (null, null);
        try
        {
            return (JournalFolder.Take(FolderIn(state)), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var problem = $"the journal cannot be opened in {FolderIn(state)}: {e.Message}";
            options.Log(problem + "; requests of the last moments before a crash would be forgotten");
            return (null, problem);
        }
    }
}
