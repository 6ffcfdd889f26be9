using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Gateway.Control;

/// <summary>Whether new requests should come here. Readable without a token, so it says what is wrong and not where.</summary>
/// <param name="Failing">Why not; empty = they should.</param>
/// <param name="Degraded">What is wrong and does not keep anyone from being served.</param>
internal sealed record Readiness(IReadOnlyList<string> Failing, IReadOnlyList<string> Degraded)
{
    public bool IsReady => Failing.Count == 0;

    /// <param name="isFull">The ledger has no room for another request.</param>
    /// <param name="disk">What is amiss with the disk; null when there is room, or nobody asks.</param>
    /// <param name="needsLedger">A budget, or other gateways: then nothing is served before the ledger knows what was spent.</param>
    /// <param name="isSumming">Budgets that hold everything are not known yet.</param>
    /// <param name="isStale">The configuration on disk is not valid.</param>
    /// <param name="lostSecrets">How many secrets are in use whose files give none any more.</param>
    public static Readiness Of(bool isDraining, LedgerFacts ledger, bool isFull, bool needsLedger, string? disk = null, bool isSumming = false, bool isStale = false, int lostSecrets = 0)
    {
        List<string> failing = [];
        List<string> degraded = [];
        if (isDraining) failing.Add("draining");
        if (isFull) failing.Add("ledger: full");
        else if (!ledger.IsOpen && needsLedger) failing.Add(ledger.Problem is null ? "ledger: opening" : "ledger: database away");
        else if (isSumming) failing.Add("ledger: summing what was spent");
        else if (ledger.Problem is not null) degraded.Add("ledger: database away");
        if (disk is not null) failing.Add(disk);
        if (ledger.JournalProblem is not null) degraded.Add("ledger: journal not written");
        if (ledger.HasGap) degraded.Add("ledger: the database lacks requests that it had confirmed");
        if (isStale) degraded.Add("configuration: not valid, the one before is in force");
        if (lostSecrets > 0) degraded.Add("secrets: a file no longer gives one, its old value is in use");
        return new Readiness(failing, degraded);
    }
}
