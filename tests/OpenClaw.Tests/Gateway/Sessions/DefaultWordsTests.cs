using System.Text;
using System.Text.Json;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Sessions;

/// <summary>Words for the default chain are no model that could be set for good.</summary>
public sealed class DefaultWordsTests
{
    [Theory]
    [InlineData("model auto")]
    [InlineData("model openclaw")]
    [InlineData("model default")]
    [InlineData("new auto")]
    public async Task A_word_for_the_default_takes_back_what_was_set(string command)
    {
        await using var stage = new SessionStage();
        var session = await stage.OpenAsync();
        await stage.RunAsync("model openai/gpt-4o strict", session);
        await stage.RunAsync(command, session);
        Assert.Equal(((string?)null, false), (session.Data.Override, session.Data.Strict));
    }

    [Fact]
    public async Task A_name_behind_openclaw_is_a_miss()
    {
        await using var stage = new SessionStage();
        var session = await stage.OpenAsync();
        await stage.RunAsync("model openai/gpt-4o", session);
        var reply = await stage.RunAsync("model openclaw/gpt-4o and go on", session);
        Assert.Equal(("openai/gpt-4o", null), (session.Data.Override, reply.Forward));
        Assert.StartsWith("Unknown model \"openclaw/gpt-4o\"", reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_api_takes_back_an_override_by_the_same_words_and_refuses_the_rest()
    {
        await using var gateway = await RunningGateway.StartAsync("""{ "defaultModel": "scripted/ok" }""");
        Assert.Equal((200, "scripted/down"), await PatchAsync(gateway, """{"override":"scripted/down"}"""));
        Assert.Equal((400, null), await PatchAsync(gateway, """{"override":"openclaw/typo"}"""));
        Assert.Equal((400, null), await PatchAsync(gateway, """{"override":"auto","strict":true}"""));
        Assert.Equal((200, null), await PatchAsync(gateway, """{"override":"auto"}"""));
    }

    private static async Task<(int Status, string? Override)> PatchAsync(RunningGateway gateway, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, new Uri(gateway.Address, "/openclaw/v1/sessions/main")) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var answer = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return ((int)answer.StatusCode, json.RootElement.TryGetProperty("override", out var set) ? set.GetString() : null);
    }
}
