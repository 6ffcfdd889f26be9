using Microsoft.Data.Sqlite;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Tests.Gateway.Metering.Ledger;

/// <summary>The ledger on a real SQLite file: each request once, whatever happens to the process.</summary>
public sealed class LedgerStateTests : IDisposable
{
    private readonly LedgerFolder _folder = new();
    private readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_second_gateway_on_one_SQLite_file_is_warned_that_nothing_is_shared()
    {
        await using var one = _folder.Open();
        Assert.Empty(_folder.Log);
        await using var two = _folder.Open();
        Assert.Contains("another gateway runs on", Assert.Single(_folder.Log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_settled_is_in_the_database_with_every_hop_and_in_the_counter()
    {
        await using (var ledger = _folder.Open())
        {
            ledger.Opened(Entries.Opening("dec_1"));
            ledger.Settled(Entries.Of("dec_1"));
            await ledger.FlushAsync();
            Assert.Equal(new CounterValue(0.25m, 150), await ledger.ReadCounterAsync(Entries.Monthly, _cancel));
        }
        Assert.Equal("dec_1|owner|s1|,batch,team-a,|fast|openai/gpt-4o|answered|200", Row("SELECT id || '|' || client || '|' || session || '|' || tags || '|' || alias || '|' || answered || '|' || outcome || '|' || status FROM requests"));
        Assert.Equal("anthropic/claude-opus-4 rate_limited 429; openai/gpt-4o ok 200", Row("SELECT group_concat(provider || '/' || model || ' ' || result || ' ' || status, '; ') FROM (SELECT * FROM hops ORDER BY hop)"));
        Assert.Empty(_folder.Journals);
    }

    [Fact]
    public async Task A_row_holds_what_its_own_entry_said_whatever_the_row_before_held()
    {
        var one = Entries.Of("dec_1") with { Session = "", Alias = null, Answered = "é/\0/\uD800", FirstTokenMs = null, Tags = [], Status = 0 };
        var other = Entries.Of("dec_2") with { Session = null, Alias = "", Answered = "", FirstTokenMs = 0, Client = new string('ü', 300) };
        await using (var ledger = _folder.Open())
        {
            foreach (var entry in (LedgerEntry[])[one, other, one with { Id = "dec_3" }, other with { Id = "dec_4", Hops = [] }]) ledger.Settled(entry);
            await ledger.FlushAsync();
        }
        const string sql = "SELECT group_concat(substr(id, 5) || quote(session) || quote(alias) || length(client) || quote(first_token_ms) || tags || status || quote(replace(answered, char(65533), '?')) || (SELECT COUNT(*) FROM hops WHERE request = n), ' ') FROM (SELECT * FROM requests ORDER BY n)";
        Assert.Equal("1''NULL5NULL0'é/?/?'2 2NULL''3000.0,batch,team-a,200''2 3''NULL5NULL0'é/?/?'2 4NULL''3000.0,batch,team-a,200''0", Row(sql));
        Assert.Equal("429 200 429 200 429 200", Row("SELECT group_concat(status, ' ') FROM (SELECT status FROM hops ORDER BY request, hop)"));
    }

    [Fact]
    public async Task Who_waits_for_what_is_there_does_not_wait_for_what_goes_on_coming()
    {
        await using var ledger = _folder.Open();
        var isEnough = false;
        var coming = Task.Run(
            () =>
            {
                // Always something, and never more than the memory holds.
                for (var i = 0; !Volatile.Read(ref isEnough); i++)
                {
                    ledger.Settled(Entries.Of("more_" + i));
                    while (ledger.Facts.Waiting > 200 && !Volatile.Read(ref isEnough)) Thread.Yield();
                }
            },
            _cancel);
        try
        {
            for (var i = 0; i < 3; i++)
            {
                ledger.Settled(Entries.Of("dec_" + i));
                await ledger.FlushAsync().WaitAsync(TimeSpan.FromSeconds(30), _cancel);
            }
            Assert.False(coming.IsCompleted, "nothing came meanwhile");
            Assert.Equal("3", Row("SELECT CAST(COUNT(*) AS TEXT) FROM requests WHERE id LIKE 'dec%'"));
        }
        finally
        {
            Volatile.Write(ref isEnough, true);
            await coming;
        }
    }

    [Fact]
    public async Task A_counter_and_its_rows_are_read_of_one_instant_while_others_come()
    {
        await using var ledger = _folder.Open();
        var isEnough = false;
        var coming = Task.Run(
            () =>
            {
                for (var i = 0; !Volatile.Read(ref isEnough); i++)
                {
                    ledger.Settled(Entries.Of("more_" + i));
                    while (ledger.Facts.Waiting > 20 && !Volatile.Read(ref isEnough)) Thread.Yield();
                }
            },
            _cancel);
        try
        {
            decimal first = 0, last = 0;
            for (var i = 0; i < 100; i++)
            {
                // Hurries the writer on, so that there is something new while it is read.
                var flush = ledger.FlushAsync();
                do
                {
                    var (counter, rows) = await ledger.ReadWithRowsAsync(Entries.Monthly, CounterScope.Gateway, DateTimeOffset.UnixEpoch, _cancel);
                    Assert.Equal(counter.Usd, rows.Usd);
                    if (i == 0) first = counter.Usd;
                    last = counter.Usd;
                }
                while (!flush.IsCompleted);
            }
            Assert.True(last > first, "nothing came meanwhile");
        }
        finally
        {
            Volatile.Write(ref isEnough, true);
            await coming;
        }
    }

    [Fact]
    public async Task Without_storage_requests_are_not_written_down_and_records_last_as_long_as_the_process()
    {
        await using (var ledger = _folder.Open(static o => o with { Url = "none" }))
        {
            ledger.Opened(Entries.Opening("dec_1"));
            ledger.Settled(Entries.Of("dec_1"));
            ledger.PutRecord("kind", "key", "{}"u8.ToArray());
            await ledger.FlushAsync();
            Assert.Equal(("none", "none", 0, 0), (ledger.Facts.Kind, ledger.Facts.Place, ledger.Facts.Waiting, ledger.Facts.Written));
            Assert.Equal(0, (await ledger.ReportAsync(Entries.All(UsageGrouping.Model), _cancel)).Total.Requests);
            Assert.NotNull(await ledger.FindRecordAsync("kind", "key", _cancel));
        }
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task The_same_entry_twice_changes_neither_row_nor_counter()
    {
        await using var ledger = _folder.Open();
        ledger.Settled(Entries.Of("dec_1"));
        ledger.Settled(Entries.Of("dec_1", 5m));
        await ledger.FlushAsync();
        ledger.Settled(Entries.Of("dec_1", 7m));
        await ledger.FlushAsync();
        Assert.Equal(0.25m, (await ledger.ReadCounterAsync(Entries.Monthly, _cancel)).Usd);
        var report = await ledger.ReportAsync(Entries.All(UsageGrouping.Model), _cancel);
        Assert.Equal((1, 0.25m), (report.Total.Requests, report.Total.Cost));
    }

    [Fact]
    public async Task A_process_that_ends_at_any_moment_loses_nothing_and_counts_nothing_twice()
    {
        await using var ledger = _folder.Open(static o => o with { MaxSegmentBytes = 2000 });
        for (var i = 0; i < 60; i++)
        {
            ledger.Opened(Entries.Opening(Entries.Id(i)));
            ledger.Settled(Entries.Of(Entries.Id(i), 0.1m));
            // At some of the moments the database has it already, at others only the journal.
            if (i % 7 == 0) await ledger.FlushAsync();
            if (i % 10 != 9) continue;
            using var crashed = _folder.Crash();
            await AssertHoldsAsync(crashed, i + 1, 0);
            await AssertHoldsAsync(crashed, i + 1, 0);
        }
    }

    [Fact]
    public async Task A_request_that_was_under_way_is_kept_as_lost_with_what_was_reserved()
    {
        await using var ledger = _folder.Open();
        ledger.Settled(Entries.Of("dec_1"));
        ledger.Opened(Entries.Opening("dec_2", 0.5m));
        ledger.Opened(Entries.Opening("dec_2", 0.75m));
        using var crashed = _folder.Crash();
        await AssertHoldsAsync(crashed, 1, 1);
        await using var after = crashed.Open();
        Assert.Equal(new CounterValue(1m, 650), await after.ReadCounterAsync(Entries.Monthly, _cancel));
        var report = await after.ReportAsync(Entries.All(UsageGrouping.Model), _cancel);
        Assert.Equal((2, 1, 1m, 1), (report.Total.Requests, report.Total.Failed, report.Total.Cost, report.Total.EstimatedRequests));
        // The first run, that lived on, settles it: the row of a request is its own whoever wrote it.
        Assert.Equal(1, after.Facts.IsOpen ? report.Rows.Count(static r => r.Key == "anthropic/claude-opus-4") : 0);
    }

    [Fact]
    public async Task A_file_of_the_journal_that_cannot_be_read_is_kept_and_read_by_a_later_start()
    {
        await using var ledger = _folder.Open(static o => o with { MaxSegmentBytes = 2000 });
        // Under way: it keeps the files after it, whatever of them is in the database.
        ledger.Opened(Entries.Opening("dec_open"));
        for (var i = 0; i < 30; i++) ledger.Settled(Entries.Of(Entries.Id(i), 0.1m));
        using var crashed = _folder.Crash();
        foreach (var file in Directory.EnumerateFiles(crashed.Path, "openclaw.db*")) File.Delete(file);
        Assert.True(crashed.Journals.Count > 3);
        await using (new FileStream(crashed.Journals[1], FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            for (var start = 0; start < 2; start++)
            {
                await using var without = crashed.Open();
                var part = (await without.ReportAsync(Entries.All(UsageGrouping.Model), _cancel)).Total;
                Assert.InRange(part.Requests, 20, 29);
                // The end of the one that was under way may stand in the file.
                Assert.Equal(0, part.Failed);
                Assert.Contains(crashed.Log, static l => l.Contains(".unread.journal is kept", StringComparison.Ordinal));
                without.Settled(Entries.Of("dec_later" + start, 0));
            }
        }
        for (var start = 0; start < 2; start++)
        {
            await using var with = crashed.Open();
            var total = (await with.ReportAsync(Entries.All(UsageGrouping.Model), _cancel)).Total;
            Assert.Equal((33, 1, 3.5m), (total.Requests, total.Failed, total.Cost));
        }
        Assert.Empty(crashed.Journals);
    }

    [Fact]
    public async Task A_torn_end_and_a_damaged_middle_cost_what_they_hit()
    {
        await using var ledger = _folder.Open();
        // Not flushed: the crash finds all of it in the journal alone, or none of it.
        for (var i = 0; i < 20; i++) ledger.Settled(Entries.Of(Entries.Id(i), 0.1m));
        using var crashed = _folder.Crash();
        foreach (var file in Directory.EnumerateFiles(crashed.Path, "openclaw.db*")) File.Delete(file);
        var journal = Assert.Single(crashed.Journals);
        var bytes = await File.ReadAllBytesAsync(journal, _cancel);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(journal, bytes[..^5], _cancel);
        await AssertHoldsAsync(crashed, 18, 0, usdEach: 0.1m);
        Assert.Contains(crashed.Log, static l => l.Contains("damaged", StringComparison.Ordinal));
        Assert.Contains(crashed.Log, static l => l.Contains("was not finished", StringComparison.Ordinal));
    }

    [Fact]
    public async Task More_than_the_memory_may_hold_waits_in_the_journal_and_keeps_its_order()
    {
        // A file where the database's folder should be: it cannot open until the file goes.
        var blocker = Path.Combine(_folder.Path, "db");
        await File.WriteAllTextAsync(blocker, "", _cancel);
        await using var ledger = _folder.Open(static o => o with { Url = "sqlite:db/openclaw.db", QueueCapacity = 10, MaxSegmentBytes = 4000 });
        for (var i = 0; i < 200; i++)
        {
            ledger.Opened(Entries.Opening(Entries.Id(i)));
            ledger.Settled(Entries.Of(Entries.Id(i), 0.1m));
            ledger.PutRecord("session", "s1", System.Text.Encoding.UTF8.GetBytes($"{{\"n\":{i}}}"));
        }
        Assert.Equal(400, ledger.Facts.Waiting);
        Assert.Null(ledger.WhyNotAccepting);
        File.Delete(blocker);
        await ledger.FlushAsync();
        Assert.Equal(new CounterValue(20m, 30_000), await ledger.ReadCounterAsync(Entries.Monthly, _cancel));
        Assert.Equal("{\"n\":199}"u8.ToArray(), (await ledger.FindRecordAsync("session", "s1", _cancel))!.Json.ToArray());
        Assert.Equal((0, 0, 200), (ledger.Facts.Waiting, ledger.Facts.Lost, ledger.Facts.Written));
        Assert.Single(_folder.Journals);
    }

    [Fact]
    public async Task What_waits_in_a_journal_that_cannot_be_read_is_waited_for()
    {
        var blocker = Path.Combine(_folder.Path, "db");
        await File.WriteAllTextAsync(blocker, "", _cancel);
        await using var ledger = _folder.Open(static o => o with { Url = "sqlite:db/openclaw.db", QueueCapacity = 10 });
        for (var i = 0; i < 50; i++) ledger.Settled(Entries.Of(Entries.Id(i), 0.1m));
        var journal = Assert.Single(_folder.Journals);
        // A folder is refused as a file without permission is, also to root.
        File.Move(journal, journal + ".away");
        Directory.CreateDirectory(journal);
        File.Delete(blocker);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(_cancel);
        enough.CancelAfter(TimeSpan.FromSeconds(30));
        while (ledger.Facts.Problem?.Contains(journal, StringComparison.Ordinal) != true) await Task.Delay(5, enough.Token);
        Directory.Delete(journal);
        File.Move(journal + ".away", journal);
        await ledger.FlushAsync();
        Assert.Equal(5m, (await ledger.ReadCounterAsync(Entries.Monthly, _cancel)).Usd);
        Assert.Equal((0, 0), (ledger.Facts.Waiting, ledger.Facts.Lost));
    }

    [Fact]
    public async Task Who_waits_for_the_database_until_the_gateway_ends_hears_that_it_did_not_get_there()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "db"), "", _cancel);
        var ledger = _folder.Open(static o => o with { Url = "sqlite:db/openclaw.db" });
        ledger.Settled(Entries.Of("dec_1"));
        var flush = ledger.FlushAsync();
        await ledger.DisposeAsync();
        await Assert.ThrowsAsync<IOException>(() => flush);
    }

    [Fact]
    public async Task Without_room_in_journal_and_memory_it_says_so_and_counts_what_it_loses()
    {
        var blocker = Path.Combine(_folder.Path, "db");
        await File.WriteAllTextAsync(blocker, "", _cancel);
        await using var ledger = _folder.Open(static o => o with { Url = "sqlite:db/openclaw.db", QueueCapacity = 5, MaxJournalBytes = 2000 });
        for (var i = 0; i < 30; i++) ledger.Settled(Entries.Of(Entries.Id(i), 0.1m));
        Assert.Contains("no room", ledger.WhyNotAccepting, StringComparison.Ordinal);
        var (lost, waiting) = (ledger.Facts.Lost, ledger.Facts.Waiting);
        Assert.True(lost > 0);
        Assert.Equal(30, lost + waiting);
        File.Delete(blocker);
        await ledger.FlushAsync();
        Assert.Null(ledger.WhyNotAccepting);
        Assert.Equal(waiting * 0.1m, (await ledger.ReadCounterAsync(Entries.Monthly, _cancel)).Usd);
    }

    [Fact]
    public async Task Where_no_journal_can_be_written_the_database_still_gets_everything()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "ledger"), "", _cancel);
        await using var ledger = _folder.Open();
        Assert.NotNull(ledger.Facts.JournalProblem);
        ledger.Settled(Entries.Of("dec_1"));
        await ledger.FlushAsync();
        Assert.Equal(0.25m, (await ledger.ReadCounterAsync(Entries.Monthly, _cancel)).Usd);
    }

    [Fact]
    public async Task A_journal_of_a_gateway_that_did_not_come_back_is_read_by_the_next()
    {
        await using var one = _folder.Open();
        await using var two = _folder.Open();
        one.Settled(Entries.Of("dec_1"));
        two.Settled(Entries.Of("dec_2"));
        using var crashed = _folder.Crash();
        foreach (var file in Directory.EnumerateFiles(crashed.Path, "openclaw.db*")) File.Delete(file);
        await AssertHoldsAsync(crashed, 2, 0);
    }

    [Fact]
    public async Task An_old_journal_is_not_counted_again_when_its_rows_have_become_sums()
    {
        await using (var ledger = _folder.Open())
        {
            ledger.Settled(Entries.Of("dec_1"));
            await ledger.FlushAsync();
            using var crashed = _folder.Crash();
            using (var database = new SqliteConnection("Data Source=" + crashed.Database + ";Pooling=false"))
            {
                database.Open();
                using var delete = new SqliteCommand("DELETE FROM requests; DELETE FROM hops", database);
                delete.ExecuteNonQuery();
            }
            await using var after = crashed.Open();
            Assert.Equal(0.25m, (await after.ReadCounterAsync(Entries.Monthly, _cancel)).Usd);
        }
    }

    [Fact]
    public async Task A_database_file_that_is_removed_is_made_anew()
    {
        await using var ledger = _folder.Open();
        ledger.Settled(Entries.Of("dec_1"));
        await ledger.FlushAsync();
        foreach (var file in Directory.EnumerateFiles(_folder.Path, "openclaw.db*")) File.Delete(file);
        ledger.Settled(Entries.Of("dec_2"));
        await ledger.FlushAsync();
        var report = await ledger.ReportAsync(Entries.All(UsageGrouping.Client), _cancel);
        Assert.Equal(1, report.Total.Requests);
    }

    [Fact]
    public async Task Who_reads_first_after_the_database_file_was_removed_does_not_put_an_empty_one_in_its_place()
    {
        await using var ledger = _folder.Open();
        ledger.Settled(Entries.Of("dec_1"));
        await ledger.FlushAsync();
        foreach (var file in Directory.EnumerateFiles(_folder.Path, "openclaw.db*")) File.Delete(file);
        await Assert.ThrowsAnyAsync<Exception>(() => ledger.ReportAsync(Entries.All(UsageGrouping.Client), _cancel));
        // Nobody writes: the gateway notices by itself, and who waits for a counter gets it.
        Assert.Equal(default, await ledger.ReadCounterAsync(Entries.Monthly, _cancel));
        ledger.Settled(Entries.Of("dec_2"));
        await ledger.FlushAsync();
        Assert.Equal(1, (await ledger.ReportAsync(Entries.All(UsageGrouping.Client), _cancel)).Total.Requests);
        Assert.Contains(_folder.Log, static l => l.Contains("no longer where it was", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_database_file_that_is_replaced_gets_what_comes_after()
    {
        await using var ledger = _folder.Open();
        ledger.Settled(Entries.Of("dec_1"));
        await ledger.FlushAsync();
        using (var kept = new SqliteConnection($"Data Source={_folder.Database};Pooling=false"))
        {
            kept.Open();
            using var copy = new SqliteCommand($"VACUUM INTO '{_folder.Database}.kept'", kept);
            copy.ExecuteNonQuery();
        }
        ledger.Settled(Entries.Of("dec_2"));
        await ledger.FlushAsync();
        // The log of the old one stays beside it, as whoever moves one file leaves it.
        File.Move(_folder.Database + ".kept", _folder.Database, overwrite: true);
        ledger.Settled(Entries.Of("dec_3"));
        await ledger.FlushAsync();
        Assert.Equal(2, (await ledger.ReportAsync(Entries.All(UsageGrouping.Client), _cancel)).Total.Requests);
        Assert.Equal("dec_1 dec_3", Row("SELECT group_concat(id, ' ') FROM (SELECT id FROM requests ORDER BY n)"));
    }

    [Fact]
    public async Task Records_outlive_the_process_and_the_last_word_holds()
    {
        await using var ledger = _folder.Open();
        ledger.PutRecord("session", "a", "{\"v\":1}"u8.ToArray());
        ledger.PutRecord("session", "b", "{\"v\":2}"u8.ToArray());
        ledger.PutRecord("session", "a", "{\"v\":3}"u8.ToArray());
        ledger.DeleteRecord("session", "b");
        ledger.PutRecord("client", "a", "{}"u8.ToArray());
        Assert.Equal("{\"v\":3}"u8.ToArray(), (await ledger.FindRecordAsync("session", "a", _cancel))!.Json.ToArray());
        Assert.Null(await ledger.FindRecordAsync("session", "b", _cancel));
        using var crashed = _folder.Crash();
        await using var after = crashed.Open();
        var record = Assert.Single(await after.LoadRecordsAsync("session", 10, _cancel));
        Assert.Equal(("a", "{\"v\":3}"), (record.Key, System.Text.Encoding.UTF8.GetString(record.Json.Span)));
        Assert.Throws<ArgumentException>(() => after.PutRecord("session", "c", new byte[300_000]));
    }

    [Fact]
    public async Task A_database_that_is_back_when_the_gateway_ends_is_written_before_it_does()
    {
        var blocked = Path.Combine(_folder.Path, "blocked");
        await File.WriteAllTextAsync(blocked, "a file where the folder should be", _cancel);
        var options = new LedgerOptions { Url = $"sqlite:{blocked}/openclaw.db", Time = new ManualTime(), Log = _folder.Log.Add };
        await using (var ledger = LedgerState.Open(options).Ledger!)
        {
            ledger.Settled(Entries.Of("dec_1"));
            // Nobody advances the clock: the writer waits for its next try for ever.
            while (ledger.Facts.Problem is null) await Task.Delay(5, _cancel);
            Assert.NotNull(await Record.ExceptionAsync(() => ledger.ReportAsync(Entries.All(UsageGrouping.Client), _cancel)));
            File.Delete(blocked);
            Directory.CreateDirectory(blocked);
        }
        await using var after = LedgerState.Open(options with { Time = TimeProvider.System }).Ledger!;
        await after.FlushAsync();
        Assert.Equal(1, (await after.ReportAsync(Entries.All(UsageGrouping.Client), _cancel)).Total.Requests);
        Assert.DoesNotContain(_folder.Log, static l => l.Contains("lost", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_neither_database_nor_journal_took_is_counted_in_the_last_line_of_the_log()
    {
        var blocked = Path.Combine(_folder.Path, "blocked");
        await File.WriteAllTextAsync(blocked, "a file where the folder should be", _cancel);
        await using (var ledger = LedgerState.Open(new LedgerOptions { Url = $"sqlite:{blocked}/openclaw.db", StateFolder = blocked, Log = _folder.Log.Add }).Ledger!)
        {
            for (var i = 0; i < 3; i++) ledger.Settled(Entries.Of(Entries.Id(i)));
            while (ledger.WhyNotKeeping is null) await Task.Delay(5, _cancel);
        }
        Assert.Equal("3 requests or changes reached neither the ledger's database nor its journal and are lost", _folder.Log[^1]);
    }

    [Fact]
    public async Task The_last_of_the_memory_is_for_what_was_answered()
    {
        var blocked = Path.Combine(_folder.Path, "blocked");
        await File.WriteAllTextAsync(blocked, "a file where the folder should be", _cancel);
        await using var ledger = LedgerState.Open(new LedgerOptions { Url = $"sqlite:{blocked}/openclaw.db", QueueCapacity = 20, Time = new ManualTime() }).Ledger!;
        for (var i = 0; i < 18; i++)
        {
            Assert.Null(ledger.WhyNotAccepting);
            ledger.PutRecord("session", Entries.Id(i), "{}"u8.ToArray());
        }
        Assert.Equal("the ledger has no room for another request", ledger.WhyNotAccepting);
        ledger.PutRecord("session", "one more", "{}"u8.ToArray());
        ledger.Settled(Entries.Of("dec_refused") with { Hops = [] });
        Assert.Equal((18, 2), (ledger.Facts.Waiting, ledger.Facts.Lost));
        ledger.Settled(Entries.Of("dec_1"));
        ledger.Settled(Entries.Of("dec_2"));
        Assert.Equal((20, 2), (ledger.Facts.Waiting, ledger.Facts.Lost));
    }

    [Fact]
    public async Task A_disk_that_takes_no_file_keeps_no_gateway_from_starting()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "ledger", "0", "last-number.new"));
        await using var ledger = _folder.Open();
        ledger.Settled(Entries.Of("dec_1"));
        await ledger.FlushAsync();
        Assert.Equal(1, ledger.Facts.Written);
    }

    [Fact]
    public async Task A_text_that_no_database_takes_does_not_hold_up_the_others()
    {
        await using var ledger = _folder.Open();
        ledger.Settled(Entries.Of("dec_\0\uD800") with { Session = "half \uDC00", Tags = ["\0"] });
        ledger.Settled(Entries.Of("dec_2"));
        await ledger.FlushAsync();
        Assert.Equal(2, ledger.Facts.Written);
    }

    [Fact]
    public async Task In_memory_it_answers_and_leaves_no_file()
    {
        await using var ledger = LedgerState.Open(new LedgerOptions()).Ledger!;
        for (var i = 0; i < 300; i++) ledger.Settled(Entries.Of(Entries.Id(i), 0.01m));
        await ledger.FlushAsync();
        Assert.Equal(3m, (await ledger.ReportAsync(Entries.All(UsageGrouping.Day), _cancel)).Total.Cost);
        Assert.Equal("memory", ledger.Facts.Kind);
    }

    private async Task AssertHoldsAsync(LedgerFolder folder, int answered, int unfinished, decimal usdEach = 0)
    {
        await using var ledger = folder.Open();
        await ledger.FlushAsync();
        var report = await ledger.ReportAsync(Entries.All(UsageGrouping.Model), _cancel);
        Assert.Equal((answered + unfinished, unfinished), (report.Total.Requests, report.Total.Failed));
        var counter = await ledger.ReadCounterAsync(Entries.Monthly, _cancel);
        Assert.Equal(report.Total.Cost, counter.Usd);
        if (usdEach > 0) Assert.Equal(answered * usdEach, counter.Usd);
        Assert.Equal(counter, await ledger.SumAsync(CounterScope.Gateway, DateTimeOffset.UnixEpoch) with { Tokens = counter.Tokens });
    }

    private string Row(string sql)
    {
        using var connection = new SqliteConnection("Data Source=" + _folder.Database + ";Pooling=false");
        connection.Open();
        using var command = new SqliteCommand(sql, connection);
        return (string)command.ExecuteScalar()!;
    }
}
