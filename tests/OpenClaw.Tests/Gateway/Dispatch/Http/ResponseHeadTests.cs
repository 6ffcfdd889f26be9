using System.Text;
using OpenClaw.Gateway.Dispatch.Http;

namespace OpenClaw.Tests.Gateway.Dispatch.Http;

public class ResponseHeadTests
{
    private const string Good = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nX-Odd:\r\nTransfer-Encoding: chunked\r\n\r\n";

    private static (HeadOutcome Outcome, ResponseHead Head, int Length) Read(string text)
    {
        var head = new ResponseHead();
        var outcome = head.Read(Encoding.Latin1.GetBytes(text), out var length);
        return (outcome, head, length);
    }

    [Fact]
    public void Says_what_the_answer_says()
    {
        var (outcome, head, length) = Read(Good + "5\r\n");
        Assert.Equal((HeadOutcome.Complete, Good.Length), (outcome, length));
        Assert.Equal((200, "text/event-stream", BodyFraming.Chunked, true, null), (head.Status, head.ContentType, head.Framing, head.KeepsAlive, head.Encoding));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n", "Length", 12, true)]
    [InlineData("HTTP/1.1 200\r\ncontent-length:12\r\n\r\n", "Length", 12, true)]
    [InlineData("HTTP/1.1 200 \nContent-Length: 12 \n\n", "Length", 12, true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Length: 12\r\n\r\n", "Length", 12, true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: Close\r\n\r\n", "Length", 12, false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: x, close\r\n\r\n", "Length", 12, false)]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 12\r\n\r\n", "Length", 12, false)]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 12\r\nConnection: keep-alive\r\n\r\n", "Length", 12, true)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n", "Chunked", 0, true)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 12\r\n\r\n", "Chunked", 12, false)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", "Close", 0, false)]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", "Length", 0, true)]
    [InlineData("HTTP/1.1 304 Not Modified\r\nContent-Length: 12\r\n\r\n", "Length", 0, true)]
    public void Knows_how_the_body_ends_and_whether_the_connection_lives(string text, string framing, long bodyLength, bool keepsAlive)
    {
        var (outcome, head, length) = Read(text);
        Assert.Equal((HeadOutcome.Complete, text.Length), (outcome, length));
        Assert.Equal((framing, bodyLength, keepsAlive), (head.Framing.ToString(), head.Length, head.KeepsAlive));
    }

    [Theory]
    [InlineData("good day to you\r\n\r\n")]
    [InlineData("good day to you\r\n")]
    [InlineData("\r\nHTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/2 200\r\n\r\n")]
    [InlineData("HTTP/1.2 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1  200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2x0 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 -20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 099 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n: no name\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n")]
    public void What_is_not_HTTP_as_it_should_be_is_malformed(string text) => Assert.Equal(HeadOutcome.Malformed, Read(text).Outcome);

    [Fact]
    public void Every_beginning_of_a_head_is_incomplete_and_nothing_else()
    {
        for (var i = 0; i < Good.Length; i++) Assert.Equal((HeadOutcome.Incomplete, 0), (Read(Good[..i]).Outcome, Read(Good[..i]).Length));
    }

    [Fact]
    public void A_head_without_end_is_malformed_once_it_is_too_large()
    {
        var endless = "HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Repeat("X-A: 0123456789\r\n", 5000));
        Assert.Equal(HeadOutcome.Malformed, Read(endless).Outcome);
        Assert.Equal(HeadOutcome.Malformed, Read(endless + "\r\n").Outcome);
    }

    [Fact]
    public void Fields_of_a_failure_are_kept_and_those_of_the_answer_before_are_not()
    {
        var head = new ResponseHead();
        head.Read(Encoding.Latin1.GetBytes("HTTP/1.1 429 X\r\nRetry-After: 7\r\nretry-after: 9\r\nContent-Encoding: BR\r\n\r\n"), out _);
        Assert.Equal(("7", "br"), (head.Field("retry-after"), head.Encoding));
        head.Read(Encoding.Latin1.GetBytes(Good), out _);
        Assert.Equal((null, null), (head.Field("retry-after"), head.Encoding));
    }

    [Fact]
    public void Random_and_mutated_bytes_are_read_or_refused()
    {
        var random = new Random(20261122);
        var outcomes = new HashSet<HeadOutcome>();
        var head = new ResponseHead();
        for (var i = 0; i < 40_000; i++)
        {
            var bytes = Encoding.Latin1.GetBytes(Good);
            if (i % 5 == 0) random.NextBytes(bytes);
            else for (var n = random.Next(4); n >= 0; n--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var outcome = head.Read(bytes, out var length);
            outcomes.Add(outcome);
            Assert.InRange(length, 0, bytes.Length);
            Assert.Equal(outcome == HeadOutcome.Complete, length > 0);
            if (outcome == HeadOutcome.Complete) Assert.True(head.Status is >= 100 and <= 999 && head.Length >= 0);
        }
        Assert.Equal(3, outcomes.Count);
    }

    [Fact]
    public void A_good_head_is_read_without_allocating()
    {
        var bytes = Encoding.Latin1.GetBytes(Good);
        var head = new ResponseHead();
        for (var i = 0; i < 100; i++) head.Read(bytes, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) head.Read(bytes, out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
