using System.Text.Json.Nodes;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Running;

public sealed class AuthenticationTests(AuthenticationTests.Running running) : IClassFixture<AuthenticationTests.Running>
{
    private const string Ci = "tok-ci-never-show-987654321";
    private readonly ScriptedServer _server = running.Server;
    private readonly GatewayProcess _gateway = running.Gateway;

    [Fact]
    public async Task Every_way_to_bring_a_token_is_taken_at_every_door()
    {
        (string Path, string Header, string Value)[] ways =
        [
            ("", "Authorization", "Bearer " + RunningConfig.Token), ("", "authorization", "bearer  " + RunningConfig.Token),
            ("", "x-api-key", RunningConfig.Token), ("", "x-goog-api-key", RunningConfig.Token), ("?key=" + RunningConfig.Token, "x-nothing", "1"),
        ];
        foreach (var (query, header, value) in ways)
        {
            var headers = new Dictionary<string, string> { [header] = value };
            Assert.Equal(200, (await _gateway.CallAsync("POST", "/v1/chat/completions" + query, GatewayCalls.Chat, headers)).Status);
            Assert.Equal(200, (await _gateway.CallAsync("POST", "/v1/messages" + query, GatewayCalls.Messages, headers)).Status);
            Assert.Equal(200, (await _gateway.GetAsync("/v1/models" + query, headers)).Status);
            Assert.Equal(200, (await _gateway.GetAsync("/openclaw/v1/status" + query, headers)).Status);
        }
    }

    [Theory]
    [InlineData("/v1/chat/completions", "openai")]
    [InlineData("/v1/messages", "anthropic")]
    [InlineData("/v1/messages/count_tokens", "anthropic")]
    public async Task No_token_a_wrong_one_and_a_huge_one_get_the_same_answer(string path, string shape)
    {
        var (bodies, before) = (new HashSet<string>(), _server.CountOf("ok"));
        string?[] tokens = [null, "", "wrong", RunningConfig.Token[..^1], RunningConfig.Token + "0", RunningConfig.Token.ToUpperInvariant(), new string('x', 10_000), new string(' ', 9_000)];
        foreach (var token in tokens)
        foreach (var header in (string[])["Authorization", "x-api-key"])
        {
            var headers = new Dictionary<string, string>();
            if (token is not null) headers[header] = header == "Authorization" ? "Bearer " + token : token;
            var answer = await _gateway.CallAsync("POST", path, GatewayCalls.Messages, headers);
            Assert.Equal((401, shape), (answer.Status, answer.Shape));
            bodies.Add(answer.Body.Replace(answer.Headers.GetValueOrDefault("x-openclaw-decision") ?? "none", "ID", StringComparison.Ordinal));
        }
        Assert.Single(bodies);
        Assert.Equal(before, _server.CountOf("ok"));
    }

    [Theory]
    [InlineData("Authorization: Bearer \u00ff\u00fe")]
    [InlineData("x-api-key: \u00d0\u00ba")]
    [InlineData("x-api-key: wrong\r\nx-api-key: " + RunningConfig.Token)]
    [InlineData("Authorization: Basic " + RunningConfig.Token)]
    public async Task Tokens_in_a_form_that_no_client_sends_are_not_taken(string header)
    {
        var answer = await RawHttp.SendAsync(_gateway.Url, TimeSpan.FromSeconds(20), $"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n{header}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}");
        Assert.True(answer.Status is 400 or 401, $"{answer.Status} {answer.Body}");
    }

    [Theory]
    [InlineData("/v1/models")]
    [InlineData("/v1/models/p/ok")]
    [InlineData("/openclaw/v1/status")]
    [InlineData("/openclaw/v1/models")]
    [InlineData("/openclaw/v1/decisions")]
    [InlineData("/openclaw/v1/decisions/dec_0")]
    public async Task Nothing_is_told_without_a_token(string path)
    {
        var answer = await _gateway.GetAsync(path);
        Assert.Equal((401, "openai"), (answer.Status, answer.Shape));
        Assert.DoesNotContain("p/ok", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/health")]
    [InlineData("/readyz")]
    [InlineData("/ready")]
    [InlineData("/startupz")]
    [InlineData("/metrics")]
    public async Task Probes_and_scrapers_need_none(string path) => Assert.Equal(200, (await _gateway.GetAsync(path)).Status);

    [Fact]
    public async Task A_client_may_use_what_its_own_list_allows()
    {
        var ci = RunningConfig.Bearer(Ci);
        Assert.Equal(200, (await _gateway.CallAsync("POST", "/v1/messages", GatewayCalls.Messages, ci)).Status);
        var before = _server.CountOf("ok");
        var refused = await _gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat, ci);
        Assert.Equal((403, "openai", "model_not_allowed"), (refused.Status, refused.Shape, refused.Json["error"]!["code"]!.GetValue<string>()));
        Assert.DoesNotContain("p/", refused.Json["error"]!["message"]!.GetValue<string>().Replace("\"p/ok\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(before, _server.CountOf("ok"));
    }

    [Fact]
    public async Task A_client_does_not_get_what_it_may_not_use_by_a_default_or_a_fallback()
    {
        var answer = await _gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat.Replace("p/ok", "openclaw", StringComparison.Ordinal), RunningConfig.Bearer(Ci));
        Assert.Equal(403, answer.Status);
        var fallback = await _gateway.CallAsync("POST", "/v1/messages", GatewayCalls.Messages.Replace("a/ok", "a/down", StringComparison.Ordinal), RunningConfig.Bearer(Ci));
        Assert.True(fallback.Status >= 500, fallback.Body);
    }

    [Fact]
    public async Task A_client_sees_its_own_models_and_no_control_interface()
    {
        var list = (await _gateway.GetAsync("/v1/models", RunningConfig.Bearer(Ci))).Body;
        Assert.DoesNotContain("\"p/", list, StringComparison.Ordinal);
        foreach (var path in (string[])["/openclaw/v1/status", "/openclaw/v1/decisions", "/openclaw/v1/models", "/openclaw/v1/decisions/dec_0"])
        {
            Assert.Equal(403, (await _gateway.GetAsync(path, RunningConfig.Bearer(Ci))).Status);
        }
    }

    /// <summary>One gateway for all tests of this class.</summary>
    public sealed class Running : IAsyncLifetime
    {
        internal ScriptedServer Server { get; private set; } = null!;

        internal GatewayProcess Gateway { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Server = ScriptedServer.Start();
            Gateway = await GatewayProcess.StartAsync(RunningConfig.WithToken(Server, c => c["clients"] = new JsonArray(new JsonObject
            {
                ["name"] = "ci", ["token"] = Ci, ["allow"] = new JsonArray("a/*"),
            })));
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await Server.DisposeAsync();
        }
    }
}
