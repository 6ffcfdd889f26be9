using System.Text;
using System.Text.Json;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>vLLM is made to report usage on every chunk, so that a cut answer is counted; who did not ask for that does not get it.</summary>
public sealed class UsageOfEveryChunkTests
{
    // First, in the middle, last, and alone; with and without spaces.
    private const string Recorded = """
        data: {"usage":{"prompt_tokens":9,"completion_tokens":0,"total_tokens":9}, "id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

        data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","usage" : {"prompt_tokens":9,"completion_tokens":1,"total_tokens":10} ,"choices":[{"index":0,"delta":{"content":"the usage"},"finish_reason":null}]}

        data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":" is {\"usage\":1}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}

        data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}

        data: [DONE]


        """;

    [Theory]
    [InlineData("", 0)]
    [InlineData("\"stream_options\": { \"include_usage\": true }", 1)]
    [InlineData("\"stream_options\": { \"include_usage\": true, \"continuous_usage_stats\": true }", 4)]
    public async Task Reaches_only_who_asked_for_it(string more, int usages)
    {
        await using var stage = await ScriptedStage.StartAsync([], providers: static server => $$"""
            "vllm": { "baseUrl": "{{server.BaseUrl}}", "api": "openai-completions" }
            """);
        stage.Server.Replay("m", "text/event-stream", Encoding.UTF8.GetBytes(Recorded.ReplaceLineEndings("\n")));
        var answer = await stage.AskAsync("vllm/m", more: more);
        Assert.Equal(usages, answer.Events.Count(static e => e.TryGetProperty("usage", out _)));
        Assert.Equal("the usage is {\"usage\":1}", answer.Text);
        Assert.All(answer.Events, static e => Assert.Equal(("c", 1), (e.GetProperty("id").GetString(), e.GetProperty("created").GetInt32())));
        Assert.True(answer.HasEnd);
        using var sent = JsonDocument.Parse(Assert.Single(stage.Asked).Body);
        Assert.True(sent.RootElement.GetProperty("stream_options").GetProperty("continuous_usage_stats").GetBoolean());
        var usage = (await stage.DecisionAsync(answer)).GetProperty("usage");
        Assert.Equal((9, 2), (usage.GetProperty("input").GetInt32(), usage.GetProperty("output").GetInt32()));
    }
}
