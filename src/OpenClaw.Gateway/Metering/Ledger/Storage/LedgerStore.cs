using System.Data.Common;
using OpenClaw.Gateway.Metering.Ledger.Journal;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>The database has tables of a version that this program does not know.</summary>
internal sealed class NewerSchemaException(int has) : Exception(
    $"the database has tables of version {has}, this program knows up to {Schema.Newest}: run the newer program, or name another database in storage.url");

/// <summary>
/// The one connection that writes. Each batch is one transaction: rows, what they add to the counters, records, and how far
/// into the journal it reaches, all or nothing. Used by one thread at a time.
/// </summary>
internal sealed class LedgerStore(IStorage storage, string gateway, TimeProvider time, Action<string> log) : IAsyncDisposable
{
    private JournalPosition _confirmed;
    private JournalPosition? _wentBackTo;
    private DbConnection? _connection;
    private IEntryInsert? _inserter;

    /// <summary>The writing connection; opened, and the tables brought up to date, when there is none.</summary>
    /// <exception cref="NewerSchemaException">The tables are of a later version.</exception>
    public async Task<DbConnection> ConnectAsync(CancellationToken cancel)
    {
        if (_connection is not null && storage.IsGone(_connection))
        {
            log($"the ledger's database is no longer where it was ({storage.Place}): what has taken its place is used, or a new one is made");
            await CloseAsync().ConfigureAwait(false);
            storage.Forget();
        }
        if (_connection is not null) return _connection;
        var connection = await storage.OpenWriterAsync(cancel).ConfigureAwait(false);
        try
        {
            await storage.PrepareAsync(connection, cancel).ConfigureAwait(false);
            var version = await Schema.ApplyAsync(storage, connection, Schema.Newest, cancel).ConfigureAwait(false);
            if (version > Schema.Newest) throw new NewerSchemaException(version);
            if (storage.IsShared && _confirmed != default && await MarkAsync(connection, gateway, cancel).ConfigureAwait(false) is var mark && mark.CompareTo(_confirmed) < 0)
            {
                (_wentBackTo, _confirmed) = (mark, mark);
            }
            _inserter = storage.Inserter(connection);
            return _connection = connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// How far into the own journal the database has everything, where it once had more: the server is another than it was, a replica
    /// that lagged or a backup. Told once; null = it has all that it confirmed.
    /// </summary>
    public JournalPosition? TakeWentBack()
    {
        var went = _wentBackTo;
        _wentBackTo = null;
        return went;
    }

    /// <summary>Writes a batch in one transaction; the journal's mark of <paramref name="whose"/> gateway moves to its end.</summary>
    /// <param name="presumedIsKnown">True with the last batch of an earlier run's journal: what was presumed spent has been replaced by the truth.</param>
    /// <returns>How many entries were new.</returns>
    public async Task<int> WriteAsync(List<PendingItem> batch, string whose, bool presumedIsKnown, CancellationToken cancel)
    {
        var connection = await ConnectAsync(cancel).ConfigureAwait(false);
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
            var entries = new List<LedgerEntry>(batch.Count);
            foreach (var item in batch)
            {
                if (item.Entry is { } entry) entries.Add(entry);
            }
            // A second entry with the same id changes nothing: neither its row, nor its hops, nor a counter.
            var fresh = await _inserter!.RunAsync(transaction, entries, whose, cancel).ConfigureAwait(false);
            var counters = new CounterWriter(storage, connection, transaction, whose, time.GetUtcNow());
            await counters.AddAsync(fresh.SelectMany(static e => e.Charges.IsDefault ? [] : e.Charges), cancel).ConfigureAwait(false);
            if (presumedIsKnown) await counters.ForgetPresumedAsync(cancel).ConfigureAwait(false);
            foreach (var change in LastOfEach(batch))
            {
                await RecordReader.WriteAsync(connection, transaction, change, cancel).ConfigureAwait(false);
            }
            var end = await MarkAsync(connection, transaction, batch, whose, cancel).ConfigureAwait(false);
            await transaction.CommitAsync(cancel).ConfigureAwait(false);
            if (whose == gateway && end.CompareTo(_confirmed) > 0) _confirmed = end;
            return fresh.Count;
        }
        catch
        {
            // What a connection was in the middle of is unknown now; a new one knows.
            await CloseAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>How far into its journal a gateway's entries are in the database.</summary>
    public async Task<JournalPosition> MarkAsync(string whose, CancellationToken cancel) =>
        await MarkAsync(await ConnectAsync(cancel).ConfigureAwait(false), whose, cancel).ConfigureAwait(false);

    private static async Task<JournalPosition> MarkAsync(DbConnection connection, string whose, CancellationToken cancel)
    {
        await using var command = connection.Command("SELECT segment, bytes FROM marks WHERE gateway = @gateway").With("gateway", whose);
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        return await row.ReadAsync(cancel).ConfigureAwait(false) ? new JournalPosition(row.GetInt64(0), row.GetInt64(1)) : default;
    }

    public async Task CheckpointAsync(CancellationToken cancel)
    {
        if (_connection is not null) await storage.CheckpointAsync(_connection, cancel).ConfigureAwait(false);
    }

    public async Task CloseAsync()
    {
        var (connection, inserter) = (_connection, _inserter);
        (_connection, _inserter) = (null, null);
        if (inserter is not null) await inserter.DisposeAsync().ConfigureAwait(false);
        if (connection is not null) await connection.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    // Of one record only the last change counts. In one order, whoever writes: gateways that share the database would else wait
    // for each other's rows.
    internal static IEnumerable<RecordChange> LastOfEach(List<PendingItem> batch)
    {
        Dictionary<(string Kind, string Key), RecordChange>? last = null;
        foreach (var item in batch)
        {
            if (item.Change is { } change) (last ??= [])[(change.Kind, change.Key)] = change;
        }
        return last is null ? [] : last.Values.OrderBy(static c => c.Kind, StringComparer.Ordinal).ThenBy(static c => c.Key, StringComparer.Ordinal);
    }

    private static async Task<JournalPosition> MarkAsync(DbConnection connection, DbTransaction transaction, List<PendingItem> batch, string whose, CancellationToken cancel)
    {
        var end = batch.Aggregate(default(JournalPosition), static (most, item) => item.End.CompareTo(most) > 0 ? item.End : most);
        if (end == default) return end;
        await using var command = connection.Command(
            "INSERT INTO marks (gateway, segment, bytes) VALUES (@gateway, @segment, @bytes) ON CONFLICT (gateway) DO UPDATE SET segment = excluded.segment, bytes = excluded.bytes", transaction);
        await command.With("gateway", whose).With("segment", end.Segment).With("bytes", end.Offset).ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        return end;
    }
}
