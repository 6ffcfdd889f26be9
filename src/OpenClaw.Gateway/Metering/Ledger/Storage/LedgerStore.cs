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
internal sealed class LedgerStore(IStorage storage, TimeProvider time) : IAsyncDisposable
{
    private static readonly string[] s_requestColumns =
        ["id", "at", "gateway", "client", "session", "tags", "protocol", "requested", "alias", "answered", "outcome", "status", "total_ms", "first_token_ms"];

    private static readonly string[] s_hopColumns =
        ["request", "hop", "provider", "model", "key_alias", "kind", "result", "status", "started_ms", "ended_ms", "input", "cache_read", "cache_write", "cache_write_1h",
         "output", "reasoning", "audio_input", "audio_output", "rejected", "searches", "estimated", "source", "usd", "usd_rest"];

    private DbConnection? _connection;
    private RowInsert? _requests;
    private RowInsert? _hops;

    /// <summary>The writing connection; opened, and the tables brought up to date, when there is none.</summary>
    /// <exception cref="NewerSchemaException">The tables are of a later version.</exception>
    public async Task<DbConnection> ConnectAsync(CancellationToken cancel)
    {
        if (_connection is not null && storage.IsGone) await CloseAsync().ConfigureAwait(false);
        if (_connection is not null) return _connection;
        var connection = await storage.OpenAsync(cancel).ConfigureAwait(false);
        try
        {
            await storage.PrepareAsync(connection, cancel).ConfigureAwait(false);
            var version = await Schema.ApplyAsync(storage, connection, Schema.Newest, cancel).ConfigureAwait(false);
            if (version > Schema.Newest) throw new NewerSchemaException(version);
            // A second entry with the same id changes nothing: neither its row, nor its hops, nor a counter.
            _requests = new RowInsert(connection, "requests", s_requestColumns, "ON CONFLICT (id) DO NOTHING RETURNING id, n", storage.RowsAtOnce);
            _hops = new RowInsert(connection, "hops", s_hopColumns, "", storage.RowsAtOnce);
            return _connection = connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Writes a batch in one transaction; the journal's mark of <paramref name="gateway"/> moves to its end.</summary>
    /// <param name="presumedIsKnown">True with the last batch of an earlier run's journal: what was presumed spent has been replaced by the truth.</param>
    /// <returns>How many entries were new.</returns>
    public async Task<int> WriteAsync(List<PendingItem> batch, string gateway, bool presumedIsKnown, CancellationToken cancel)
    {
        var connection = await ConnectAsync(cancel).ConfigureAwait(false);
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
            var fresh = await InsertAsync(transaction, batch, gateway, cancel).ConfigureAwait(false);
            var counters = new CounterWriter(storage, connection, transaction, gateway, time.GetUtcNow());
            await counters.AddAsync(fresh.SelectMany(static e => e.Charges.IsDefault ? [] : e.Charges), cancel).ConfigureAwait(false);
            if (presumedIsKnown) await counters.ForgetPresumedAsync(cancel).ConfigureAwait(false);
            foreach (var item in batch)
            {
                if (item.Change is { } change) await RecordReader.WriteAsync(connection, transaction, change, cancel).ConfigureAwait(false);
            }
            await MarkAsync(connection, transaction, batch, gateway, cancel).ConfigureAwait(false);
            await transaction.CommitAsync(cancel).ConfigureAwait(false);
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
    public async Task<JournalPosition> MarkAsync(string gateway, CancellationToken cancel)
    {
        var connection = await ConnectAsync(cancel).ConfigureAwait(false);
        await using var command = connection.Command("SELECT segment, bytes FROM marks WHERE gateway = @gateway").With("gateway", gateway);
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        return await row.ReadAsync(cancel).ConfigureAwait(false) ? new JournalPosition(row.GetInt64(0), row.GetInt64(1)) : default;
    }

    public async Task CheckpointAsync(CancellationToken cancel)
    {
        if (_connection is not null) await storage.CheckpointAsync(_connection, cancel).ConfigureAwait(false);
    }

    public async Task CloseAsync()
    {
        var (connection, requests, hops) = (_connection, _requests, _hops);
        (_connection, _requests, _hops) = (null, null, null);
        if (requests is not null) await requests.DisposeAsync().ConfigureAwait(false);
        if (hops is not null) await hops.DisposeAsync().ConfigureAwait(false);
        if (connection is not null) await connection.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    private async Task<List<LedgerEntry>> InsertAsync(DbTransaction transaction, List<PendingItem> batch, string gateway, CancellationToken cancel)
    {
        var entries = new Dictionary<string, LedgerEntry>(batch.Count);
        var rows = new List<object?[]>(batch.Count);
        foreach (var item in batch)
        {
            if (item.Entry is { } entry && entries.TryAdd(Commands.Clean(entry.Id), entry)) rows.Add(RowOf(entry, gateway));
        }
        var fresh = new List<LedgerEntry>(rows.Count);
        var hops = new List<object?[]>(rows.Count);
        await _requests!.RunAsync(transaction, rows, row =>
        {
            var entry = entries[row.GetString(0)];
            fresh.Add(entry);
            for (var hop = 0; hop < entry.Hops.Length; hop++) hops.Add(RowOf(row.GetInt64(1), hop, entry.Hops[hop]));
        }, cancel).ConfigureAwait(false);
        await _hops!.RunAsync(transaction, hops, null, cancel).ConfigureAwait(false);
        return fresh;
    }

    private static async Task MarkAsync(DbConnection connection, DbTransaction transaction, List<PendingItem> batch, string gateway, CancellationToken cancel)
    {
        var end = batch.Aggregate(default(JournalPosition), static (most, item) => item.End.CompareTo(most) > 0 ? item.End : most);
        if (end == default) return;
        await using var command = connection.Command(
            "INSERT INTO marks (gateway, segment, bytes) VALUES (@gateway, @segment, @bytes) ON CONFLICT (gateway) DO UPDATE SET segment = excluded.segment, bytes = excluded.bytes", transaction);
        await command.With("gateway", gateway).With("segment", end.Segment).With("bytes", end.Offset).ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    private static object?[] RowOf(LedgerEntry entry, string gateway) =>
    [
        entry.Id, entry.At.ToUnixTimeMilliseconds(), gateway, entry.Client, entry.Session, TagText.Of(entry.Tags), entry.Protocol, entry.Requested, entry.Alias, entry.Answered,
        entry.Outcome, (long)entry.Status, entry.TotalMs, entry.FirstTokenMs,
    ];

    private static object?[] RowOf(long request, int number, LedgerHop hop)
    {
        var (usage, usd) = (hop.Usage, Money.Of(hop.Cost.Total));
        return
        [
            request, (long)number, hop.Provider, hop.Model, hop.Key, hop.Kind, hop.Result, hop.Status is { } status ? (long)status : null, hop.StartedMs, hop.EndedMs,
            usage.Input, usage.CacheRead, usage.CacheWrite, usage.CacheWrite1h, usage.Output, usage.Reasoning, usage.AudioInput, usage.AudioOutput,
            usage.RejectedPrediction, usage.WebSearches, usage.Estimated ? 1L : 0L, hop.Cost.Source.ToString().ToLowerInvariant(), usd.Nano, usd.Rest,
        ];
    }
}
