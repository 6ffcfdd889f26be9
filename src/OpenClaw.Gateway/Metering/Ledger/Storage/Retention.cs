using System.Data;
using System.Data.Common;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>
/// Keeps the database small: rows that are too old, or the oldest when it grows too large, become daily sums; records and
/// counters that nobody has touched go. In small transactions, so that nothing waits long.
/// </summary>
internal sealed class Retention(IStorage storage, TimeSpan keepRows, long maxBytes, TimeProvider time)
{
    public const int MaxRecords = 10_000;

    private const int ChunkRows = 1000;
    private const int MaxChunks = 2000;
    private static readonly TimeSpan s_keepSums = TimeSpan.FromDays(3 * 366);
    private static readonly TimeSpan s_keepCounters = TimeSpan.FromDays(400);

    // The longest window is a month: nobody counts in what rested for longer.
    private static readonly TimeSpan s_keepWindows = TimeSpan.FromDays(40);

    // About what a request takes with its hops and indexes, and what a sum does. While rows and sums together take less than this
    // part of the bound it is not they that make the database large, and they stay.
    private const int BytesEach = 700;
    private const int PartOfRows = 4;

    private static readonly string s_rollUp = RollUp();

    /// <summary>
    /// Deletes what is older than the oldest record of a kind that is kept: one look at the index for that one, one pass over
    /// the rest. (NOT IN a list of those that are kept is quadratic on PostgreSQL once the list outgrows work_mem.) With fewer
    /// records than are kept there is no such one, and nothing is older than it.
    /// </summary>
    internal const string TrimSql = """
        DELETE FROM records WHERE kind = @kind AND (updated, name) < (SELECT updated, name FROM records WHERE kind = @kind ORDER BY updated DESC, name DESC LIMIT 1 OFFSET @newer)
        """;

    /// <summary>One sweep. Returns how many rows became sums.</summary>
    public async Task<long> SweepAsync(CancellationToken cancel)
    {
        await using var connection = await storage.OpenAsync(cancel).ConfigureAwait(false);
        var now = time.GetUtcNow();
        long rolled = 0;
        for (var chunk = 0; chunk < MaxChunks; chunk++)
        {
            var count = await RollUpAsync(connection, now - keepRows, cancel).ConfigureAwait(false);
            rolled += count;
            if (count == 0) break;
        }
        // Before it is asked how large the database is: what is said must not cost the history of what was spent.
        var forgotten = await TranscriptRoom.KeepAsync(connection, maxBytes / 2, cancel).ConfigureAwait(false);
        await DeleteAsync(connection, "DELETE FROM rollups WHERE day < @before", now - s_keepSums, cancel).ConfigureAwait(false);
        await DeleteAsync(connection, "DELETE FROM counters WHERE updated < @before AND window_start <> 'total'", now - s_keepWindows, cancel).ConfigureAwait(false);
        await DeleteAsync(connection, "DELETE FROM counters WHERE updated < @before AND subject <> ''", now - s_keepCounters, cancel).ConfigureAwait(false);
        // What a gateway that never came back may have spent of a window that is over.
        await DeleteAsync(connection, "DELETE FROM leases WHERE heartbeat < @before AND window_start <> 'total'", now - s_keepWindows, cancel).ConfigureAwait(false);
        await TrimRecordsAsync(connection, cancel).ConfigureAwait(false);
        var least = maxBytes / PartOfRows / BytesEach;
        for (var chunk = 0; chunk < MaxChunks && await storage.SizeAsync(connection, cancel).ConfigureAwait(false) > maxBytes; chunk++)
        {
            if (await connection.NumberAsync("SELECT (SELECT COUNT(*) FROM requests) + (SELECT COUNT(*) FROM rollups)", cancel).ConfigureAwait(false) <= least) break;
            var count = await RollUpAsync(connection, DateTimeOffset.MaxValue, cancel).ConfigureAwait(false);
            rolled += count;
            if (count == 0 && await DropSumsAsync(connection, cancel).ConfigureAwait(false) == 0) break;
        }
        if (rolled + forgotten > 0) await storage.ShrinkAsync(connection, cancel).ConfigureAwait(false);
        return rolled;
    }

