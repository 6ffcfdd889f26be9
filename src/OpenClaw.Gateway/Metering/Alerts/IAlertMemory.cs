using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Gateway.Metering.Alerts;

/// <summary>Which alerts are due and which were delivered, across restarts and gateways: the boundary to the ledger's records.</summary>
internal interface IAlertMemory
{
    Task<bool> WasToldAsync(string id, CancellationToken cancel);

    /// <summary>It was delivered, and is no longer due.</summary>
    void Told(string id, ReadOnlyMemory<byte> body);

    /// <summary>It is to be delivered, if not by this process then by the next.</summary>
    void Due(string id, ReadOnlyMemory<byte> body);

    /// <summary>It is no longer due.</summary>
    void Drop(string id);

    /// <summary>What is due, the oldest first.</summary>
    Task<IReadOnlyList<(string Id, ReadOnlyMemory<byte> Body)>> DueAsync(CancellationToken cancel);
}

/// <summary>Kept as records of the ledger (<see cref="RecordKind.Alert"/>, <see cref="RecordKind.AlertDue"/>).</summary>
internal sealed class LedgerAlerts(LedgerState ledger) : IAlertMemory
{
    private const int MostDue = 256;

    public async Task<bool> WasToldAsync(string id, CancellationToken cancel) => await ledger.FindRecordAsync(RecordKind.Alert, id, cancel).ConfigureAwait(false) is not null;

    public void Told(string id, ReadOnlyMemory<byte> body)
    {
        ledger.PutRecord(RecordKind.Alert, id, body);
        Drop(id);
    }

    public void Due(string id, ReadOnlyMemory<byte> body) => ledger.PutRecord(RecordKind.AlertDue, id, body);

    public void Drop(string id) => ledger.DeleteRecord(RecordKind.AlertDue, id);

    public async Task<IReadOnlyList<(string Id, ReadOnlyMemory<byte> Body)>> DueAsync(CancellationToken cancel) =>
        [.. (await ledger.LoadRecordsAsync(RecordKind.AlertDue, MostDue, cancel).ConfigureAwait(false)).Reverse().Select(static r => (r.Key, r.Json))];
}
