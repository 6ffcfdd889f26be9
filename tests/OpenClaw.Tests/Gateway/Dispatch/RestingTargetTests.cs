using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>Money and targets that rest. Of the provider <c>p</c>, <c>dear</c> costs a thousand dollars per million tokens out, the others ten.</summary>
public sealed class RestingTargetTests : IAsyncDisposable
{
    private const string Soft = """{ "name": "soft", "scope": "gateway", "limit": 0.1, "action": "downgrade", "to": "p/cheap" }""";

    private const string NotTheOldName = """{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}""";

    private readonly ScriptedServer _server = ScriptedServer.Start(new ScriptedOptions { KeepBodies = true });

    // What is down answers 500; what is cut ends after its text. Whatever is neither answers.
    private readonly ConcurrentDictionary<string, string> _how = new();

    public RestingTargetTests()
    {
        foreach (var model in (string[])["dear", "cheap", "other"]) _server.On(model, PlayAsync);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_target_that_rests_is_not_held_for_and_refuses_nothing_that_another_can_be_paid_for()
    {
        await using var gateway = await StartAsync("""{ "name": "little", "scope": "gateway", "limit": 0.1 }""", "p/dear", "p/cheap");
        await RestAsync(gateway, "p/dear");
        // Four hundred tokens are forty cents of the one and four tenths of a cent of the other.
        var (answer, body) = await AskAsync(gateway, "default", maxTokens: 400);
        Assert.True(answer.IsSuccessStatusCode, body);
        Assert.Equal("p/cheap", answer.Headers.GetValues("x-openclaw-model").Single());
    }

    [Fact]
    public async Task Where_nobody_answers_the_caller_is_told_so_and_not_of_what_a_resting_target_would_cost()
    {
        await using var gateway = await StartAsync("""{ "name": "little", "scope": "gateway", "limit": 0.1 }""", "p/dear", "p/cheap");
        await RestAsync(gateway, "p/dear");
        _how["cheap"] = "down";
        var (answer, body) = await AskAsync(gateway, "default", maxTokens: 400);
        Assert.True((int)answer.StatusCode >= 500, body);
    }

    [Fact]
    public async Task What_was_passed_over_before_a_downgrade_does_not_answer_after_it()
    {
        await using var gateway = await StartAsync(Soft, "p/other", "p/dear");
        await RestAsync(gateway, "p/other");
        _how["cheap"] = "down";
        var before = _server.CountOf("other");
        var (answer, body) = await AskAsync(gateway, "default", maxTokens: 400);
        Assert.False(answer.IsSuccessStatusCode, body);
        Assert.Equal((1, before), (_server.CountOf("cheap"), _server.CountOf("other")));
    }

    [Fact]
    public async Task A_cheaper_chain_that_rests_is_tried_all_the_same()
    {
        await using var gateway = await StartAsync(Soft, "p/dear");
        await RestAsync(gateway, "p/cheap");
        var (answer, body) = await AskAsync(gateway, "default", maxTokens: 400);
        Assert.True(answer.IsSuccessStatusCode, body);
        Assert.Equal("p/cheap", answer.Headers.GetValues("x-openclaw-model").Single());
    }

    [Fact]
    public async Task Where_the_whole_chain_rests_a_used_up_budget_still_sends_to_what_it_names()
    {
        await using var gateway = await StartAsync(Soft, "p/dear");
        await RestAsync(gateway, "p/dear");
        var before = _server.CountOf("dear");
        var (answer, body) = await AskAsync(gateway, "default", maxTokens: 400);
        Assert.True(answer.IsSuccessStatusCode, body);
        Assert.Equal(("p/cheap", before), (answer.Headers.GetValues("x-openclaw-model").Single(), _server.CountOf("dear")));
    }

    [Fact]
    public async Task Where_the_whole_chain_rests_and_can_be_paid_for_it_is_tried_all_the_same()
    {
        await using var gateway = await StartAsync(Soft, "p/other");
        await RestAsync(gateway, "p/other");
        var (answer, body) = await AskAsync(gateway, "default", maxTokens: 400);
        Assert.True(answer.IsSuccessStatusCode, body);
        Assert.Equal("p/other", answer.Headers.GetValues("x-openclaw-model").Single());
    }

    [Fact]
    public async Task A_target_that_refuses_the_old_name_of_the_limit_is_asked_again_and_known_from_then_on()
    {
        _server.On("new", static x => x.Request.Model == "new" && Encoding.UTF8.GetString(x.Call.Body.Span).Contains("\"max_tokens\"", StringComparison.Ordinal)
            ? x.WholeAsync(400, "application/json", Encoding.UTF8.GetBytes(NotTheOldName))
            : ScriptedStage.SayAsync(x, "yes"));
        await using var held = await StartAsync("""{ "scope": "gateway", "limit": 10 }""", "p/new");
        for (var i = 0; i < 2; i++)
        {
            var (answer, body) = await held.PostAsync("/v1/chat/completions", """{ "model": "p/new", "max_completion_tokens": 300, "messages": [{ "role": "user", "content": "hello" }] }""");
            Assert.True(answer.IsSuccessStatusCode, body);
        }
        Assert.Equal([true, false, false], _server.CallsOf("new").Select(static c => Encoding.UTF8.GetString(c.Body.Span).Contains("\"max_tokens\"", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/v1/messages")]
    public async Task The_callers_own_old_name_becomes_the_new_one_for_it(string path)
    {
        _server.On("new", static x => Encoding.UTF8.GetString(x.Call.Body.Span).Contains("\"max_tokens\"", StringComparison.Ordinal)
            ? x.WholeAsync(400, "application/json", Encoding.UTF8.GetBytes(NotTheOldName))
            : ScriptedStage.SayAsync(x, "yes"));
        await using var gateway = await StartAsync("""{ "scope": "gateway", "limit": 10 }""", "p/new");
        for (var i = 0; i < 2; i++)
        {
            var (answer, body) = await gateway.PostAsync(path, """{ "model": "p/new", "max_tokens": 300, "messages": [{ "role": "user", "content": "hello" }] }""");
            Assert.True(answer.IsSuccessStatusCode, body);
        }
        Assert.Equal([false, true, true], _server.CallsOf("new").Select(static c => Encoding.UTF8.GetString(c.Body.Span).Contains("\"max_completion_tokens\"", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_resting_target_that_finishes_an_answer_is_held_for_and_charged_by_its_own_budget()
    {
        await using var gateway = await StartAsync("""{ "name": "of other", "scope": "model:p/other", "limit": 10 }, { "name": "of cheap", "scope": "model:p/cheap", "limit": 10 }""", "p/cheap", "p/other");
        await RestAsync(gateway, "p/other");
        _how["cheap"] = "cut";
        // The first cut is its own affair, the second one lets it rest: then nobody is left who does not.
        await AskAsync(gateway, "p/cheap", stream: true, fallback: false);
        var before = await SpentAsync(gateway);
        var (answer, body) = await AskAsync(gateway, "default", stream: true);
        Assert.Contains("[DONE]", body, StringComparison.Ordinal);
        var after = await SpentAsync(gateway);
        Assert.True(after["of other"] > before["of other"], $"{after["of other"]} after {before["of other"]}");
        var decision = (await gateway.StopAsync())[answer.Headers.GetValues("x-openclaw-decision").Single()];
        Assert.Equal(("healed", "p/other"), (decision.GetProperty("outcome").GetString(), decision.GetProperty("finishedBy").GetString()));
        Assert.Equal(decision.GetProperty("cost").GetDecimal(), after.Values.Sum() - before.Values.Sum());
    }

    [Fact]
    public async Task A_target_before_the_one_that_was_cut_finishes_its_answer()
    {
        await using var gateway = await StartAsync("", "p/other", "p/cheap");
        // One failure lets nobody rest.
        _how["other"] = "down";
        _how["cheap"] = "cut";
        var healing = "";
        _server.On("cheap", async x =>
        {
            _how["other"] = healing;
            await PlayAsync(x);
        });
        var (answer, body) = await AskAsync(gateway, "default", stream: true);
        Assert.Contains("[DONE]", body, StringComparison.Ordinal);
        healing = "refuses";
        _how["other"] = "refuses";
        var (refused, unfinished) = await AskAsync(gateway, "default", stream: true);
        Assert.DoesNotContain("[DONE]", unfinished, StringComparison.Ordinal);
        var decisions = await gateway.StopAsync();
        var decision = decisions[answer.Headers.GetValues("x-openclaw-decision").Single()];
        Assert.Equal(("healed", "p/other"), (decision.GetProperty("outcome").GetString(), decision.GetProperty("finishedBy").GetString()));
        // What it has refused it is not asked for again.
        decision = decisions[refused.Headers.GetValues("x-openclaw-decision").Single()];
        Assert.Equal(["p/other", "p/cheap", "p/cheap"], decision.GetProperty("attempts").EnumerateArray().Select(static a => a.GetProperty("target").GetString()));
    }

    [Fact]
    public async Task Where_all_rested_at_the_start_another_one_still_finishes_the_answer()
    {
        await using var gateway = await StartAsync("", "p/other", "p/cheap");
        await RestAsync(gateway, "p/other");
        await RestAsync(gateway, "p/cheap");
        _how["other"] = "cut";
        _how["cheap"] = "cut";
        var tried = "";
        foreach (var model in (string[])["other", "cheap"])
        {
            _server.On(model, async x =>
            {
                var isFirst = Interlocked.CompareExchange(ref tried, model, "") == "";
                await ScriptedStage.SayAsync(x, "one two three four five six", cut: isFirst || model == tried);
            });
        }
        var (_, body) = await AskAsync(gateway, "default", stream: true);
        Assert.Contains("[DONE]", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sole_new_name_of_the_limit_becomes_the_one_that_any_server_reads_where_a_budget_holds_by_it()
    {
        await using var held = await StartAsync("""{ "scope": "gateway", "limit": 10 }""", "p/cheap");
        await held.PostAsync("/v1/chat/completions", """{ "model": "p/cheap", "max_completion_tokens": 300, "messages": [{ "role": "user", "content": "hello" }] }""");
        using var sent = JsonDocument.Parse(_server.CallsOf("cheap")[^1].Body!);
        Assert.Equal(300, sent.RootElement.GetProperty("max_tokens").GetInt32());
        Assert.False(sent.RootElement.TryGetProperty("max_completion_tokens", out _));
    }

    private async Task PlayAsync(ScriptedExchange x)
    {
        var how = _how.GetValueOrDefault(x.Request.Model, "");
        if (how == "down") await x.ErrorAsync(ScriptedError.ServerError, 500);
        else if (how == "refuses") await x.ErrorAsync(ScriptedError.ContextTooLong);
        else await ScriptedStage.SayAsync(x, "one two three four five six", cut: how == "cut");
    }

    // Two failures in a row, and it rests for the test's time.
    private async Task RestAsync(RunningGateway gateway, string target)
    {
        var model = target[2..];
        _how[model] = "down";
        for (var i = 0; i < 2; i++) await AskAsync(gateway, target, maxTokens: 1, fallback: false);
        _how[model] = "";
    }

    private static Task<(HttpResponseMessage Answer, string Body)> AskAsync(RunningGateway gateway, string model, int maxTokens = 50, bool stream = false, bool fallback = true) => gateway.PostAsync(
        "/v1/chat/completions",
        $$"""{ "model": "{{model}}", "max_tokens": {{maxTokens}}, "stream": {{(stream ? "true" : "false")}}, "messages": [{ "role": "user", "content": "hello" }] }""",
        ("x-openclaw-fallback", fallback ? "on" : "off"));

    private static async Task<Dictionary<string, decimal>> SpentAsync(RunningGateway gateway)
    {
        using var json = JsonDocument.Parse(await gateway.Client.GetStringAsync(new Uri(gateway.Address, "/openclaw/v1/budgets")));
        return json.RootElement.GetProperty("budgets").EnumerateArray().ToDictionary(static b => b.GetProperty("name").GetString()!, static b => b.GetProperty("spent").GetDecimal());
    }

    private Task<RunningGateway> StartAsync(string budgets, string first, params string[] fallbacks) => RunningGateway.StartAsync($$"""
        {
          "defaultModel": "{{first}}",
          "models": { "fallbacks": [{{string.Join(", ", fallbacks.Select(static f => $"\"{f}\""))}}], "providers": {
            "p": { "api": "openai-completions", "baseUrl": "{{_server.BaseUrl}}", "apiKey": "sk-of-p", "prefill": false, "models": [
              { "id": "dear", "name": "d", "maxTokens": 8000, "cost": { "input": 1, "output": 1000 } },
              { "id": "cheap", "name": "c", "maxTokens": 8000, "cost": { "input": 1, "output": 10 } },
              { "id": "new", "name": "n", "maxTokens": 8000, "cost": { "input": 1, "output": 10 } },
              { "id": "other", "name": "o", "maxTokens": 8000, "cost": { "input": 1, "output": 10 } }] } } },
          "storage": { "url": "sqlite::memory:" },
          "routing": { "retries": 0, "cooldown": { "base": "5m" } },
          "budgets": [{{budgets}}]
        }
        """);
}
