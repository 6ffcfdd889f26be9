using System.Text;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Metering.Ledger.Journal;

namespace OpenClaw.Tests.Gateway.Metering.Ledger;

/// <summary>In which order the writer gets what came by way of the memory, of the journal alone, and of the memory alone.</summary>
public sealed class LedgerQueueTests : IDisposable
{
    // Longer than all of the journal: it goes into the memory alone. What is short still has room in the journal.
    private static readonly string s_long = new('l', 100 << 10);

    private readonly LedgerFolder _folder = new();
    private readonly LedgerQueue _queue;

    public LedgerQueueTests()
    {
        var folder = JournalFolder.Take(Path.Combine(_folder.Path, "ledger"));
        _queue = new LedgerQueue(10);
        _queue.Attach(folder, new JournalTail(folder, 1, maxSegment: 300, maxTotal: 64 << 10));
    }

    public void Dispose()
    {
        _queue.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void What_the_journal_does_not_take_is_written_between_what_it_took_before_and_after()
    {
        for (var i = 0; i < 10; i++) Assert.True(Add("k", i));
        Assert.True(Add("x", 1));
        Assert.False(Add("x", 0, s_long), "there was no room in the memory");
        Assert.Equal(1, _queue.Lost);
        List<string> written = [.. Take(6)];
        foreach (var (number, text) in ((int, string)[])[(2, s_long), (3, ""), (4, ""), (5, s_long), (6, s_long), (7, ""), (8, s_long)]) Assert.True(Add("x", number, text));
        Assert.Equal((12L, 4L), (_queue.Waiting, _queue.Loose));
        while (Take(3) is { Count: > 0 } more) written.AddRange(more);
        Assert.Equal([.. Enumerable.Range(0, 10).Select(static i => "k" + i), .. Enumerable.Range(1, 8).Select(static i => "x" + i)], written);
        Assert.Equal((0L, 0L, false), (_queue.Waiting, _queue.Loose, _queue.IsOverflowing));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    public void What_a_file_has_lost_at_its_end_is_counted_as_lost_and_neither_waited_for_nor_kept(int which)
    {
        // The first ten fit into the memory, and every other file is read back.
        for (var i = 0; i < 40; i++) Assert.True(Add("k", i, new string('t', 60)));
        var files = Directory.GetFiles(_folder.Path, "*.journal", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        var file = files[^(1 + which)];
        using (var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) RandomAccess.SetLength(handle, RandomAccess.GetLength(handle) - 5);
        List<string> written = [];
        for (var batch = 0; batch < 40 && Take(7) is { Count: > 0 } more; batch++) written.AddRange(more);
        Assert.Equal((39, 1L), (written.Count, _queue.Lost));
        Assert.Equal((0L, false), (_queue.Waiting, _queue.IsOverflowing));
        Assert.Equal(files.Count, _queue.TakeDone(evenLast: true).Count);
    }

    [Fact]
    public void Changes_take_no_more_memory_than_they_may_however_few_they_are()
    {
        using var folder = JournalFolder.Take(Path.Combine(_folder.Path, "large"));
        using var queue = new LedgerQueue(10_000);
        queue.Attach(folder, new JournalTail(folder, 1, maxSegment: 8 << 20, maxTotal: 80 << 20));
        var large = new byte[256_000];
        var kept = Enumerable.Range(0, 700).Count(i => queue.Add(new RecordChange("k", "k" + i, large, Entries.Now)));
        Assert.InRange(kept * 256_000L, 79 << 20, (80 << 20) + (64 << 20));
        Assert.Equal(700 - kept, queue.Lost);
        // The last tenth of its places is for what was answered.
        queue.Add(Entries.Of("dec_1"));
        Assert.Equal(700 - kept, queue.Lost);
        var taken = 0;
        for (var batch = new List<PendingItem>(); ; batch.Clear())
        {
            queue.Take(batch, 100);
            queue.Release(batch);
            if (batch.Count == 0) break;
            taken += batch.Count;
        }
        Assert.Equal(kept + 1, taken);
    }

    private bool Add(string name, int number, string text = "") => _queue.Add(new RecordChange(name, name + number, Encoding.UTF8.GetBytes(text), Entries.Now));

    private List<string> Take(int most)
    {
        var batch = new List<PendingItem>();
        _queue.Take(batch, most);
        _queue.Release(batch);
        return batch.ConvertAll(static i => i.Change!.Key);
    }
}
