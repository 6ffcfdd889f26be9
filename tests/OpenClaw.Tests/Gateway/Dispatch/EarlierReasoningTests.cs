using System.Text;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>Thoughts that a client sends back, where a target does not take them: told, and no reason to refuse the target.</summary>
public sealed class EarlierReasoningTests
{
    private const string Thinking = """{ "type": "thinking", "thinking": "Hm.", "signature": "EqQB" }""";
    private const string Redacted = """{ "type": "redacted_thinking", "data": "EmwK" }""";

    [Theory]
    [InlineData("p", Thinking, true)]
    [InlineData("p", Redacted, true)]
    [InlineData("g", Thinking, true)]
    [InlineData("g", Redacted, true)]
    [InlineData("o", Redacted, true)]
    [InlineData("o", Thinking, false)]
    [InlineData("a", Thinking, false)]
    public async Task Of_a_message_are_told(string provider, string block, bool told)
    {
        var earlier = $$"""[{ "role": "user", "content": "Hi" }, { "role": "assistant", "content": [{{block}}, { "type": "text", "text": "Yes?" }] }, { "role": "user", "content": "Say it." }]""";
        Assert.Equal(told ? $"{provider}/ok cannot carry reasoning of earlier answers" : null, await WarningAsync(provider, messages: true, earlier));
    }

    [Fact]
    public async Task Of_a_chat_are_told() => Assert.Equal("g/ok cannot carry reasoning of earlier answers", await WarningAsync("g", messages: false,
        """[{ "role": "user", "content": "Hi" }, { "role": "assistant", "content": "Yes?", "reasoning_content": "Hm." }, { "role": "user", "content": "Say it." }]"""));

    [Theory]
    [InlineData("g", "\"\"")]
    [InlineData("g", "[]")]
    [InlineData("a", "\"\"")]
    public async Task What_no_user_begins_is_begun_and_told(string provider, string content)
    {
        await using var stage = await StageAsync();
        var (answer, _) = await stage.Gateway.PostAsync("/v1/chat/completions", $$"""{ "model": "{{provider}}/ok", "max_tokens": 9, "messages": [{ "role": "user", "content": {{content}} }] }""");
        using (answer) Assert.Equal($"{provider}/ok cannot carry a conversation that no user begins (begun for them)", string.Concat(answer.Headers.GetValues("x-openclaw-warnings")));
        Assert.Contains("\"text\":\"(The conversation begins.)\"", Encoding.UTF8.GetString(Assert.Single(stage.Asked).Body.Span), StringComparison.Ordinal);
    }

    private static async Task<string?> WarningAsync(string provider, bool messages, string conversation)
    {
        await using var stage = await StageAsync("\"unsupported\": \"reject\"");
        var (answer, body) = await stage.Gateway.PostAsync(messages ? "/v1/messages" : "/v1/chat/completions", $$"""{ "model": "{{provider}}/ok", "max_tokens": 9, "messages": {{conversation}} }""");
        using (answer)
        {
            Assert.True(answer.IsSuccessStatusCode, body);
            return answer.Headers.TryGetValues("x-openclaw-warnings", out var warnings) ? string.Concat(warnings) : null;
        }
    }

    private static Task<ScriptedStage> StageAsync(string routing = "") => ScriptedStage.StartAsync([], routing, static server => $$"""
        "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKey": "sk-of-p" },
        "a": { "api": "anthropic-messages", "baseUrl": "{{server.Origin}}", "apiKey": "sk-of-a" },
        "g": { "api": "google-generative-ai", "baseUrl": "{{new Uri(server.Origin, "/v1beta")}}", "apiKey": "k-of-g" },
        "o": { "api": "ollama", "baseUrl": "{{server.Origin}}" }
        """);
}
