namespace OpenClaw.Gateway.Metering.Ledger.Journal;

/// <summary>A change of a record; no JSON = deleted.</summary>
internal sealed record RecordChange(string Kind, string Key, ReadOnlyMemory<byte>? Json, DateTimeOffset At);

/// <summary>One thing that the journal holds: exactly one of the three.</summary>
internal readonly record struct JournalItem(LedgerOpening? Opening, LedgerEntry? Entry, RecordChange? Change);

/// <summary>A place in the journal, just behind a record. <c>default</c> = nowhere: the record is not in the journal.</summary>
internal readonly record struct JournalPosition(long Segment, long Offset) : IComparable<JournalPosition>
{
    public int CompareTo(JournalPosition other) => Segment != other.Segment ? Segment.CompareTo(other.Segment) : Offset.CompareTo(other.Offset);
}
