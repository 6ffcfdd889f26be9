using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Gateway.Metering.Alerts;

/// <summary>Which alerts were delivered, across restarts and gateways: the boundary to the ledger's records.</summary>
internal interface IAlertMemory
{
    Task<bool> WasToldAsync(string id, CancellationToken cancel);

    void Told(string id, ReadOnlyMemory<byte> body);
}

/// <summary>Kept as the ledger's records of kind <c>alerts</c>.</summary>
internal sealed class LedgerAlerts(LedgerState ledger) : IAlertMemory
{
    private const string Kind = "alerts";

    public async Task<bool> WasToldAsync(string id, CancellationToken cancel) => await ledger.FindRecordAsync(Kind, id, cancel).ConfigureAwait(false) is not null;

    public void Told(string id, ReadOnlyMemory<byte> body) => ledger.PutRecord(Kind, id, body);
}
