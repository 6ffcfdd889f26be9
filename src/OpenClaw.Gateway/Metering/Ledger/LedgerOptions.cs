using OpenClaw.Config;

namespace OpenClaw.Gateway.Metering.Ledger;

/// <summary>What a ledger is opened with.</summary>
internal sealed record LedgerOptions
{
    /// <summary><c>sqlite:FILE</c> (relative to the state folder), <c>sqlite::memory:</c>, <c>postgres://…</c>, or <c>none</c>.</summary>
    public string Url { get; init; } = "sqlite:openclaw.db";

    /// <summary>Where the journal lies; null = no journal, and a relative database file is kept in memory.</summary>
    public string? StateFolder { get; init; }

    /// <summary>How long each request has a row of its own; after that it is part of a daily sum.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Above this the oldest rows become daily sums early.</summary>
    public long MaxBytes { get; init; } = 1L << 30;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public Action<string> Log { get; init; } = static _ => { };

    /// <summary>Entries held in memory; more wait in the journal alone.</summary>
    public int QueueCapacity { get; init; } = 10_000;

    public long MaxSegmentBytes { get; init; } = 8 << 20;

    /// <summary>The journal's bound while the database is away: about half a million requests.</summary>
    public long MaxJournalBytes { get; init; } = 256 << 20;

    public static LedgerOptions Of(StorageConfig storage, GatewayOptions options) => new()
    {
        Url = storage.Url, Retention = storage.Retention, MaxBytes = storage.MaxBytes, StateFolder = options.StateFolder, Time = options.Time, Log = options.Log,
    };
}

/// <summary>How the ledger is, for status, readiness and metrics.</summary>
/// <param name="Kind">sqlite, memory, postgres, or none.</param>
/// <param name="Place">File or host, port and database; no password.</param>
/// <param name="IsOpen">The database was opened and the journal of the last run read.</param>
/// <param name="Problem">Why the database does not take entries now, or null.</param>
/// <param name="JournalProblem">Why the journal does not take entries now, or null.</param>
/// <param name="Waiting">Entries and changes of records that are not in the database yet.</param>
/// <param name="Written">Entries written since the start.</param>
/// <param name="Recovered">Entries that the journal of an earlier run had and the database not.</param>
/// <param name="Unfinished">Requests that an earlier run had begun and did not live to settle.</param>
/// <param name="Lost">Entries and changes of records for which there was no room anywhere, or which the database refuses.</param>
internal sealed record LedgerFacts(
    string Kind, string Place, string GatewayId, bool IsOpen, string? Problem, string? JournalProblem, long Waiting, long JournalBytes, long Written, long Recovered, long Unfinished, long Lost)
{
    /// <summary>Entries that the database once had, and was given again: it had gone back.</summary>
    public long Rewritten { get; init; }

    /// <summary>It went back to before what the journal still has.</summary>
    public bool HasGap { get; init; }
}
