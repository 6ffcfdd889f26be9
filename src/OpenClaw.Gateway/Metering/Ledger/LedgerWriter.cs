using System.Data.Common;
using OpenClaw.Gateway.Metering.Ledger.Journal;
using OpenClaw.Gateway.Metering.Ledger.Storage;

namespace OpenClaw.Gateway.Metering.Ledger;

/// <summary>
/// The one task that writes to the database: reads what an earlier run left in the journal, then batches what requests bring.
/// While the database is away it tries again, more and more slowly, and nothing is dropped.
/// </summary>
internal sealed class LedgerWriter(LedgerQueue queue, LedgerStore store, IStorage storage, string gatewayId, TimeProvider time, Action<string> log)
{
    // What a transaction costs beside its rows (counters, marks, pages of the indexes that it touches) is shared by all of them.
    private const int BatchSize = 2048;
    private const int Many = 64;
    private static readonly TimeSpan s_gather = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_gatherMore = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan s_shortestWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _close = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly List<TaskCompletionSource> _flushes = [];
    private TaskCompletionSource _hurry = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _problem;
    private volatile bool _closing;
    private Func<CancellationToken, Task>? _alsoRecover;
    private long _written;
    private long _refused;
    private long _rewritten;

    /// <summary>Told of each batch that is in the database.</summary>
    public Action<List<PendingItem>> Wrote { get; init; } = static _ => { };

    /// <summary>Ends when the database is open and has what an earlier run left in the journal.</summary>
    public Task Opened => _opened.Task;

    /// <summary>Ends with <see cref="RunAsync"/>.</summary>
    public Task Ended => _ended.Task;

    public string? Problem => _problem;

    public long Written => Interlocked.Read(ref _written);

    /// <summary>Entries that the database will never take.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Entries that the database once had, and was given again.</summary>
    public long Rewritten => Interlocked.Read(ref _rewritten);

    /// <summary>The database went back to before what the journal still has: it lacks entries that it had confirmed.</summary>
    public bool HasGap { get; private set; }

