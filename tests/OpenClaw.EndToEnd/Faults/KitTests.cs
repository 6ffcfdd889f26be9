using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Faults;

/// <summary>The client of these tests must see what is wrong: asked without a gateway in between, it does.</summary>
public sealed class KitTests
{
    [Theory]
    [InlineData("ok", true, true)]
    [InlineData("thinking", true, true)]
    [InlineData("cut-after-40", false, true)]
    [InlineData("clean-end", false, true)]
    [InlineData("error-mid-stream", false, true)]
    [InlineData("cut-after-40", false, false)]
    [InlineData("ok", true, false)]
    internal async Task Tells_a_whole_answer_from_a_part(string model, bool whole, bool stream)
    {
        await using var server = ScriptedServer.Start();
        using var client = new ChatClient(server.Origin);
        foreach (var protocol in Enum.GetValues<ClientProtocol>())
        {
            var reply = await client.AskAsync(new ChatAsk(model, protocol, stream), TestContext.Current.CancellationToken);
            Assert.Equal(whole, FaultJudge.IsWhole(new FaultScenario("", "", model), reply));
            Assert.Empty(reply.Violations);
            if (whole && model == "ok") Assert.Equal((4, 60), (reply.InputTokens, reply.OutputTokens));
        }
    }

    [Fact]
    public async Task Puts_tools_together()
    {
        await using var server = ScriptedServer.Start();
        using var client = new ChatClient(server.Origin);
        foreach (var protocol in Enum.GetValues<ClientProtocol>())
        foreach (var stream in (bool[])[true, false])
        {
            var reply = await client.AskAsync(new ChatAsk("tool-parallel", protocol, stream), TestContext.Current.CancellationToken);
            Assert.Equal(ScriptedAnswer.TwoTools.Select(t => t.Arguments), reply.Tools.Select(t => t.Arguments.ToString()));
        }
    }
}