    private async Task<int> RollUpAsync(DbConnection connection, DateTimeOffset before, CancellationToken cancel)
    {
        // All statements must see the same rows: another gateway may be adding old ones.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancel).ConfigureAwait(false);
        if (!await storage.TryLockRetentionAsync(connection, transaction, cancel).ConfigureAwait(false)) return 0;
        var count = 0;
        foreach (var sql in (string[])[s_rollUp, $"DELETE FROM hops WHERE request IN ({Oldest})", $"DELETE FROM requests WHERE n IN ({Oldest})"])
        {
            await using var command = connection.Command(sql, transaction).Long().With("before", before.ToUnixTimeMilliseconds()).With("most", (long)ChunkRows);
            count = await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        return count;
    }

    private const string Oldest = "SELECT n FROM requests WHERE at < @before ORDER BY at, n LIMIT @most";

    private static string RollUp()
    {
        string[] counts = ["requests", "failed", "unpriced", "estimated", "firsts", "first_failed", "first_unpriced", "first_estimated"];
        string[] sums = [.. UsageReader.TokenColumns, "usd", "usd_rest"];
        return $"""
            INSERT INTO rollups (day, client, session, provider, model, alias, tags, {string.Join(", ", counts)}, {string.Join(", ", sums)})
            SELECT day, client, session, provider, model, alias, tags, COUNT(*), SUM(failed), SUM(unpriced), SUM(estimated),
                SUM(is_first), SUM(is_first * failed), SUM(is_first * all_unpriced), SUM(is_first * all_estimated), {string.Join(", ", sums.Select(static s => $"SUM({s})"))}
            FROM (SELECT (r.at / 86400000) * 86400000 AS day, r.client AS client, COALESCE(r.session, '') AS session, COALESCE(h.provider, '') AS provider,
                COALESCE(h.model, '') AS model, COALESCE(r.alias, '') AS alias, r.tags AS tags, CASE WHEN r.outcome IN ('answered', 'healed') THEN 0 ELSE 1 END AS failed,
                MAX(CASE WHEN h.source = 'unpriced' THEN 1 ELSE 0 END) AS unpriced, MAX(COALESCE(h.estimated, 0)) AS estimated,
                CASE WHEN MIN(COALESCE(h.hop, 0)) = 0 THEN 1 ELSE 0 END AS is_first,
                COALESCE((SELECT MAX(CASE WHEN x.source = 'unpriced' THEN 1 ELSE 0 END) FROM hops x WHERE x.request = r.n), 0) AS all_unpriced,
                COALESCE((SELECT MAX(x.estimated) FROM hops x WHERE x.request = r.n), 0) AS all_estimated,
                {string.Join(", ", sums.Select(static s => $"SUM(COALESCE(h.{s}, 0)) AS {s}"))}
                FROM requests r LEFT JOIN hops h ON h.request = r.n WHERE r.n IN ({Oldest})
                GROUP BY r.n, r.at, r.client, r.session, r.alias, r.tags, r.outcome, h.provider, h.model) AS parts
            WHERE 1 = 1 GROUP BY day, client, session, provider, model, alias, tags
            ON CONFLICT (day, client, session, provider, model, alias, tags) DO UPDATE SET {string.Join(", ", counts.Concat(sums).Select(static c => $"{c} = rollups.{c} + excluded.{c}"))}
            """;
    }

    private static async Task<int> DropSumsAsync(DbConnection connection, CancellationToken cancel) =>
        await connection.RunAsync("DELETE FROM rollups WHERE day = (SELECT MIN(day) FROM rollups)", cancel).ConfigureAwait(false);

    private static async Task DeleteAsync(DbConnection connection, string sql, DateTimeOffset before, CancellationToken cancel)
    {
        await using var command = connection.Command(sql).Long().With("before", before.ToUnixTimeMilliseconds());
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    // A session has the conversation that goes on, and those that were put away.
    private static long MostOf(string kind) => kind == RecordKind.Transcript ? MaxRecords * (1L + RecordKind.ArchivesEach) : MaxRecords;

    private static async Task TrimRecordsAsync(DbConnection connection, CancellationToken cancel)
    {
        List<string> kinds = [];
        await using (var command = connection.Command("SELECT kind FROM records GROUP BY kind HAVING COUNT(*) > @most").Long().With("most", (long)MaxRecords))
        await using (var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false))
        {
            while (await row.ReadAsync(cancel).ConfigureAwait(false)) kinds.Add(row.GetString(0));
        }
        foreach (var kind in kinds)
        {
            await using var command = connection.Command(TrimSql).Long().With("kind", kind).With("newer", MostOf(kind) - 1);
            await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
    }
}
