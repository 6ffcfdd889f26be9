using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Frames;

namespace OpenClaw.Tests.Gateway.Dialects.Frames;

public class FrameSplitterTests
{
    public static TheoryData<string, string> Streams => new()
    {
        { "data: a\n\ndata: b\n\n", "[|a][|b]" },
        { "data: a\r\n\r\ndata: b\r\n\r\n", "[|a][|b]" },
        { "data: a\r\rdata: b\r\r", "[|a][|b]" },
        { "data: a\r\n\ndata: b\n\r\ndata: c\n\rdata: d\r\r\n", "[|a][|b][|c][|d]" },
        { "event: x\ndata: a\n\nevent: y\r\ndata: b\r\n\r\n", "[x|a][y|b]" },
        { "data: a\nevent: late\n\n", "[late|a]" },
        { "data: a\ndata: b\ndata:c\n\n", "[|a\nb\nc]" },
        { "data:\ndata: b\n\n", "[|\nb]" },
        { "data: a\ndata:\ndata: c\n\ndata: d\n\n", "[|a\n\nc][|d]" },
        { "data:a\n\ndata:  two spaces\n\n", "[|a][| two spaces]" },
        { "data\n\n", "[|]" },
        { ": comment\n\ndata: a\n\n", "[|][|a]" },
        { ": comment\ndata: a\n: more\n\n", "[|a]" },
        { ":\n\n:\n\ndata: a\n\n", "[|][|][|a]" },
        { "id: 7\nretry: 10\ndata: a\n\n", "[|a]" },
        { "unknown: 7\nflag\ndata: a\n\n", "[|a]" },
        { "\n\n\ndata: a\n\n", "[|][|][|][|a]" },
        { "\r\n\r\ndata: a\n\n", "[|][|][|a]" },
        { "\uFEFFdata: a\n\ndata: b\n\n", "[|a][|b]" },
        { "data: a\n\ndata: b", "[|a][|b]" },
        { "data: a\n\ndata: b\n", "[|a][|b]" },
        { "data: a\r\n\r\ndata: b\r", "[|a][|b]" },
        { "data: a\n\n:", "[|a][|]" },
        { "data: a\n\nproxy error: Failed to read connection", "[|a][|proxy error: Failed to read connection]" },
        { "<html>\n<body>Bad gateway</body>\n</html>", "[|<html>\n<body>Bad gateway</body>\n</html>]" },
        { "{\"error\": {\n\"code\": 1}}", "[|{\"error\": {\n\"code\": 1}}]" },
        { "data: ü€😀\n\n", "[|ü€😀]" },
        { "", "" },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void Cuts_event_streams_the_same_at_every_split(string stream, string expected) =>
        AssertEverySplit(Framing.ServerSentEvents, stream, expected);

    [Theory]
    [InlineData("{\"a\":1}\n{\"b\":2}\n", "[|{\"a\":1}][|{\"b\":2}]")]
    [InlineData("{\"a\":1}\r\n{\"b\":2}", "[|{\"a\":1}][|{\"b\":2}]")]
    [InlineData("\n \n{\"a\":1}\n", "[|][|][|{\"a\":1}]")]
    [InlineData("<html>", "[|<html>]")]
    [InlineData("", "")]
    public void Cuts_json_lines_the_same_at_every_split(string stream, string expected) =>
        AssertEverySplit(Framing.JsonLines, stream, expected);

    [Fact]
    public void The_lengths_of_all_frames_are_the_length_of_the_stream()
    {
        var bytes = Encoding.UTF8.GetBytes("\uFEFFdata: a\r\n\r\n: c\n\n\ndata: b\r\rdata: end");
        var splitter = new FrameSplitter(Framing.ServerSentEvents);
        var at = 0;
        while (splitter.TryRead(bytes.AsSpan(at), atEnd: true, out var frame)) at += frame.Length;
        Assert.Equal(bytes.Length, at);
    }

    [Theory]
    [InlineData(Framing.ServerSentEvents, "data: ")]
    [InlineData(Framing.JsonLines, "")]
    internal void A_long_frame_in_small_pieces_is_searched_once(Framing framing, string head)
    {
        // 4 MB in pieces of 256 bytes: searching from the beginning each time would look at 34 GB, minutes instead of milliseconds.
        var bytes = new byte[4 << 20];
        bytes.AsSpan().Fill((byte)'x');
        Encoding.ASCII.GetBytes(head, bytes);
        "\n\n"u8.CopyTo(bytes.AsSpan(bytes.Length - 2));
        var splitter = new FrameSplitter(framing);
        for (var end = 256; end < bytes.Length; end += 256) Assert.False(splitter.TryRead(bytes.AsSpan(0, end), false, out _));
        Assert.True(splitter.TryRead(bytes, false, out var frame));
        Assert.Equal(bytes.Length - 2 - head.Length, frame.Data.Length);
    }

    [Fact]
    public void A_frame_of_very_many_data_lines_is_joined_in_linear_memory()
    {
        var bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("data: 0123456789\n", 100_000)) + "\n");
        var splitter = new FrameSplitter(Framing.ServerSentEvents);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(splitter.TryRead(bytes, false, out var frame));
        Assert.Equal(100_000 * 11 - 1, frame.Data.Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Fact]
    public void Frames_are_cut_without_allocation()
    {
        var bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("event: e\ndata: {\"x\":1}\n\n: c\n\ndata: a\ndata: b\n\n", 100)));
        var splitter = new FrameSplitter(Framing.ServerSentEvents);
        Assert.Equal(300, Count(splitter, bytes));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Count(splitter, bytes);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static int Count(FrameSplitter splitter, byte[] bytes)
    {
        var count = 0;
        for (var at = 0; splitter.TryRead(bytes.AsSpan(at), false, out var frame); at += frame.Length) count++;
        return count;
    }

    private static void AssertEverySplit(Framing framing, string stream, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(stream);
        for (var split = 0; split <= bytes.Length; split++) Assert.Equal(expected, Read(framing, bytes, split));
        Assert.Equal(expected, Read(framing, bytes, -1));
    }

    /// <summary>Reads with one arrival boundary at <paramref name="split"/>, or byte by byte when it is negative.</summary>
    private static string Read(Framing framing, byte[] bytes, int split)
    {
        var splitter = new FrameSplitter(framing);
        var text = new StringBuilder();
        var at = 0;
        for (var end = split < 0 ? 0 : split; ; end = split < 0 ? end + 1 : bytes.Length)
        {
            var atEnd = end == bytes.Length;
            while (splitter.TryRead(bytes.AsSpan(at, end - at), atEnd, out var frame))
            {
                text.Append('[').Append(Encoding.UTF8.GetString(frame.Event)).Append('|').Append(Encoding.UTF8.GetString(frame.Data)).Append(']');
                at += frame.Length;
            }
            if (atEnd) return text.ToString();
        }
    }
}
