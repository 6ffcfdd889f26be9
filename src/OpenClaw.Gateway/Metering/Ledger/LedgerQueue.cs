using OpenClaw.Gateway.Metering.Ledger.Journal;

namespace OpenClaw.Gateway.Metering.Ledger;

/// <summary>An entry or a record's change on its way into the database.</summary>
/// <param name="End">Behind it in the journal; <c>default</c> when it could not be written there.</param>
/// <param name="Segment">The file that is pinned for it.</param>
internal readonly record struct PendingItem(LedgerEntry? Entry, RecordChange? Change, JournalPosition End, Segment? Segment, Segment? OpenedIn);

/// <summary>
/// Between the requests and the database: appends each record to the journal and queues it, in one order, under one lock. The
/// queue is bounded; what does not fit lies in the journal and is read from there later. Thread-safe.
/// </summary>
/// <param name="capacity">Of entries and changes in memory.</param>
internal sealed class LedgerQueue(int capacity) : IDisposable
{
    // A change may have a quarter of a megabyte: what is more of them in memory lies in the journal alone.
    private const long MaxChangeBytes = 64 << 20;

    private JournalFolder? _folder;

    // Set once, and read before the lock.
    private volatile JournalTail? _journal;

    private readonly Lock _lock = new();
    private readonly Queue<PendingItem> _items = [];

    // What the journal did not take while others lay in it alone: each waits for those that came before it, and lets those that came after it wait.
    private readonly Queue<(JournalPosition Behind, PendingItem Item)> _loose = [];
    private readonly Dictionary<string, Segment> _openings = [];
    private readonly SemaphoreSlim _news = new(0, 1);
    private JournalPosition? _overflow;
    private long _overflowed;
    private int _writing;
    private int _writingLoose;
    private SegmentScan? _reading;
    private Segment? _readingFrom;
    private long _readingOffset;
    private long _readingLength;
    private int _unread;
    private long _changeBytes;
    private long _lost;

    /// <summary>Entries and changes that wait for the database, in memory and in the journal.</summary>
    public long Waiting
    {
        get { lock (_lock) return _items.Count + _loose.Count + _overflowed + _writing; }
    }

    /// <summary>Some lie in the journal alone, and what came after them may be taken before them.</summary>
    public bool IsOverflowing
    {
        get { lock (_lock) return _overflow is not null; }
    }

    /// <summary>Entries and changes that only the memory has: the journal did not take them, and the database has not yet.</summary>
    public long Loose
    {
        get { lock (_lock) return _items.Count(static i => i.Segment is null) + _loose.Count + _writingLoose; }
    }

    /// <summary>Entries for which there was neither a journal nor room in memory.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    public long JournalBytes
    {
        get { lock (_lock) return _journal?.Bytes ?? 0; }
    }

    public string? JournalProblem
    {
        get { lock (_lock) return _journal?.Problem; }
    }

    /// <summary>From now on what comes goes into this journal, too. Once.</summary>
    public void Attach(JournalFolder folder, JournalTail journal)
    {
        lock (_lock) (_folder, _journal) = (folder, journal);
    }

    /// <summary>True when no request should begin: the journal does not take it, and what is left of the memory is for those under way.</summary>
    /// <remarks>Without the lock: every request asks, and a moment later it may be otherwise either way.</remarks>
    public bool IsFull => IsNearlyFull && _journal is not { Problem: null };

    /// <summary>Ends when there is something to take, or was since the last time.</summary>
    public Task WaitAsync(CancellationToken cancel) => _news.WaitAsync(cancel);

    public void Open(LedgerOpening opening)
    {
        if (_journal is not { } journal) return;
        var frame = FrameBuffer.Mine();
        JournalCodec.Write(frame, opening);
        var record = frame.Finish();
        lock (_lock)
        {
            if (journal.Append(record) is not { } segment) return;
            if (_openings.Remove(opening.Id, out var earlier)) earlier.Pins--;
            _openings.Add(opening.Id, segment);
        }
    }

    public void Add(LedgerEntry entry)
    {
        var journal = _journal;
        var frame = FrameBuffer.Mine();
        if (journal is not null) JournalCodec.Write(frame, entry);
        var record = frame.Finish();
        lock (_lock)
        {
            var segment = journal?.Append(record);
            // In the journal an opening followed by its entry says nothing any more. Otherwise it stays until the entry is in the database.
            if (_openings.Remove(entry.Id, out var opened) && segment is not null)
            {
                opened.Pins--;
                opened = null;
            }
            Enqueue(new PendingItem(entry, null, default, segment, opened));
        }
        Wake();
    }

