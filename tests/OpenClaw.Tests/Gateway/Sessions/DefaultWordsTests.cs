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

    [Theory]
    [InlineData("default")]
    [InlineData("auto")]
    [InlineData("openclaw")]
    [InlineData("")]
    public async Task The_header_s_word_for_the_default_asks_for_what_is_set_in_the_session(string word)
    {
        await using var gateway = await RunningGateway.StartAsync("""{ "defaultModel": "scripted/ok", "models": { "fallbacks": ["scripted/echo"] } }""");
        await PatchAsync(gateway, """{"override":"scripted/down","strict":true}""");
        var (answer, body) = await gateway.PostAsync("/v1/chat/completions", """{"model":"scripted/ok","messages":[{"role":"user","content":"hi"}]}""", ("x-openclaw-session", "main"), ("x-openclaw-model", word));
        using (answer) Assert.True((int)answer.StatusCode >= 500, body);
        (answer, body) = await gateway.PostAsync("/v1/chat/completions", """{"model":"x/y","messages":[{"role":"user","content":"hi"}]}""", ("x-openclaw-session", "other"), ("x-openclaw-model", word));
        using (answer) Assert.Equal("scripted/ok", answer.Headers.GetValues("x-openclaw-model").Single());
    }

    [Fact]
    public async Task A_pin_that_is_no_longer_allowed_is_told_wherever_the_model_is_shown()
    {
        await using var stage = new SessionStage();
        var session = await stage.OpenAsync("main", SessionStage.Ci);
        await stage.RunAsync("model openai/gpt-4o", session, SessionStage.Ci);
        var narrowed = SessionStage.Ci with { Allow = [new OpenClaw.Config.AllowRule("openrouter", "google/*")] };
        foreach (var command in (string[])["model", "model status", "status"])
        {
            Assert.Contains("⚠️ model \"openai/gpt-4o\" is not allowed; nearest: ", (await stage.RunAsync(command, session, narrowed)).Text, StringComparison.Ordinal);
            Assert.DoesNotContain("⚠️", (await stage.RunAsync(command, session, SessionStage.Ci)).Text, StringComparison.Ordinal);
        }
    }

    private static async Task<(int Status, string? Override)> PatchAsync(RunningGateway gateway, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, new Uri(gateway.Address, "/openclaw/v1/sessions/main")) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var answer = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return ((int)answer.StatusCode, json.RootElement.TryGetProperty("override", out var set) ? set.GetString() : null);
    }
}
