using System.Data.Common;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>
/// Counters and leases. A lease is a part of what a shared budget has left, granted to one gateway, so that it need not ask
/// before each request. All arithmetic is under the lock of the counter's row, so it is exact among all gateways.
/// </summary>
internal sealed class CounterStore(IStorage storage, string gateway, TimeProvider time)
{
    /// <summary>A lease without a heartbeat for so long is reclaimed by whoever asks next.</summary>
    private const long SilenceMs = 15_000;

    public async ValueTask<CounterValue> ReadAsync(CounterKey key, CancellationToken cancel)
    {
        await using var connection = await storage.OpenAsync(cancel).ConfigureAwait(false);
        if (!storage.IsShared) return await ReadAsync(connection, null, key, "", cancel).ConfigureAwait(false);
        // With what is presumed of the others; what this gateway has not written yet it knows itself.
        await using var command = connection.Command(
            "SELECT c.usd, c.usd_rest, c.tokens, l.unit, l.presumed FROM counters c " +
            "LEFT JOIN leases l ON l.budget = c.budget AND l.subject = c.subject AND l.window_start = c.window_start AND l.gateway <> @gateway AND l.presumed <> '0' " +
            "WHERE c.budget = @budget AND c.subject = @subject AND c.window_start = @window").With(key).With("gateway", gateway);
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var (counter, presumed) = (default(CounterValue), default(CounterValue));
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            counter = new CounterValue(row.UsdAt(0), row.GetInt64(2));
            if (row.IsDBNull(3)) continue;
            var amount = LeaseRow.AmountAt(row, 4);
            presumed += row.GetString(3) == LeaseRow.Tokens ? new CounterValue(0, (long)amount) : new CounterValue(amount, 0);
        }
        return counter + presumed;
    }

    /// <summary>Whose counters of a budget are the highest in a window, highest first.</summary>
    public async ValueTask<IReadOnlyList<string>> DearestAsync(string budget, string window, int most, CancellationToken cancel)
    {
        await using var connection = await storage.OpenAsync(cancel).ConfigureAwait(false);
        await using var command = connection.Command("SELECT subject FROM counters WHERE budget = @budget AND window_start = @window ORDER BY usd DESC, tokens DESC LIMIT @most")
            .With("budget", budget).With("window", window).With("most", (long)most);
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        List<string> subjects = [];
        while (await row.ReadAsync(cancel).ConfigureAwait(false)) subjects.Add(row.GetString(0));
        return subjects;
    }

    /// <summary>The counter and the sum over the rows since <paramref name="from"/>, both of the same instant: one statement sees one state.</summary>
    public async ValueTask<(CounterValue Counter, CounterValue Rows)> ReadWithRowsAsync(CounterKey key, CounterScope scope, DateTimeOffset from, CancellationToken cancel)
    {
        const string Tokens = "input + cache_read + cache_write + cache_write_1h + output";
        var (rows, rollups) = scope.Kind switch
        {
            CounterScopeKind.Gateway => ("", ""),
            CounterScopeKind.Client => (" AND r.client = @value", " AND client = @value"),
            CounterScopeKind.Session => (" AND r.session = @value", " AND session = @value"),
            CounterScopeKind.Provider => (" AND h.provider = @value", " AND provider = @value"),
            CounterScopeKind.Model => (" AND h.provider || '/' || h.model = @value", " AND provider || '/' || model = @value"),
            CounterScopeKind.Alias => (" AND r.alias = @value", " AND alias = @value"),
            _ => ($" AND {storage.IndexOf}(r.tags, @value) > 0", $" AND {storage.IndexOf}(tags, @value) > 0"),
        };
        if (scope.Session is not null) (rows, rollups) = (rows + " AND r.session = @session", rollups + " AND session = @session");
        var sql = $"""
            SELECT sums.usd, sums.usd_rest, sums.tokens, COALESCE(c.usd, 0), COALESCE(c.usd_rest, 0), COALESCE(c.tokens, 0) FROM (
            SELECT CAST(COALESCE(SUM(usd), 0) AS BIGINT) AS usd, CAST(COALESCE(SUM(usd_rest), 0) AS BIGINT) AS usd_rest, CAST(COALESCE(SUM(tokens), 0) AS BIGINT) AS tokens FROM (
            SELECT h.usd AS usd, h.usd_rest AS usd_rest, {Tokens} AS tokens FROM requests r JOIN hops h ON h.request = r.n WHERE r.at >= @from{rows}
            UNION ALL SELECT usd, usd_rest, {Tokens} FROM rollups WHERE day >= @from{rollups}) AS parts) AS sums
            LEFT JOIN counters c ON c.budget = @budget AND c.subject = @subject AND c.window_start = @window
            """;
        await using var connection = await storage.OpenAsync(cancel).ConfigureAwait(false);
        await using var command = connection.Command(sql).Long().With(key).With("from", from.ToUnixTimeMilliseconds());
        if (scope.Kind != CounterScopeKind.Gateway) command.With("value", scope.Kind == CounterScopeKind.Tag ? "," + scope.Value + "," : scope.Value);
        if (scope.Session is { } session) command.With("session", session);
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        return await row.ReadAsync(cancel).ConfigureAwait(false) ? (new CounterValue(row.UsdAt(3), row.GetInt64(5)), new CounterValue(row.UsdAt(0), row.GetInt64(2))) : default;
    }

    public async ValueTask<LeaseGrant> LeaseAsync(CounterKey key, LeaseWish wish, CancellationToken cancel)
    {
        await using var connection = await storage.OpenAsync(cancel).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        var counter = await LockAsync(connection, transaction, key, cancel).ConfigureAwait(false);
        var leases = await LeaseRow.ReadAsync(storage, connection, transaction, key, null, cancel).ConfigureAwait(false);
        var spent = wish.Unit == LeaseUnit.Tokens ? counter.Tokens : counter.Usd;
        var own = new LeaseRow(key, gateway, wish.Unit, 0, 0, 0, 0);
        decimal leased = 0;
        foreach (var lease in leases)
        {
            var live = lease;
            if (lease.Gateway == gateway)
            {
                own = lease with { Unit = wish.Unit };
            }
            else if (lease.Silence > SilenceMs && lease.Amount > 0)
            {
                live = lease with { Amount = 0, Exposure = 0, Presumed = lease.Presumed + Math.Min(lease.Exposure, lease.Amount) };
                await live.WriteAsync(storage, connection, transaction, beats: false, cancel).ConfigureAwait(false);
            }
            spent += live.Presumed;
            leased += live.Amount;
        }
        var granted = Math.Min(wish.Want, wish.Limit - spent - leased);
        if (granted <= 0 || granted < wish.Least) granted = 0;
        if (granted > 0) await (own with { Amount = own.Amount + granted }).WriteAsync(storage, connection, transaction, beats: true, cancel).ConfigureAwait(false);
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        return new LeaseGrant(granted, spent, leased + granted);
    }

    public async ValueTask ReturnAsync(CounterKey key, decimal amount, CancellationToken cancel)
    {
        await using var connection = await storage.OpenAsync(cancel).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await LockAsync(connection, transaction, key, cancel).ConfigureAwait(false);
        foreach (var lease in await LeaseRow.ReadAsync(storage, connection, transaction, key, gateway, cancel).ConfigureAwait(false))
        {
            await (lease with { Amount = Math.Max(0, lease.Amount - amount) }).WriteAsync(storage, connection, transaction, beats: false, cancel).ConfigureAwait(false);
        }
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<LeaseLeft>> HeartbeatAsync(IReadOnlyCollection<LeaseExposure> exposures, CancellationToken cancel)
    {
        var named = exposures.ToDictionary(static e => e.Counter);
        List<LeaseLeft> left = [];
        List<Statement> changes = [];
        await using var connection = await storage.OpenAsync(cancel).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        foreach (var lease in await LeaseRow.ReadAsync(storage, connection, transaction, null, gateway, cancel).ConfigureAwait(false))
        {
            var isNamed = named.TryGetValue(lease.Counter, out var named_);
            var exposure = !isNamed ? 0 : lease.Unit == LeaseUnit.Tokens ? named_.Tokens : named_.Usd;
            // Who lives can say how much of what was presumed may still come.
            var changed = lease with { Exposure = exposure, Presumed = Math.Min(lease.Presumed, exposure) };
            var isLive = lease.Amount > 0 || (isNamed && lease.Presumed == 0);
            changes.Add(changed.Write(storage, beats: isLive));
            if (isLive) left.Add(new LeaseLeft(lease.Counter, lease.Unit, lease.Amount));
        }
        await Statement.RunAsync(connection, transaction, changes, cancel).ConfigureAwait(false);
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        return left;
    }

    private async Task<CounterValue> LockAsync(DbConnection connection, DbTransaction transaction, CounterKey key, CancellationToken cancel)
    {
        await using (var command = connection.Command(
            "INSERT INTO counters (budget, subject, window_start, usd, usd_rest, tokens, updated) VALUES (@budget, @subject, @window, 0, 0, 0, @updated) ON CONFLICT (budget, subject, window_start) DO NOTHING", transaction))
        {
            await command.With(key).With("updated", time.GetUtcNow().ToUnixTimeMilliseconds()).ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
        return await ReadAsync(connection, transaction, key, storage.ForUpdate, cancel).ConfigureAwait(false);
    }

    private static async Task<CounterValue> ReadAsync(DbConnection connection, DbTransaction? transaction, CounterKey key, string suffix, CancellationToken cancel)
    {
        await using var command = connection.Command("SELECT usd, usd_rest, tokens FROM counters WHERE budget = @budget AND subject = @subject AND window_start = @window" + suffix, transaction).With(key);
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        return await row.ReadAsync(cancel).ConfigureAwait(false) ? new CounterValue(row.UsdAt(0), row.GetInt64(2)) : default;
    }
}
