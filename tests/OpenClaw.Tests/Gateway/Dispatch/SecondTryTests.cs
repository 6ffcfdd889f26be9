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

    private const string NoEffort = """{"error":{"message":"Function tools with reasoning_effort are not supported for gpt-5.6 in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.","type":"invalid_request_error","param":"reasoning_effort","code":null}}""";

    [Fact]
    public async Task What_a_target_names_as_refused_is_left_out_of_what_is_written_for_it_then_and_later()
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        stage.Server.On("strict", static x => Body(x.Call).TryGetProperty("temperature", out _) ? RefuseAsync(x, "temperature", "unsupported_value", "does not support 0.2 with this model. Only the default (1) value is supported.")
            : Body(x.Call).TryGetProperty("top_p", out _) ? RefuseAsync(x, "top_p", "unsupported_parameter", "is not supported with this model.")
            : ScriptedStage.SayAsync(x, "yes"));
        for (var i = 0; i < 2; i++)
        {
            var (answer, body) = await stage.Gateway.PostAsync("/v1/messages", """{ "model": "p/strict", "max_tokens": 100, "temperature": 0.2, "top_p": 0.9, "messages": [{ "role": "user", "content": "hi" }] }""");
            using var _ = answer;
            Assert.True(answer.IsSuccessStatusCode, body);
            Assert.Contains("temperature, top_p", string.Join("; ", answer.Headers.GetValues("x-openclaw-warnings")), StringComparison.Ordinal);
        }
        Assert.Equal([true, false, false, false], stage.Asked.Select(static c => Body(c).TryGetProperty("temperature", out _)));
        Assert.Equal([true, true, false, false], stage.Asked.Select(static c => Body(c).TryGetProperty("top_p", out _)));
    }

    [Theory]
    [InlineData(NoEffort, "none")]
    [InlineData("""{"code":"Client specified an invalid argument","error":"Model grok-4 does not support parameter reasoningEffort."}""", null)]
    [InlineData("""{"error":{"message":"Unrecognized request argument supplied: reasoning_effort","type":"invalid_request_error","param":null,"code":null}}""", null)]
    public async Task A_model_that_refuses_to_be_told_how_hard_to_think_is_asked_without(string refusal, string? second)
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        stage.Server.On("strict", x => x.Call.Attempt == 1 ? x.WholeAsync(400, "application/json", Encoding.UTF8.GetBytes(refusal)) : ScriptedStage.SayAsync(x, "yes"));
        var (answer, body) = await stage.Gateway.PostAsync("/v1/messages", """{ "model": "p/strict", "max_tokens": 3000, "thinking": { "type": "enabled", "budget_tokens": 2048 }, "messages": [{ "role": "user", "content": "hi" }] }""");
        using var _ = answer;
        Assert.True(answer.IsSuccessStatusCode, body);
        Assert.Equal(["medium", second], stage.Asked.Select(static c => Body(c).TryGetProperty("reasoning_effort", out var effort) ? effort.GetString() : null));
    }

    [Fact]
    public async Task A_callers_own_request_in_the_targets_protocol_is_not_changed_for_a_refusal()
    {
        await using var stage = await ScriptedStage.StartAsync(["p/ok"]);
        stage.Server.On("strict", static x => RefuseAsync(x, "temperature", "unsupported_value", "does not support 0.2 with this model."));
        var (answer, body) = await stage.Gateway.PostAsync("/v1/chat/completions", """{ "model": "p/strict", "temperature": 0.2, "messages": [{ "role": "user", "content": "hi" }] }""");
        using var _ = answer;
        Assert.True(answer.IsSuccessStatusCode, body);
        Assert.Equal("p/ok", answer.Headers.GetValues("x-openclaw-model").Single());
    }

    [Fact]
    public async Task Thoughts_in_the_history_that_a_strict_server_has_no_field_for_are_taken_out()
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        stage.Server.On("strict", static x => Encoding.UTF8.GetString(x.Call.Body.Span).Contains("reasoning_content", StringComparison.Ordinal)
            ? x.WholeAsync(400, "application/json", """{"error":{"message":"'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : property 'reasoning_content' is unsupported)]","type":"invalid_request_error"}}"""u8.ToArray())
            : ScriptedStage.SayAsync(x, "yes"));
        var (answer, body) = await stage.Gateway.PostAsync("/v1/chat/completions", """{ "model": "p/strict", "messages": [{ "role": "user", "content": "hi" }, { "role": "assistant", "content": "yes", "reasoning_content": "hm" }, { "role": "user", "content": "and?" }] }""");
        using var _ = answer;
        Assert.True(answer.IsSuccessStatusCode, body);
        Assert.Equal(2, stage.Asked.Count);
    }

    [Theory]
    [InlineData("/v1/chat/completions", "max_completion_tokens")]
    [InlineData("/v1/messages", "max_tokens")]
    public async Task A_server_that_does_not_know_the_new_name_of_the_limit_is_given_the_old_one_from_then_on(string path, string name)
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        stage.Server.On("strict", static x => ForbidAsync(x, "max_completion_tokens"));
        foreach (var said in (string[])[name, name, "max_tokens"])
        {
            var (answer, body) = await stage.Gateway.PostAsync(path, $$"""{ "model": "p/strict", "{{said}}": 300, "messages": [{ "role": "user", "content": "hi" }] }""");
            using var _ = answer;
            Assert.True(answer.IsSuccessStatusCode, body);
        }
        Assert.Equal(path == "/v1/messages" ? [300, 300, 300] : [null, 300, 300, 300], stage.Asked.Select(static c => Body(c).TryGetProperty("max_tokens", out var limit) ? limit.GetInt32() : (int?)null));
    }

    [Fact]
    public async Task A_server_that_has_learned_the_new_name_since_is_given_it_again()
    {
        var takes = "max_tokens";
        await using var stage = await ScriptedStage.StartAsync([]);
        stage.Server.On("strict", x => Body(x.Call).TryGetProperty(takes, out _)
            ? ScriptedStage.SayAsync(x, "yes")
            : ForbidAsync(x, takes == "max_tokens" ? "max_completion_tokens" : "max_tokens", takes == "max_tokens" ? "" : "Use max_completion_tokens instead of max_tokens."));
        foreach (var now in (string[])["max_tokens", "max_completion_tokens", "max_tokens"])
        {
            takes = now;
            var (answer, body) = await stage.Gateway.PostAsync("/v1/chat/completions", """{ "model": "p/strict", "max_completion_tokens": 300, "messages": [{ "role": "user", "content": "hi" }] }""");
            using var _ = answer;
            Assert.True(answer.IsSuccessStatusCode, body);
        }
    }

    [Theory]
    [InlineData("/v1/chat/completions", true)]
    [InlineData("/v1/messages", true)]
    [InlineData("/v1/chat/completions", false)]
    public async Task What_only_the_gateway_asks_of_a_stream_is_left_out_for_a_server_that_refuses_it(string path, bool isPydantic)
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        stage.Server.On("strict", x => isPydantic
            ? ForbidAsync(x, "stream_options")
            : Body(x.Call).TryGetProperty("stream_options", out _)
                ? x.WholeAsync(400, "application/json", """{"error":{"message":"Unrecognized request argument supplied: stream_options","type":"invalid_request_error","param":null,"code":null}}"""u8.ToArray())
                : ScriptedStage.SayAsync(x, "yes"));
        for (var i = 0; i < 2; i++)
        {
            var (answer, body) = await stage.Gateway.PostAsync(path, """{ "model": "p/strict", "max_tokens": 300, "stream": true, "messages": [{ "role": "user", "content": "hi" }] }""");
            using var _ = answer;
            Assert.True(answer.IsSuccessStatusCode, body);
        }
        Assert.Equal([true, false, false], stage.Asked.Select(static c => Body(c).TryGetProperty("stream_options", out _)));
    }

    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/v1/messages")]
    public async Task A_request_that_names_no_model_gets_the_default_in_either_protocol(string path)
    {
        await using var stage = await ScriptedStage.StartAsync(["p/strict"]);
        stage.Server.On("strict", static x => ScriptedStage.SayAsync(x, "yes"));
        var (answer, body) = await stage.Gateway.PostAsync(path, """{ "max_tokens": 300, "messages": [{ "role": "user", "content": "hi" }] }""");
        using var _ = answer;
        Assert.True(answer.IsSuccessStatusCode, body);
        Assert.Equal("p/strict", answer.Headers.GetValues("x-openclaw-model").Single());
    }

    // As Mistral answers, word for word.
    private static Task ForbidAsync(ScriptedExchange x, string field, string words = "") => Body(x.Call).TryGetProperty(field, out var value)
        ? x.WholeAsync(422, "application/json", Encoding.UTF8.GetBytes($$"""{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","{{field}}"],"msg":"Extra inputs are not permitted. {{words}}","input":{{value.GetRawText()}}}]},"type":"invalid_request_error","param":null,"code":"1000","raw_status_code":422}"""))
        : ScriptedStage.SayAsync(x, "yes");

    private static JsonElement Body(ScriptedCall call)
    {
        using var document = JsonDocument.Parse(call.Body);
        return document.RootElement.Clone();
    }

    private static Task RefuseAsync(ScriptedExchange x, string param, string code, string words) =>
        x.WholeAsync(400, "application/json", Encoding.UTF8.GetBytes($$$"""{"error":{"message":"Unsupported: '{{{param}}}' {{{words}}}","type":"invalid_request_error","param":"{{{param}}}","code":"{{{code}}}"}}"""));

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
