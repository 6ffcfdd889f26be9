using System.Text.Json;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Admission;

/// <summary>Rates and the guard as a client of a running gateway meets them.</summary>
public sealed class AdmissionOnTheWireTests
{
    [Fact]
    public async Task A_client_beyond_its_rate_is_told_when_to_come_again_in_its_own_protocol()
    {
        await using var gateway = await RunningGateway.StartAsync("""{ "defaultModel": "scripted/ok", "models": { "providers": { "scripted": {} } }, "limits": [{ "scope": "client", "requestsPerMinute": 2 }] }""");
        var (first, _) = await gateway.PostAsync("/v1/chat/completions", Chat);
        Assert.Equal(("200", "2", "1"), ($"{(int)first.StatusCode}", Header(first, "x-ratelimit-limit-requests"), Header(first, "x-ratelimit-remaining-requests")));
        await gateway.PostAsync("/v1/chat/completions", Chat);
        var (refused, body) = await gateway.PostAsync("/v1/chat/completions", Chat);
        Assert.Equal((429, "true"), ((int)refused.StatusCode, Header(refused, "x-should-retry")));
        Assert.InRange(int.Parse(Header(refused, "Retry-After")!), 1, 30);
        Assert.InRange(int.Parse(Header(refused, "retry-after-ms")!), 1, 30_000);
        Assert.Equal("rate_limit_exceeded", JsonDocument.Parse(body).RootElement.GetProperty("error").GetProperty("code").GetString());
        var (messages, other) = await gateway.PostAsync("/v1/messages", Messages);
        Assert.Equal((429, "0"), ((int)messages.StatusCode, Header(messages, "anthropic-ratelimit-requests-remaining")));
        Assert.Equal("rate_limit_error", JsonDocument.Parse(other).RootElement.GetProperty("error").GetProperty("type").GetString());
        var decision = (await gateway.StopAsync())[Header(refused, "x-openclaw-decision")!];
        Assert.Equal("refused", decision.GetProperty("outcome").GetString());
        Assert.Equal(0, decision.GetProperty("attempts").GetArrayLength());
    }

