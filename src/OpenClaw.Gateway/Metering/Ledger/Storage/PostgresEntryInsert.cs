using System.Data.Common;
using Npgsql;
using NpgsqlTypes;
using OpenClaw.Gateway.Control;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>
/// A batch in two statements, whatever its size: each column is one array, and <c>unnest</c> makes rows of them
/// (postgresql.org/docs/current/functions-array.html). One plan, one round trip, nothing boxed.
/// </summary>
internal sealed class PostgresEntryInsert(NpgsqlConnection connection) : IEntryInsert
{
    private readonly RequestColumns _requests = new(connection);
    private readonly HopColumns _hops = new(connection);

    public async Task<List<LedgerEntry>> RunAsync(DbTransaction transaction, List<LedgerEntry> entries, string gateway, CancellationToken cancel)
    {
        var fresh = new List<LedgerEntry>(entries.Count);
        // The same id twice in a batch: the first one counts.
        var byId = new Dictionary<string, LedgerEntry>(entries.Count);
        foreach (var entry in entries) byId.TryAdd(Commands.Clean(entry.Id), entry);
        if (byId.Count == 0) return fresh;
        var numbers = new List<long>(byId.Count);
        // Almost always every row is new, and to insert rows that may be there already costs the server a quarter more: the index of
        // ids says whether one was.
        await transaction.SaveAsync("rows", cancel).ConfigureAwait(false);
        try
        {
            await InsertAsync(_requests.Of(byId.Values, gateway, transaction, mayBeThere: false), byId, fresh, numbers, cancel).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            await transaction.RollbackAsync("rows", cancel).ConfigureAwait(false);
            fresh.Clear();
            numbers.Clear();
            await InsertAsync(_requests.Of(byId.Values, gateway, transaction, mayBeThere: true), byId, fresh, numbers, cancel).ConfigureAwait(false);
        }
        var hops = fresh.Sum(static e => e.Hops.Length);
        if (hops > 0) await _hops.Of(fresh, numbers, hops, transaction).ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        return fresh;
    }

