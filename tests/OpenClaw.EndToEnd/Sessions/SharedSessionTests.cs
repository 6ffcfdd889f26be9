using System.Text.Json.Nodes;
using OpenClaw.EndToEnd.Money;
using OpenClaw.EndToEnd.Running;

namespace OpenClaw.EndToEnd.Sessions;

/// <summary>Two gateways on one real PostgreSQL: what is changed at one holds at the other within a second or two.</summary>
public sealed class SharedSessionTests
{
    private const string Path = "/openclaw/v1/sessions/";
    private const string Opus = "anthropic/claude-opus-4";
    private const string Default = "anthropic/claude-sonnet-4-20250514";

    [Fact]
    public async Task A_session_that_is_changed_at_one_gateway_is_changed_at_the_other()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var server = SessionConfig.Server();
        await using var a = await GatewayProcess.StartAsync(Config(server, postgres));
        await using var b = await GatewayProcess.StartAsync(Config(server, postgres));
        using var atA = new ChatClient(a.Url);
        using var atB = new ChatClient(b.Url);

        // Both have it in memory.
        Assert.Equal(Default, (await atA.SayAsync("hello", "s")).Header("x-openclaw-model"));
        await SeenAsync(b, "s", static s => Number(s, "requests") == 1);
        Assert.Equal(Default, (await atB.SayAsync("hello", "s")).Header("x-openclaw-model"));

        await atA.SayAsync($"/model {Opus} strict", "s");
        await SeenAsync(b, "s", static s => Text(s, "override") == Opus && s["strict"]!.GetValue<bool>());
        Assert.Equal(Opus, (await atB.SayAsync("hello", "s")).Header("x-openclaw-model"));
        // What the other counts does not take back what was set here, and its counts are seen.
        await SeenAsync(a, "s", static s => Text(s, "override") == Opus && Number(s, "requests") == 3);

        Assert.Equal(200, (await b.CallAsync("PATCH", Path + "s", """{"override":null,"title":"mine","usage":"full"}""", RunningConfig.Bearer())).Status);
        await SeenAsync(a, "s", static s => Text(s, "override") is null && Text(s, "title") == "mine" && Text(s, "usageFooter") == "full");
        Assert.Equal(Default, (await atA.SayAsync("hello", "s")).Header("x-openclaw-model"));

        Assert.Equal(200, (await a.CallAsync("POST", Path + "s/reset", "", RunningConfig.Bearer())).Status);
        await SeenAsync(b, "s", static s => Number(s, "requests") == 0 && Text(s, "title") == "mine");

