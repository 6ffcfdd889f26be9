using System.Text.Json.Nodes;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Running;

public sealed class DrainTimeoutTests
{
    private static readonly byte[] s_begun = [.. """data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"busy","choices":[{"index":0,"delta":{"role":"assistant","content":"one two"},"finish_reason":null}]}"""u8, .. "\n\n"u8];

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
        // It was not the caller who left, and nobody says so.
        Assert.Contains("the gateway stopped before the answer was complete", reply.Error, StringComparison.Ordinal);
        Assert.Contains("\"outcome\":\"interrupted\"", gateway.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("clientGone", gateway.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task Who_has_nothing_yet_when_the_drain_time_is_over_is_told_to_ask_again(bool chat, bool stream)
    {
        await using var server = ScriptedServer.Start();
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.On("silent", async x =>
        {
            arrived.TrySetResult();
            await Task.Delay(Timeout.Infinite, x.Connection.PeerClosed);
        });
        await using var gateway = await GatewayProcess.StartAsync(RunningConfig.Of(server, c =>
        {
            c["gateway"] = new JsonObject { ["drainTimeout"] = "200ms" };
            c["models"]!["fallbacks"] = new JsonArray("p/ok", "a/ok");
        }));
        var body = (chat ? GatewayCalls.Chat : GatewayCalls.Messages).Replace("p/ok", "p/silent", StringComparison.Ordinal).Replace("a/ok", "a/silent", StringComparison.Ordinal);
        if (stream) body = body.Replace("{\"model\"", "{\"stream\":true,\"model\"", StringComparison.Ordinal);
        var running = gateway.CallAsync("POST", chat ? "/v1/chat/completions" : "/v1/messages", body);
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken);
        await gateway.TerminateAsync();
        var answer = await running;
        Assert.Equal((503, chat ? "openai" : "anthropic"), (answer.Status, answer.Shape));
        Assert.Contains("the gateway stopped before the answer was complete; send the request again", answer.Body, StringComparison.Ordinal);
        Assert.Equal("1", answer.Headers["Retry-After"]);
        Assert.Equal(0, await gateway.WaitForExitAsync(TimeSpan.FromSeconds(15)));
        Assert.Contains("\"outcome\":\"failed\"", gateway.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("clientGone", gateway.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_waits_for_the_next_try_when_the_drain_time_is_over_is_told_to_ask_again(bool hasBegun)
    {
        await using var server = ScriptedServer.Start();
        var refused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = 0;
        server.On("busy", async x =>
        {
            if (hasBegun && Interlocked.Increment(ref calls) == 1) await ScriptedServer.ReplayAsync(x, "text/event-stream", s_begun, s_begun.Length);
            else
            {
                await x.ErrorAsync(ScriptedError.RateLimited, retryAfter: TimeSpan.FromSeconds(20));
                refused.TrySetResult();
            }
        });
        await using var gateway = await GatewayProcess.StartAsync(RunningConfig.Of(server, c =>
        {
            c["gateway"] = new JsonObject { ["drainTimeout"] = "200ms" };
            c["defaultModel"] = "p/busy";
        }));
        var body = GatewayCalls.Chat.Replace("p/ok", "p/busy", StringComparison.Ordinal).Replace("{\"model\"", "{\"stream\":true,\"model\"", StringComparison.Ordinal);
        var running = gateway.CallAsync("POST", "/v1/chat/completions", body);
        await refused.Task.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken);
        await gateway.TerminateAsync();
        var answer = await running;
        Assert.Equal(hasBegun ? 200 : 503, answer.Status);
        Assert.Contains("the gateway stopped before the answer was complete", answer.Body, StringComparison.Ordinal);
        Assert.Equal(0, await gateway.WaitForExitAsync(TimeSpan.FromSeconds(15)));
        Assert.DoesNotContain("clientGone", gateway.Log, StringComparison.Ordinal);
    }
}
