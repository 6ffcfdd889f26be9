using System.Text;
using OpenClaw.Gateway.Dispatch.Http;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Dispatch.Http;

public sealed class Http1ClientTests : IDisposable
{
    private const string Chunked = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    private static readonly byte[] s_message = Encoding.ASCII.GetBytes("POST /v1/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");

    private readonly ScriptedPeer _peer = new();
    private readonly Http1Client _client = new(TimeProvider.System);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private ConnectionPool Pool => _client.PoolOf(_peer.Address);

    public void Dispose()
    {
        _client.Dispose();
        _peer.Dispose();
    }

    private ValueTask<ResponseBody> SendAsync(CancellationToken? cancel = null) => _client.SendAsync(Pool, s_message, TimeSpan.FromSeconds(5), cancel ?? Cancel);

    private static async Task<string> ReadAsync(Stream body)
    {
        using var reader = new StreamReader(body, Encoding.Latin1, leaveOpen: true);
        return await reader.ReadToEndAsync(Cancel);
    }

    private async Task<ScriptedPeer.Peer> AnswerAsync(string answer)
    {
        var peer = await _peer.AcceptAsync(Cancel);
        await peer.RequestAsync(Cancel);
        await peer.SendAsync(answer, Cancel);
        return peer;
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", true)]
    [InlineData(Chunked + "2\r\nhe\r\n3\r\nllo\r\n0\r\nTrailer: x\r\n\r\n", true)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, and more than was announced", false)]
    public async Task A_body_that_was_read_gives_its_connection_back_where_it_may(string answer, bool keeps)
    {
        var answering = AnswerAsync(answer);
        var body = await SendAsync();
        using var peer = await answering;
        Assert.Equal("hello", await ReadAsync(body));
        await body.DisposeAsync();
        Assert.Equal(keeps ? 1 : 0, Pool.Resting);
        if (!keeps) Assert.True(await peer.IsLeftAsync(Cancel));
    }

    [Fact]
    public async Task A_body_up_to_the_connections_end_is_whole()
    {
        var answering = AnswerAsync("HTTP/1.1 200 OK\r\n\r\nhello");
        await using var body = await SendAsync();
        using var peer = await answering;
        peer.End();
        Assert.Equal("hello", await ReadAsync(body));
    }

    [Fact]
    public async Task One_connection_carries_many_requests_byte_by_byte()
    {
        var serving = Task.Run(async () =>
        {
            using var peer = await _peer.AcceptAsync(Cancel);
            for (var i = 0; i < 3; i++)
            {
                Assert.EndsWith("\r\n\r\n{}", await peer.RequestAsync(Cancel), StringComparison.Ordinal);
                foreach (var b in Chunked + "5\r\nhello\r\n0\r\n\r\n") await peer.SendAsync(b.ToString(), Cancel);
            }
        }, Cancel);
        for (var i = 0; i < 3; i++)
        {
            await using var body = await SendAsync();
            Assert.Equal((200, "text/event-stream"), (body.Head.Status, body.Head.ContentType));
            Assert.Equal("hello", await ReadAsync(body));
        }
        await serving;
        Assert.False(_peer.HasVisitor);
    }

    [Fact]
    public async Task A_connection_that_the_other_side_closed_meanwhile_is_not_used()
    {
        var first = AnswerAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await (await SendAsync()).DisposeAsync();
        (await first).Dispose();
        var second = AnswerAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        await using var body = await SendAsync();
        Assert.Equal("hello", await ReadAsync(body));
        (await second).Dispose();
    }

    [Fact]
    public async Task A_request_that_was_taken_is_not_sent_twice()
    {
        var first = AnswerAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await (await SendAsync()).DisposeAsync();
        var peer = await first;
        var sending = SendAsync().AsTask();
        await peer.RequestAsync(Cancel);
        peer.Dispose();
        var e = await Assert.ThrowsAnyAsync<IOException>(() => sending);
        Assert.Equal(FailureReason.Reset, FailureClassifier.FromException(e, AttemptPhase.Headers).Reason);
        Assert.False(_peer.HasVisitor);
    }

    [Fact]
    public async Task A_rested_connection_that_ends_without_a_byte_says_so_and_a_new_one_does_not()
    {
        var first = AnswerAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await (await SendAsync()).DisposeAsync();
        var peer = await first;
        var rested = SendAsync().AsTask();
        await peer.RequestAsync(Cancel);
        peer.Dispose();
        await Assert.ThrowsAsync<StaleConnectionException>(() => rested);

        var fresh = SendAsync().AsTask();
        peer = await _peer.AcceptAsync(Cancel);
        await peer.RequestAsync(Cancel);
        peer.Dispose();
        Assert.IsNotType<StaleConnectionException>(await Assert.ThrowsAnyAsync<IOException>(() => fresh));
    }

    [Fact]
    public async Task A_rested_connection_that_ends_within_an_answer_is_not_stale()
    {
        var first = AnswerAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await (await SendAsync()).DisposeAsync();
        var peer = await first;
        var rested = SendAsync().AsTask();
        await peer.RequestAsync(Cancel);
        await peer.SendAsync("HTTP/1.1 200", Cancel);
        peer.Dispose();
        Assert.IsNotType<StaleConnectionException>(await Assert.ThrowsAnyAsync<IOException>(() => rested));
    }

    // What does not fit into the buffers of two sockets.
    private static readonly byte[] s_large = [.. Encoding.ASCII.GetBytes("POST /v1/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 33554432\r\n\r\n"), .. new byte[32 * 1024 * 1024]];

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task An_answer_that_comes_before_the_request_is_out_is_read_and_the_request_is_not_sent_again(bool rested, bool closes)
    {
        ScriptedPeer.Peer? peer = null;
        if (rested)
        {
            var first = AnswerAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            await (await SendAsync()).DisposeAsync();
            peer = await first;
        }
        var sending = _client.SendAsync(Pool, s_large, TimeSpan.FromSeconds(5), Cancel).AsTask();
        peer ??= await _peer.AcceptAsync(Cancel);
        // Its first byte is here; of the rest nothing is read.
        Assert.False(await peer.IsLeftAsync(Cancel));
        await peer.SendAsync("HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge", Cancel);
        if (closes) peer.Dispose();
        await using (var body = await sending)
        {
            Assert.Equal(413, body.Head.Status);
            Assert.Equal("large", await ReadAsync(body));
        }
        Assert.Equal(0, Pool.Resting);
        Assert.False(_peer.HasVisitor);
        peer.Dispose();
    }

    [Fact]
    public async Task A_large_request_that_is_taken_whole_is_answered_and_its_connection_kept()
    {
        var sending = _client.SendAsync(Pool, s_large, TimeSpan.FromSeconds(5), Cancel).AsTask();
        using var peer = await _peer.AcceptAsync(Cancel);
        var left = s_large.Length;
        while (left > 0) left -= await peer.ReceiveAsync(Cancel);
        await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", Cancel);
        await using (var body = await sending) Assert.Equal("hello", await ReadAsync(body));
        Assert.Equal(1, Pool.Resting);
    }

    [Fact]
    public async Task A_body_that_is_given_up_closes_its_connection_at_once()
    {
        var answering = AnswerAsync(Chunked + "5\r\nhello\r\n");
        var body = await SendAsync();
        using var peer = await answering;
        Assert.Equal(5, await body.ReadAsync(new byte[100], Cancel));
        await body.DisposeAsync();
        Assert.True(await peer.IsLeftAsync(Cancel));
        Assert.Equal(0, Pool.Resting);
    }

    [Fact]
    public async Task The_end_of_a_body_whose_content_is_whole_is_waited_for()
    {
        // Its clock stands: the wait does not run out.
        using var client = new Http1Client(new ManualTime());
        var pool = client.PoolOf(_peer.Address);
        var answering = AnswerAsync(Chunked + "5\r\nhello\r\n");
        var body = await client.SendAsync(pool, s_message, TimeSpan.FromSeconds(5), Cancel);
        using var peer = await answering;
        Assert.Equal(5, await body.ReadAsync(new byte[100], Cancel));
        body.ContentIsWhole();
        await body.DisposeAsync();
        await peer.SendAsync("0\r\n\r\n", Cancel);
        while (pool.Resting == 0)
        {
            Cancel.ThrowIfCancellationRequested();
            await Task.Yield();
        }
        var sending = client.SendAsync(pool, s_message, TimeSpan.FromSeconds(5), Cancel);
        await peer.RequestAsync(Cancel);
        await peer.SendAsync("HTTP/1.1 204 No Content\r\n\r\n", Cancel);
        await using var next = await sending;
        Assert.Equal(204, next.Head.Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancelling_closes_the_connection_before_and_inside_the_answer(bool inside)
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var sending = SendAsync(source.Token).AsTask();
        using var peer = await _peer.AcceptAsync(Cancel);
        await peer.RequestAsync(Cancel);
        ResponseBody? body = null;
        Task waiting = sending;
        if (inside)
        {
            await peer.SendAsync(Chunked, Cancel);
            body = await sending;
            waiting = body.ReadAsync(new byte[100], source.Token).AsTask();
        }
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.True(await peer.IsLeftAsync(Cancel));
        body?.Dispose();
        Assert.Equal(0, Pool.Resting);
    }

    [Theory]
    [InlineData("", false, "Reset")]
    [InlineData("", true, "Reset")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-", false, "Reset")]
    [InlineData("good day to you\r\n\r\n", false, "Malformed")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\n", false, "Malformed")]
    [InlineData(Chunked, false, "Reset")]
    [InlineData(Chunked + "5\r\ndata:\r\n", false, "Cut")]
    [InlineData(Chunked + "5\r\ndata:\r\n", true, "Cut Reset")]
    [InlineData(Chunked + "5\r\ndata:!", false, "Malformed")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ndata: {", false, "Cut")]
    [InlineData(Chunked + "5\r\ndata:\r\n0\r\n\r\n", false, "")]
    public async Task A_connection_that_breaks_is_the_same_failure_as_with_the_platforms_client(string answer, bool reset, string reasons)
    {
        var answering = AnswerAsync(answer);
        var phase = AttemptPhase.Headers;
        var ended = Task.Run(async () =>
        {
            using var peer = await answering;
            if (reset) peer.Reset();
            else peer.End();
        }, Cancel);
        var reason = "";
        try
        {
            await using var body = await SendAsync();
            phase = AttemptPhase.FirstToken;
            while (await body.ReadAsync(new byte[4096], Cancel) > 0) phase = AttemptPhase.Streaming;
        }
        catch (Exception e)
        {
            reason = FailureClassifier.FromException(e, phase).Reason.ToString();
        }
        await ended;
        Assert.Contains(reason, reasons.Split(' '));
    }

    [Fact]
    public async Task Nobody_listens()
    {
        var pool = Pool;
        _peer.StopListening();
        var e = await Assert.ThrowsAsync<HttpRequestException>(() => _client.SendAsync(pool, s_message, TimeSpan.FromSeconds(5), Cancel).AsTask());
        var failure = FailureClassifier.FromException(e, AttemptPhase.Headers);
        Assert.Equal((FailureReason.Connect, "connection refused"), (failure.Reason, failure.Message));
    }

    [Fact]
    public async Task No_time_to_connect_is_a_connect_failure_and_not_a_silent_target()
    {
        var e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _client.SendAsync(Pool, s_message, TimeSpan.Zero, Cancel).AsTask());
        var failure = FailureClassifier.FromException(e, AttemptPhase.Headers);
        Assert.Equal((FailureReason.Connect, "connect_timeout"), (failure.Reason, failure.Code));
    }

    [Fact]
    public async Task A_name_that_cannot_exist_does_not_resolve()
    {
        var e = await Assert.ThrowsAsync<HttpRequestException>(() => _client.SendAsync(_client.PoolOf(new Uri("http://nobody.invalid/")), s_message, TimeSpan.FromSeconds(5), Cancel).AsTask());
        Assert.Equal(FailureReason.Dns, FailureClassifier.FromException(e, AttemptPhase.Headers).Reason);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("")]
    public async Task The_other_side_does_not_speak_TLS(string answer)
    {
        var answering = Task.Run(async () =>
        {
            using var peer = await _peer.AcceptAsync(Cancel);
            if (answer.Length > 0) await peer.SendAsync(answer, Cancel);
            peer.End();
        }, Cancel);
        var pool = _client.PoolOf(new UriBuilder(_peer.Address) { Scheme = "https" }.Uri);
        var e = await Assert.ThrowsAsync<HttpRequestException>(() => _client.SendAsync(pool, s_message, TimeSpan.FromSeconds(5), Cancel).AsTask());
        await answering;
        Assert.Equal(FailureReason.Tls, FailureClassifier.FromException(e, AttemptPhase.Headers).Reason);
    }

    [Fact]
    public async Task What_rested_too_long_is_closed()
    {
        var time = new ManualTime();
        using var client = new Http1Client(time);
        var pool = client.PoolOf(_peer.Address);
        var answering = AnswerAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await (await client.SendAsync(pool, s_message, TimeSpan.FromSeconds(5), Cancel)).DisposeAsync();
        using var peer = await answering;
        time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(1, pool.Resting);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, pool.Resting);
        Assert.True(await peer.IsLeftAsync(Cancel));
    }
}
