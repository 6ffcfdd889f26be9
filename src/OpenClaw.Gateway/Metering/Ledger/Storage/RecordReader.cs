using System.Data.Common;
using System.Text;
using OpenClaw.Gateway.Metering.Ledger.Journal;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>The table of small documents.</summary>
internal static class RecordReader
{
    public static async Task<IReadOnlyList<StoredRecord>> LoadAsync(DbConnection connection, string kind, int limit, CancellationToken cancel)
    {
        await using var command = connection.Command("SELECT name, json, updated FROM records WHERE kind = @kind ORDER BY updated DESC LIMIT @limit")
            .With("kind", kind).With("limit", (long)limit);
        return await ReadAsync(command, kind, cancel).ConfigureAwait(false);
    }

    public static async Task<StoredRecord?> FindAsync(DbConnection connection, string kind, string name, CancellationToken cancel)
    {
        await using var command = connection.Command("SELECT name, json, updated FROM records WHERE kind = @kind AND name = @name").With("kind", kind).With("name", name);
        return (await ReadAsync(command, kind, cancel).ConfigureAwait(false)).FirstOrDefault();
    }

    public static async Task WriteAsync(DbConnection connection, DbTransaction transaction, RecordChange change, CancellationToken cancel)
    {
        var sql = change.Json is null
            ? "DELETE FROM records WHERE kind = @kind AND name = @name"
            : "INSERT INTO records (kind, name, json, updated) VALUES (@kind, @name, @json, @updated) ON CONFLICT (kind, name) DO UPDATE SET json = excluded.json, updated = excluded.updated";
        await using var command = connection.Command(sql, transaction).With("kind", change.Kind).With("name", change.Key);
        if (change.Json is { } json) command.With("json", Encoding.UTF8.GetString(json.Span)).With("updated", change.At.ToUnixTimeMilliseconds());
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    private static async Task<List<StoredRecord>> ReadAsync(DbCommand command, string kind, CancellationToken cancel)
    {
        List<StoredRecord> records = [];
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            records.Add(new StoredRecord(kind, row.GetString(0), Encoding.UTF8.GetBytes(row.GetString(1)), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(2))));
        }
        return records;
    }
}
