using System.Text.Json;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Inbound;

public sealed class SwitchHeadersTests
{
    private const string Config = """{ "defaultModel": "scripted/ok" }""";

    [Fact]
    public async Task A_word_that_is_neither_on_nor_off_is_refused_by_name()
    {
        await using var gateway = await RunningGateway.StartAsync(Config);
        foreach (var name in (string[])["x-openclaw-fallback", "x-openclaw-continuation", "x-openclaw-commands"])
        {
            foreach (var value in (string[])["false", "0", "no", "maybe"])
            {
                var (status, error) = await AskAsync(gateway, "/v1/chat/completions", "\"default\"", (name, value));
                Assert.Equal((400, $"{name} is \"on\" or \"off\"", name), (status, error.GetProperty("message").GetString(), error.GetProperty("param").GetString()));
            }
            foreach (var value in (string[])["on", "off", "ON", "Off"])
            {
                Assert.Equal(200, (await AskAsync(gateway, "/v1/messages", "\"default\"", (name, value))).Status);
            }
        }
    }

    [Theory]
    [InlineData("/v1/chat/completions", "param", "model")]
    [InlineData("/v1/messages", "type", "invalid_request_error")]
    public async Task A_number_for_a_model_is_an_error_of_the_protocol(string path, string member, string value)
    {
        await using var gateway = await RunningGateway.StartAsync(Config);
        var (status, error) = await AskAsync(gateway, path, "5");
        Assert.Equal((400, value), (status, error.GetProperty(member).GetString()));
        Assert.StartsWith("model is not a string", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static async Task<(int Status, JsonElement Error)> AskAsync(RunningGateway gateway, string path, string model, params (string, string)[] headers)
    {
        var (answer, body) = await gateway.PostAsync(path, $$"""{ "model": {{model}}, "max_tokens": 9, "messages": [{ "role": "user", "content": "hello" }] }""", headers);
        using (answer)
        {
            var json = JsonDocument.Parse(body).RootElement;
            return ((int)answer.StatusCode, json.TryGetProperty("error", out var error) ? error : default);
        }
    }
}
