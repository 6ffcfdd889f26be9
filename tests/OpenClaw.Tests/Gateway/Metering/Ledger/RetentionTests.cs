using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Metering.Ledger.Storage;

namespace OpenClaw.Tests.Gateway.Metering.Ledger;

public sealed class RetentionTests : IDisposable
{
    private readonly LedgerFolder _folder = new();
    private readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_large_beside_the_rows_does_not_cost_them()
    {
        await using var ledger = _folder.Open();
        for (var i = 0; i < 300; i++) ledger.Settled(Entries.Of(Entries.Id(i), 0.001m));
        await ledger.FlushAsync();
        await using var storage = new SqliteStorage(_folder.Database);
        await using var connection = await storage.OpenAsync(_cancel);
        // Sessions of a busy month, each with a counter that is still in use.
        await connection.RunAsync($"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO counters (budget, subject, window_start, usd, usd_rest, tokens, updated) SELECT 'b', 'session-' || i, 'total', 1, 0, 1, {Entries.Now.ToUnixTimeMilliseconds()} FROM n", _cancel);
        const int Most = 1 << 20;
        Assert.True(await storage.SizeAsync(connection, _cancel) > Most);
        Assert.Equal(0, await SweepAsync(storage, Most));
        Assert.Equal(300, await connection.NumberAsync("SELECT COUNT(*) FROM requests", _cancel));
        // More rows than the quarter that is theirs do go.
        for (var i = 300; i < 1000; i++) ledger.Settled(Entries.Of(Entries.Id(i), 0.001m));
        await ledger.FlushAsync();
        Assert.NotEqual(0, await SweepAsync(storage, Most));
        Assert.InRange(await connection.NumberAsync("SELECT (SELECT COUNT(*) FROM requests) + (SELECT COUNT(*) FROM rollups)", _cancel), 1, Most / 4 / 700);
        Assert.Equal(1m, (await ledger.ReportAsync(Entries.All(UsageGrouping.Model), _cancel)).Total.Cost);
    }

    [Fact]
    public async Task Counters_and_leases_of_windows_that_are_over_are_forgotten_and_those_of_all_time_stay()
    {
        await using var ledger = _folder.Open();
        await ledger.FlushAsync();
        await using var storage = new SqliteStorage(_folder.Database);
        await using var connection = await storage.OpenAsync(_cancel);
        var (old, young) = (Entries.Now.AddDays(-41).ToUnixTimeMilliseconds(), Entries.Now.AddDays(-39).ToUnixTimeMilliseconds());
        foreach (var (name, window, updated) in ((string, string, long)[])[("gone", "2026-09-01T00:00Z", old), ("kept", "2026-10-01T00:00Z", young), ("whole", "total", old)])
        {
            await connection.RunAsync($"INSERT INTO counters (budget, subject, window_start, usd, usd_rest, tokens, updated) VALUES ('{name}', '', '{window}', 1, 0, 1, {updated})", _cancel);
            await connection.RunAsync($"INSERT INTO leases (gateway, budget, subject, window_start, unit, amount, exposure, presumed, heartbeat) VALUES ('g', '{name}', '', '{window}', 'usd', '1', '1', '0', {updated})", _cancel);
        }
        await SweepAsync(storage, long.MaxValue);
        foreach (var table in (string[])["counters", "leases"])
        {
            Assert.Equal(2, await connection.NumberAsync($"SELECT COUNT(*) FROM {table}", _cancel));
            Assert.Equal(0, await connection.NumberAsync($"SELECT COUNT(*) FROM {table} WHERE budget = 'gone'", _cancel));
        }
    }

    private Task<long> SweepAsync(SqliteStorage storage, long most) =>
        new Retention(storage, TimeSpan.FromDays(90), most, new At(Entries.Now)).SweepAsync(_cancel);

    private sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
