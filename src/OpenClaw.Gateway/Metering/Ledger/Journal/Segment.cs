using Microsoft.Win32.SafeHandles;

namespace OpenClaw.Gateway.Metering.Ledger.Journal;

/// <summary>One file of the journal of this run. Everything but the handle's use is guarded by the queue's lock.</summary>
internal sealed class Segment(long number, string path)
{
    public long Number { get; } = number;

    public string Path { get; } = path;

    /// <summary>Open while it is written to, and after that until it has reached the disk.</summary>
    public SafeFileHandle? Handle { get; set; }

    public long Length { get; set; }

    /// <summary>Bytes that have reached the disk, not only the system's memory.</summary>
    public long Synced { get; set; }

    /// <summary>The file was removed while it was written to.</summary>
    public bool IsGone { get; set; }

    /// <summary>Requests that began here and have not ended, and entries that are not in the database. At 0 a full file may go.</summary>
    public int Pins { get; set; }
}