    /// <param name="recover">Reads the journals of earlier runs; called again until it succeeds.</param>
    public async Task RunAsync(Func<CancellationToken, Task> recover, CancellationToken cancel)
    {
        try
        {
            await UntilItWorksAsync(async () =>
            {
                await store.ConnectAsync(cancel).ConfigureAwait(false);
                await recover(cancel).ConfigureAwait(false);
            }, cancel).ConfigureAwait(false);
            _opened.TrySetResult();
            while (!_closing)
            {
                await queue.WaitAsync(cancel).ConfigureAwait(false);
                if (!_closing) await GatherAsync().ConfigureAwait(false);
                if (Interlocked.Exchange(ref _alsoRecover, null) is { } also) await UntilItWorksAsync(() => also(cancel), cancel).ConfigureAwait(false);
                await DrainAsync(cancel).ConfigureAwait(false);
            }
            await DrainAsync(cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // What is left stays in the journal.
        }
        catch (Exception e)
        {
            // A bug of ours. Nothing is written any more until the next start: everybody who looks is told.
            _problem = $"its writer stopped, and what is in the journal comes into the database with the next start: {e.Message}";
            log($"bug in the ledger's writer: {e}");
        }
        finally
        {
            _opened.TrySetCanceled(CancellationToken.None);
            EndFlushes();
            _ended.TrySetResult();
        }
    }

    /// <summary>Writes a batch of any gateway's journal, as often as it takes.</summary>
    public async Task<int> WriteAsync(List<PendingItem> batch, string gateway, bool presumedIsKnown, CancellationToken cancel)
    {
        var fresh = 0;
        var isRefused = false;
        await UntilItWorksAsync(async () =>
        {
            try
            {
                fresh = await store.WriteAsync(batch, gateway, presumedIsKnown, cancel).ConfigureAwait(false);
            }
            catch (Exception e) when (IsHopeless(e))
            {
                isRefused = true;
                if (batch.Count <= 1) log($"the ledger cannot keep an entry ({(batch.Count == 0 ? "none" : batch[0].Entry?.Id ?? batch[0].Change?.Kind)}): {e.Message}");
            }
        }, cancel).ConfigureAwait(false);
        if (!isRefused) return fresh;
        if (batch.Count <= 1)
        {
            Interlocked.Add(ref _refused, batch.Count);
            return 0;
        }
        // One that the database will never take must not hold up the others.
        foreach (var item in batch) fresh += await WriteAsync([item], gateway, false, cancel).ConfigureAwait(false);
        if (presumedIsKnown) await WriteAsync([], gateway, true, cancel).ConfigureAwait(false);
        return fresh;
    }

    public async Task FlushAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _flushes.Add(done);
            _hurry.TrySetResult();
        }
        queue.Wake();
        await done.Task.ConfigureAwait(false);
    }

    /// <summary>What is queued is still written, then <see cref="RunAsync"/> ends.</summary>
    public void Close()
    {
        _closing = true;
        _close.TrySetResult();
        lock (_lock) _hurry.TrySetResult();
        queue.Wake();
    }

    /// <summary>Reads the journals of earlier runs that could not be read when this one began. Called again until it succeeds, between two batches.</summary>
    public void RecoverAlso(Func<CancellationToken, Task> recover)
    {
        Volatile.Write(ref _alsoRecover, recover);
        queue.Wake();
    }

    private async Task GatherAsync()
    {
        Task hurry;
        lock (_lock) hurry = _hurry.Task;
        if (!hurry.IsCompleted && queue.Waiting < BatchSize) await Task.WhenAny(hurry, Task.Delay(s_gather, time)).ConfigureAwait(false);
        // Many at once: they will not have to wait long for a large batch.
        if (!hurry.IsCompleted && queue.Waiting is >= Many and < BatchSize) await Task.WhenAny(hurry, Task.Delay(s_gatherMore, time)).ConfigureAwait(false);
        lock (_lock)
        {
            if (_hurry.Task.IsCompleted) _hurry = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private async Task DrainAsync(CancellationToken cancel)
    {
        // Looks whether the database is still there.
        await UntilItWorksAsync(() => store.ConnectAsync(cancel), cancel).ConfigureAwait(false);
        await RewriteAsync(cancel).ConfigureAwait(false);
        var (flushes, owed) = Asked();
        var batch = new List<PendingItem>(BatchSize);
        while (true)
        {
            batch.Clear();
            // What is read back from the journal may have to wait for a file that cannot be read now.
            await UntilItWorksAsync(() =>
            {
                queue.Take(batch, BatchSize);
                return Task.CompletedTask;
            }, cancel).ConfigureAwait(false);
            if (batch.Count == 0) break;
            Interlocked.Add(ref _written, await WriteAsync(batch, gatewayId, false, cancel).ConfigureAwait(false));
            // Before their files may go.
            await RewriteAsync(cancel).ConfigureAwait(false);
            queue.Release(batch);
            Wrote(batch);
            // Not only behind the last batch: while each is full that may be far, and the journal has a bound.
            await DeleteDoneAsync(evenLast: false, cancel).ConfigureAwait(false);
            owed -= batch.Count;
            var isServed = owed <= 0 && !queue.IsOverflowing;
            // What came meanwhile is gathered first.
            if (batch.Count < BatchSize && (flushes.Count == 0 || isServed) && !_closing) break;
            // Where every batch is full the end may be far: who was served is told now, and who asked meanwhile comes next.
            if (!isServed) continue;
            Tell(flushes);
            (flushes, owed) = Asked();
        }
        if (queue.Waiting > 0) queue.Wake();
        await DeleteDoneAsync(evenLast: false, cancel).ConfigureAwait(false);
        Tell(flushes);
    }

    // The server was exchanged for one that lacks what this one had confirmed. Of records the others may have written newer ones since.
    private async Task RewriteAsync(CancellationToken cancel)
    {
        if (store.TakeWentBack() is not { } from) return;
        log($"the ledger's database ({storage.Place}) has gone back, as a replica that lagged or a backup: what it lacks is written again, as far as the journal has it");
        var isWhole = queue.Reaches(from);
        var before = Rewritten;
        try
        {
            foreach (var batch in queue.KeptSince(from, BatchSize)) Interlocked.Add(ref _rewritten, await WriteAsync(batch, gatewayId, false, cancel).ConfigureAwait(false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log($"the journal cannot be read: {e.Message}");
            isWhole = false;
        }
        HasGap |= !isWhole;
        log($"written again: {Rewritten - before} requests" + (isWhole ? "" : "; older ones that the database had are not in the journal any more: they are missing in reports, and budgets do not count them"));
    }

    // Who waits for a flush waits for what was there when it asked, and not for what goes on coming.
    private (List<TaskCompletionSource> Flushes, long Owed) Asked()
    {
        List<TaskCompletionSource> flushes;
        lock (_lock) flushes = [.. _flushes];
        return (flushes, flushes.Count > 0 ? queue.Waiting : 0);
    }

    private void Tell(List<TaskCompletionSource> flushes)
    {
        if (flushes.Count == 0) return;
        lock (_lock) _flushes.RemoveAll(flushes.Contains);
        foreach (var flush in flushes) flush.TrySetResult();
    }

    /// <summary>Removes journal files whose entries are all in the database, and stay there whatever happens.</summary>
    public async Task DeleteDoneAsync(bool evenLast, CancellationToken cancel)
    {
        var done = queue.TakeDone(evenLast);
        if (done.Count == 0) return;
        await UntilItWorksAsync(() => store.CheckpointAsync(cancel), cancel).ConfigureAwait(false);
        foreach (var segment in done)
        {
            segment.Handle?.Dispose();
            JournalReplay.Delete(segment.Path, log);
        }
    }

    private async Task UntilItWorksAsync(Func<Task> work, CancellationToken cancel)
    {
        for (var wait = s_shortestWait; ; wait = wait * 2 < s_longestWait ? wait * 2 : s_longestWait)
        {
            try
            {
                await work().ConfigureAwait(false);
                var wasAway = _problem is not null;
                _problem = null;
                if (wasAway) log($"the ledger's database ({storage.Place}) answers again");
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancel.IsCancellationRequested)
            {
                var (problem, before) = (Describe(e), _problem);
                _problem = problem;
                if (problem != before) log($"the ledger's database ({storage.Place}) does not take entries, they wait: {problem}");
            }
            // Who closes has a second: the database is asked once more now, not when its turn would come.
            if (_closing) await Task.Delay(s_shortestWait, time, cancel).ConfigureAwait(false);
            else await Task.WhenAny(Task.Delay(wait, time, cancel), _close.Task).ConfigureAwait(false);
            cancel.ThrowIfCancellationRequested();
        }
    }

    // Neither the connection's nor the disk's fault: the entry itself, or a bug of ours.
    private bool IsHopeless(Exception e) => e switch
    {
        DbException failure => !storage.IsPassing(failure) && !failure.IsTransient,
        InvalidCastException or FormatException or ArgumentException or OverflowException or KeyNotFoundException => true,
        _ => false,
    };

    private static string Describe(Exception e) => e is DbException { InnerException: { } inner } ? $"{e.Message} ({inner.Message})" : e.Message;

    private void EndFlushes()
    {
        lock (_lock)
        {
            foreach (var flush in _flushes)
            {
                // What is left comes into the database with the next start, and not before.
                if (queue.Waiting == 0) flush.TrySetResult();
                else flush.TrySetException(new IOException("the ledger was closed before its entries were in the database"));
            }
            _flushes.Clear();
        }
    }
}
