using System.Globalization;
using System.Text.RegularExpressions;
using OpenClaw.EndToEnd.Running;
using OpenClaw.Gateway.Providers.Scripted;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Money;

/// <summary>Sessions that spend without getting anywhere, at the built binary: when each is stopped, what its client is told, how it goes on. What needs a clock's time is shown in process (GuardOnTheWireTests).</summary>
public sealed class RunawayTests
{
    private const string Config = """{ "defaultModel": "scripted/ok", "models": { "providers": { "scripted": {} } } }""";

    [Fact]
    public async Task A_session_that_loops_is_stopped_and_resumed()
    {
        await using var gateway = await GatewayProcess.StartAsync(Config);
        var session = new Dictionary<string, string> { ["x-openclaw-session"] = "main" };
        Assert.Equal(200, (await gateway.CallAsync("POST", "/v1/chat/completions", Loop(9), session)).Status);
        var stopped = await gateway.CallAsync("POST", "/v1/chat/completions", Loop(10), session);
        Assert.Equal((429, "openai", "runaway_stopped"), (stopped.Status, stopped.Shape, stopped.Json["error"]!["code"]!.GetValue<string>()));
        Assert.Contains("the tool look was called 10 times", stopped.Body, StringComparison.Ordinal);
        Assert.Equal("refused", (await gateway.DecisionAsync(stopped.Headers["x-openclaw-decision"]))["outcome"]!.GetValue<string>());
        Assert.Contains("runaway guard: session main", gateway.Log, StringComparison.Ordinal);
        Assert.Equal(200, (await gateway.CallAsync("POST", "/openclaw/v1/sessions/main/resume", "")).Status);
        Assert.Equal(200, (await gateway.CallAsync("POST", "/v1/chat/completions", Loop(3), session)).Status);
    }