    private static async Task InsertAsync(NpgsqlCommand insert, Dictionary<string, LedgerEntry> byId, List<LedgerEntry> fresh, List<long> numbers, CancellationToken cancel)
    {
        await using var reader = await insert.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await reader.ReadAsync(cancel).ConfigureAwait(false))
        {
            fresh.Add(byId[reader.GetString(0)]);
            numbers.Add(reader.GetInt64(1));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _requests.Command.DisposeAsync().ConfigureAwait(false);
        await _hops.Command.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>One parameter: the values of a column, one a row.</summary>
    private sealed class Column<T>
    {
        private readonly NpgsqlParameter<T[]> _parameter;

        public Column(NpgsqlCommand command, NpgsqlDbType type) => command.Parameters.Add(_parameter = new NpgsqlParameter<T[]> { NpgsqlDbType = NpgsqlDbType.Array | type, TypedValue = [] });

        public void Begin(int rows) => _parameter.TypedValue = new T[rows];

        public T this[int row]
        {
            set => _parameter.TypedValue![row] = value;
        }
    }

    private static Column<string?>[] Texts(NpgsqlCommand command, int count) => [.. Enumerable.Range(0, count).Select(_ => new Column<string?>(command, NpgsqlDbType.Text))];

    private static Column<long>[] Numbers(NpgsqlCommand command, int count) => [.. Enumerable.Range(0, count).Select(_ => new Column<long>(command, NpgsqlDbType.Bigint))];

    private static Column<double?> Real(NpgsqlCommand command) => new(command, NpgsqlDbType.Double);

    private static string? Clean(string? text) => text is null ? null : Commands.Clean(text);

    private sealed class RequestColumns
    {
        private readonly Column<string?>[] _texts;
        private readonly Column<long>[] _numbers;
        private readonly Column<double?> _total;
        private readonly Column<double?> _firstToken;
        private readonly NpgsqlParameter<string> _gateway;

        private const string Insert =
            $"INSERT INTO requests ({EntryColumns.OfRequest}) SELECT id, at, $14, client, session, tags, protocol, requested, alias, answered, outcome, status, total_ms, first_token_ms "
            + "FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) AS r (id, client, session, tags, protocol, requested, alias, answered, outcome, at, status, total_ms, first_token_ms) ";

        private const string InsertNew = Insert + "RETURNING id, n";

        private const string InsertMissing = Insert + "ON CONFLICT (id) DO NOTHING RETURNING id, n";

        public RequestColumns(NpgsqlConnection connection)
        {
            Command = connection.CreateCommand();
            (_texts, _numbers, _total, _firstToken) = (Texts(Command, 9), Numbers(Command, 2), Real(Command), Real(Command));
            Command.Parameters.Add(_gateway = new NpgsqlParameter<string> { NpgsqlDbType = NpgsqlDbType.Text, TypedValue = "" });
        }

        public NpgsqlCommand Command { get; }

        public NpgsqlCommand Of(Dictionary<string, LedgerEntry>.ValueCollection entries, string gateway, DbTransaction transaction, bool mayBeThere)
        {
            Command.CommandText = mayBeThere ? InsertMissing : InsertNew;
            foreach (var column in _texts) column.Begin(entries.Count);
            foreach (var column in _numbers) column.Begin(entries.Count);
            _total.Begin(entries.Count);
            _firstToken.Begin(entries.Count);
            _gateway.TypedValue = gateway;
            var row = 0;
            foreach (var entry in entries) Put(row++, entry);
            Command.Transaction = (NpgsqlTransaction)transaction;
            return Command;
        }

        private void Put(int row, LedgerEntry entry)
        {
            _texts[0][row] = Clean(entry.Id);
            _texts[1][row] = Clean(entry.Client);
            _texts[2][row] = Clean(entry.Session);
            _texts[3][row] = Clean(TagText.Of(entry.Tags));
            _texts[4][row] = Clean(entry.Protocol);
            _texts[5][row] = Clean(entry.Requested);
            _texts[6][row] = Clean(entry.Alias);
            _texts[7][row] = Clean(entry.Answered);
            _texts[8][row] = Clean(entry.Outcome);
            _numbers[0][row] = entry.At.ToUnixTimeMilliseconds();
            _numbers[1][row] = entry.Status;
            _total[row] = entry.TotalMs;
            _firstToken[row] = entry.FirstTokenMs;
        }
    }

    private sealed class HopColumns
    {
        private readonly Column<string?>[] _texts;
        private readonly Column<long>[] _numbers;
        private readonly Column<long?> _status;
        private readonly Column<double?> _started;
        private readonly Column<double?> _ended;

        public HopColumns(NpgsqlConnection connection)
        {
            Command = connection.CreateCommand();
            Command.CommandText =
                $"INSERT INTO hops ({EntryColumns.OfHop}) SELECT request, hop, provider, model, key_alias, kind, result, status, started_ms, ended_ms, input, cache_read, cache_write, cache_write_1h, "
                + "output, reasoning, audio_input, audio_output, rejected, searches, estimated, source, usd, usd_rest "
                + "FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24) "
                + "AS h (provider, model, key_alias, kind, result, source, request, hop, input, cache_read, cache_write, cache_write_1h, output, reasoning, audio_input, audio_output, rejected, searches, "
                + "estimated, usd, usd_rest, status, started_ms, ended_ms)";
            (_texts, _numbers) = (Texts(Command, 6), Numbers(Command, 15));
            (_status, _started, _ended) = (new Column<long?>(Command, NpgsqlDbType.Bigint), Real(Command), Real(Command));
        }

        public NpgsqlCommand Command { get; }

        public NpgsqlCommand Of(List<LedgerEntry> entries, List<long> requests, int hops, DbTransaction transaction)
        {
            foreach (var column in _texts) column.Begin(hops);
            foreach (var column in _numbers) column.Begin(hops);
            _status.Begin(hops);
            _started.Begin(hops);
            _ended.Begin(hops);
            var row = 0;
            for (var i = 0; i < entries.Count; i++)
            {
                for (var hop = 0; hop < entries[i].Hops.Length; hop++) Put(row++, requests[i], hop, entries[i].Hops[hop]);
            }
            Command.Transaction = (NpgsqlTransaction)transaction;
            return Command;
        }

        private void Put(int row, long request, int number, LedgerHop hop)
        {
            var (usage, usd) = (hop.Usage, Money.Of(hop.Cost.Total));
            ReadOnlySpan<string> texts = [hop.Provider, hop.Model, hop.Key, hop.Kind, hop.Result, EnumText.Camel(hop.Cost.Source)];
            for (var i = 0; i < texts.Length; i++) _texts[i][row] = Clean(texts[i]);
            ReadOnlySpan<long> numbers =
            [
                request, number, usage.Input, usage.CacheRead, usage.CacheWrite, usage.CacheWrite1h, usage.Output, usage.Reasoning, usage.AudioInput, usage.AudioOutput,
                usage.RejectedPrediction, usage.WebSearches, usage.Estimated ? 1 : 0, usd.Nano, usd.Rest,
            ];
            for (var i = 0; i < numbers.Length; i++) _numbers[i][row] = numbers[i];
            _status[row] = hop.Status;
            _started[row] = hop.StartedMs;
            _ended[row] = hop.EndedMs;
        }
    }
}
