using System.Globalization;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Metering.Ledger.Storage;

namespace OpenClaw.EndToEnd.Money;

/// <summary>Reports, sums and what becomes of old rows on a real PostgreSQL: the figures that SQLite has.</summary>
public sealed class PostgresReportTests : IDisposable
{
    private const int Many = 500;
    private static readonly DateTimeOffset s_now = new(2026, 11, 20, 10, 30, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("openclaw-report-").FullName;
    private readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Reports_and_sums_are_those_of_SQLite_before_and_after_rows_became_daily_sums()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var shared = Open(postgres.Url);
        await using var own = Open("sqlite:" + Database);
        await using var sharedStorage = StorageOf(postgres);
        await using var ownStorage = new SqliteStorage(Database);
        foreach (var ledger in (LedgerState[])[shared, own])
        {
            foreach (var entry in Entries()) ledger.Settled(entry);
            await ledger.FlushAsync();
        }
        var before = (await own.ReportAsync(All(UsageGrouping.Model), _cancel)).Total;
        Assert.Equal(Many, before.Requests);
        Assert.True(before is { Failed: > 0, UnpricedRequests: > 0, EstimatedRequests: > 0 }, before.ToString());
        await AssertSameAsync(shared, own);

        // Some of the rows, then the rest, into days of which a part is summed already.
        var rolled = 0L;
        foreach (var keep in (TimeSpan[])[TimeSpan.FromDays(2.5), TimeSpan.FromDays(1.2), TimeSpan.Zero])
        {
            var time = new At(s_now.AddHours(1));
            var count = await new Retention(ownStorage, keep, long.MaxValue, time).SweepAsync(_cancel);
            Assert.Equal(count, await new Retention(sharedStorage, keep, long.MaxValue, time).SweepAsync(_cancel));
            Assert.InRange(count, 1, Many - 1);
            rolled += count;
            Assert.Equal(Many - rolled, await postgres.NumberAsync("SELECT COUNT(*) FROM requests"));
            Assert.Equal(0, await postgres.NumberAsync("SELECT COUNT(*) FROM hops WHERE request NOT IN (SELECT n FROM requests)"));
            await AssertSameAsync(shared, own);
            Assert.Equal(before, (await shared.ReportAsync(All(UsageGrouping.Model), _cancel)).Total);
        }
        Assert.Equal(Many, rolled);
    }

