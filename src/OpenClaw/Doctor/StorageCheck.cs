using System.Globalization;
using OpenClaw.Config;
using OpenClaw.Gateway.Metering.Ledger.Storage;

namespace OpenClaw.Doctor;

/// <summary>Whether the ledger's database would take entries.</summary>
internal static class StorageCheck
{
    /// <param name="connect">False: a database on a server is not asked.</param>
    public static async Task<DoctorFinding> OfAsync(OpenClawConfig config, string stateFolder, bool connect, CancellationToken cancel)
    {
        var facts = await StorageProbe.LookAsync(config.Storage.Url, stateFolder, connect, cancel).ConfigureAwait(false);
        if (facts.Problem is { } problem)
        {
            // Requests are answered all the same, but for those under a budget.
            return new DoctorFinding(DoctorSeverity.Warns, "storage", $"the ledger's database ({facts.Place}) would take no entries: {problem}", "Usage waits in the journal until it does. Mend it, or name another in storage.url.");
        }
        var version = facts.Version is { } known ? string.Create(CultureInfo.InvariantCulture, $"tables of version {known}") : "not made yet";
        return new DoctorFinding(DoctorSeverity.Fine, "storage", $"the ledger is kept in {facts.Place}, {version}");
    }
}