    [Theory]
    // A request costs $0.001001: the eleventh, once they come to a quarter of loopSpend; or the fifth, when they come to all of it.
    [InlineData("/v1/chat/completions", "0.04", 10)]
    [InlineData("/v1/messages", "0.04", 10)]
    [InlineData("/v1/chat/completions", "0.004", 4)]
    public async Task The_same_request_again_and_again_is_stopped_at_the_documented_count_and_goes_on_when_told_to(string path, string loopSpend, int answered)
    {
        await using var provider = new CountingProvider();
        await using var gateway = await GatewayProcess.StartAsync($$"""{ "models": { "providers": { {{provider.Config("talk-100")}} } }, "guard": { "loopSpend": {{loopSpend}} } }""");
        for (var i = 0; i < answered; i++) Assert.Equal(200, (await AskAsync(gateway, Hello, path)).Status);
        var stopped = await AskAsync(gateway, Hello, path);
        await AssertStoppedAsync(gateway, stopped, "identical_requests", $"the same request came {answered + 1} times with nothing else in between ($0.0");
        Assert.Equal(answered, provider.Calls);
        // Whatever it asks now; another session goes on.
        Assert.Equal(429, (await AskAsync(gateway, Hello.Replace("hello", "something else", StringComparison.Ordinal))).Status);
        Assert.Equal(200, (await gateway.CallAsync("POST", "/v1/chat/completions", Hello)).Status);

        var resumed = await AskAsync(gateway, Hello.Replace("hello", "/budget resume", StringComparison.Ordinal));
        Assert.Equal((200, "command"), (resumed.Status, (await gateway.DecisionAsync(resumed.Headers["x-openclaw-decision"]))["outcome"]!.GetValue<string>()));
        Assert.Empty((await gateway.GetAsync("/openclaw/v1/guard")).Json["stopped"]!.AsArray());
        // A fresh allowance, and no more than one.
        for (var i = 0; i < answered; i++) Assert.Equal(200, (await AskAsync(gateway, Hello, path)).Status);
        Assert.Equal(429, (await AskAsync(gateway, Hello, path)).Status);
        Assert.Contains("openclaw_runaway_trips_total{kind=\"identical_requests\"} 2\n", (await gateway.GetAsync("/metrics")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_request_that_fails_five_times_in_a_row_is_stopped_and_told_when_to_come_again()
    {
        await using var server = ScriptedServer.Start();
        await using var gateway = await GatewayProcess.StartAsync(RunningConfig.Of(server, static config => config["routing"] = new System.Text.Json.Nodes.JsonObject { ["retries"] = 0 }));
        var large = GatewayCalls.Chat.Replace("p/ok", "p/error-500", StringComparison.Ordinal).Replace("hello", string.Concat(Enumerable.Repeat("hello ", 6000)), StringComparison.Ordinal);
        var small = GatewayCalls.Chat.Replace("p/ok", "p/error-500", StringComparison.Ordinal);
        for (var i = 0; i < 5; i++) Assert.InRange((await AskAsync(gateway, large)).Status, 500, 599);
        var stopped = await AskAsync(gateway, large);
        await AssertStoppedAsync(gateway, stopped, "error_loop", " failed 5 times in a row ($0.00 since ", comesAgain: true);
        // A twentieth of the cooldown, less what has passed of it.
        Assert.InRange(int.Parse(stopped.Headers["Retry-After"], CultureInfo.InvariantCulture), 1, 30);
        Assert.Equal(5, server.CountOf("error-500"));

        var resumed = await gateway.CallAsync("POST", "/openclaw/v1/sessions/main/resume", "");
        Assert.Equal((200, true, "error_loop"), (resumed.Status, resumed.Json["wasStopped"]!.GetValue<bool>(), resumed.Json["kind"]!.GetValue<string>()));
        // What is small may fail as often as it likes, and an answer ends what was counted.
        for (var i = 0; i < 6; i++) Assert.InRange((await AskAsync(gateway, small)).Status, 500, 599);
        for (var i = 0; i < 4; i++) Assert.InRange((await AskAsync(gateway, large)).Status, 500, 599);
        Assert.Equal(200, (await AskAsync(gateway, GatewayCalls.Chat)).Status);
        for (var i = 0; i < 5; i++) Assert.InRange((await AskAsync(gateway, large)).Status, 500, 599);
        Assert.Equal(429, (await AskAsync(gateway, large)).Status);
    }

    [Fact]
    public async Task Failures_that_are_likely_to_be_billed_are_stopped_before_they_come_to_the_loops_bound()
    {
        await using var server = ScriptedServer.Start();
        await using var gateway = await GatewayProcess.StartAsync(RunningConfig.Of(server, static config =>
        {
            config["models"]!["providers"]!["p"]!["models"] = System.Text.Json.Nodes.JsonNode.Parse("""[{ "id": "ok" }, { "id": "silent", "cost": { "input": 50, "output": 50 } }]""");
            config["routing"] = System.Text.Json.Nodes.JsonNode.Parse("""{ "retries": 0, "timeouts": { "headers": "100ms", "firstToken": "100ms" } }""");
        }));
        // Some $0.30 each to be silent about, so that the fourth might pass the 90 cents.
        var large = GatewayCalls.Chat.Replace("\"p/ok\"", "\"p/silent\",\"stream\":true,\"max_tokens\":1", StringComparison.Ordinal).Replace("hello", string.Concat(Enumerable.Repeat("hello ", 6000)), StringComparison.Ordinal);
        var tries = 0;
        PlainAnswer answer;
        do answer = await AskAsync(gateway, large);
        while (answer.Status != 429 && ++tries < 10);
        Assert.InRange(tries, 1, 4);
        await AssertStoppedAsync(gateway, answer, "error_loop", " in a row ($0.", comesAgain: true);
        Assert.InRange(decimal.Parse(Regex.Match(answer.Body, @"\(\$(\d+\.\d+) since ").Groups[1].Value, CultureInfo.InvariantCulture), 0.2m, 0.9m);
    }

    [Fact]
    public async Task A_session_that_spends_its_hour_s_bound_is_stopped_and_another_is_not()
    {
        await using var provider = new CountingProvider();
        await using var gateway = await GatewayProcess.StartAsync($$"""{ "models": { "providers": { {{provider.Config("talk-100")}} } }, "guard": { "spendPerHour": 0.003, "loopSpend": 0 } }""");
        // $0.001001 each: after the third the bound is reached.
        for (var i = 0; i < 3; i++) Assert.Equal(200, (await AskAsync(gateway, Hello.Replace("hello", "part" + i, StringComparison.Ordinal))).Status);
        var stopped = await AskAsync(gateway, Hello);
        await AssertStoppedAsync(gateway, stopped, "spend_rate", "$0.003 were spent in sixty minutes, where $0.003 is the bound (guard.spendPerHour)");
        Assert.Equal(200, (await gateway.CallAsync("POST", "/v1/chat/completions", Hello, new Dictionary<string, string> { ["x-openclaw-session"] = "other" })).Status);
        Assert.Equal(200, (await gateway.CallAsync("POST", "/openclaw/v1/sessions/main/resume", "")).Status);
        Assert.Equal(200, (await AskAsync(gateway, Hello)).Status);
    }

    [Fact]
    public async Task A_stop_outlives_a_kill_of_the_gateway_and_so_does_its_end()
    {
        var folder = Directory.CreateTempSubdirectory("openclaw-guard-").FullName;
        try
        {
            await using (var first = await GatewayProcess.StartAsync(Config, keep: folder))
            {
                Assert.Equal(429, (await AskAsync(first, Loop(10))).Status);
                await first.KillAsync();
            }
            await using (var second = await GatewayProcess.StartAsync(Config, keep: folder))
            {
                await Until.TrueAsync("it knows of the stop", () => second.GetAsync("/openclaw/v1/guard"), a => a.Json["stopped"]!.AsArray().Count == 1);
                var refused = await AskAsync(second, Loop(1));
                Assert.Equal((429, true), (refused.Status, refused.Body.Contains("the tool look was called 10 times", StringComparison.Ordinal)));
                Assert.Equal(200, (await second.CallAsync("POST", "/openclaw/v1/sessions/main/resume", "")).Status);
                await second.KillAsync();
            }
            await using var third = await GatewayProcess.StartAsync(Config, keep: folder);
            await Until.TrueAsync("the journal is read", () => MoneyStage.LedgerAsync(third), l => l["open"]!.GetValue<bool>() && l["waiting"]!.GetValue<long>() == 0);
            Assert.Equal(200, (await AskAsync(third, Loop(1))).Status);
            Assert.Empty((await third.GetAsync("/openclaw/v1/guard")).Json["stopped"]!.AsArray());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private const string Hello = """{"model":"count/talk-100","max_tokens":100,"messages":[{"role":"user","content":"hello"}]}""";

    private static Task<PlainAnswer> AskAsync(GatewayProcess gateway, string body, string path = "/v1/chat/completions") =>
        gateway.CallAsync("POST", path, body, new Dictionary<string, string> { ["x-openclaw-session"] = "main", ["x-openclaw-fallback"] = "off" });

    // What the client gets, and where an operator finds it: the decision, the metric, the log, the list of stops.
    private static async Task AssertStoppedAsync(GatewayProcess gateway, PlainAnswer stopped, string kind, string saw, bool comesAgain = false)
    {
        Assert.True(stopped.Status == 429, stopped.Body);
        var error = stopped.Json["error"]!;
        Assert.Equal("rate_limit_error", error["type"]!.GetValue<string>());
        if (stopped.Shape == "openai") Assert.Equal("runaway_stopped", error["code"]!.GetValue<string>());
        else Assert.Equal("anthropic", stopped.Shape);
        var message = error["message"]!.GetValue<string>();
        Assert.StartsWith("the runaway guard stopped session \"main\": ", message, StringComparison.Ordinal);
        Assert.Contains(saw, message, StringComparison.Ordinal);
        Assert.EndsWith(", or at once with /budget resume in the session or POST /openclaw/v1/sessions/main/resume", message, StringComparison.Ordinal);
        Assert.Equal((comesAgain ? "true" : "false", comesAgain), (stopped.Headers["x-should-retry"], stopped.Headers.ContainsKey("Retry-After")));

        var decision = await gateway.DecisionAsync(stopped.Headers["x-openclaw-decision"]);
        Assert.Equal(("refused", 429, "main"), (decision["outcome"]!.GetValue<string>(), decision["status"]!.GetValue<int>(), decision["session"]!.GetValue<string>()));
        Assert.Contains(saw, decision["error"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains(decision["notes"]!.AsArray(), static n => n!.GetValue<string>() == "refused by the runaway guard");
        Assert.Empty(decision["attempts"]!.AsArray());
        Assert.Contains($"openclaw_runaway_trips_total{{kind=\"{kind}\"}} 1\n", (await gateway.GetAsync("/metrics")).Body, StringComparison.Ordinal);
        var stop = Assert.Single((await gateway.GetAsync("/openclaw/v1/guard")).Json["stopped"]!.AsArray())!;
        Assert.Equal(("owner", "main", kind), (stop["caller"]!.GetValue<string>(), stop["session"]!.GetValue<string>(), stop["kind"]!.GetValue<string>()));
        Assert.Contains("runaway guard: session main of owner is stopped until ", gateway.Log, StringComparison.Ordinal);
    }

    private static string Loop(int calls) =>
        $$"""{"model":"default","messages":[{"role":"user","content":"go"}{{string.Concat(Enumerable.Range(0, calls).Select(Call))}}]}""";

    private static string Call(int i) =>
        $$""",{"role":"assistant","content":null,"tool_calls":[{"id":"c{{i}}","type":"function","function":{"name":"look","arguments":"{}"} }]},{"role":"tool","tool_call_id":"c{{i}}","content":"nothing"}""";
}
