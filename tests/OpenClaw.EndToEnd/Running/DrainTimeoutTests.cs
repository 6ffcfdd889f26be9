using System.Text.Json.Nodes;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Running;

public sealed class DrainTimeoutTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_outlives_the_drain_time_is_cut_off_and_the_process_ends(bool chat)
    {
        await using var server = ScriptedServer.Start();
        // It is never let go on.
        var paused = new PausedStream(server, "paused");
        await using var gateway = await GatewayProcess.StartAsync(RunningConfig.Of(server, c => c["gateway"] = new JsonObject { ["drainTimeout"] = "300ms" }));
        using var client = new ChatClient(gateway.Url);
        var running = client.AskAsync(new ChatAsk(chat ? "p/paused" : "a/paused", chat ? ClientProtocol.Chat : ClientProtocol.Messages, Stream: true), TestContext.Current.CancellationToken);
        await paused.HalfwayAsync();
        await gateway.TerminateAsync();
        Assert.Equal(0, await gateway.WaitForExitAsync(TimeSpan.FromSeconds(15)));
        Assert.Contains("drain time is over: 1 answers are cut off", gateway.Log, StringComparison.Ordinal);
        var reply = await running;
        Assert.False(reply.LooksWhole, reply.ToString());
        Assert.StartsWith(reply.Text, ScriptedAnswer.Text, StringComparison.Ordinal);
        Assert.NotEqual(ScriptedAnswer.Text, reply.Text);
    }
}