    [Fact]
    public async Task A_model_whose_rate_is_used_up_is_passed_over_until_none_is_left()
    {
        await using var gateway = await RunningGateway.StartAsync("""
            { "defaultModel": "scripted/ok", "models": { "fallbacks": ["scripted/ok-no-prefill"], "providers": { "scripted": {} } },
              "limits": [{ "scope": "model:scripted/ok", "requestsPerMinute": 1 }, { "scope": "provider:scripted", "requestsPerMinute": 2 }] }
            """);
        var answers = new List<HttpResponseMessage>();
        for (var i = 0; i < 3; i++) answers.Add((await gateway.PostAsync("/v1/chat/completions", Chat)).Answer);
        Assert.Equal(["scripted/ok", "scripted/ok-no-prefill", null], answers.Select(static a => Header(a, "x-openclaw-model")));
        Assert.Equal(429, (int)answers[2].StatusCode);
        Assert.InRange(int.Parse(Header(answers[2], "Retry-After")!), 1, 60);
        Assert.Null(Header(answers[0], "x-ratelimit-limit-requests"));
        var decisions = await gateway.StopAsync();
        Assert.Contains("passed over, scripted/ok's 1 request a minute", decisions[Header(answers[1], "x-openclaw-decision")!].GetProperty("notes")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_in_a_loop_is_stopped_and_resumed()
    {
        await using var gateway = await RunningGateway.StartAsync("""{ "defaultModel": "scripted/ok", "models": { "providers": { "scripted": {} } }, "guard": { "toolLoop": 4 } }""");
        var talk = new Conversation().User("go");
        for (var i = 0; i < 4; i++) talk.Tool("look", "{}", "nothing");
        var loop = System.Text.Encoding.UTF8.GetString(talk.Body()).Replace("\"m\"", "\"scripted/ok\"", StringComparison.Ordinal);
        var (stopped, body) = await gateway.PostAsync("/v1/chat/completions", loop, ("x-openclaw-session", "a b/c"));
        Assert.Equal((429, "false"), ((int)stopped.StatusCode, Header(stopped, "x-should-retry")));
        Assert.Null(Header(stopped, "Retry-After"));
        Assert.Contains("/openclaw/v1/sessions/a%20b%2Fc/resume", body, StringComparison.Ordinal);
        Assert.Contains("runaway_stopped", body, StringComparison.Ordinal);
        Assert.Equal(429, (int)(await gateway.PostAsync("/v1/chat/completions", Chat, ("x-openclaw-session", "a b/c"))).Answer.StatusCode);
        Assert.Equal(200, (int)(await gateway.PostAsync("/v1/chat/completions", Chat, ("x-openclaw-session", "another"))).Answer.StatusCode);
        Assert.Equal(200, (int)(await gateway.PostAsync("/v1/chat/completions", Chat)).Answer.StatusCode);
        Assert.Contains("openclaw_runaway_trips_total{kind=\"tool_loop\"} 1", await gateway.Client.GetStringAsync(new Uri(gateway.Address, "/metrics"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains("a b/c", await gateway.Client.GetStringAsync(new Uri(gateway.Address, "/openclaw/v1/guard"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var (resumed, answer) = await gateway.PostAsync("/openclaw/v1/sessions/a%20b%2Fc/resume", "");
        Assert.Equal((200, true), ((int)resumed.StatusCode, JsonDocument.Parse(answer).RootElement.GetProperty("wasStopped").GetBoolean()));
        Assert.Equal(200, (int)(await gateway.PostAsync("/v1/chat/completions", Chat, ("x-openclaw-session", "a b/c"))).Answer.StatusCode);
        Assert.Equal(404, (int)(await gateway.PostAsync("/openclaw/v1/sessions/nobody/resume", "")).Answer.StatusCode);
        var decision = (await gateway.StopAsync())[Header(stopped, "x-openclaw-decision")!];
        Assert.Equal("refused", decision.GetProperty("outcome").GetString());
        Assert.Contains("runaway guard", decision.GetProperty("notes").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopped_conversation_without_a_session_is_resumed_as_its_refusal_says()
    {
        await using var gateway = await RunningGateway.StartAsync("""{ "defaultModel": "scripted/ok", "models": { "providers": { "scripted": {} } }, "guard": { "toolLoop": 4 } }""");
        var talk = new Conversation().User("go");
        for (var i = 0; i < 4; i++) talk.Tool("look", "{}", "nothing");
        var (stopped, body) = await gateway.PostAsync("/v1/chat/completions", System.Text.Encoding.UTF8.GetString(talk.Body()).Replace("\"m\"", "\"scripted/ok\"", StringComparison.Ordinal));
        Assert.Equal(429, (int)stopped.StatusCode);
        var advice = System.Text.RegularExpressions.Regex.Match(body, "or at once with (/budget resume ~[0-9a-f]{8}) or POST");
        Assert.True(advice.Success, body);
        var (_, answer) = await gateway.PostAsync("/v1/chat/completions", $$"""{"model":"scripted/ok","messages":[{"role":"user","content":"{{advice.Groups[1].Value}}"}]}""");
        Assert.Contains("goes on", answer, StringComparison.Ordinal);
        using var stops = JsonDocument.Parse(await gateway.Client.GetStringAsync(new Uri(gateway.Address, "/openclaw/v1/guard"), TestContext.Current.CancellationToken));
        Assert.Empty(stops.RootElement.GetProperty("stopped").EnumerateArray());
    }

    [Fact]
    public async Task Without_the_guard_nothing_is_stopped()
    {
        await using var gateway = await RunningGateway.StartAsync("""{ "defaultModel": "scripted/ok", "models": { "providers": { "scripted": {} } }, "guard": { "enabled": false } }""");
        var talk = new Conversation().User("go");
        for (var i = 0; i < 60; i++) talk.Tool("look", "{}", "nothing");
        var loop = System.Text.Encoding.UTF8.GetString(talk.Body()).Replace("\"m\"", "\"scripted/ok\"", StringComparison.Ordinal);
        Assert.Equal(200, (int)(await gateway.PostAsync("/v1/chat/completions", loop, ("x-openclaw-session", "s"))).Answer.StatusCode);
    }

    private const string Chat = """{"model":"default","messages":[{"role":"user","content":"hello"}]}""";

    private const string Messages = """{"model":"default","max_tokens":50,"messages":[{"role":"user","content":"hello"}]}""";

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) || answer.Content.Headers.TryGetValues(name, out values) ? string.Join(",", values) : null;
}
