using System.Globalization;
using Microsoft.Data.Sqlite;
using OpenClaw.Gateway.Metering;
using OpenClaw.Config;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Metering.Ledger.Storage;

namespace OpenClaw.Tests.Gateway.Metering.Ledger;

/// <summary>Tables, sums, reports and what becomes of old rows, in SQLite.</summary>
public sealed class SqliteLedgerTests : IDisposable
{
    private readonly LedgerFolder _folder = new();
    private readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("0")]
    [InlineData("0.000000000000000001")]
    [InlineData("0.1")]
    [InlineData("123456789.123456789123456789")]
    [InlineData("-0.000000000000000001")]
    [InlineData("-3.5")]
    public void Dollars_come_back_to_the_last_of_eighteen_places(string usd)
    {
        var amount = decimal.Parse(usd, CultureInfo.InvariantCulture);
        Assert.Equal(amount, Money.Of(amount).Usd);
    }

    [Fact]
    public async Task Sums_are_exact_where_floating_point_is_not()
    {
        await using var ledger = _folder.Open();
        var random = new Random(3);
        decimal all = 0;
        for (var i = 0; i < 1000; i++)
        {
            // Prices per token such as 0.075 / 1e6, times odd counts: no binary fraction is exact.
            var usd = (random.Next(1, 1_000_000) * 0.000000075m) + 0.000000000000000001m;
            all += usd;
            ledger.Settled(Entries.Of(Entries.Id(i), usd));
        }
        await ledger.FlushAsync();
        Assert.Equal(all, (await ledger.ReadCounterAsync(Entries.Monthly, _cancel)).Usd);
        Assert.Equal(all, (await ledger.SumAsync(CounterScope.Gateway, DateTimeOffset.UnixEpoch)).Usd);
        Assert.Equal(all, (await ledger.ReportAsync(Entries.All(UsageGrouping.Tag), _cancel)).Total.Cost);
        Assert.All((await ledger.ReportAsync(Entries.All(UsageGrouping.Tag), _cancel)).Rows, r => Assert.Equal(all, r.Cost));
    }

    [Fact]
    public async Task The_file_is_its_owners_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("file modes are Unix's");
            return;
        }
        await using var ledger = _folder.Open();
        ledger.Settled(Entries.Of("dec_1"));
        await ledger.FlushAsync();
        Assert.True(File.Exists(_folder.Database));
        foreach (var file in Directory.EnumerateFiles(_folder.Path, "openclaw.db*")) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task A_sum_counts_its_scope_and_its_time()
    {
        await using var ledger = _folder.Open();
        ledger.Settled(Entries.Of("dec_1", 1m));
        ledger.Settled(Entries.Of("dec_2", 2m) with { Client = "ci", Session = null, Alias = null, Tags = ["team"] });
        ledger.Settled(Entries.Of("dec_3", 4m, at: Entries.Now.AddDays(-1)) with { Hops = [Entries.Hop("gemini", "flash", 4m)] });
        await ledger.FlushAsync();
        async Task<decimal> Sum(CounterScopeKind kind, string value, int days = 365) => (await ledger.SumAsync(new CounterScope(kind, value), Entries.Now.AddDays(-days))).Usd;
        Assert.Equal(7m, await Sum(CounterScopeKind.Gateway, ""));
        Assert.Equal(3m, await Sum(CounterScopeKind.Gateway, "", 0));
        Assert.Equal(2m, await Sum(CounterScopeKind.Client, "ci"));
        Assert.Equal(5m, await Sum(CounterScopeKind.Session, "s1"));
        Assert.Equal(3m, await Sum(CounterScopeKind.Provider, "openai"));
        Assert.Equal(4m, await Sum(CounterScopeKind.Model, "gemini/flash"));
        Assert.Equal(0m, await Sum(CounterScopeKind.Model, "openai/gpt"));
        Assert.Equal(5m, await Sum(CounterScopeKind.Alias, "fast"));
        Assert.Equal(5m, await Sum(CounterScopeKind.Tag, "team-a"));
        Assert.Equal(2m, await Sum(CounterScopeKind.Tag, "team"));
        // A model's budget of each session counts that model in that session, and no other.
        var rows = new BudgetRule(new BudgetConfig { Scope = "model:gemini/flash", Period = "session", Limit = 1 }).RowsOf("s1", null);
        Assert.Equal(4m, (await ledger.SumAsync(rows, Entries.Now.AddDays(-365))).Usd);
        Assert.Equal(0m, (await ledger.SumAsync(rows with { Session = "s2" }, Entries.Now.AddDays(-365))).Usd);
    }

    [Fact]
    public async Task A_report_counts_a_request_once_in_total_and_once_for_each_that_took_part()
    {
        await using var ledger = _folder.Open();
        await FillAsync(ledger);
        await AssertReportsAsync(ledger);
    }

    [Fact]
    public async Task Rows_that_became_daily_sums_give_the_same_report()
    {
        await using var ledger = _folder.Open();
        await FillAsync(ledger);
        await using var storage = new SqliteStorage(_folder.Database);
        Assert.Equal(4, await new Retention(storage, TimeSpan.FromDays(1), long.MaxValue, new At(Entries.Now.AddDays(5))).SweepAsync(_cancel));
        Assert.Equal(0, await CountAsync("requests"));
        Assert.Equal(0, await CountAsync("hops"));
        await AssertReportsAsync(ledger);
        Assert.Equal(7.5m, (await ledger.SumAsync(CounterScope.Gateway, Entries.Now.AddDays(-9))).Usd);
        Assert.Equal(0.5m, (await ledger.SumAsync(new CounterScope(CounterScopeKind.Tag, "batch"), Entries.Now.AddDays(-9))).Usd);
        // More of a day that is summed already is added to it.
        ledger.Settled(Entries.Of("dec_9", 10m) with { Session = null, Tags = [] });
        await ledger.FlushAsync();
        await new Retention(storage, TimeSpan.FromDays(1), long.MaxValue, new At(Entries.Now.AddDays(5))).SweepAsync(_cancel);
        Assert.Equal(17.5m, (await ledger.ReportAsync(Entries.All(UsageGrouping.Client), _cancel)).Total.Cost);
    }

    [Fact]
    public async Task Young_rows_stay_and_the_database_shrinks_to_its_bound()
    {
        await using var ledger = _folder.Open();
        for (var i = 0; i < 3000; i++) ledger.Settled(Entries.Of(Entries.Id(i), 0.001m, at: Entries.Now.AddSeconds(i)));
        await ledger.FlushAsync();
        await using var storage = new SqliteStorage(_folder.Database);
        Assert.Equal(0, await new Retention(storage, TimeSpan.FromDays(1), long.MaxValue, new At(Entries.Now)).SweepAsync(_cancel));
        await using var connection = await storage.OpenAsync(_cancel);
        var before = await storage.SizeAsync(connection, _cancel);
        await new Retention(storage, TimeSpan.FromDays(1), before / 2, new At(Entries.Now)).SweepAsync(_cancel);
        Assert.InRange(await CountAsync("requests"), 500, 2000);
        Assert.Equal(Entries.Id(2999), await TextAsync("SELECT id FROM requests ORDER BY at DESC LIMIT 1"));
        Assert.True(new FileInfo(_folder.Database).Length <= before * 3 / 4, "the file did not shrink");
        Assert.Equal(3m, (await ledger.ReportAsync(Entries.All(UsageGrouping.Day), _cancel)).Total.Cost);
    }

    [Fact]
    public async Task Of_a_kind_of_record_the_newest_are_kept()
    {
        await using var ledger = _folder.Open();
        for (var i = 0; i < Retention.MaxRecords + 20; i++) ledger.PutRecord("session", Entries.Id(i), "{}"u8.ToArray());
        ledger.PutRecord("client", "c", "{}"u8.ToArray());
        await ledger.FlushAsync();
        await using var storage = new SqliteStorage(_folder.Database);
        await new Retention(storage, TimeSpan.FromDays(1), long.MaxValue, TimeProvider.System).SweepAsync(_cancel);
        Assert.Equal(Retention.MaxRecords + 1, await CountAsync("records"));
        Assert.NotNull(await ledger.FindRecordAsync("session", Entries.Id(Retention.MaxRecords + 19), _cancel));
    }

    [Fact]
    public async Task Every_session_that_is_kept_keeps_its_conversation_and_five_that_were_put_away()
    {
        await using var ledger = _folder.Open();
        await ledger.FlushAsync();
        await using var storage = new SqliteStorage(_folder.Database);
        await using (var connection = await storage.OpenAsync(_cancel))
        {
            await connection.RunAsync("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60020) INSERT INTO records (kind, name, json, updated) SELECT 'transcript', 't' || i, '{}', i FROM n", _cancel);
        }
        await new Retention(storage, TimeSpan.FromDays(1), long.MaxValue, TimeProvider.System).SweepAsync(_cancel);
        Assert.Equal(6 * Retention.MaxRecords, await CountAsync("records"));
        Assert.Null(await ledger.FindRecordAsync("transcript", "t20", _cancel));
        Assert.NotNull(await ledger.FindRecordAsync("transcript", "t21", _cancel));
    }

    [Theory]
    [InlineData("UTC", "2026-11-20")]
    [InlineData("Asia/Kathmandu", "2026-11-21")]
    [InlineData("America/New_York", "2026-11-20")]
    public async Task A_day_begins_where_the_time_zone_says(string zone, string day)
    {
        await using var ledger = _folder.Open();
        // 18:20 UTC is 00:05 of the next day in Nepal (UTC+5:45).
        ledger.Settled(Entries.Of("dec_1", at: new DateTimeOffset(2026, 11, 20, 18, 20, 0, TimeSpan.Zero)));
        await ledger.FlushAsync();
        Assert.Equal(day, Assert.Single((await ledger.ReportAsync(Entries.All(UsageGrouping.Day, zone), _cancel)).Rows).Key);
    }

    [Fact]
    public async Task An_older_database_is_brought_up_to_date_and_keeps_its_rows()
    {
        await using (var storage = new SqliteStorage(_folder.Database))
        await using (var connection = await storage.OpenWriterAsync(_cancel))
        {
            await storage.PrepareAsync(connection, _cancel);
            Assert.Equal(1, await Schema.ApplyAsync(storage, connection, 1, _cancel));
            await connection.RunAsync("INSERT INTO counters (budget, subject, window_start, usd, usd_rest, tokens, updated) VALUES ('monthly', '', '2026-11-01T00:00Z', 1000000000, 5, 7, 0)", _cancel);
        }
        await using var ledger = _folder.Open();
        Assert.Equal(new CounterValue(1.000000000000000005m, 7), await ledger.ReadCounterAsync(Entries.Monthly, _cancel));
        Assert.Equal(0, await CountAsync("leases") + await CountAsync("rollups"));
        Assert.Equal(Schema.Newest.ToString(CultureInfo.InvariantCulture), await TextAsync("SELECT value FROM meta WHERE name = 'schema'"));
    }

    [Fact]
    public async Task A_database_of_a_later_version_is_left_alone_and_said_so()
    {
        await using (var ledger = _folder.Open()) await ledger.FlushAsync();
        await using (var storage = new SqliteStorage(_folder.Database))
        await using (var connection = await storage.OpenAsync(_cancel)) await connection.RunAsync("UPDATE meta SET value = '99'", _cancel);
        using var crashed = _folder.Crash();
        await using (var ledger = crashed.Open())
        {
            ledger.Settled(Entries.Of("dec_1"));
            while (ledger.Facts.Problem is null) await Task.Yield();
            Assert.Contains("version 99, this program knows up to", ledger.Facts.Problem, StringComparison.Ordinal);
            Assert.False(ledger.IsOpen);
        }
        // What came meanwhile waits in the journal for the program that knows.
        Assert.Single(crashed.Journals);
    }

    private static async Task FillAsync(LedgerState ledger)
    {
        ledger.Settled(Entries.Of("dec_1", 0.5m));
        ledger.Settled(Entries.Of("dec_2", 1m, "failed", Entries.Now.AddDays(-1)) with
        {
            Client = "ci", Session = null, Tags = [],
            Hops = [Entries.Hop("openai", "gpt-4o", 1m), Entries.Hop("openai", "gpt-4o", 2m), Entries.Hop("gemini", "flash", 4m) with { Cost = Cost.Of(4m, CostSource.Unpriced), Usage = new Usage { Output = 9, Estimated = true } }],
        });
        ledger.Settled(Entries.Of("dec_3", outcome: "budget") with { Hops = [], Tags = [] });
        ledger.Settled(Entries.Of("dec_4", outcome: "healed") with { Hops = [], Tags = ["batch"] });
        await ledger.FlushAsync();
    }

    private async Task AssertReportsAsync(LedgerState ledger)
    {
        async Task<string> Of(UsageGrouping by)
        {
            var report = await ledger.ReportAsync(Entries.All(by), _cancel);
            Assert.Equal((4L, 2L, 7.5m, 1L, 1L), (report.Total.Requests, report.Total.Failed, report.Total.Cost, report.Total.UnpricedRequests, report.Total.EstimatedRequests));
            Assert.Equal((300L, 159L, 18L), (report.Total.Usage.Input, report.Total.Usage.Output, report.Total.Usage.WebSearches));
            return string.Join("; ", report.Rows.Select(static r => string.Create(CultureInfo.InvariantCulture, $"{r.Key} {r.Requests}/{r.Failed} {r.Cost:0.##} {r.UnpricedRequests}{r.EstimatedRequests}")));
        }
        Assert.Equal("gemini/flash 1/1 4 11; openai/gpt-4o 2/1 3.5 00;  2/1 0 00; anthropic/claude-opus-4 1/0 0 00", await Of(UsageGrouping.Model));
        Assert.Equal("gemini 1/1 4 11; openai 2/1 3.5 00;  2/1 0 00; anthropic 1/0 0 00", await Of(UsageGrouping.Provider));
        Assert.Equal("ci 1/1 7 11; owner 3/1 0.5 00", await Of(UsageGrouping.Client));
        Assert.Equal(" 1/1 7 11; s1 3/1 0.5 00", await Of(UsageGrouping.Session));
        Assert.Equal("2026-11-20 3/1 0.5 00; 2026-11-19 1/1 7 11", await Of(UsageGrouping.Day));
        Assert.Equal(" 2/2 7 11; batch 2/0 0.5 00; team-a 1/0 0.5 00", await Of(UsageGrouping.Tag));
        var one = await ledger.ReportAsync(Entries.All(UsageGrouping.Model) with { Client = "ci", Limit = 1 }, _cancel);
        Assert.Equal(("gemini/flash", 1L, 7m), (Assert.Single(one.Rows).Key, one.Total.Requests, one.Total.Cost));
    }

    private async Task<long> CountAsync(string table)
    {
        await using var connection = new SqliteConnection("Data Source=" + _folder.Database + ";Pooling=false");
        connection.Open();
        return await connection.NumberAsync("SELECT COUNT(*) FROM " + table, _cancel);
    }

    private async Task<string?> TextAsync(string sql)
    {
        await using var connection = new SqliteConnection("Data Source=" + _folder.Database + ";Pooling=false");
        connection.Open();
        await using var command = connection.Command(sql);
        return (string?)await command.ExecuteScalarAsync(_cancel);
    }

    private sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
