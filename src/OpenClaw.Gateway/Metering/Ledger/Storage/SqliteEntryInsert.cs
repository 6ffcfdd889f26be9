using System.Data.Common;
using Microsoft.Data.Sqlite;
using OpenClaw.Gateway.Control;
using SQLitePCL;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>A row at a time, by prepared statements.</summary>
internal sealed class SqliteEntryInsert : IEntryInsert
{
    // As long as the commands of the same connection wait.
    private const int MaxTries = 250;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private readonly sqlite3 _database;
    private readonly SqliteStatement _request;
    private readonly SqliteStatement _hop;

    public SqliteEntryInsert(SqliteConnection connection)
    {
        _database = connection.Handle!;
        _request = new SqliteStatement(connection, $"INSERT INTO requests ({EntryColumns.OfRequest}) VALUES ({Places(14)}) ON CONFLICT (id) DO NOTHING", 14);
        _hop = new SqliteStatement(connection, $"INSERT INTO hops ({EntryColumns.OfHop}) VALUES ({Places(24)})", 24);
    }

    public async Task<List<LedgerEntry>> RunAsync(DbTransaction transaction, List<LedgerEntry> entries, string gateway, CancellationToken cancel)
    {
        var fresh = new List<LedgerEntry>(entries.Count);
        foreach (var entry in entries)
        {
            Bind(entry, gateway);
            if (!_request.TryRun()) await AgainAsync(_request, cancel).ConfigureAwait(false);
            if (raw.sqlite3_changes(_database) == 0) continue;
            fresh.Add(entry);
            var number = raw.sqlite3_last_insert_rowid(_database);
            for (var i = 0; i < entry.Hops.Length; i++)
            {
                Bind(number, i, entry.Hops[i]);
                if (!_hop.TryRun()) await AgainAsync(_hop, cancel).ConfigureAwait(false);
            }
        }
        return fresh;
    }

    public ValueTask DisposeAsync()
    {
        _request.Dispose();
        _hop.Dispose();
        return default;
    }

    private void Bind(LedgerEntry entry, string gateway)
    {
        _request.Add(entry.Id);
        _request.Add(entry.At.ToUnixTimeMilliseconds());
        _request.Add(gateway);
        _request.Add(entry.Client);
        _request.Add(entry.Session);
        _request.Add(TagText.Of(entry.Tags));
        _request.Add(entry.Protocol);
        _request.Add(entry.Requested);
        _request.Add(entry.Alias);
        _request.Add(entry.Answered);
        _request.Add(entry.Outcome);
        _request.Add(entry.Status);
        _request.Add(entry.TotalMs);
        _request.Add(entry.FirstTokenMs);
    }

    private void Bind(long request, int number, LedgerHop hop)
    {
        var (usage, usd) = (hop.Usage, Money.Of(hop.Cost.Total));
        _hop.Add(request);
        _hop.Add(number);
        _hop.Add(hop.Provider);
        _hop.Add(hop.Model);
        _hop.Add(hop.Key);
        _hop.Add(hop.Kind);
        _hop.Add(hop.Result);
        if (hop.Status is { } status) _hop.Add(status);
        else _hop.AddNull();
        _hop.Add(hop.StartedMs);
        _hop.Add(hop.EndedMs);
        _hop.Add(usage.Input);
        _hop.Add(usage.CacheRead);
        _hop.Add(usage.CacheWrite);
        _hop.Add(usage.CacheWrite1h);
        _hop.Add(usage.Output);
        _hop.Add(usage.Reasoning);
        _hop.Add(usage.AudioInput);
        _hop.Add(usage.AudioOutput);
        _hop.Add(usage.RejectedPrediction);
        _hop.Add(usage.WebSearches);
        _hop.Add(usage.Estimated ? 1L : 0L);
        _hop.Add(EnumText.Camel(hop.Cost.Source));
        _hop.Add(usd.Nano);
        _hop.Add(usd.Rest);
    }

    // In memory, a reader of the shared cache holds a table for a moment; in a file it cannot happen once the transaction has begun.
    private async Task AgainAsync(SqliteStatement statement, CancellationToken cancel)
    {
        for (var tries = 1; tries < MaxTries; tries++)
        {
            await Task.Delay(s_pause, cancel).ConfigureAwait(false);
            if (statement.TryRun()) return;
        }
        SqliteException.ThrowExceptionForRC(raw.SQLITE_BUSY, _database);
    }

    private static string Places(int count) => string.Join(", ", Enumerable.Repeat("?", count));
}
