using System.Data.Common;
using System.Globalization;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>One gateway's part of one counter, as the database has it. Amounts are dollars or tokens, exact, as text.</summary>
/// <param name="Amount">Granted and not yet spent.</param>
/// <param name="Exposure">What the gateway committed that it may be causing right now.</param>
/// <param name="Presumed">Taken for spent when the gateway fell silent, until its journal tells the truth.</param>
/// <param name="Silence">Milliseconds since its last heartbeat, by the database's clock.</param>
internal sealed record LeaseRow(CounterKey Counter, string Gateway, LeaseUnit Unit, decimal Amount, decimal Exposure, decimal Presumed, long Silence)
{
    /// <summary>The unit of a budget that counts tokens.</summary>
    public const string Tokens = "tokens";

    private const string IsThis = "budget = @budget AND subject = @subject AND window_start = @window";

    /// <summary>The leases of one counter, or all of one gateway; locked to the end of the transaction.</summary>
    public static async Task<List<LeaseRow>> ReadAsync(IStorage storage, DbConnection connection, DbTransaction transaction, CounterKey? counter, string? gateway, CancellationToken cancel)
    {
        List<string> where = [];
        if (counter is not null) where.Add(IsThis);
        if (gateway is not null) where.Add("gateway = @gateway");
        // The same order everywhere, so that two gateways never wait for each other.
        var sql = $"SELECT budget, subject, window_start, gateway, unit, amount, exposure, presumed, {storage.Now} - heartbeat FROM leases WHERE {string.Join(" AND ", where)} ORDER BY budget, subject, window_start, gateway{storage.ForUpdate}";
        await using var command = connection.Command(sql, transaction);
        if (counter is { } key) command.With(key);
        if (gateway is not null) command.With("gateway", gateway);
        List<LeaseRow> rows = [];
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            rows.Add(new LeaseRow(
                new CounterKey(row.GetString(0), row.GetString(1), row.GetString(2)), row.GetString(3), row.GetString(4) == Tokens ? LeaseUnit.Tokens : LeaseUnit.Usd,
                AmountAt(row, 5), AmountAt(row, 6), AmountAt(row, 7), row.GetInt64(8)));
        }
        return rows;
    }

    /// <summary>Writes the row, or removes it when there is nothing left to say. <paramref name="beats"/> renews the heartbeat.</summary>
    public Task WriteAsync(IStorage storage, DbConnection connection, DbTransaction transaction, bool beats, CancellationToken cancel) =>
        Statement.RunAsync(connection, transaction, [Write(storage, beats)], cancel);

    /// <summary><see cref="WriteAsync"/>, to be sent with others.</summary>
    public Statement Write(IStorage storage, bool beats)
    {
        var isEmpty = Amount == 0 && Presumed == 0 && !beats;
        var sql = isEmpty
            ? $"DELETE FROM leases WHERE {IsThis} AND gateway = @gateway"
            : $"INSERT INTO leases (gateway, budget, subject, window_start, unit, amount, exposure, presumed, heartbeat) VALUES (@gateway, @budget, @subject, @window, @unit, @amount, @exposure, @presumed, {storage.Now}) ON CONFLICT (budget, subject, window_start, gateway) DO UPDATE SET unit = excluded.unit, amount = excluded.amount, exposure = excluded.exposure, presumed = excluded.presumed"
                + (beats ? ", heartbeat = excluded.heartbeat" : "");
        List<(string, object)> values = [("budget", Counter.Budget), ("subject", Counter.Subject), ("window", Counter.Window), ("gateway", Gateway)];
        if (!isEmpty) values.AddRange([("unit", Unit == LeaseUnit.Tokens ? Tokens : "usd"), ("amount", Text(Amount)), ("exposure", Text(Exposure)), ("presumed", Text(Presumed))]);
        return new Statement(sql, values);
    }

    public static decimal AmountAt(DbDataReader row, int column) => decimal.Parse(row.GetString(column), NumberStyles.Number, CultureInfo.InvariantCulture);

    private static string Text(decimal amount) => amount.ToString(CultureInfo.InvariantCulture);
}
