using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Metering.Ledger.Journal;

namespace OpenClaw.Tests.Gateway.Metering.Ledger;

public sealed class JournalTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("openclaw-journal-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_record_is_read_as_it_was_written()
    {
        var entry = Entries.Of("dec_1", 1.000000000000000001m) with { Session = null, FirstTokenMs = null };
        var opening = Entries.Opening("dec_2") with { Earlier = entry.Hops };
        var bytes = Frames(f => JournalCodec.Write(f, entry), f => JournalCodec.Write(f, opening), f => JournalCodec.Write(f, new RecordChange("session", "k", "{}"u8.ToArray(), Entries.Now)), f => JournalCodec.Write(f, new RecordChange("session", "k", null, Entries.Now)));
        var scan = new SegmentScan(bytes);
        Assert.True(scan.TryRead(out var first));
        Assert.Equal(entry with { Tags = default, Hops = default, Charges = default }, first.Entry! with { Tags = default, Hops = default, Charges = default });
        Assert.Equal(entry.Tags, first.Entry.Tags);
        Assert.Equal(entry.Hops, first.Entry.Hops);
        Assert.Equal(entry.Charges, first.Entry.Charges);
        Assert.True(scan.TryRead(out var second));
        Assert.Equal(opening with { Tags = default, Reserved = default, Earlier = default }, second.Opening! with { Tags = default, Reserved = default, Earlier = default });
        Assert.Equal(entry.Hops, second.Opening.Earlier);
        Assert.Equal(opening.Reserved, second.Opening.Reserved);
        Assert.True(scan.TryRead(out var third));
        Assert.Equal("{}"u8.ToArray(), third.Change!.Json!.Value.ToArray());
        Assert.True(scan.TryRead(out var fourth));
        Assert.Null(fourth.Change!.Json);
        Assert.False(scan.TryRead(out _));
        Assert.Equal((0, 0), (scan.Damaged, scan.Torn));
    }

    [Fact]
    public void A_file_that_ends_anywhere_gives_every_whole_record_and_no_other()
    {
        var frames = Enumerable.Range(0, 4).Select(static i => Frames(f => JournalCodec.Write(f, Entries.Of(Entries.Id(i))))).ToArray();
        var file = frames.SelectMany(static f => f).ToArray();
        for (var length = 0; length <= file.Length; length++)
        {
            var whole = frames.Select((_, i) => frames.Take(i + 1).Sum(static f => f.Length)).Count(end => end <= length);
            var scan = new SegmentScan(file[..length]);
            Assert.Equal(Enumerable.Range(0, whole).Select(Entries.Id), Ids(scan));
            Assert.Equal(length - frames.Take(whole).Sum(static f => f.Length), scan.Torn);
            Assert.Equal(0, scan.Damaged);
        }
    }

    [Fact]
    public void A_damaged_byte_anywhere_costs_one_record_and_nothing_else()
    {
        var frames = Enumerable.Range(0, 3).Select(static i => Frames(f => JournalCodec.Write(f, Entries.Of(Entries.Id(i))))).ToArray();
        var file = frames.SelectMany(static f => f).ToArray();
        for (var at = 0; at < file.Length; at++)
        {
            var damaged = (byte[])file.Clone();
            damaged[at] ^= 0x40;
            var hit = at / frames[0].Length;
            Assert.Equal(Enumerable.Range(0, 3).Where(i => i != hit).Select(Entries.Id), Ids(new SegmentScan(damaged)));
        }
    }

    [Fact]
    public void Random_bytes_are_read_without_an_exception()
    {
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            var file = Enumerable.Range(0, 3).SelectMany(static i => Frames(f => JournalCodec.Write(f, Entries.Of(Entries.Id(i))))).ToArray();
            for (var hits = random.Next(1, 40); hits > 0; hits--) file[random.Next(file.Length)] = (byte)random.Next(256);
            Assert.InRange(Ids(new SegmentScan(file)).Count, 0, 3);
            // A payload whose checksum holds, but that says nonsense.
            var payload = new byte[random.Next(1, 200)];
            random.NextBytes(payload);
            payload[0] = (byte)random.Next(1, 5);
            Assert.InRange(Ids(new SegmentScan(Frames(f => { foreach (var one in payload) f.Byte(one); }))).Count, 0, 1);
        }
    }

    [Fact]
    public void A_second_gateway_on_the_same_folder_gets_a_journal_of_its_own_and_a_restart_the_same()
    {
        string first, second;
        using (var one = JournalFolder.Take(_root))
        using (var two = JournalFolder.Take(_root))
        {
            (first, second) = (one.GatewayId, two.GatewayId);
            Assert.NotEqual(one.Path, two.Path);
        }
        Assert.NotEqual(first, second);
        using var again = JournalFolder.Take(_root);
        Assert.Equal(first, again.GatewayId);
    }

    [Fact]
    public void Numbers_of_files_only_grow_even_when_the_clock_is_set_back()
    {
        using var folder = JournalFolder.Take(_root);
        var first = folder.NextNumber(Entries.Now);
        var second = folder.NextNumber(Entries.Now.AddYears(-20));
        Assert.True(second > first);
    }

    [Fact]
    public void Full_files_go_once_nothing_in_them_is_needed_also_behind_one_that_is()
    {
        using var folder = JournalFolder.Take(_root);
        using var tail = new JournalTail(folder, 1, maxSegment: 500, maxTotal: 1 << 20);
        var segments = Enumerable.Range(0, 6).Select(i => Append(tail, i)!).ToArray();
        var files = segments.Distinct().ToArray();
        Assert.True(files.Length > 2);
        Assert.Empty(tail.TakeDone(evenLast: true));
        foreach (var segment in segments.Where(s => s != files[0])) segment.Pins--;
        Assert.Equal(files[1..^1], tail.TakeDone(evenLast: false));
        Assert.Equal(files[0].Length + files[^1].Length, tail.Bytes);
        while (files[0].Pins > 0) files[0].Pins--;
        Assert.Equal(files[..1], tail.TakeDone(evenLast: false));
        Assert.Equal(files[^1..], tail.TakeDone(evenLast: true));
        Assert.Equal(0, tail.Bytes);
    }

    [Fact]
    public void A_file_that_goes_while_it_is_put_onto_the_disk_keeps_no_other_from_it()
    {
        using var folder = JournalFolder.Take(_root);
        using var tail = new JournalTail(folder, 1, maxSegment: 500, maxTotal: 1 << 20);
        var segments = Enumerable.Range(0, 6).Select(i => Append(tail, i)!).ToArray();
        foreach (var segment in segments.Where(s => s == segments[0])) segment.Pins--;
        var asked = 0;
        tail.Sync(action =>
        {
            action();
            // Between the look and the flush, as the writer does it.
            if (asked++ > 0) return;
            foreach (var done in tail.TakeDone(evenLast: false)) done.Handle?.Dispose();
        });
        Assert.Equal(segments[^1].Length, segments[^1].Synced);
    }

    [Fact]
    public void At_its_bound_the_journal_says_so_and_goes_on_when_there_is_room_again()
    {
        using var folder = JournalFolder.Take(_root);
        using var tail = new JournalTail(folder, 1, maxSegment: 100, maxTotal: 1000);
        var segments = new List<Segment>();
        while (Append(tail, segments.Count) is { } segment) segments.Add(segment);
        Assert.Contains("bound", tail.Problem, StringComparison.Ordinal);
        foreach (var segment in segments) segment.Pins--;
        tail.TakeDone(evenLast: true);
        Assert.NotNull(Append(tail, 99));
        Assert.Null(tail.Problem);
    }

    private static Segment? Append(JournalTail tail, int number)
    {
        var frame = FrameBuffer.Mine();
        JournalCodec.Write(frame, Entries.Of(Entries.Id(number)));
        return tail.Append(frame.Finish());
    }

    private static byte[] Frames(params Action<FrameBuffer>[] writes)
    {
        var frame = new FrameBuffer();
        return [.. writes.SelectMany(write =>
        {
            frame.Begin();
            write(frame);
            return frame.Finish().ToArray();
        })];
    }

    private static List<string> Ids(SegmentScan scan)
    {
        List<string> ids = [];
        while (scan.TryRead(out var item)) ids.Add(item.Entry?.Id ?? "");
        return ids;
    }
}
