using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>A provider with two keys, over HTTP.</summary>
public sealed class KeysOnTheWireTests
{
    private const string First = "first-4711-never-show";
    private const string Second = "second-4712-never-show";

    [Theory]
    [InlineData(429, false, "rateLimited")]
    [InlineData(429, true, "rateLimited")]
    [InlineData(401, false, "credential")]
    [InlineData(401, true, "credential")]
    public async Task The_second_key_answers_the_same_request_and_every_one_after_it(int refusal, bool stream, string failure)
    {
        var seen = new ConcurrentQueue<string>();
        await using var stage = await StageAsync(seen, key => key == First ? refusal : 200);
        var one = await stage.AskAsync("p/keyed", stream: stream);
        var two = await stage.AskAsync("p/keyed", stream: stream);
        Assert.Equal((200, 200), (one.Status, two.Status));
        Assert.Contains("answered", one.Body, StringComparison.Ordinal);
        Assert.Equal([First, Second, Second], seen);

        var decisions = await stage.Gateway.StopAsync();
        var attempts = decisions[one.Headers["x-openclaw-decision"]].GetProperty("attempts");
        Assert.Equal(["p#1 (config)", "p#2 (config)"], Keys(attempts));
        Assert.Equal((refusal, failure, 200), (attempts[0].GetProperty("status").GetInt32(), attempts[0].GetProperty("failure").GetString(), attempts[1].GetProperty("status").GetInt32()));
        Assert.Equal(["p#2 (config)"], Keys(decisions[two.Headers["x-openclaw-decision"]].GetProperty("attempts")));
        AssertNoKey(string.Concat(decisions.Values.Select(static d => d.GetRawText())));
    }

    [Fact]
    public async Task When_every_key_is_refused_the_caller_is_told_in_words_and_with_no_key()
    {
        await using var stage = await StageAsync([], static _ => 401);
        var answer = await stage.AskAsync("p/keyed", stream: false);
        Assert.True(answer.Status >= 500, $"{answer.Status}: the caller's own token was not refused");
        var attempts = (await stage.DecisionAsync(answer)).GetProperty("attempts");
        Assert.Equal(["p#1 (config)", "p#2 (config)"], Keys(attempts));
        AssertNoKey(answer.Body + attempts.GetRawText());
    }

    [Fact]
    public async Task A_limit_of_one_model_leaves_the_first_key_to_the_others()
    {
        var seen = new ConcurrentQueue<string>();
        await using var stage = await StageAsync(seen, key => key == First ? 429 : 200);
        stage.Server.On("other", x => CheckAsync(x, seen, static _ => 200));
        await stage.AskAsync("p/keyed");
        Assert.Equal(200, (await stage.AskAsync("p/other")).Status);
        Assert.Equal([First, Second, First], seen);
    }

    [Fact]
    public async Task A_stream_that_ends_well_does_not_call_off_a_limit_that_was_met_meanwhile()
    {
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var stage = await ScriptedStage.StartAsync([], providers: static server => $$"""
            "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKey": "{{First}}" }
            """);
        stage.Server.On("keyed", async x =>
        {
            if (begun.TrySetResult())
            {
                await go.Task;
                await ScriptedStage.SayAsync(x, "answered");
            }
            else await x.ErrorAsync(ScriptedError.RateLimited, retryAfter: TimeSpan.FromMinutes(10));
        });
        var older = stage.AskAsync("p/keyed");
        await begun.Task;
        Assert.Equal(429, (await stage.AskAsync("p/keyed")).Status);
        go.SetResult();
        Assert.Equal("answered", (await older).Text);
        Assert.Equal(429, (await stage.AskAsync("p/keyed")).Status);
        Assert.Equal(2, stage.Asked.Count);
    }

    private static async Task<ScriptedStage> StageAsync(ConcurrentQueue<string> seen, Func<string, int> statusOf)
    {
        var stage = await ScriptedStage.StartAsync([], providers: static server => $$"""
            "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKeys": ["{{First}}", "{{Second}}"] }
            """);
        stage.Server.On("keyed", x => CheckAsync(x, seen, statusOf));
        return stage;
    }

    private static Task CheckAsync(ScriptedExchange x, ConcurrentQueue<string> seen, Func<string, int> statusOf)
    {
        var key = x.Request.Headers.GetValueOrDefault("authorization", "").Replace("Bearer ", "", StringComparison.Ordinal);
        seen.Enqueue(key);
        return statusOf(key) switch
        {
            200 => ScriptedStage.SayAsync(x, "answered"),
            429 => x.ErrorAsync(ScriptedError.RateLimited, retryAfter: TimeSpan.FromMinutes(10)),
            // Providers repeat the key that they refuse.
            var status => x.WholeAsync(status, "application/json", Encoding.UTF8.GetBytes($$$"""{"error":{"message":"Incorrect API key provided: {{{key}}}.","type":"invalid_request_error","code":"invalid_api_key"}}""")),
        };
    }

    private static string[] Keys(JsonElement attempts) => [.. attempts.EnumerateArray().Select(static a => a.GetProperty("key").GetString()!)];

    private static void AssertNoKey(string text)
    {
        Assert.DoesNotContain(First, text, StringComparison.Ordinal);
        Assert.DoesNotContain(Second, text, StringComparison.Ordinal);
    }
}