    [Fact]
    public async Task Above_its_bound_the_oldest_rows_become_sums_and_the_money_stays()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var ledger = Open(postgres.Url);
        for (var i = 0; i < 3000; i++) ledger.Settled(Entry(i, s_now.AddSeconds(i), [Hop("openai", "gpt-4o", 0.001m)]));
        await ledger.FlushAsync();
        await using var storage = StorageOf(postgres);
        // Young enough, and room enough: all stay.
        Assert.Equal(0, await new Retention(storage, TimeSpan.FromDays(1), long.MaxValue, new At(s_now)).SweepAsync(_cancel));
        await using var connection = await storage.OpenAsync(_cancel);
        var size = await storage.SizeAsync(connection, _cancel);
        Assert.True(await new Retention(storage, TimeSpan.FromDays(1), size / 2, new At(s_now)).SweepAsync(_cancel) > 0);
        Assert.True(await storage.SizeAsync(connection, _cancel) <= size / 2);
        Assert.InRange(await postgres.NumberAsync("SELECT COUNT(*) FROM requests"), 500, 1500);
        // The newest are there.
        Assert.Equal(1, await postgres.NumberAsync($"SELECT COUNT(*) FROM requests WHERE id = '{Id(2999)}'"));
        Assert.Equal(0, await postgres.NumberAsync($"SELECT COUNT(*) FROM requests WHERE id = '{Id(0)}'"));
        var report = await ledger.ReportAsync(All(UsageGrouping.Day), _cancel);
        Assert.Equal((3000L, 3m), (report.Total.Requests, report.Total.Cost));
    }

    [Fact]
    public async Task While_another_gateway_rolls_up_no_sum_is_dropped()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var ledger = Open(postgres.Url);
        for (var i = 0; i < 1000; i++) ledger.Settled(Entry(i, s_now.AddDays(-i), [Hop("openai", "gpt-4o", 0.001m)]));
        await ledger.FlushAsync();
        await using var storage = StorageOf(postgres);
        await new Retention(storage, TimeSpan.FromDays(300), long.MaxValue, new At(s_now)).SweepAsync(_cancel);
        var sums = await postgres.NumberAsync("SELECT COUNT(*) FROM rollups");
        Assert.InRange(sums, 600, 800);
        await using (var other = await storage.OpenAsync(_cancel))
        await using (var transaction = await other.BeginTransactionAsync(_cancel))
        {
            Assert.True(await storage.TryLockRetentionAsync(other, transaction, _cancel));
            Assert.Equal(0, await new Retention(storage, TimeSpan.FromDays(1), 1000, new At(s_now)).SweepAsync(_cancel));
            Assert.Equal(sums, await postgres.NumberAsync("SELECT COUNT(*) FROM rollups"));
        }
        // Rows before sums.
        await new Retention(storage, TimeSpan.FromDays(300), 990 * 700, new At(s_now)).SweepAsync(_cancel);
        Assert.InRange(await postgres.NumberAsync("SELECT COUNT(*) FROM rollups"), sums + 1, 1000);
    }

    [Fact]
    public async Task Names_of_any_length_become_sums()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var ledger = Open(postgres.Url);
        string Wide(int length) => new('\u6f22', length);
        var long1 = Entry(1, s_now, [Hop("op", Wide(500), 1m)]) with { Session = Wide(250), Tags = [.. Enumerable.Range(0, 8).Select(i => i + Wide(60))] };
        ledger.Settled(long1);
        ledger.Settled(long1 with { Id = Id(2) });
        ledger.Settled(Entry(3, s_now, [Hop("openai", "gpt-4o", 2m)]) with { Session = new string('s', 250), Tags = ["team"] });
        await ledger.FlushAsync();
        await using var storage = StorageOf(postgres);
        Assert.Equal(3, await new Retention(storage, TimeSpan.FromDays(1), long.MaxValue, new At(s_now.AddDays(3))).SweepAsync(_cancel));
        var report = await ledger.ReportAsync(All(UsageGrouping.Model), _cancel);
        Assert.Equal((3L, 4m), (report.Total.Requests, report.Total.Cost));
        Assert.Equal(["op/" + Wide(128), "openai/gpt-4o"], report.Rows.Select(static r => r.Key).Order(StringComparer.Ordinal));
        Assert.Equal(new string('s', 250), (await ledger.ReportAsync(All(UsageGrouping.Session), _cancel)).Rows.Single(static r => r.Cost == 2m && r.Requests == 1).Key);
    }

    [Fact]
    public async Task Of_records_the_newest_are_kept_and_sums_and_counters_of_long_ago_go()
    {
        // Counters are touched by the real clock.
        var now = DateTimeOffset.UtcNow;
        await using var postgres = await PostgresServer.StartAsync();
        await using var ledger = Open(postgres.Url);
        ledger.Settled(Entry(1, now, [Hop("openai", "gpt-4o", 1m)]));
        ledger.Settled(Entry(2, now.AddDays(-1000), [Hop("openai", "gpt-4o", 2m)]));
        await ledger.FlushAsync();
        await using var storage = StorageOf(postgres);
        await using (var connection = postgres.Connect())
        {
            await connection.OpenAsync(_cancel);
            await using var fill = new Npgsql.NpgsqlCommand(
                """
                INSERT INTO records (kind, name, json, updated) SELECT 'transcript', 't' || i, '{}', i FROM generate_series(1, 60020) AS n(i);
                INSERT INTO records (kind, name, json, updated) SELECT 'session', 's' || i, '{}', i FROM generate_series(1, 10020) AS n(i);
                INSERT INTO records (kind, name, json, updated) VALUES ('client', 'c', '{}', 1)
                """,
                connection);
            await fill.ExecuteNonQueryAsync(_cancel);
        }
        // A year from now: the young one is a sum, the old one is older than sums are kept; the counter was touched today.
        await new Retention(storage, TimeSpan.FromDays(1), long.MaxValue, new At(now.AddDays(365))).SweepAsync(_cancel);
        Assert.Equal(1, await postgres.NumberAsync("SELECT COUNT(*) FROM rollups"));
        Assert.Equal(1m, (await ledger.ReportAsync(All(UsageGrouping.Client), _cancel)).Total.Cost);
        Assert.Equal(6 * Retention.MaxRecords, await postgres.NumberAsync("SELECT COUNT(*) FROM records WHERE kind = 'transcript'"));
        Assert.Equal(21, await postgres.NumberAsync("SELECT MIN(updated) FROM records WHERE kind = 'transcript'"));
        Assert.Equal(Retention.MaxRecords, await postgres.NumberAsync("SELECT COUNT(*) FROM records WHERE kind = 'session'"));
        Assert.Equal(1, await postgres.NumberAsync("SELECT COUNT(*) FROM records WHERE kind = 'client'"));
        // Those of windows that are long over went; what has no end stays for good.
        Assert.Equal(1, await postgres.NumberAsync("SELECT COUNT(*) FROM counters"));
        await new Retention(storage, TimeSpan.FromDays(1), long.MaxValue, new At(now.AddDays(2000))).SweepAsync(_cancel);
        Assert.Equal(1, await postgres.NumberAsync("SELECT COUNT(*) FROM counters WHERE window_start = 'total'"));
        Assert.Equal(1, await postgres.NumberAsync("SELECT COUNT(*) FROM counters"));
        Assert.Equal(0, await postgres.NumberAsync("SELECT COUNT(*) FROM rollups"));
    }

    private string Database => Path.Combine(_folder, "openclaw.db");

    private static LedgerState Open(string url)
    {
        var (ledger, problem) = LedgerState.Open(new LedgerOptions { Url = url, Retention = TimeSpan.FromDays(36_500) });
        Assert.Null(problem);
        return ledger!;
    }

    private static PostgresStorage StorageOf(PostgresServer postgres) => new(PostgresAddress.Read(postgres.Url).Address!);

    private async Task AssertSameAsync(LedgerState shared, LedgerState own)
    {
        foreach (var by in Enum.GetValues<UsageGrouping>())
        {
            foreach (var zone in (string[])["UTC", "Asia/Kathmandu", "America/New_York"])
            {
                foreach (var query in (UsageQuery[])[All(by), All(by) with { Limit = 2 }, All(by) with { Client = "ci" }, All(by) with { Session = "s'1" }, All(by) with { From = s_now.AddDays(-3), To = s_now.AddDays(-1), Client = "owner" }])
                {
                    var (one, other) = (await shared.ReportAsync(query with { TimeZone = zone }, _cancel), await own.ReportAsync(query with { TimeZone = zone }, _cancel));
                    Assert.Equal(other.Total, one.Total);
                    Assert.Equal(other.Rows, one.Rows);
                }
            }
        }
        CounterScope[] scopes =
        [
            CounterScope.Gateway, new(CounterScopeKind.Client, "ci"), new(CounterScopeKind.Session, "s'1"), new(CounterScopeKind.Provider, "openai"), new(CounterScopeKind.Model, "openai/gpt-4o"),
            new(CounterScopeKind.Alias, "fast"), new(CounterScopeKind.Tag, "batch"), new(CounterScopeKind.Tag, "bat"), new CounterScope(CounterScopeKind.Model, "openai/gpt-4o") { Session = "s2" },
        ];
        foreach (var scope in scopes)
        {
            foreach (var days in (int[])[1, 3, 100]) Assert.Equal(await own.ReadWithRowsAsync(Monthly, scope, s_now.AddDays(-days), _cancel), await shared.ReadWithRowsAsync(Monthly, scope, s_now.AddDays(-days), _cancel));
        }
        foreach (var key in (CounterKey[])[Monthly, Total]) Assert.Equal(await own.ReadCounterAsync(key, _cancel), await shared.ReadCounterAsync(key, _cancel));
    }

    private static readonly CounterKey Monthly = new("monthly", "", "2026-11-01T00:00Z");

    private static readonly CounterKey Total = new("all", "", "total");

    private static UsageQuery All(UsageGrouping by) => new(by, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200), null, null, "UTC", 1000);

    private static string Id(int number) => "dec_" + number.ToString("D8", CultureInfo.InvariantCulture);

    // Of four days and a half, with all that a request can lack, and texts that no database takes as they are.
    private static IEnumerable<LedgerEntry> Entries()
    {
        var random = new Random(7);
        T Of<T>(params T[] some) => some[random.Next(some.Length)];
        for (var i = 0; i < Many; i++)
        {
            var hops = new List<LedgerHop>();
            for (var left = random.Next(4); left > 0; left--)
            {
                var usd = (random.Next(1, 1_000_000) * 0.000000075m) + 0.000000000000000001m;
                hops.Add(Hop(Of("openai", "gemini"), Of("gpt-4o", "flash", "mo/del"), usd, Of(CostSource.Catalogue, CostSource.Config, CostSource.Unpriced), random));
            }
            string[][] tags = [[], ["batch"], ["batch", "night"], ["no\0ne"]];
            yield return Entry(i, s_now.AddMinutes(-13 * i), hops) with
            {
                Client = Of("owner", "ci", "ü"), Session = Of<string?>(null, "s'1", "s2", "half \uDC00"), Alias = Of<string?>(null, "fast"), Outcome = Of("answered", "healed", "failed", "budget"),
                Tags = [.. tags[random.Next(tags.Length)]],
            };
        }
    }

    private static LedgerEntry Entry(int number, DateTimeOffset at, IReadOnlyList<LedgerHop> hops) => new()
    {
        Id = Id(number), At = at, Client = "owner", Protocol = "chat", Outcome = "answered", Status = 200, Hops = [.. hops],
        Charges = [new LedgerCharge(Monthly, hops.Sum(static h => h.Cost.Total), hops.Sum(static h => h.Usage.Total)), new LedgerCharge(Total, hops.Sum(static h => h.Cost.Total), hops.Sum(static h => h.Usage.Total))],
    };

    private static LedgerHop Hop(string provider, string model, decimal usd, CostSource source = CostSource.Catalogue, Random? random = null) => new(
        provider, model, "k", "first", "ok", 200, 0, 1,
        new Usage
        {
            Input = random?.Next(1000) ?? 3, CacheRead = random?.Next(50) ?? 0, CacheWrite = random?.Next(50) ?? 0, CacheWrite1h = random?.Next(50) ?? 0, Output = random?.Next(1000) ?? 2,
            Reasoning = random?.Next(9) ?? 0, WebSearches = random?.Next(3) ?? 0, Estimated = random?.Next(5) == 0,
        },
        Cost.Of(usd, source));

    private sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
