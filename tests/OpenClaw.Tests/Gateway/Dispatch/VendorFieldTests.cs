using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>What <c>params.extra_body</c> adds to requests of protocols other than Chat.</summary>
public sealed class VendorFieldTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Are_merged_into_Ollamas_options_and_replace_what_the_gateway_chose(bool stream)
    {
        using var sent = await SentAsync("o/ok", """{ "keep_alive": "1h", "options": { "num_ctx": 9999, "temperature": 0.1, "mirostat": 2 }, "shift": true, "stream": 7 }""", stream, more: "\"temperature\": 0.5");
        var (root, options) = (sent.RootElement, sent.RootElement.GetProperty("options"));
        Assert.Equal(("1h", true, stream), (root.GetProperty("keep_alive").GetString(), root.GetProperty("shift").GetBoolean(), root.GetProperty("stream").GetBoolean()));
        Assert.Equal((9999, 2, 0.5), (options.GetProperty("num_ctx").GetInt32(), options.GetProperty("mirostat").GetInt32(), options.GetProperty("temperature").GetDouble()));
        Assert.Equal(1000, options.GetProperty("num_predict").GetInt32());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Are_merged_into_Geminis_generationConfig(bool stream)
    {
        using var sent = await SentAsync("g/ok", """{ "safetySettings": [], "generationConfig": { "maxOutputTokens": 5, "mediaResolution": "LOW" } }""", stream);
        var config = sent.RootElement.GetProperty("generationConfig");
        Assert.Equal((0, 1000, "LOW"), (sent.RootElement.GetProperty("safetySettings").GetArrayLength(), config.GetProperty("maxOutputTokens").GetInt32(), config.GetProperty("mediaResolution").GetString()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reach_Anthropic_from_both_protocols(bool messages)
    {
        using var sent = await SentAsync("a/ok", """{ "inference_geo": "us", "max_tokens": 5, "model": "other" }""", stream: false, messages);
        Assert.Equal(("us", 1000, "ok"), (sent.RootElement.GetProperty("inference_geo").GetString(), sent.RootElement.GetProperty("max_tokens").GetInt32(), sent.RootElement.GetProperty("model").GetString()));
    }

    [Fact]
    public async Task Leave_an_object_that_says_its_type_whole()
    {
        using var sent = await SentAsync("a/ok", """{ "thinking": { "type": "enabled", "budget_tokens": 2000 } }""", stream: false, messages: true, "\"thinking\": { \"type\": \"disabled\" }");
        Assert.Equal("""{ "type": "disabled" }""", sent.RootElement.GetProperty("thinking").GetRawText());
    }

    private static async Task<JsonDocument> SentAsync(string model, string extras, bool stream, bool messages = false, string more = "")
    {
        string Providers(ScriptedServer server) => $$"""
            "o": { "api": "ollama", "baseUrl": "{{server.Origin}}", "params": { "extra_body": {{extras}} } },
            "g": { "api": "google-generative-ai", "baseUrl": "{{new Uri(server.Origin, "/v1beta")}}", "apiKey": "k-of-g", "params": { "extra_body": {{extras}} } },
            "a": { "api": "anthropic-messages", "baseUrl": "{{server.Origin}}", "apiKey": "sk-of-a", "params": { "extra_body": {{extras}} } }
            """;
        await using var stage = await ScriptedStage.StartAsync([], providers: Providers);
        Assert.Equal(200, (await stage.AskAsync(model, messages, stream, more)).Status);
        return JsonDocument.Parse(Assert.Single(stage.Asked).Body);
    }
}
