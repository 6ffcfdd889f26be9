namespace OpenClaw.Gateway.Metering.Ledger;

/// <summary>A small document that outlives the process: a session's override, a client's state.</summary>
/// <param name="Kind">One of <see cref="RecordKind"/>.</param>
/// <param name="Json">UTF-8.</param>
internal sealed record StoredRecord(string Kind, string Key, ReadOnlyMemory<byte> Json, DateTimeOffset Updated);
