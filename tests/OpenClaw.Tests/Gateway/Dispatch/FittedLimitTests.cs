using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>A caller of another protocol asks for a longer answer than the target can give.</summary>
public sealed class FittedLimitTests
{
    [Theory]
    [InlineData("short/ok", true, "short/ok is asked for at most 400 tokens of 1000: it writes no more")]
    [InlineData("claude/ok", false, "claude/ok is asked for at most 400 tokens of 1000: it writes no more")]
    public async Task Is_lowered_to_what_the_model_writes(string model, bool messages, string warning)
    {
        await using var stage = await StageAsync();
        var answer = await stage.AskAsync(model, messages, stream: false);
        Assert.Equal((200, warning), (answer.Status, answer.Headers["x-openclaw-warnings"]));
        Assert.Equal(400, LimitOf(stage));
    }

    [Fact]
    public async Task Is_lowered_to_what_the_window_leaves()
    {
        await using var stage = await StageAsync();
        var answer = await stage.AskAsync("narrow/ok", messages: true, stream: false);
        Assert.Equal(200, answer.Status);
        Assert.Contains("its window leaves no more", answer.Headers["x-openclaw-warnings"], StringComparison.Ordinal);
        Assert.InRange(LimitOf(stage), 450, 1000);
    }

    [Theory]
    [InlineData("short/ok", false)]
    [InlineData("wide/ok", true)]
    public async Task Stays_in_the_callers_own_protocol_and_where_there_is_room(string model, bool messages)
    {
        await using var stage = await StageAsync();
        var answer = await stage.AskAsync(model, messages, stream: false);
        Assert.Equal((200, false), (answer.Status, answer.Headers.ContainsKey("x-openclaw-warnings")));
        Assert.Equal(1000, LimitOf(stage));
    }

    private static int LimitOf(ScriptedStage stage)
    {
        using var sent = JsonDocument.Parse(Assert.Single(stage.Asked).Body);
        return sent.RootElement.GetProperty("max_tokens").GetInt32();
    }

    private static Task<ScriptedStage> StageAsync() => ScriptedStage.StartAsync([], providers: Providers);

    private static string Providers(ScriptedServer server)
    {
        return $$"""
        {{Of("short", "\"maxTokens\": 400")}},
        {{Of("narrow", "\"contextWindow\": 1030")}},
        {{Of("wide", "\"contextWindow\": 8000, \"maxTokens\": 4000")}},
        "claude": { "api": "anthropic-messages", "baseUrl": "{{server.Origin}}", "apiKey": "sk-of-a", "models": [{ "id": "ok", "maxTokens": 400 }] }
        """;

        string Of(string name, string facts) => $$"""
            "{{name}}": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKey": "sk-of-p", "models": [{ "id": "ok", {{facts}} }] }
            """;
    }
}
