using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>What a second try on the same target changes, and what a failure is taken for whose answer was lost in part.</summary>
public sealed class SecondTryTests
{
    private const string Signature = """{"type":"error","error":{"type":"invalid_request_error","message":"messages.1.content.0: Invalid `signature` in `thinking` block"}}""";
    private const string Prefill = """{"type":"error","error":{"type":"invalid_request_error","message":"This model does not support assistant message prefill."}}""";

    [Fact]
    public async Task A_foreign_signature_is_taken_out_also_when_the_target_was_overloaded_before()
    {
        await using var stage = await ScriptedStage.StartAsync([], retries: 1);
        stage.Server.On("moody", static x => MoodyAsync(x, Signature));
        var (answer, body) = await stage.Gateway.PostAsync("/v1/messages", """
            {
              "model": "a/moody", "max_tokens": 1000,
              "messages": [
                { "role": "user", "content": "hi" },
                { "role": "assistant", "content": [{ "type": "thinking", "thinking": "hm", "signature": "of-another" }, { "type": "text", "text": "yes" }] },
                { "role": "user", "content": "and?" }
              ]
            }
            """);
        using var _ = answer;
        Assert.True(answer.IsSuccessStatusCode, body);
        Assert.Equal([true, true, false], stage.Asked.Select(static c => Encoding.UTF8.GetString(c.Body.Span).Contains("of-another", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_prefill_that_is_refused_is_left_out_also_when_the_target_was_overloaded_before()
    {
        await using var stage = await ScriptedStage.StartAsync(["a/moody"], retries: 1, providers: static server => $$"""
            "a": { "api": "anthropic-messages", "baseUrl": "{{server.Origin}}", "apiKey": "sk-of-a", "prefill": true }
            """);
        stage.Server.On("half", static x => ScriptedStage.SayAsync(x, "The lobster is", cut: true));
        stage.Server.On("moody", static x => MoodyAsync(x, Prefill));
        var answer = await stage.AskAsync("a/half", messages: true);
        Assert.Equal("The lobster is home.", answer.Text);
        Assert.False(answer.HasErrorEvent, answer.Body);
        Assert.Equal([true, true, false], stage.Asked.Skip(1).Select(static c => c.IsPrefill));
    }

    [Fact]
    public async Task A_limit_that_asks_for_no_wait_is_asked_again_on_the_same_target()
    {
        await using var stage = await ScriptedStage.StartAsync(["p/ok"], retries: 1);
        stage.Server.On("limited", static x => x.Call.Attempt == 1 ? x.ErrorAsync(ScriptedError.RateLimited, retryAfter: TimeSpan.Zero) : ScriptedStage.SayAsync(x, "now"));
        var answer = await stage.AskAsync("p/limited");
        Assert.Equal("now", answer.Text);
        var attempts = (await stage.DecisionAsync(answer)).GetProperty("attempts");
        Assert.Equal(["rateLimited", "ok"], Failures(attempts));
        Assert.All(attempts.EnumerateArray(), static a => Assert.False(a.TryGetProperty("waitedMs", out var waited) && waited.GetDouble() > 0));
    }

    [Fact]
    public async Task One_that_asks_for_no_wait_twice_is_passed_by_and_its_key_set_aside()
    {
        await using var stage = await ScriptedStage.StartAsync(["p/ok"], retries: 2);
        stage.Server.On("limited", static x => x.ErrorAsync(ScriptedError.RateLimited, retryAfter: TimeSpan.Zero));
        var answer = await stage.AskAsync("p/limited");
        Assert.Equal("p/ok", answer.Headers["x-openclaw-model"]);
        Assert.Equal(["rateLimited", "rateLimited", "ok"], Failures((await stage.DecisionAsync(answer)).GetProperty("attempts")));
    }

    [Fact]
    public async Task A_connection_that_ends_as_the_request_comes_costs_no_wait_no_retry_and_no_trust()
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        // The second request comes over the first one's connection, and nothing is said to it.
        stage.Server.On("closing", static x => x.Call.Attempt == 2 ? Task.CompletedTask : ScriptedStage.SayAsync(x, "still there"));
        Assert.Equal(200, (await stage.AskAsync("p/closing", stream: false)).Status);
        var answer = await stage.AskAsync("p/closing", stream: false);
        Assert.True(answer.Status == 200, answer.Body);
        var attempts = (await stage.DecisionAsync(answer)).GetProperty("attempts");
        Assert.Equal(["reset", "ok"], Failures(attempts));
        Assert.All(attempts.EnumerateArray(), static a => Assert.False(a.TryGetProperty("waitedMs", out var waited) && waited.GetDouble() > 0));
    }

    [Fact]
    public async Task A_new_connection_that_ends_so_is_the_targets_failure()
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        stage.Server.On("closing", static x => x.Call.Attempt >= 2 ? Task.CompletedTask : ScriptedStage.SayAsync(x, "still there"));
        Assert.Equal(200, (await stage.AskAsync("p/closing", stream: false)).Status);
        var answer = await stage.AskAsync("p/closing", stream: false);
        Assert.Equal(502, answer.Status);
        Assert.Equal(["reset", "reset"], Failures((await stage.DecisionAsync(answer)).GetProperty("attempts")));
    }

    [Theory]
    [InlineData(401, false, "credential")]
    [InlineData(429, false, "rateLimited")]
    [InlineData(429, true, "rateLimited")]
    public async Task An_error_whose_body_breaks_or_stands_still_is_what_its_status_says(int status, bool stalls, string failure)
    {
        await using var stage = await ScriptedStage.StartAsync([], providers: static server => $$"""
            "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKeys": ["one", "two"] }
            """);
        stage.Server.On("half", x => x.Call.Attempt == 1 ? HalfErrorAsync(x, status, stalls) : ScriptedStage.SayAsync(x, "answered"));
        var answer = await stage.AskAsync("p/half");
        Assert.Equal("answered", answer.Text);
        var attempts = (await stage.DecisionAsync(answer)).GetProperty("attempts");
        Assert.Equal([failure, "ok"], Failures(attempts));
        Assert.Equal((status, "p#2 (config)"), (attempts[0].GetProperty("status").GetInt32(), attempts[1].GetProperty("key").GetString()));
    }

    private static async Task HalfErrorAsync(ScriptedExchange x, int status, bool stalls)
    {
        await x.HeadAsync(status, "application/json", 200);
        await x.Connection.WriteAsync("{\"error\":{\"message\":\"no, because");
        if (stalls) await Task.Delay(Timeout.InfiniteTimeSpan, x.Connection.PeerClosed).ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    private static Task MoodyAsync(ScriptedExchange x, string refusal) => x.Call.Attempt switch
    {
        1 => x.ErrorAsync(ScriptedError.Overloaded),
        2 => x.WholeAsync(400, "application/json", Encoding.UTF8.GetBytes(refusal)),
        _ => ScriptedStage.SayAsync(x, "The lobster is home."),
    };

    private static IEnumerable<string?> Failures(JsonElement attempts) =>
        attempts.EnumerateArray().Select(static a => a.TryGetProperty("failure", out var failure) ? failure.GetString() : "ok");
}