    /// <returns>False: there was room for it nowhere.</returns>
    public bool Add(RecordChange change)
    {
        var journal = _journal;
        var frame = FrameBuffer.Mine();
        if (journal is not null) JournalCodec.Write(frame, change);
        var record = frame.Finish();
        bool isKept;
        lock (_lock)
        {
            isKept = Enqueue(new PendingItem(null, change, default, journal?.Append(record), null));
        }
        Wake();
        return isKept;
    }

    /// <summary>Moves up to <paramref name="most"/> items into <paramref name="batch"/>, in order; from the journal when the memory was too small.</summary>
    public void Take(List<PendingItem> batch, int most)
    {
        lock (_lock)
        {
            while (batch.Count < most && _items.TryDequeue(out var item))
            {
                _changeBytes -= BytesOf(item);
                batch.Add(item);
            }
            _writing = batch.Count;
            _writingLoose = batch.Count(static i => i.Segment is null);
            if (batch.Count > 0 || _overflow is null) return;
        }
        TakeOverflow(batch, most);
    }

    /// <summary>The items are in the database (or given up): their journal files may go.</summary>
    public void Release(List<PendingItem> batch)
    {
        lock (_lock)
        {
            _writing = 0;
            _writingLoose = 0;
            foreach (var item in batch)
            {
                if (item.Segment is not null) item.Segment.Pins--;
                if (item.OpenedIn is not null) item.OpenedIn.Pins--;
            }
        }
    }

    /// <summary>Journal files that nothing needs any more.</summary>
    public List<Segment> TakeDone(bool evenLast)
    {
        lock (_lock) return _journal?.TakeDone(evenLast) ?? [];
    }

    /// <summary>Puts the journal onto the disk, and looks whether one that could not be written can be again.</summary>
    public void Sync()
    {
        if (_journal is not { } journal) return;
        lock (_lock) journal.Retry();
        journal.Sync(action =>
        {
            lock (_lock) action();
        });
    }

    /// <summary>The journal still has everything from <paramref name="from"/> on.</summary>
    public bool Reaches(JournalPosition from)
    {
        var kept = Segments().Select(static s => s.Number).ToHashSet();
        long last;
        lock (_lock) last = _journal?.End.Segment ?? 0;
        for (var number = from.Segment; number < last; number++)
        {
            if (!kept.Contains(number)) return false;
        }
        return kept.Contains(last) || from.Segment >= last;
    }

    /// <summary>The entries behind <paramref name="from"/> in the files that are still there, also those that wait; in batches, which the mark does not move for.</summary>
    public IEnumerable<List<PendingItem>> KeptSince(JournalPosition from, int most)
    {
        var batch = new List<PendingItem>(most);
        foreach (var (number, path) in Segments())
        {
            if (number < from.Segment) continue;
            var scan = new SegmentScan(ReadFrom(path, 0, (int)new FileInfo(path).Length));
            while (scan.TryRead(out var item))
            {
                if (item.Entry is not { } entry || new JournalPosition(number, scan.Offset).CompareTo(from) <= 0) continue;
                batch.Add(new PendingItem(entry, null, default, null, null));
                if (batch.Count < most) continue;
                yield return batch;
                batch = new List<PendingItem>(most);
            }
        }
        if (batch.Count > 0) yield return batch;
    }

    private IReadOnlyList<(long Number, string Path)> Segments() => _folder?.Segments() ?? [];

    public void Wake()
    {
        // At most one wake-up is stored; losing the race to store it means that it is stored.
        if (_news.CurrentCount > 0) return;
        try
        {
            _news.Release();
        }
        catch (SemaphoreFullException)
        {
            // Already awake.
        }
    }

    public void Dispose()
    {
        _journal?.Dispose();
        _folder?.Dispose();
        _news.Dispose();
    }

    private bool IsNearlyFull => InMemory >= capacity - (capacity / 10);

    private static long BytesOf(in PendingItem item) => item.Change?.Json?.Length ?? 0;

    private int InMemory => _items.Count + _loose.Count;

