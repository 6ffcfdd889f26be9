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
