using System.Text.Json;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>A provider without a key of the configuration that asks for one, or for money: the model rests, the provider does not.</summary>
public sealed class KeylessTests
{
    private const string Config = """{ "defaultModel": "scripted/ok", "models": { "aliases": { "healed": ["scripted/bad-key", "scripted/ok"] } } }""";

    [Theory]
    [InlineData("bad-key", "credential")]
    [InlineData("money-out", "quotaExhausted")]
    public async Task Its_other_models_are_called_as_before(string model, string failure)
    {
        await using var gateway = await RunningGateway.StartAsync(Config, new ManualTime());
        var id = await AskAsync(gateway, "scripted/" + model, 502, ("x-openclaw-fallback", "off"));
        await AskAsync(gateway, "scripted/ok", 200, ("x-openclaw-fallback", "off"));
        var attempt = Assert.Single((await gateway.StopAsync())[id].GetProperty("attempts").EnumerateArray());
        Assert.Equal((failure, "scripted (no key)"), (attempt.GetProperty("failure").GetString(), attempt.GetProperty("key").GetString()));
    }

    [Fact]
    public async Task The_next_model_of_the_chain_answers_and_the_refused_one_rests()
    {
        await using var gateway = await RunningGateway.StartAsync(Config, new ManualTime());
        string[] asked = [await AskAsync(gateway, "healed", 200), await AskAsync(gateway, "healed", 200)];
        var decisions = await gateway.StopAsync();
        Assert.Equal(["scripted/bad-key", "scripted/ok"], Targets(decisions[asked[0]]));
        Assert.Equal(["scripted/ok"], Targets(decisions[asked[1]]));
        Assert.Contains("scripted/bad-key: passed over, resting", decisions[asked[1]].GetProperty("notes").GetRawText(), StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(RunningGateway gateway, string model, int status, params (string, string)[] headers)
    {
        var (answer, body) = await gateway.PostAsync("/v1/chat/completions", $$"""{ "model": "{{model}}", "messages": [{ "role": "user", "content": "hello" }] }""", headers);
        using (answer)
        {
            Assert.True((int)answer.StatusCode == status, body);
            return answer.Headers.GetValues("x-openclaw-decision").Single();
        }
    }

    private static IEnumerable<string?> Targets(JsonElement decision) => decision.GetProperty("attempts").EnumerateArray().Select(static a => a.GetProperty("target").GetString());
}
