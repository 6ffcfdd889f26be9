using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Control;

public sealed class NameInPathTests
{
    [Theory]
    [InlineData("50%41", "50%2541")]
    [InlineData("a/b", "a%2Fb")]
    [InlineData("a b", "a%20b?x=/resume")]
    public async Task A_session_is_resumed_by_the_name_that_it_has(string session, string written)
    {
        await using var gateway = await RunningGateway.StartAsync("""{ "defaultModel": "scripted/ok" }""");
        var (asked, _) = await gateway.PostAsync("/v1/chat/completions", """{"model":"scripted/ok","messages":[{"role":"user","content":"hi"}]}""", ("x-openclaw-session", session));
        Assert.Equal(200, (int)asked.StatusCode);
        var query = written.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? written + "/resume" : written[..query] + "/resume" + written[query..];
        var (answer, body) = await gateway.PostAsync("/openclaw/v1/sessions/" + path, "{}");
        Assert.True((int)answer.StatusCode == 200, body);
        Assert.Contains($"\"session\":\"{session}\"", body, StringComparison.Ordinal);
    }
}
