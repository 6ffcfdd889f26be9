namespace OpenClaw.Gateway.Metering.Ledger;

/// <summary>The kinds of documents in the store (<see cref="StoredRecord.Kind"/>), by the words that databases have for them.</summary>
internal static class RecordKind
{
    public const string Session = "session";

    /// <summary>What a user set in a session, apart from its counters, where gateways share the store.</summary>
    public const string SessionSettings = "session-settings";

    /// <summary>A conversation that the gateway holds: the one that goes on, and those that were put away.</summary>
    public const string Transcript = "transcript";

    public const string Client = "client";

    /// <summary>A session that the runaway guard stopped.</summary>
    public const string Guard = "guard";

    /// <summary>A gateway that works on the shared store.</summary>
    public const string Gateway = "gateway";

    /// <summary>An alert that was told.</summary>
    public const string Alert = "alerts";

    /// <summary>An alert that is still to be told.</summary>
    public const string AlertDue = "alerts-due";

    /// <summary>How many conversations of a session are kept that were put away.</summary>
    public const int ArchivesEach = 5;
}
