using System.Data.Common;
using System.Globalization;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>
/// Answers reports by sums over the rows and over the daily sums of rows that are gone (<see cref="Retention"/>). In the latter a
/// day is a UTC day, and a request that went through two models of one provider counts twice for the provider; money never does.
/// </summary>
internal sealed class UsageReader(IStorage storage)
{
    // Every time zone's days begin at a multiple of fifteen minutes.
    private const long QuarterMs = 900_000;

    public static string[] TokenColumns { get; } =
        ["input", "cache_read", "cache_write", "cache_write_1h", "output", "reasoning", "audio_input", "audio_output", "rejected", "searches"];

    public async Task<UsageReport> ReportAsync(UsageQuery query, CancellationToken cancel)
    {
        await using var connection = await storage.OpenAsync(cancel).ConfigureAwait(false);
        var total = (await GroupAsync(connection, query, "'total'", "'total'", byCall: false, cancel).ConfigureAwait(false)).FirstOrDefault() ?? Nothing("total");
        var rows = query.By switch
        {
            UsageGrouping.Model => await GroupAsync(connection, query, "COALESCE(h.provider || '/' || h.model, '')", "CASE WHEN provider = '' THEN '' ELSE provider || '/' || model END", byCall: true, cancel).ConfigureAwait(false),
            UsageGrouping.Provider => await GroupAsync(connection, query, "COALESCE(h.provider, '')", "provider", byCall: true, cancel).ConfigureAwait(false),
            UsageGrouping.Session => await GroupAsync(connection, query, "COALESCE(r.session, '')", "session", byCall: false, cancel).ConfigureAwait(false),
            UsageGrouping.Client => await GroupAsync(connection, query, "r.client", "client", byCall: false, cancel).ConfigureAwait(false),
            UsageGrouping.Day => Merge(await GroupAsync(connection, query, $"CAST(r.at / {QuarterMs} AS TEXT)", $"CAST(day / {QuarterMs} AS TEXT)", byCall: false, cancel).ConfigureAwait(false), DayIn(ZoneOf(query.TimeZone))),
            _ => Merge(await GroupAsync(connection, query, "r.tags", "tags", byCall: false, cancel).ConfigureAwait(false), static tags => TagText.Read(tags) is { Length: > 0 } many ? many : [""]),
        };
        var ordered = query.By == UsageGrouping.Day
            ? rows.OrderByDescending(static r => r.Key, StringComparer.Ordinal)
            : rows.OrderByDescending(static r => r.Cost).ThenByDescending(static r => r.Usage.Total).ThenBy(static r => r.Key, StringComparer.Ordinal);
        return new UsageReport([.. ordered.Take(query.Limit)], total, query.From, query.To);
    }

    private static async Task<List<UsageRow>> GroupAsync(DbConnection connection, UsageQuery query, string rowKey, string rollupKey, bool byCall, CancellationToken cancel)
    {
        var filter = (query.Client is null ? "" : " AND {0}client = @client") + (query.Session is null ? "" : " AND {0}session = @session");
        var (own, counts) = (string.Join(", ", TokenColumns.Select(static c => $"SUM(COALESCE(h.{c}, 0)) AS {c}")), byCall ? "requests, failed, unpriced, estimated" : "firsts, first_failed, first_unpriced, first_estimated");
        var sums = string.Join(", ", ((string[])["requests", "failed", "unpriced", "estimated", .. TokenColumns, "usd", "usd_rest"]).Select(static c => $"CAST(SUM({c}) AS BIGINT)"));
        var sql = $"""
            SELECT part, {sums} FROM (
            SELECT {rowKey} AS part, 1 AS requests, MAX(CASE WHEN r.outcome IN ('answered', 'healed') THEN 0 ELSE 1 END) AS failed,
                MAX(CASE WHEN h.source = 'unpriced' THEN 1 ELSE 0 END) AS unpriced, MAX(COALESCE(h.estimated, 0)) AS estimated,
                {own}, SUM(COALESCE(h.usd, 0)) AS usd, SUM(COALESCE(h.usd_rest, 0)) AS usd_rest
                FROM requests r LEFT JOIN hops h ON h.request = r.n
                WHERE r.at >= @from AND r.at < @to{string.Format(CultureInfo.InvariantCulture, filter, "r.")} GROUP BY r.n, part
            UNION ALL SELECT {rollupKey} AS part, {counts}, {string.Join(", ", TokenColumns)}, usd, usd_rest
                FROM rollups WHERE day >= @from AND day < @to{string.Format(CultureInfo.InvariantCulture, filter, "")}) AS parts
            GROUP BY part
            """;
        await using var command = connection.Command(sql).Long().With("from", query.From.ToUnixTimeMilliseconds()).With("to", query.To.ToUnixTimeMilliseconds());
        if (query.Client is { } client) command.With("client", client);
        if (query.Session is { } session) command.With("session", session);
        List<UsageRow> rows = [];
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await row.ReadAsync(cancel).ConfigureAwait(false)) rows.Add(RowOf(row));
        return rows;
    }

    private static UsageRow RowOf(DbDataReader row) => new(
        row.GetString(0), row.GetInt64(1), row.GetInt64(2),
        new Usage
        {
            Input = row.GetInt64(5),
            CacheRead = row.GetInt64(6),
            CacheWrite = row.GetInt64(7),
            CacheWrite1h = row.GetInt64(8),
            Output = row.GetInt64(9),
            Reasoning = row.GetInt64(10),
            AudioInput = row.GetInt64(11),
            AudioOutput = row.GetInt64(12),
            RejectedPrediction = row.GetInt64(13),
            WebSearches = row.GetInt64(14),
            Estimated = row.GetInt64(4) > 0,
        },
        row.UsdAt(15), row.GetInt64(3), row.GetInt64(4));

    private static List<UsageRow> Merge(List<UsageRow> rows, Func<string, IReadOnlyList<string>> keysOf)
    {
        var merged = new Dictionary<string, UsageRow>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            foreach (var key in keysOf(row.Key))
            {
                var sum = merged.GetValueOrDefault(key) ?? Nothing(key);
                merged[key] = sum with
                {
                    Requests = sum.Requests + row.Requests, Failed = sum.Failed + row.Failed, Usage = sum.Usage + row.Usage, Cost = sum.Cost + row.Cost,
                    UnpricedRequests = sum.UnpricedRequests + row.UnpricedRequests, EstimatedRequests = sum.EstimatedRequests + row.EstimatedRequests,
                };
            }
        }
        return [.. merged.Values];
    }

    private static Func<string, IReadOnlyList<string>> DayIn(TimeZoneInfo zone) => quarter =>
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(quarter, CultureInfo.InvariantCulture) * QuarterMs);
        return [TimeZoneInfo.ConvertTime(at, zone).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)];
    };

    private static TimeZoneInfo ZoneOf(string name) => TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : TimeZoneInfo.Utc;

    private static UsageRow Nothing(string key) => new(key, 0, 0, default, 0, 0, 0);
}
