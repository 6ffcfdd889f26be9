using System.Text;
using System.Text.Json;
using OpenClaw.Config;
using OpenClaw.Gateway;
using OpenClaw.Gateway.Providers.Scripted;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;
using OpenClaw.Tests.Gateway.State;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>Models that think before they say a word, and models that cannot think.</summary>
public sealed class UnseenThinkingTests
{
    private const string Slow = "slow-first-token-70s";

    [Theory]
    [InlineData("openai/o1", false, 120, 30)]
    [InlineData("openai/gpt-4o", false, 30, 30)]
    [InlineData("openai/gpt-4o", true, 120, 30)]
    [InlineData("openai/named", false, 120, 30)]
    [InlineData("gemini/gemini-2.5-pro", false, 120, 120)]
    public async Task Who_thinks_unseen_has_longer_to_the_first_token(string reference, bool asked, int firstToken, int headers)
    {
        await using var builder = new StateBuilder(new GatewayOptions { Environment = ConfigEnvironment.Empty }, new Backoff(new Random(1)));
        var config = ConfigReader.Read("""
            { "models": { "providers": { "openai": { "apiKey": "sk-x", "open": true, "models": [{ "id": "named", "name": "named", "reasoning": true }] }, "gemini": { "apiKey": "k" } } } }
            """u8.ToArray(), ConfigEnvironment.Empty).Config!;
        Assert.True(ModelRef.TryParse(reference, out var model));
        var times = builder.Build(config).State!.TargetOf(model).Target!.TimesFor(asked);
        Assert.Equal((firstToken, headers), ((int)times.FirstToken.TotalSeconds, (int)times.Headers.TotalSeconds));
    }

    [Fact]
    public async Task A_model_that_is_asked_to_think_may_do_so_unseen_for_longer_than_the_clock_of_others()
    {
        await using var stage = await ReloadStage.StartAsync($$"""
            { "defaultModel": "scripted/{{Slow}}", "models": { "providers": { "scripted": {} }, "fallbacks": ["scripted/ok"] }, "routing": { "retries": 0 }, "storage": { "url": "none" } }
            """);
        stage.Time.ForgetArmed();
        var asked = stage.PostAsync("/v1/chat/completions", $$"""{ "model": "default", "stream": true, "messages": [{ "role": "user", "content": "hi" }], "reasoning_effort": "high" }""");
        // The server waits with its first word, and the gateway for it.
        await stage.Time.ArmedAsync(TimeSpan.FromSeconds(70));
        await stage.Time.ArmedAsync(TimeSpan.FromSeconds(120));
        stage.Time.Advance(TimeSpan.FromSeconds(70));
        var (answer, body) = await asked;
        Assert.True(answer.IsSuccessStatusCode, body);
        using (answer) Assert.Equal("scripted/" + Slow, answer.Headers.GetValues("x-openclaw-model").Single());
        Assert.Contains("data: [DONE]", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_model_that_turns_out_not_to_think_is_asked_again_without(bool stream)
    {
        await using var stage = await ScriptedStage.StartAsync([], providers: static server => $$"""
            "o": { "api": "ollama", "baseUrl": "{{server.Origin}}" }
            """);
        stage.Server.On("plain", static x =>
        {
            using var body = JsonDocument.Parse(x.Request.Body);
            return body.RootElement.TryGetProperty("think", out _)
                ? x.WholeAsync(400, "application/json", Encoding.UTF8.GetBytes("""{"error":"\"plain\" does not support thinking"}"""))
                : ScriptedStage.SayAsync(x, "no need to think");
        });
        var answer = await stage.AskAsync("o/plain", stream: stream, more: "\"reasoning_effort\": \"high\"");
        Assert.Equal((200, "o/plain cannot carry reasoning"), (answer.Status, answer.Headers["x-openclaw-warnings"]));
        Assert.Contains("think", answer.Body, StringComparison.Ordinal);
        Assert.Equal(2, stage.Server.CountOf("plain"));
    }
}
