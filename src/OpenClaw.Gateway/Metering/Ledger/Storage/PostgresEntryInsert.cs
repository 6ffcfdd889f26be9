using System.Data.Common;
using Npgsql;
using OpenClaw.Gateway.Control;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>
/// A batch in two <c>COPY</c>s, whatever its size: of all ways into a table the one that costs the server, and its client, the
/// least a row. It does not say what became of a row, so their numbers are drawn before.
/// </summary>
internal sealed class PostgresEntryInsert(NpgsqlConnection connection) : IEntryInsert
{
    private const string CopyRequests = $"COPY requests (n, {EntryColumns.OfRequest}) FROM STDIN (FORMAT BINARY)";
    private const string CopyHops = $"COPY hops ({EntryColumns.OfHop}) FROM STDIN (FORMAT BINARY)";

    private readonly CopyBuffer _buffer = new();

    public async Task<List<LedgerEntry>> RunAsync(DbTransaction transaction, List<LedgerEntry> entries, string gateway, CancellationToken cancel)
    {
        // The same id twice in a batch: the first one counts.
        var byId = new Dictionary<string, LedgerEntry>(entries.Count);
        foreach (var entry in entries) byId.TryAdd(Commands.Clean(entry.Id), entry);
        var fresh = byId.Values.ToList();
        if (fresh.Count == 0) return fresh;
        var numbers = await DrawNumbersAsync(transaction, fresh.Count, cancel).ConfigureAwait(false);
        // Almost always every row is new: the index of ids says when one is not.
        await transaction.SaveAsync("rows", cancel).ConfigureAwait(false);
        try
        {
            await CopyRequestsAsync(fresh, numbers, gateway, cancel).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            await transaction.RollbackAsync("rows", cancel).ConfigureAwait(false);
            foreach (var id in await FindAsync(transaction, byId.Keys, cancel).ConfigureAwait(false)) byId.Remove(id);
            fresh = [.. byId.Values];
            await CopyRequestsAsync(fresh, numbers, gateway, cancel).ConfigureAwait(false);
        }
        await CopyHopsAsync(fresh, numbers, cancel).ConfigureAwait(false);
        return fresh;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<long[]> DrawNumbersAsync(DbTransaction transaction, int count, CancellationToken cancel)
    {
        // All of them in one row.
        await using var command = connection.Command("SELECT array_agg(nextval(pg_get_serial_sequence('requests', 'n'))) FROM generate_series(1, @count)", transaction).With("count", count);
        return (long[])(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
    }

    private async Task<List<string>> FindAsync(DbTransaction transaction, IEnumerable<string> ids, CancellationToken cancel)
    {
        List<string> found = [];
        await using var command = connection.Command("SELECT id FROM requests WHERE id = ANY (@ids)", transaction).Long();
        command.Parameters.Add(new NpgsqlParameter<string[]>("ids", [.. ids]));
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await row.ReadAsync(cancel).ConfigureAwait(false)) found.Add(row.GetString(0));
        return found;
    }

    private Task CopyRequestsAsync(List<LedgerEntry> entries, long[] numbers, string gateway, CancellationToken cancel) =>
        CopyAsync(CopyRequests, entries.Count, i => Write(_buffer, entries[i], numbers[i], gateway), cancel);

    private Task CopyHopsAsync(List<LedgerEntry> entries, long[] numbers, CancellationToken cancel) => CopyAsync(
        CopyHops,
        entries.Count,
        i =>
        {
            for (var hop = 0; hop < entries[i].Hops.Length; hop++) Write(_buffer, entries[i].Hops[hop], numbers[i], hop);
        },
        cancel);

    private async Task CopyAsync(string into, int count, Action<int> write, CancellationToken cancel)
    {
        await using var copy = await connection.BeginRawBinaryCopyAsync(into, cancel).ConfigureAwait(false);
        copy.ReadTimeout = copy.WriteTimeout = PostgresAddress.LongSeconds * 1000;
        _buffer.Begin();
        for (var i = 0; i < count; i++)
        {
            write(i);
            if (_buffer.IsFull) await SendAsync(copy, cancel).ConfigureAwait(false);
        }
        _buffer.End();
        await SendAsync(copy, cancel).ConfigureAwait(false);
    }

    private async Task SendAsync(NpgsqlRawCopyStream copy, CancellationToken cancel)
    {
        await copy.WriteAsync(_buffer.Written, cancel).ConfigureAwait(false);
        _buffer.Clear();
    }

    // In the order of EntryColumns.OfRequest.
    private static void Write(CopyBuffer to, LedgerEntry entry, long number, string gateway)
    {
        to.Row(15);
        to.Number(number);
        to.Text(entry.Id);
        to.Number(entry.At.ToUnixTimeMilliseconds());
        to.Text(gateway);
        to.Text(entry.Client);
        to.Text(entry.Session);
        to.Text(TagText.Of(entry.Tags));
        to.Text(entry.Protocol);
        to.Text(entry.Requested);
        to.Text(entry.Alias);
        to.Text(entry.Answered);
        to.Text(entry.Outcome);
        to.Number(entry.Status);
        to.Real(entry.TotalMs);
        to.Real(entry.FirstTokenMs);
    }

    // In the order of EntryColumns.OfHop.
    private static void Write(CopyBuffer to, LedgerHop hop, long request, int number)
    {
        var (usage, usd) = (hop.Usage, Money.Of(hop.Cost.Total));
        to.Row(24);
        to.Number(request);
        to.Number(number);
        to.Text(hop.Provider);
        to.Text(hop.Model);
        to.Text(hop.Key);
        to.Text(hop.Kind);
        to.Text(hop.Result);
        to.Number(hop.Status);
        to.Real(hop.StartedMs);
        to.Real(hop.EndedMs);
        to.Number(usage.Input);
        to.Number(usage.CacheRead);
        to.Number(usage.CacheWrite);
        to.Number(usage.CacheWrite1h);
        to.Number(usage.Output);
        to.Number(usage.Reasoning);
        to.Number(usage.AudioInput);
        to.Number(usage.AudioOutput);
        to.Number(usage.RejectedPrediction);
        to.Number(usage.WebSearches);
        to.Number(usage.Estimated ? 1 : 0);
        to.Text(EnumText.Camel(hop.Cost.Source));
        to.Number(usd.Nano);
        to.Number(usd.Rest);
    }
}
