namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>Where the official clients look for the name of a request.</summary>
public sealed class AnswerHeadersTests
{
    [Theory]
    [InlineData("p/ok", true)]
    [InlineData("p/ok", false)]
    [InlineData("nobody/ok", false)]
    public async Task Messages_have_the_header_of_Anthropics_clients(string model, bool stream)
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        var answer = await stage.AskAsync(model, messages: true, stream: stream);
        Assert.Equal((answer.Headers["x-openclaw-decision"], answer.Headers["x-openclaw-decision"]), (answer.Headers["request-id"], answer.Headers["x-request-id"]));
    }

    [Fact]
    public async Task Chat_has_OpenAIs_alone()
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        Assert.False((await stage.AskAsync("p/ok")).Headers.ContainsKey("request-id"));
    }
}
