using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>
/// The tables, as a list of steps that only ever grows: a database of version N has had the first N. Dollars are two columns
/// (<see cref="Money"/>), moments are milliseconds since 1970, tags are <c>,a,b,</c>.
/// </summary>
internal static class Schema
{
    public static ImmutableArray<string> Steps { get; } =
    [
        """
        CREATE TABLE requests (n {identity}, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, gateway TEXT NOT NULL, client TEXT NOT NULL,
            session TEXT, tags TEXT NOT NULL, protocol TEXT NOT NULL, requested TEXT NOT NULL, alias TEXT, answered TEXT,
            outcome TEXT NOT NULL, status INTEGER NOT NULL, total_ms {real} NOT NULL, first_token_ms {real});
        CREATE INDEX requests_at ON requests (at);
        CREATE INDEX requests_session ON requests (session, at) WHERE session IS NOT NULL;
        CREATE TABLE hops (request INTEGER NOT NULL, hop INTEGER NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
            key_alias TEXT NOT NULL, kind TEXT NOT NULL, result TEXT NOT NULL, status INTEGER, started_ms {real} NOT NULL, ended_ms {real},
            input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL,
            output INTEGER NOT NULL, reasoning INTEGER NOT NULL, audio_input INTEGER NOT NULL, audio_output INTEGER NOT NULL,
            rejected INTEGER NOT NULL, searches INTEGER NOT NULL, estimated INTEGER NOT NULL, source TEXT NOT NULL,
            usd INTEGER NOT NULL, usd_rest INTEGER NOT NULL, PRIMARY KEY (request, hop));
        CREATE TABLE counters (budget TEXT NOT NULL, subject TEXT NOT NULL, window_start TEXT NOT NULL,
            usd INTEGER NOT NULL, usd_rest INTEGER NOT NULL, tokens INTEGER NOT NULL, updated INTEGER NOT NULL,
            PRIMARY KEY (budget, subject, window_start));
        CREATE TABLE records (kind TEXT NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL, updated INTEGER NOT NULL, PRIMARY KEY (kind, name));
        CREATE INDEX records_updated ON records (kind, updated);
        CREATE TABLE marks (gateway TEXT NOT NULL PRIMARY KEY, segment INTEGER NOT NULL, bytes INTEGER NOT NULL)
        """,
        """
        CREATE TABLE leases (gateway TEXT NOT NULL, budget TEXT NOT NULL, subject TEXT NOT NULL, window_start TEXT NOT NULL,
            unit TEXT NOT NULL, amount TEXT NOT NULL, exposure TEXT NOT NULL, presumed TEXT NOT NULL, heartbeat INTEGER NOT NULL,
            PRIMARY KEY (budget, subject, window_start, gateway));
        CREATE INDEX leases_gateway ON leases (gateway)
        """,
        """
        CREATE TABLE rollups (day INTEGER NOT NULL, client TEXT NOT NULL, session TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
            alias TEXT NOT NULL, tags TEXT NOT NULL, requests INTEGER NOT NULL, failed INTEGER NOT NULL, unpriced INTEGER NOT NULL,
            estimated INTEGER NOT NULL, firsts INTEGER NOT NULL, first_failed INTEGER NOT NULL, first_unpriced INTEGER NOT NULL,
            first_estimated INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
            cache_write_1h INTEGER NOT NULL, output INTEGER NOT NULL, reasoning INTEGER NOT NULL, audio_input INTEGER NOT NULL,
            audio_output INTEGER NOT NULL, rejected INTEGER NOT NULL, searches INTEGER NOT NULL, usd INTEGER NOT NULL, usd_rest INTEGER NOT NULL,
            PRIMARY KEY (day, client, session, provider, model, alias, tags))
        """,
    ];

    public static int Newest => Steps.Length;

    /// <summary>Brings a database up to <paramref name="version"/>, under a lock, in one transaction; a newer one is left alone.</summary>
    /// <returns>The version that it has now.</returns>
    public static async Task<int> ApplyAsync(IStorage storage, DbConnection connection, int version, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await storage.LockSchemaAsync(connection, transaction, cancel).ConfigureAwait(false);
        await RunAsync(connection, transaction, "CREATE TABLE IF NOT EXISTS meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)", cancel).ConfigureAwait(false);
        var has = await ReadAsync(connection, transaction, cancel).ConfigureAwait(false);
        for (var step = has; step < version; step++) await RunAsync(connection, transaction, storage.Localize(Steps[step]), cancel).ConfigureAwait(false);
        if (has < version)
        {
            await using var command = connection.Command("INSERT INTO meta (name, value) VALUES ('schema', @version) ON CONFLICT (name) DO UPDATE SET value = excluded.value", transaction);
            await command.With("version", version.ToString(CultureInfo.InvariantCulture)).ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        return Math.Max(has, version);
    }

    private static async Task<int> ReadAsync(DbConnection connection, DbTransaction transaction, CancellationToken cancel)
    {
        await using var command = connection.Command("SELECT value FROM meta WHERE name = 'schema'", transaction);
        var value = await command.ExecuteScalarAsync(cancel).ConfigureAwait(false);
        return value is string text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;
    }

    private static async Task RunAsync(DbConnection connection, DbTransaction transaction, string sql, CancellationToken cancel)
    {
        await using var command = connection.Command(sql, transaction).Long();
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }
}
