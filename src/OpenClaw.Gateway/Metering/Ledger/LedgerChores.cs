using OpenClaw.Gateway.Metering.Ledger.Storage;

namespace OpenClaw.Gateway.Metering.Ledger;

/// <summary>What the ledger does now and then: put the journal onto the disk each second, and keep the database small each hour.</summary>
/// <param name="findJournal">Looks whether a journal that could not be opened can be now.</param>
internal sealed class LedgerChores(LedgerQueue queue, Retention retention, IStorage storage, Action findJournal, LedgerOptions options)
{
    private static readonly TimeSpan s_syncEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_firstSweep = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_sweepEvery = TimeSpan.FromHours(1);

    public async Task SyncAsync(CancellationToken cancel)
    {
        string? told = null;
        while (await WaitAsync(s_syncEvery, cancel).ConfigureAwait(false))
        {
            try
            {
                findJournal();
                queue.Sync();
                // Made anew also when nobody has anything to write: who reads waits for it.
                if (storage.IsMissing) queue.Wake();
                told = null;
            }
            catch (Exception e)
            {
                // Whatever it is: the next second may do better, and nobody else puts the journal onto the disk.
                if (told != e.Message) options.Log("the journal does not reach the disk: " + e.Message);
                told = e.Message;
            }
        }
    }

    public async Task SweepAsync(Task opened, CancellationToken cancel)
    {
        await opened.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        for (var wait = s_firstSweep; await WaitAsync(wait, cancel).ConfigureAwait(false); wait = s_sweepEvery)
        {
            try
            {
                var rolled = await retention.SweepAsync(cancel).ConfigureAwait(false);
                if (rolled > 0) options.Log($"{rolled} requests of the ledger became daily sums");
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                options.Log("the ledger could not be cleaned up, it is tried again in an hour: " + e.Message);
            }
        }
    }

    private async Task<bool> WaitAsync(TimeSpan time, CancellationToken cancel)
    {
        await Task.Delay(time, options.Time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !cancel.IsCancellationRequested;
    }
}
