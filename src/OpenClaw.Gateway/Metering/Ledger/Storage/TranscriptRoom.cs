using System.Data.Common;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>How much of the database the conversations that the gateway holds may take.</summary>
internal static class TranscriptRoom
{
    // What a row has beside its text, in the table and its indexes.
    private const int Around = 200;

    /// <summary>Forgets the oldest conversations until the rest has <paramref name="most"/> bytes: first those that were put away, then others.</summary>
    /// <returns>How many were forgotten.</returns>
    public static async Task<int> KeepAsync(DbConnection connection, long most, CancellationToken cancel)
    {
        long taken;
        await using (var command = connection.Command($"SELECT COALESCE(SUM(octet_length(json) + {Around}), 0) FROM records WHERE kind = @kind").Long().With("kind", RecordKind.Transcript))
        {
            taken = Convert.ToInt64(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false), System.Globalization.CultureInfo.InvariantCulture);
        }
        if (taken <= most) return 0;
        var forgotten = 0;
        foreach (var (name, size, updated) in (await ReadAsync(connection, cancel).ConfigureAwait(false)).OrderBy(static t => IsPutAway(t.Name) ? 0 : 1).ThenBy(static t => t.Updated))
        {
            if (taken <= most) break;
            // One that was written meanwhile is not the oldest any more.
            await using var command = connection.Command("DELETE FROM records WHERE kind = @kind AND name = @name AND updated = @updated").With("kind", RecordKind.Transcript).With("name", name).With("updated", updated);
            forgotten += await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
            taken -= size;
        }
        return forgotten;
    }

    private static async Task<List<(string Name, long Size, long Updated)>> ReadAsync(DbConnection connection, CancellationToken cancel)
    {
        List<(string, long, long)> all = [];
        await using var command = connection.Command($"SELECT name, octet_length(json) + {Around}, updated FROM records WHERE kind = @kind").Long().With("kind", RecordKind.Transcript);
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await row.ReadAsync(cancel).ConfigureAwait(false)) all.Add((row.GetString(0), Convert.ToInt64(row.GetValue(1), System.Globalization.CultureInfo.InvariantCulture), row.GetInt64(2)));
        return all;
    }

    // KEY@20261120T103000.000Z, as sessions name them.
    private static bool IsPutAway(string name) => name.Length > 21 && name[^21] == '@' && name[^12] == 'T' && name[^5] == '.' && name[^1] == 'Z';
}
