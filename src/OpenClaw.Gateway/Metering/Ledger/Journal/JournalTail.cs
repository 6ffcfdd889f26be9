using Microsoft.Win32.SafeHandles;

namespace OpenClaw.Gateway.Metering.Ledger.Journal;

/// <summary>
/// The end of the journal, where this run appends: one <c>write</c> a record, into the system's memory at once and onto the disk
/// within about a second (<see cref="Sync"/>). Not thread-safe but for <see cref="Sync"/>; the queue's lock guards it.
/// </summary>
internal sealed class JournalTail(JournalFolder folder, long firstNumber, long maxSegment, long maxTotal) : IDisposable
{
    // A page: what a full disk refuses.
    private static readonly byte[] s_probe = new byte[4096];

    private readonly List<Segment> _segments = [];
    private long _next = firstNumber;

    /// <summary>Why the last record could not be appended, or null. May be read without the lock.</summary>
    public string? Problem { get; private set; }

    /// <summary>Bytes of all files of this run.</summary>
    public long Bytes { get; private set; }

    public JournalPosition End => _segments.Count == 0 ? new JournalPosition(_next, 0) : new JournalPosition(_segments[^1].Number, _segments[^1].Length);

    /// <summary>Where the record that was appended last begins.</summary>
    public JournalPosition LastStart { get; private set; }

    /// <summary>Writes a record; null when it cannot be written (<see cref="Problem"/> says why). It is pinned once.</summary>
    /// <param name="bytes">What <see cref="FrameBuffer.Finish"/> gave.</param>
    public Segment? Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > FrameBuffer.HeadLength + FrameBuffer.MaxPayload) return Fail("a record is longer than a megabyte");
        if (Bytes + bytes.Length > maxTotal) return Fail($"the journal has reached its bound of {maxTotal >> 20} MB");
        try
        {
            var segment = Current();
            RandomAccess.Write(segment.Handle!, bytes, segment.Length);
            LastStart = new JournalPosition(segment.Number, segment.Length);
            segment.Length += bytes.Length;
            segment.Pins++;
            Bytes += bytes.Length;
            Problem = null;
            return segment;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What was half written is overwritten by the next record.
            return Fail("the journal cannot be written: " + e.Message);
        }
    }

    /// <summary>Finds out whether the journal can be written again: nobody need bring a record for that.</summary>
    public void Retry()
    {
        if (Problem is null || Bytes + s_probe.Length > maxTotal) return;
        try
        {
            var segment = Current();
            RandomAccess.Write(segment.Handle!, s_probe, segment.Length);
            RandomAccess.SetLength(segment.Handle!, segment.Length);
            Problem = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not yet.
        }
    }

    /// <summary>The file, or the first one after it.</summary>
    public Segment? FirstFrom(long number) => _segments.Find(s => s.Number >= number);

    /// <summary>Puts onto the disk what only the system's memory holds. Call from one thread, outside the lock; <paramref name="take"/> runs what needs it.</summary>
    public void Sync(Action<Action> take)
    {
        List<(Segment Segment, SafeFileHandle Handle, long Length, bool IsDone)> dirty = [];
        take(() =>
        {
            for (var i = 0; i < _segments.Count; i++)
            {
                var segment = _segments[i];
                if (segment.Handle is { } handle) dirty.Add((segment, handle, segment.Length, i < _segments.Count - 1));
            }
        });
        foreach (var (segment, handle, length, isDone) in dirty)
        {
            if (segment.Synced < length && !TryFlush(handle)) continue;
            segment.Synced = length;
            // Somebody removed it: what is still to come goes into a file that exists.
            if (!isDone && !File.Exists(segment.Path)) take(() => segment.IsGone = true);
            if (!isDone) continue;
            take(() => segment.Handle = null);
            handle.Dispose();
        }
    }

    // False: what was in it is in the database meanwhile, and the file is gone (TakeDone).
    private static bool TryFlush(SafeFileHandle handle)
    {
        try
        {
            RandomAccess.FlushToDisk(handle);
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>
    /// Full files that nothing needs any more. The caller deletes them. Also behind one that is still needed, as an opening's whose
    /// request goes on for hours: an opening that then stands without its entry adds nothing, its id is in the database.
    /// </summary>
    public List<Segment> TakeDone(bool evenLast)
    {
        List<Segment> done = [];
        for (var i = 0; i < _segments.Count - (evenLast ? 0 : 1);)
        {
            if (_segments[i] is not { Pins: <= 0 } segment)
            {
                i++;
                continue;
            }
            _segments.RemoveAt(i);
            Bytes -= segment.Length;
            done.Add(segment);
        }
        return done;
    }

    public void Dispose()
    {
        foreach (var segment in _segments) segment.Handle?.Dispose();
    }

    private Segment Current()
    {
        if (_segments.Count > 0 && _segments[^1] is { IsGone: false } last && last.Length < maxSegment) return last;
        Directory.CreateDirectory(folder.Path);
        var path = folder.PathOf(_next);
        var segment = new Segment(_next, path) { Handle = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.Read) };
        _next++;
        _segments.Add(segment);
        return segment;
    }

    private Segment? Fail(string why)
    {
        Problem = why;
        return null;
    }
}
