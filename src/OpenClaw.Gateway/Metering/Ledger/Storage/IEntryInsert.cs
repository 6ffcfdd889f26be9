using System.Data.Common;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>Inserts entries over the writer's connection, with statements that are prepared once. Used by one thread at a time.</summary>
internal interface IEntryInsert : IAsyncDisposable
{
    /// <summary>Inserts the entries, and the hops of those that are new. An id that is there already changes nothing.</summary>
    /// <param name="gateway">Whose entries they are.</param>
    /// <returns>Those that were new.</returns>
    Task<List<LedgerEntry>> RunAsync(DbTransaction transaction, List<LedgerEntry> entries, string gateway, CancellationToken cancel);
}

/// <summary>What both databases are told of an entry, in one order.</summary>
internal static class EntryColumns
{
    public const string OfRequest = "id, at, gateway, client, session, tags, protocol, requested, alias, answered, outcome, status, total_ms, first_token_ms";

    public const string OfHop =
        "request, hop, provider, model, key_alias, kind, result, status, started_ms, ended_ms, input, cache_read, cache_write, cache_write_1h, "
        + "output, reasoning, audio_input, audio_output, rejected, searches, estimated, source, usd, usd_rest";
}
