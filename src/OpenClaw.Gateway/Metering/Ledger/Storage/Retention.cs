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

    private static readonly (string Sql, TimeSpan Keep)[] s_deletions =
    [
        ("DELETE FROM rollups WHERE day < @before", s_keepSums),
        ("DELETE FROM counters WHERE updated < @before AND window_start <> 'total'", s_keepWindows),
        ("DELETE FROM counters WHERE updated < @before AND subject <> ''", s_keepCounters),
        // What a gateway that never came back may have spent of a window that is over.
        ("DELETE FROM leases WHERE heartbeat < @before AND window_start <> 'total'", s_keepWindows),
    ];

    // A key of an index of PostgreSQL has at most 2,704 bytes: where a caller's session, model and tags come near that, the sum
    // has the beginnings of its names, at most 600 characters of four bytes.
    private const string IsLong = "octet_length(r.client) + octet_length(COALESCE(r.session, '')) + octet_length(COALESCE(h.provider, '')) + octet_length(COALESCE(h.model, '')) + octet_length(COALESCE(r.alias, '')) + octet_length(r.tags) > 2400";

    private static readonly string s_rollUp = RollUp();

    /// <summary>
    /// Deletes what is older than the oldest record of a kind that is kept: one look at the index for that one, one pass over
    /// the rest. (NOT IN a list of those that are kept is quadratic on PostgreSQL once the list outgrows work_mem.) With fewer
    /// records than are kept there is no such one, and nothing is older than it.
    /// </summary>
    internal const string TrimSql = """
        DELETE FROM records WHERE kind = @kind AND (updated, name) < (SELECT updated, name FROM records WHERE kind = @kind ORDER BY updated DESC, name DESC LIMIT 1 OFFSET @newer)
        """;

    /// <summary>One sweep. Returns how many rows became sums. What fails keeps nothing after it from being done.</summary>
    /// <exception cref="AggregateException">What failed.</exception>
    public async Task<long> SweepAsync(CancellationToken cancel)
    {
        await using var connection = await storage.OpenAsync(cancel).ConfigureAwait(false);
        var now = time.GetUtcNow();
        long rolled = 0;
        List<Exception> failures = [];
        await TryAsync(async () => rolled += await RollUpAllAsync(connection, now - keepRows, cancel).ConfigureAwait(false)).ConfigureAwait(false);
        // Before it is asked how large the database is: what is said must not cost the history of what was spent.
        var forgotten = 0L;
        await TryAsync(async () => forgotten = await TranscriptRoom.KeepAsync(connection, maxBytes / 2, cancel).ConfigureAwait(false)).ConfigureAwait(false);
        foreach (var (sql, keep) in s_deletions) await TryAsync(() => DeleteAsync(connection, sql, now - keep, cancel)).ConfigureAwait(false);
        await TryAsync(() => TrimRecordsAsync(connection, cancel)).ConfigureAwait(false);
        await TryAsync(async () => rolled += await KeepToSizeAsync(connection, cancel).ConfigureAwait(false)).ConfigureAwait(false);
        if (rolled + forgotten > 0) await TryAsync(() => storage.ShrinkAsync(connection, cancel)).ConfigureAwait(false);
        return failures.Count == 0 ? rolled : throw new AggregateException(failures[0].Message, failures);

        async Task TryAsync(Func<Task> part)
        {
            try
            {
                await part().ConfigureAwait(false);
            }
            catch (DbException e)
            {
                failures.Add(e);
            }
        }
    }

    private async Task<long> RollUpAllAsync(DbConnection connection, DateTimeOffset before, CancellationToken cancel)
    {
        long rolled = 0;
        for (var chunk = 0; chunk < MaxChunks && await RollUpAsync(connection, before, cancel).ConfigureAwait(false) is > 0 and var count; chunk++) rolled += count;
        return rolled;
    }

    private async Task<long> KeepToSizeAsync(DbConnection connection, CancellationToken cancel)
    {
        long rolled = 0;
        var least = maxBytes / PartOfRows / BytesEach;
        for (var chunk = 0; chunk < MaxChunks && await storage.SizeAsync(connection, cancel).ConfigureAwait(false) > maxBytes; chunk++)
        {
            if (await connection.NumberAsync("SELECT (SELECT COUNT(*) FROM requests) + (SELECT COUNT(*) FROM rollups)", cancel).ConfigureAwait(false) <= least) break;
            // Another gateway is at it: that there is nothing to roll up is not for this one to say.
            if (await RollUpAsync(connection, DateTimeOffset.MaxValue, cancel).ConfigureAwait(false) is not { } count) break;
            rolled += count;
            if (count == 0 && await DropSumsAsync(connection, cancel).ConfigureAwait(false) == 0) break;
        }
        return rolled;
    }

    // Null: another gateway is at it.
    private async Task<int?> RollUpAsync(DbConnection connection, DateTimeOffset before, CancellationToken cancel)
    {
        // All statements must see the same rows: another gateway may be adding old ones.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancel).ConfigureAwait(false);
        if (!await storage.TryLockRetentionAsync(connection, transaction, cancel).ConfigureAwait(false)) return null;
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
            FROM (SELECT (r.at / 86400000) * 86400000 AS day, r.client AS client, {Short("r.session", 128)} AS session, {Short("h.provider", 64)} AS provider,
                {Short("h.model", 128)} AS model, {Short("r.alias", 64)} AS alias, CASE WHEN LENGTH(r.tags) > 150 AND {IsLong} THEN '' ELSE r.tags END AS tags, CASE WHEN r.outcome IN ('answered', 'healed') THEN 0 ELSE 1 END AS failed,
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

    private static string Short(string column, int length) => $"CASE WHEN {IsLong} THEN SUBSTR(COALESCE({column}, ''), 1, {length}) ELSE COALESCE({column}, '') END";

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
