using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Metering.Ledger.Storage;

namespace OpenClaw.EndToEnd.Money;

/// <summary>Retention on a real PostgreSQL, with as many records as sessions have.</summary>
public sealed class RetentionTests
{
    private const int Most = Retention.MaxRecords * (1 + RecordKind.ArchivesEach);
    private readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_too_many_conversations_the_newest_stay_and_finding_them_is_linear()
    {
        await using var postgres = await PostgresServer.StartAsync();
        var (address, _) = PostgresAddress.Read(postgres.Url);
        await using var storage = new PostgresStorage(address!);
        await using var connection = await storage.OpenAsync(_cancel);
        await Schema.ApplyAsync(storage, connection, Schema.Newest, _cancel);
        // 20 too many; of those at the border four have the same moment, and two of them go. And a kind that has few.
        await connection.RunAsync($"INSERT INTO records (kind, name, json, updated) SELECT 'transcript', 'owner' || repeat('n', 100) || lpad(CAST(i AS TEXT), 6, '0'), '{{}}', CASE WHEN i BETWEEN 19 AND 22 THEN 19 ELSE i END FROM generate_series(1, {Most + 20}) AS i", _cancel);
        await connection.RunAsync("INSERT INTO records (kind, name, json, updated) SELECT 'client', 'c' || i, '{}', i FROM generate_series(1, 5) AS i", _cancel);
        await connection.RunAsync("ANALYZE records", _cancel);

        List<string> plan = [];
        await using (var explain = connection.Command("EXPLAIN " + Retention.TrimSql).With("kind", RecordKind.Transcript).With("newer", Most - 1L))
        await using (var line = await explain.ExecuteReaderAsync(_cancel))
        {
            while (await line.ReadAsync(_cancel)) plan.Add(line.GetString(0));
        }
        // What is kept is found once, before; it is not looked for again at each row (that would be a SubPlan), nor is everything joined.
        var words = string.Join('\n', plan);
        Assert.Contains("InitPlan", words, StringComparison.Ordinal);
        Assert.DoesNotContain("SubPlan", words, StringComparison.Ordinal);
        Assert.DoesNotContain("Nested Loop", words, StringComparison.Ordinal);
        Assert.DoesNotContain("Join", words, StringComparison.Ordinal);

        await new Retention(storage, TimeSpan.FromDays(1), long.MaxValue, TimeProvider.System).SweepAsync(_cancel);
        Assert.Equal(Most, await postgres.NumberAsync("SELECT COUNT(*) FROM records WHERE kind = 'transcript'"));
        Assert.Equal(0, await postgres.NumberAsync("SELECT COUNT(*) FROM records WHERE kind = 'transcript' AND updated < 19"));
        Assert.Equal(2, await postgres.NumberAsync("SELECT COUNT(*) FROM records WHERE kind = 'transcript' AND updated = 19"));
        Assert.Equal(5, await postgres.NumberAsync("SELECT COUNT(*) FROM records WHERE kind = 'client'"));
    }
}
