using System.Text;
using System.Text.Json;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>What OpenRouter is told beside the request: who asks, and by which of its providers it is to be answered.</summary>
public sealed class OpenRouterTests
{
    private const string Preferences = """ "routing": { "order": ["deepinfra", "together"], "allow_fallbacks": false } """;

    [Fact]
    public async Task Is_told_who_asks()
    {
        await using var stage = await StageAsync(Preferences);
        Assert.Equal(200, (await stage.AskAsync("openrouter/vendor/ok")).Status);
        var call = Assert.Single(stage.Asked);
        Assert.Equal(("https://openclaw.rocks", "OpenClaw"), (call.Headers["HTTP-Referer"], call.Headers["X-Title"]));
    }

    [Theory]
    [InlineData("HTTP-Referer", "X-Title")]
    [InlineData("http-referer", "x-title")]
    public async Task Configured_headers_win(string referer, string title)
    {
        await using var stage = await StageAsync($$""" "headers": { "{{referer}}": "https://mine.example", "{{title}}": "Mine" } """);
        await stage.AskAsync("openrouter/vendor/ok");
        var call = Assert.Single(stage.Asked);
        Assert.Equal(("https://mine.example", "Mine"), (call.Headers["HTTP-Referer"], call.Headers["X-Title"]));
    }

    [Fact]
    public async Task Nobody_else_is_told()
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        await stage.AskAsync("p/ok");
        var call = Assert.Single(stage.Asked);
        Assert.False(call.Headers.ContainsKey("HTTP-Referer") || call.Headers.ContainsKey("X-Title"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Gets_the_routing_preferences_of_the_configuration(bool messages)
    {
        await using var stage = await StageAsync(Preferences);
        await stage.AskAsync("openrouter/vendor/ok", messages);
        Assert.Equal("""{"order":["deepinfra","together"],"allow_fallbacks":false}""", ProviderOf(stage));
    }

    [Fact]
    public async Task The_callers_own_preferences_win_member_by_member()
    {
        await using var stage = await StageAsync(Preferences);
        await stage.AskAsync("openrouter/vendor/ok", more: """ "provider": { "order": ["mine"] } """);
        using var provider = JsonDocument.Parse(ProviderOf(stage));
        Assert.Equal("mine", Assert.Single(provider.RootElement.GetProperty("order").EnumerateArray()).GetString());
        Assert.False(provider.RootElement.GetProperty("allow_fallbacks").GetBoolean());
    }

    // The allowlist and what a budget holds are for the model of the plan.
    [Theory]
    [InlineData("\"models\": [\"dear/one\"], \"route\": \"fallback\"", "models, route")]
    [InlineData("\"preset\": \"mine\"", "preset")]
    [InlineData("\"m\\u006fdels\": [{\"a\": [1, 2]}], \"preset\": null, \"models\": []", "models, preset")]
    public async Task Is_not_sent_what_would_let_it_answer_with_another_model(string members, string names)
    {
        await using var stage = await StageAsync(Preferences);
        var answer = await stage.AskAsync("openrouter/vendor/ok", more: $"{members}, \"seed\": 7.0");
        Assert.Equal(200, answer.Status);
        using var sent = JsonDocument.Parse(Assert.Single(stage.Asked).Body);
        Assert.Equal(["model", "max_tokens", "messages", "stream", "seed", "stream_options", "provider"], sent.RootElement.EnumerateObject().Select(static m => m.Name));
        Assert.Equal("7.0", sent.RootElement.GetProperty("seed").GetRawText());
        Assert.Equal($"openrouter/vendor/ok is not sent {names}: which models may answer is set here (models.fallbacks, aliases)", answer.Headers["x-openclaw-warnings"]);
    }

    [Fact]
    public async Task Others_get_such_fields_as_they_are_and_who_wants_all_or_nothing_is_refused()
    {
        await using var stage = await ScriptedStage.StartAsync([], """ "unsupported": "reject" """, static server => $$"""
            "openrouter": { "baseUrl": "{{server.BaseUrl}}", "apiKey": "k" }, "p": { "baseUrl": "{{server.BaseUrl}}", "api": "openai-completions", "apiKey": "k" }
            """);
        Assert.Equal(200, (await stage.AskAsync("p/ok", more: "\"preset\": \"mine\"")).Status);
        Assert.Contains("\"preset\": \"mine\"", Encoding.UTF8.GetString(Assert.Single(stage.Asked).Body.Span), StringComparison.Ordinal);
        var refused = await stage.AskAsync("openrouter/vendor/ok", more: "\"preset\": \"mine\"");
        Assert.Equal((400, 1), (refused.Status, stage.Asked.Count));
        Assert.Contains("is not sent preset", refused.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_believed_what_it_charges_for_an_answer_that_is_none_and_counts_no_tokens()
    {
        await using var stage = await StageAsync(Preferences);
        stage.Server.On("vendor/dear", static x => x.WholeAsync(200, "application/json", Encoding.UTF8.GetBytes("""{"id":"c","object":"chat.completion","choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"cost":0.25}}""")));
        var answer = await stage.AskAsync("openrouter/vendor/dear", stream: false);
        Assert.Equal(502, answer.Status);
        Assert.Equal(0.25m, (await stage.DecisionAsync(answer)).GetProperty("cost").GetDecimal());
    }

    private static Task<ScriptedStage> StageAsync(string members) => ScriptedStage.StartAsync([], providers: server => $$"""
        "openrouter": { "baseUrl": "{{server.BaseUrl}}", "apiKey": "sk-or-x", {{members}} }
        """);

    // Without the white space it was written with.
    private static string ProviderOf(ScriptedStage stage)
    {
        using var sent = JsonDocument.Parse(Assert.Single(stage.Asked).Body);
        return System.Text.Json.Nodes.JsonNode.Parse(sent.RootElement.GetProperty("provider").GetRawText())!.ToJsonString();
    }
}
