using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Metering.Ledger.Journal;
using OpenClaw.Gateway.Metering.Ledger.Storage;

namespace OpenClaw.Tests.Gateway.Metering.Ledger;

/// <summary>Many full batches one after the other.</summary>
public sealed class LedgerDrainTests : IDisposable
{
    private readonly LedgerFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_journal_forgets_what_is_written_while_full_batches_still_come()
    {
        var cancel = TestContext.Current.CancellationToken;
        var folder = JournalFolder.Take(Path.Combine(_folder.Path, "ledger"));
        using var queue = new LedgerQueue(10_000);
        queue.Attach(folder, new JournalTail(folder, 1, maxSegment: 64 << 10, maxTotal: 64 << 20));
        for (var i = 0; i < 5000; i++) queue.Add(Entries.Of(Entries.Id(i)));
        await using var storage = new SqliteStorage(_folder.Database);
        await using var store = new LedgerStore(storage, "one", TimeProvider.System, static _ => { });
        List<long> sizes = [queue.JournalBytes];
        var writer = new LedgerWriter(queue, store, storage, folder.GatewayId, TimeProvider.System, static _ => { }) { Wrote = _ => sizes.Add(queue.JournalBytes) };
        var running = writer.RunAsync(static _ => Task.CompletedTask, cancel);
        await writer.FlushAsync();
        writer.Close();
        await running;
        // Each batch is told of before its own files go: the second one finds those of the first gone.
        Assert.Equal(4, sizes.Count);
        Assert.Equal(sizes[0], sizes[1]);
        Assert.InRange(sizes[2], 1, sizes[0] * 2 / 3);
        Assert.InRange(sizes[3], 1, sizes[0] / 3);
    }
}