        await atB.SayAsync($"/model {Opus}", "s");
        Assert.Equal(200, (await b.CallAsync("DELETE", Path + "s", null, RunningConfig.Bearer())).Status);
        await Until.TrueAsync("it is forgotten", () => a.GetAsync(Path + "s", RunningConfig.Bearer()), static r => r.Status == 404);
        Assert.Equal(Default, (await atA.SayAsync("hello", "s")).Header("x-openclaw-model"));
        await SeenAsync(b, "s", static s => Text(s, "override") is null && Number(s, "requests") == 1);
        Assert.Single((await b.GetAsync("/openclaw/v1/sessions", RunningConfig.Bearer())).Json["sessions"]!.AsArray());
    }

    [Fact]
    public async Task A_token_that_is_revoked_at_one_gateway_is_refused_by_the_other()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var server = SessionConfig.Server();
        await using var a = await GatewayProcess.StartAsync(Config(server, postgres));
        await using var b = await GatewayProcess.StartAsync(Config(server, postgres));
        var made = await a.CallAsync("POST", "/openclaw/v1/clients", """{"name":"late"}""", RunningConfig.Bearer());
        var token = made.Json["token"]!.GetValue<string>();
        Task<PlainAnswer> AskAsync(GatewayProcess gateway) => gateway.GetAsync("/v1/models", RunningConfig.Bearer(token));
        await Until.TrueAsync("the other knows the token", () => AskAsync(b), static r => r.Status == 200);
        Assert.Equal(200, (await a.CallAsync("POST", "/openclaw/v1/clients/late/revoke", "", RunningConfig.Bearer())).Status);
        Assert.Equal(401, (await AskAsync(a)).Status);
        await Until.TrueAsync("the other refuses it", () => AskAsync(b), static r => r.Status == 401);
    }

    [Fact]
    public async Task A_session_that_the_guard_stops_at_one_gateway_is_stopped_at_the_other_and_goes_on_at_both()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var server = SessionConfig.Server();
        await using var a = await GatewayProcess.StartAsync(Config(server, postgres));
        await using var b = await GatewayProcess.StartAsync(Config(server, postgres));
        Task<PlainAnswer> AskAsync(GatewayProcess gateway, int calls) => gateway.CallAsync("POST", "/v1/chat/completions", Loop(calls), SessionConfig.In("looping"));
        Assert.Equal(200, (await AskAsync(b, 3)).Status);
        Assert.Equal(429, (await AskAsync(a, 10)).Status);
        var stopped = await Until.TrueAsync("the other stops it", () => AskAsync(b, 1), static r => r.Status == 429);
        Assert.Contains("the tool look was called 10 times", stopped.Body, StringComparison.Ordinal);
        Assert.Equal(200, (await b.CallAsync("POST", Path + "looping/resume", "", RunningConfig.Bearer())).Status);
        Assert.Equal(200, (await AskAsync(b, 1)).Status);
        await Until.TrueAsync("it goes on at the first", () => AskAsync(a, 1), static r => r.Status == 200);
        Assert.Equal(200, (await AskAsync(b, 1)).Status);
    }

    [Fact]
    public async Task A_database_that_stands_still_holds_up_no_session()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var server = SessionConfig.Server();
        await using var gateway = await GatewayProcess.StartAsync(Config(server, postgres));
        using var client = new ChatClient(gateway.Url);
        await client.SayAsync($"/model {Opus}", "s");
        await postgres.FreezeAsync();
        for (var i = 0; i < 5; i++)
        {
            var reply = await client.AskAsync(new ChatAsk("default", ClientProtocol.Chat, false, "hello") { Headers = SessionConfig.In("s"), Limit = TimeSpan.FromSeconds(10) }, TestContext.Current.CancellationToken);
            Assert.Equal(Opus, reply.Header("x-openclaw-model"));
        }
        await postgres.ThawAsync();
        await SeenAsync(gateway, "s", static s => Number(s, "requests") == 5);
    }

    private static string Config(OpenClaw.Gateway.Providers.Scripted.ScriptedServer server, PostgresServer postgres) =>
        SessionConfig.Of(server, config =>
        {
            config["storage"] = new JsonObject { ["url"] = postgres.Url };
            // The count of tool calls alone: a loop of so little costs next to nothing, and the tests ask the same thing until it is so.
            config["guard"] = new JsonObject { ["loopSpend"] = 0, ["identicalRequests"] = 0 };
        });

    private static Task SeenAsync(GatewayProcess gateway, string session, Func<JsonNode, bool> isSo) =>
        Until.TrueAsync("the session at the other gateway", () => gateway.GetAsync(Path + session, RunningConfig.Bearer()), r => r.Status == 200 && isSo(r.Json));

    private static string? Text(JsonNode session, string name) => session[name]?.GetValue<string>();

    private static long Number(JsonNode session, string name) => session[name]!.GetValue<long>();

    private static string Loop(int calls) =>
        $$"""{"model":"openai/gpt-4o","messages":[{"role":"user","content":"go"}{{string.Concat(Enumerable.Range(0, calls).Select(Call))}}]}""";

    private static string Call(int i) =>
        $$""",{"role":"assistant","content":null,"tool_calls":[{"id":"c{{i}}","type":"function","function":{"name":"look","arguments":"{}"} }]},{"role":"tool","tool_call_id":"c{{i}}","content":"nothing"}""";
}
