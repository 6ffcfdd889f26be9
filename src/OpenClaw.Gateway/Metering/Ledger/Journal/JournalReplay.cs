namespace OpenClaw.Gateway.Metering.Ledger.Journal;

/// <summary>
/// Brings what an earlier run left in its journal into the database, each entry once. Safe to be interrupted and begun again.
/// A file that cannot be read is kept for the next start, under a name that says so: by then the mark is beyond it.
/// </summary>
/// <param name="mark">How far into a gateway's journal the database already has everything.</param>
/// <param name="write">Writes a batch for a gateway; the flag is true with the last.</param>
internal sealed class JournalReplay(Func<string, CancellationToken, Task<JournalPosition>> mark, Func<List<PendingItem>, string, bool, CancellationToken, Task<int>> write, Action<string> log)
{
    private const int BatchSize = 256;

    /// <summary>Entries that the database did not have.</summary>
    public long Recovered { get; private set; }

    /// <summary>Requests that had begun and were never settled.</summary>
    public long Unfinished { get; private set; }

    /// <param name="isLate">True when this run has written to the database meanwhile: changes of records may be older than what is there, and are left out.</param>
    public async Task RunAsync(string gateway, IReadOnlyList<(long Number, string Path)> segments, bool isLate, CancellationToken cancel)
    {
        var known = await mark(gateway, cancel).ConfigureAwait(false);
        var openings = new Dictionary<string, LedgerOpening>();
        var batch = new List<PendingItem>(BatchSize);
        var (done, unread) = (new List<string>(segments.Count), new List<string>());
        foreach (var (number, written) in segments)
        {
            var path = File.Exists(written) ? written : JournalFolder.UnreadNameOf(written);
            if (ReadAll(path) is not { } bytes)
            {
                unread.Add(path);
                continue;
            }
            done.Add(path);
            // Of one that an earlier start could not read the mark says nothing; its records may have been written anew since.
            var isOld = isLate || JournalFolder.IsUnread(path);
            var scan = new SegmentScan(bytes);
            while (scan.TryRead(out var item))
            {
                var end = new JournalPosition(number, scan.Offset);
                if (item.Opening is { } opening) openings[opening.Id] = opening;
                if (item.Entry is { } entry) openings.Remove(entry.Id);
                if (isOld ? item.Entry is null : (item.Entry is null && item.Change is null) || end.CompareTo(known) <= 0) continue;
                batch.Add(new PendingItem(item.Entry, item.Change, isOld ? default : end, null, null));
                if (batch.Count < BatchSize) continue;
                Recovered += await write(batch, gateway, false, cancel).ConfigureAwait(false);
                batch.Clear();
            }
            if (scan.Damaged > 0) log($"the journal {path} is damaged: {scan.Damaged} bytes in its middle were skipped");
            if (scan.Torn > 0) log($"the journal {path} ends in a record that was not finished: {scan.Torn} bytes were cut off");
        }
        Recovered += await write(batch, gateway, false, cancel).ConfigureAwait(false);
        if (unread.Count == 0)
        {
            // The same id is never written twice, so an opening whose entry came by another way adds nothing.
            Unfinished += await write([.. openings.Values.Select(static o => new PendingItem(LostEntry(o), null, default, null, null))], gateway, true, cancel).ConfigureAwait(false);
        }
        foreach (var path in unread) Keep(path);
        // How a request ended may stand in what could not be read: until that is known its opening is kept too.
        if (unread.Count > 0 && openings.Count > 0) done.Clear();
        foreach (var path in done) Delete(path, log);
        if (Recovered + Unfinished > 0) log($"read back from the journal: {Recovered} requests that were not in the database yet, {Unfinished} that had begun and not ended");
    }

    public static void Delete(string path, Action<string> log)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log($"the journal {path} is not needed any more and cannot be removed: {e.Message}");
        }
    }

    private void Keep(string path)
    {
        try
        {
            var kept = JournalFolder.UnreadNameOf(path);
            if (kept != path) File.Move(path, kept);
            log($"the journal {kept} is kept and read again at the next start: what was charged in it is not counted until then. Make it readable, or delete it");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log($"the journal {path} cannot be kept for the next start: {e.Message}");
        }
    }

    private byte[]? ReadAll(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Read and deleted by a round that did not come to its end.
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log($"the journal {path} cannot be read: {e.Message}");
            return null;
        }
    }

    // The provider may have worked and charged: what was reserved counts, and the entry says that it is a guess.
    private static LedgerEntry LostEntry(LedgerOpening opening)
    {
        var slash = opening.Target.IndexOf('/', StringComparison.Ordinal);
        return new LedgerEntry
        {
            Id = opening.Id,
            At = opening.At,
            Client = opening.Client,
            Session = opening.Session,
            Tags = opening.Tags,
            Protocol = opening.Protocol,
            Requested = opening.Target,
            Outcome = "lost",
            Hops = slash < 0
                ? opening.Earlier
                : [.. opening.Earlier, new LedgerHop(opening.Target[..slash], opening.Target[(slash + 1)..], "", opening.Earlier.IsEmpty ? "first" : "fallback", "lost", null, 0, null, opening.Assumed with { Estimated = true }, opening.AssumedCost)],
            Charges = opening.Reserved,
        };
    }
}
