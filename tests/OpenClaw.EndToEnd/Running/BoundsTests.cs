using System.Text.Json.Nodes;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Running;

/// <summary>What a caller must not be able to do by sending too much, too many or too slowly.</summary>
public sealed class BoundsTests(BoundsTests.Running running) : IClassFixture<BoundsTests.Running>
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private readonly GatewayProcess _gateway = running.Gateway;
    private readonly PausedStream _paused = running.Paused;

    [Theory]
    [InlineData("/v1/chat/completions", "openai")]
    [InlineData("/v1/messages", "anthropic")]
    public async Task A_body_over_the_limit_is_413_announced_or_not(string path, string shape)
    {
        // More than the sockets' buffers hold: the caller is still sending when the answer comes.
        var text = new string('x', 8_000_000);
        var body = $$"""{"model":"p/ok","messages":[{"role":"user","content":"{{text}}"}]}""";
        var announced = await _gateway.CallAsync("POST", path, body);
        Assert.Equal((413, shape), (announced.Status, announced.Shape));
        var chunks = string.Concat(Enumerable.Repeat("4000\r\n" + new string(' ', 0x4000) + "\r\n", 500));
        var streamed = await RawHttp.SendAsync(_gateway.Url, s_limit, $"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n");
        Assert.Equal((413, shape), (streamed.Status, new PlainAnswer(413, streamed.Body, []).Shape));
        Assert.Equal(200, (await _gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat)).Status);
    }

    [Fact]
    public async Task One_request_too_many_at_once_is_503_and_room_comes_back()
    {
        using var client = new ChatClient(_gateway.Url);
        var running = new List<Task<ChatReply>>();
        for (var i = 0; i < 3; i++)
        {
            running.Add(client.AskAsync(new ChatAsk("p/paused", ClientProtocol.Chat, Stream: true), TestContext.Current.CancellationToken));
            await _paused.HalfwayAsync();
        }
        var chat = await _gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat);
        Assert.Equal((503, "openai", "overloaded", "1"), (chat.Status, chat.Shape, chat.Json["error"]!["code"]!.GetValue<string>(), chat.Headers["Retry-After"]));
        var messages = await _gateway.CallAsync("POST", "/v1/messages", GatewayCalls.Messages);
        Assert.Equal((503, "anthropic"), (messages.Status, messages.Shape));
        Assert.Equal(200, (await _gateway.GetAsync("/healthz")).Status);
        _paused.GoOn();
        foreach (var reply in await Task.WhenAll(running)) Assert.True(reply.LooksWhole, reply.ToString());
        await Until.TrueAsync("room again", () => _gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat), a => a.Status == 200);
    }

    [Theory]
    [InlineData(1, 40_000)]
    [InlineData(5_000, 10)]
    [InlineData(1, 5_000_000)]
    public async Task A_bomb_of_headers_is_refused_and_the_gateway_lives(int count, int length)
    {
        var headers = string.Concat(Enumerable.Range(0, count).Select(i => $"x-bomb-{i}: {new string('b', length)}\r\n"));
        var answer = await RawHttp.SendAsync(_gateway.Url, s_limit, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: 2\r\n\r\n{}");
        Assert.True(answer.Status is 431 or 0, $"{answer.Status}");
        Assert.Equal(200, (await _gateway.GetAsync("/healthz")).Status);
    }

    [Fact]
    public async Task Headers_of_more_than_32_KB_are_431_and_of_less_are_let_in()
    {
        Assert.Equal(200, (await RawHttp.SendAsync(_gateway.Url, s_limit, Headers(31 * 1024))).Status);
        // It may hang up on who is still sending: then nothing is heard of the refusal.
        var refused = await Until.TrueAsync("a refusal", () => RawHttp.SendAsync(_gateway.Url, s_limit, Headers((32 * 1024) + 100)), static a => a.Status != 0);
        Assert.Equal(431, refused.Status);
    }

    [Fact]
    public async Task Headers_that_do_not_end_are_not_waited_for_for_ever()
    {
        // Nothing more is sent: without an end of the gateway's own this would run into the limit, and be cancelled.
        var answer = await RawHttp.SendAsync(_gateway.Url, s_limit, "GET /healthz HTTP/1.1\r\nHost: x\r\nx-half: ");
        Assert.Equal(408, answer.Status);
        Assert.Equal(200, (await _gateway.GetAsync("/healthz")).Status);
    }

    // A request whose headers have so many bytes, line ends included.
    private static string Headers(int bytes)
    {
        const string host = "Host: x\r\n";
        var lines = Enumerable.Range(0, 15).Select(static i => $"x-pad-{i:D2}: ").ToList();
        var padding = bytes - host.Length - lines.Sum(static l => l.Length + 2);
        return "GET /healthz HTTP/1.1\r\n" + host + string.Concat(lines.Select((l, i) => l + new string('p', (padding / 15) + (i == 0 ? padding % 15 : 0)) + "\r\n")) + "\r\n";
    }

    [Fact]
    public async Task A_request_line_without_end_is_refused()
    {
        var answer = await RawHttp.SendAsync(_gateway.Url, s_limit, "GET /" + new string('a', 100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.True(answer.Status is 414 or 0, $"{answer.Status}");
        Assert.Equal(200, (await _gateway.GetAsync("/healthz")).Status);
    }

    [Fact]
    public async Task A_body_that_does_not_come_is_not_waited_for_for_ever()
    {
        var (answer, waited) = await RawHttp.StallAsync(_gateway.Url, s_limit, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"model\":");
        Assert.True(answer.Status is 408 or 0, $"{answer.Status}");
        Assert.True(waited < TimeSpan.FromSeconds(20), $"{waited}");
        if (answer.Status == 408) Assert.Equal("openai", new PlainAnswer(408, answer.Body, []).Shape);
        // The request ends a moment after its answer.
        for (var attempt = 0; attempt < 100 && await InFlightAsync() > 0; attempt++) await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.Equal(0, await InFlightAsync());
    }

    private async Task<int> InFlightAsync() => (await _gateway.StatusAsync())["inFlight"]!.GetValue<int>();

    [Theory]
    [InlineData("GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}")]
    [InlineData("POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("\0\u0001\u0002\u0003\r\n\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    public async Task What_is_no_clean_HTTP_does_no_harm(string bytes)
    {
        var answer = await RawHttp.SendAsync(_gateway.Url, s_limit, bytes);
        Assert.True(answer.Status is 0 or 200 or (>= 400 and < 500), $"{answer.Status}");
        Assert.Equal(200, (await _gateway.GetAsync("/healthz")).Status);
    }

    /// <summary>One gateway for all tests of this class.</summary>
    public sealed class Running : IAsyncLifetime
    {
        internal ScriptedServer Server { get; private set; } = null!;

        internal GatewayProcess Gateway { get; private set; } = null!;

        internal PausedStream Paused { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Server = ScriptedServer.Start();
            Paused = new PausedStream(Server, "paused");
            Gateway = await GatewayProcess.StartAsync(RunningConfig.Of(Server, c => c["gateway"] = new JsonObject { ["maxBodyBytes"] = 100_000, ["maxConcurrentRequests"] = 3 }));
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await Server.DisposeAsync();
        }
    }
}
