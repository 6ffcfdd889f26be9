using System.Text.Json.Nodes;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Running;

public sealed class DrainTests : IAsyncLifetime
{
    private ScriptedServer _server = null!;
    private GatewayProcess _gateway = null!;
    private PausedStream _paused = null!;

    public async ValueTask InitializeAsync()
    {
        _server = ScriptedServer.Start();
        _paused = new PausedStream(_server, "paused");
        _gateway = await GatewayProcess.StartAsync(RunningConfig.Of(_server, c => c["gateway"] = new JsonObject { ["drainTimeout"] = "20s" }));
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_SIGTERM_running_answers_end_whole_and_new_requests_are_refused(bool chat)
    {
        using var client = new ChatClient(_gateway.Url);
        var running = client.AskAsync(new ChatAsk(chat ? "p/paused" : "a/paused", chat ? ClientProtocol.Chat : ClientProtocol.Messages, Stream: true), TestContext.Current.CancellationToken);
        await _paused.HalfwayAsync();
        await _gateway.TerminateAsync();

        var ready = await Until.TrueAsync("not ready", () => _gateway.GetAsync("/readyz"), a => a.Status == 503);
        Assert.Contains("draining", ready.Body, StringComparison.Ordinal);
        foreach (var door in (string[])["/healthz", "/startupz"]) Assert.Equal(503, (await _gateway.GetAsync(door)).Status);
        var refused = await _gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat);
        Assert.Equal((503, "openai", "draining"), (refused.Status, refused.Shape, refused.Json["error"]!["code"]!.GetValue<string>()));
        Assert.Equal("1", refused.Headers["Retry-After"]);
        var other = await _gateway.CallAsync("POST", "/v1/messages", GatewayCalls.Messages);
        Assert.Equal((503, "anthropic"), (other.Status, other.Shape));
        Assert.False(_gateway.HasExited);
        Assert.False(running.IsCompleted);

        _paused.GoOn();
        var reply = await running;
        Assert.True(reply.LooksWhole, reply.ToString());
        Assert.Equal(ScriptedAnswer.Text, reply.Text);
        Assert.Equal(0, await _gateway.WaitForExitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_second_SIGTERM_ends_it_at_once()
    {
        using var client = new ChatClient(_gateway.Url);
        var running = client.AskAsync(new ChatAsk("p/paused", ClientProtocol.Chat, Stream: true), TestContext.Current.CancellationToken);
        await _paused.HalfwayAsync();
        await _gateway.TerminateAsync();
        await Until.TrueAsync("not ready", () => _gateway.GetAsync("/readyz"), a => a.Status == 503);
        await _gateway.TerminateAsync();
        Assert.NotNull(await _gateway.WaitForExitAsync(TimeSpan.FromSeconds(5)));
        Assert.False((await running).LooksWhole);
    }

    [Fact]
    public async Task Without_anything_running_it_ends_at_once_with_zero()
    {
        Assert.Equal(200, (await _gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat)).Status);
        await _gateway.TerminateAsync();
        Assert.Equal(0, await _gateway.WaitForExitAsync(TimeSpan.FromSeconds(5)));
    }
}