    private bool Enqueue(PendingItem item)
    {
        if (item.Segment is not null) item = item with { End = _journal!.End };
        // The last tenth is for what was answered: neither refusals nor changes of records take it away.
        var hasRoom = InMemory < capacity && (item.Change is null || _changeBytes + BytesOf(item) <= MaxChangeBytes) && (item.Segment is not null || !IsNearlyFull || item.Entry is { Hops.IsEmpty: false });
        if (hasRoom && _overflow is null)
        {
            _changeBytes += BytesOf(item);
            _items.Enqueue(item);
            return true;
        }
        if (item.Segment is not null)
        {
            _overflow ??= _journal!.LastStart;
            _overflowed++;
            return true;
        }
        if (hasRoom)
        {
            _changeBytes += BytesOf(item);
            _loose.Enqueue((_journal!.End, item));
            return true;
        }
        if (item.OpenedIn is not null) item.OpenedIn.Pins--;
        Interlocked.Increment(ref _lost);
        return false;
    }

    // Those that came before what stands in the journal from here on. Under the lock.
    private bool TakeLoose(List<PendingItem> batch, int most, JournalPosition here)
    {
        var before = batch.Count;
        while (batch.Count < most && _loose.TryPeek(out var next) && next.Behind.CompareTo(here) <= 0)
        {
            _changeBytes -= BytesOf(next.Item);
            batch.Add(_loose.Dequeue().Item);
        }
        _writing += batch.Count - before;
        _writingLoose += batch.Count - before;
        return batch.Count > before;
    }

    // What did not fit into the memory is read back from the journal. Only the writer comes here.
    private void TakeOverflow(List<PendingItem> batch, int most)
    {
        while (batch.Count < most)
        {
            if (_reading is null && !TryBeginReading(batch, most)) return;
            if (_reading is null) continue;
            lock (_lock)
            {
                if (TakeLoose(batch, most, new JournalPosition(_readingFrom!.Number, _readingOffset + _reading.Offset))) continue;
            }
            if (_reading.TryRead(out var item))
            {
                if (item.Entry is null && item.Change is null) continue;
                var end = new JournalPosition(_readingFrom!.Number, _readingOffset + _reading.Offset);
                batch.Add(new PendingItem(item.Entry, item.Change, end, _readingFrom, null));
                _unread--;
                lock (_lock) (_overflowed, _writing) = (Math.Max(0, _overflowed - 1), _writing + 1);
                continue;
            }
            // Behind what is damaged at the end, too: it would be read again for ever.
            Leave(new JournalPosition(_readingFrom!.Number, _readingOffset + _readingLength));
            _reading = null;
        }
    }

    private bool TryBeginReading(List<PendingItem> batch, int most)
    {
        lock (_lock)
        {
            if (_overflow is not { } from) return false;
            var journal = _journal!;
            var segment = journal.FirstFrom(from.Segment);
            var offset = segment?.Number == from.Segment ? from.Offset : 0;
            // At the end of one file the next one follows; at the end of the last, the queue is enough again.
            if (segment is not null && offset >= segment.Length) (segment, offset) = (journal.FirstFrom(segment.Number + 1), 0);
            if (segment is null)
            {
                TakeLoose(batch, most, journal.End);
                if (_loose.Count == 0) (_overflow, _overflowed) = (null, 0);
                return false;
            }
            (_readingFrom, _readingOffset, _readingLength) = (segment, offset, segment.Length - offset);
            // What pins it beside those that are to be read: openings without their entry, and what this batch has from it.
            _unread = segment.Pins - _openings.Values.Count(o => o == segment) - batch.Count(i => i.Segment == segment);
        }
        try
        {
            _reading = new SegmentScan(ReadFrom(_readingFrom.Path, _readingOffset, (int)_readingLength));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Somebody removed the file: what was in it is gone. Whatever else keeps it from being read passes, and the writer tries again.
            Leave(new JournalPosition(_readingFrom.Number + 1, 0));
        }
        return true;
    }

    // What could not be read is gone, and keeps its file no longer.
    private void Leave(JournalPosition next)
    {
        lock (_lock)
        {
            var lost = Math.Max(0, _unread);
            Interlocked.Add(ref _lost, lost);
            _readingFrom!.Pins -= lost;
            (_overflow, _overflowed) = (next, Math.Max(0, _overflowed - lost));
        }
    }

    private static byte[] ReadFrom(string path, long offset, int length)
    {
        var bytes = new byte[length];
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var count = 0;
        while (count < length && RandomAccess.Read(file, bytes.AsSpan(count), offset + count) is > 0 and var read) count += read;
        return bytes;
    }
}
