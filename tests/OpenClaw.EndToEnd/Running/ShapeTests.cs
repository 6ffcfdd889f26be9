using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Running;

/// <summary>Every error has the shape of the protocol that its path belongs to.</summary>
public sealed class ShapeTests(ShapeTests.Running running) : IClassFixture<ShapeTests.Running>
{
    private readonly ScriptedServer _server = running.Server;
    private readonly GatewayProcess _gateway = running.Gateway;

    [Theory]
    [InlineData("GET", "/nothing", 404, "openai")]
    [InlineData("GET", "/v1/nothing", 404, "openai")]
    [InlineData("POST", "/v1/v1/chat/completions", 404, "openai")]
    [InlineData("POST", "/v1/chat/completions/", 404, "openai")]
    [InlineData("POST", "/v1/messages/nothing", 404, "anthropic")]
    [InlineData("DELETE", "/v1/messages", 405, "anthropic")]
    [InlineData("GET", "/v1/messages", 405, "anthropic")]
    [InlineData("GET", "/v1/chat/completions", 405, "openai")]
    [InlineData("PUT", "/v1/models", 405, "openai")]
    [InlineData("OPTIONS", "/v1/chat/completions", 405, "openai")]
    [InlineData("POST", "/healthz", 405, "openai")]
    public async Task Unknown_paths_and_wrong_methods(string method, string path, int status, string shape)
    {
        var answer = await _gateway.CallAsync(method, path, method is "POST" or "PUT" ? "{}" : null);
        Assert.Equal((status, shape), (answer.Status, answer.Shape));
        Assert.StartsWith("application/json", answer.Headers["Content-Type"], StringComparison.Ordinal);
        if (status == 405) Assert.NotEmpty(answer.Headers["Allow"]);
    }

    [Theory]
    [InlineData("/v1beta/models/gemini-2.5-flash:nothing", "gemini")]
    [InlineData("/api/nothing", "ollama")]
    public async Task Unknown_paths_of_the_other_protocols(string path, string shape)
    {
        var answer = await _gateway.CallAsync("POST", path, "{}");
        Assert.True(answer.Status is >= 400 and < 600, answer.Body);
        Assert.Equal(shape, answer.Shape);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"model\":\"p/ok\"")]
    [InlineData("{\"model\":\"p/ok\",\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]")]
    [InlineData("<html>")]
    public async Task Bodies_that_are_no_request(string body)
    {
        var before = _server.CountOf("ok");
        foreach (var (path, shape) in ((string, string)[])[("/v1/chat/completions", "openai"), ("/v1/messages", "anthropic"), ("/v1/messages/count_tokens", "anthropic")])
        {
            var answer = await _gateway.CallAsync("POST", path, body);
            Assert.Equal((400, shape), (answer.Status, answer.Shape));
        }
        Assert.Equal(before, _server.CountOf("ok"));
    }

    [Fact]
    public async Task A_compressed_body_is_refused_in_words()
    {
        var answer = await _gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat, new Dictionary<string, string> { ["x"] = "y" });
        Assert.Equal(200, answer.Status);
        var raw = await RawHttp.SendAsync(_gateway.Url, TimeSpan.FromSeconds(20), "POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}");
        Assert.Equal((415, "anthropic"), (raw.Status, new PlainAnswer(415, raw.Body, []).Shape));
    }

    [Fact]
    public async Task Models_that_are_unknown_or_not_configured_are_named_with_the_nearest()
    {
        var unknown = await _gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat.Replace("p/ok", "q/ok", StringComparison.Ordinal));
        Assert.Equal((404, "openai"), (unknown.Status, unknown.Shape));
        Assert.Contains("p/ok", unknown.Body, StringComparison.Ordinal);
        var messages = await _gateway.CallAsync("POST", "/v1/messages", GatewayCalls.Messages.Replace("a/ok", "nobody/ok", StringComparison.Ordinal));
        Assert.Equal((404, "anthropic"), (messages.Status, messages.Shape));
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    [InlineData("/v1/models")]
    [InlineData("/metrics")]
    public async Task HEAD_is_GET_without_a_body(string path)
    {
        var answer = await _gateway.CallAsync("HEAD", path);
        Assert.Equal((200, ""), (answer.Status, answer.Body));
        var raw = await RawHttp.SendAsync(_gateway.Url, TimeSpan.FromSeconds(20), $"HEAD {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        Assert.Equal((200, ""), (raw.Status, raw.Body));
    }

    /// <summary>One gateway for all tests of this class.</summary>
    public sealed class Running : IAsyncLifetime
    {
        internal ScriptedServer Server { get; private set; } = null!;

        internal GatewayProcess Gateway { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Server = ScriptedServer.Start();
            Gateway = await GatewayProcess.StartAsync(RunningConfig.Of(Server));
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await Server.DisposeAsync();
        }
    }
}
