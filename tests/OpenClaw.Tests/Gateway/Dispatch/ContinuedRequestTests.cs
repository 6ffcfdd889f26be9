using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>What the target that finishes an answer is asked for, and what the caller is told of it.</summary>
public sealed class ContinuedRequestTests
{
    private const string WithLogprobs = """{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"The lobster"},"logprobs":{"content":[]},"finish_reason":null}]}""";
    private const string End = """{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}""";

    // The protocol of the caller, of the first and of the second target.
    [Theory]
    [InlineData(false, "p", "p")]
    [InlineData(true, "a", "a")]
    [InlineData(false, "p", "a")]
    [InlineData(true, "a", "p")]
    public async Task What_a_target_goes_on_from_counts_towards_the_length_that_the_caller_allows(bool messages, string first, string second)
    {
        await using var stage = await ScriptedStage.StartAsync([second + "/ok"], providers: static server => Providers(server, "true"));
        var answer = await stage.AskAsync(first + "/cut-after-20", messages);
        Assert.Equal(ScriptedAnswer.Text, answer.Text);
        Assert.True(stage.Asked[1].IsPrefill);
        var sent = System.Text.Encoding.UTF8.GetByteCount(string.Concat(ScriptedAnswer.Tokens.Take(20)));
        Assert.Equal([1000, 1000 - ((sent + 3) / 4)], stage.Asked.Select(MaxTokens));
    }

    [Fact]
    public async Task A_target_that_begins_again_has_the_whole_length()
    {
        await using var stage = await ScriptedStage.StartAsync(["p/ok"], providers: static server => Providers(server, "false"));
        await stage.AskAsync("p/cut-after-20");
        Assert.Equal([1000, 1000], stage.Asked.Select(MaxTokens));
    }

    [Fact]
    public async Task What_passes_as_it_came_is_not_said_to_be_left_out()
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        stage.Server.On("said", static x => ScriptedStage.EventsAsync(x, [WithLogprobs, End, "[DONE]"]));
        var answer = await stage.AskAsync("p/said", more: "\"logprobs\": true");
        Assert.Contains("logprobs", answer.Body, StringComparison.Ordinal);
        Assert.Empty(Warnings(await stage.DecisionAsync(answer)));
    }

    [Fact]
    public async Task Logprobs_of_a_continued_answer_are_left_out_and_that_is_told()
    {
        await using var stage = await ScriptedStage.StartAsync(["p/next"]);
        stage.Server.On("half", static x => ScriptedStage.EventsAsync(x, [WithLogprobs], cut: true));
        stage.Server.On("next", static x => ScriptedStage.EventsAsync(x, [WithLogprobs, WithLogprobs.Replace("The lobster", " is home", StringComparison.Ordinal), End, "[DONE]"]));
        var answer = await stage.AskAsync("p/half", more: "\"logprobs\": true");
        Assert.Equal("The lobster is home", answer.Text);
        Assert.Equal(["p/next: logprobs is left out where an answer is continued"], Warnings(await stage.DecisionAsync(answer)));
    }

    private static string Providers(ScriptedServer server, string prefill) => $$"""
        "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKey": "sk-of-p", "prefill": {{prefill}} },
        "a": { "api": "anthropic-messages", "baseUrl": "{{server.Origin}}", "apiKey": "sk-of-a", "prefill": {{prefill}} }
        """;

    private static int MaxTokens(ScriptedCall call)
    {
        using var body = JsonDocument.Parse(call.Body);
        return body.RootElement.GetProperty("max_tokens").GetInt32();
    }

    private static IEnumerable<string?> Warnings(JsonElement decision) =>
        decision.TryGetProperty("warnings", out var warnings) ? warnings.EnumerateArray().Select(static w => w.GetString()) : [];
}
