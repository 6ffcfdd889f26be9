using System.Text.Json.Nodes;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Running;

/// <summary>What the machine around a gateway does to it: a proxy in the environment, a service manager that hangs up.</summary>
public sealed class SurroundingsTests
{
    private static readonly Dictionary<string, string> s_deadProxy = new() { ["HTTP_PROXY"] = "http://user:proxy-secret@127.0.0.1:1", ["http_proxy"] = "http://user:proxy-secret@127.0.0.1:1" };

    [Fact]
    public async Task A_proxy_of_the_environment_is_not_asked_for_what_runs_on_this_machine()
    {
        await using var server = ScriptedServer.Start();
        await using var gateway = await GatewayProcess.StartAsync(RunningConfig.Of(server), s_deadProxy);
        var answer = await gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat);
        Assert.True(answer.Status == 200, answer.Body);
    }

    [Fact]
    public async Task A_proxy_that_does_not_answer_is_named_and_the_provider_is_not_blamed()
    {
        await using var server = ScriptedServer.Start();
        await using var gateway = await GatewayProcess.StartAsync(RunningConfig.Of(server, static c =>
        {
            c["models"]!["providers"]!["far"] = new JsonObject { ["baseUrl"] = "http://llm.invalid/v1", ["apiKey"] = "k" };
            c["routing"] = new JsonObject { ["retries"] = 0 };
        }), s_deadProxy);
        var answer = await gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat.Replace("p/ok", "far/m", StringComparison.Ordinal), new Dictionary<string, string> { ["x-openclaw-fallback"] = "off" });
        Assert.InRange(answer.Status, 500, 599);
        Assert.Contains("through the proxy 127.0.0.1:1", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("proxy-secret", answer.Body + gateway.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hang_up_ends_no_answer()
    {
        await using var server = ScriptedServer.Start();
        var paused = new PausedStream(server, "paused");
        await using var gateway = await GatewayProcess.StartAsync(RunningConfig.Of(server));
        using var client = new ChatClient(gateway.Url);
        var running = client.AskAsync(new ChatAsk("p/paused", ClientProtocol.Chat, Stream: true), TestContext.Current.CancellationToken);
        await paused.HalfwayAsync();
        await gateway.SignalAsync("HUP");
        Assert.Equal(200, (await gateway.GetAsync("/readyz")).Status);
        paused.GoOn();
        var reply = await running;
        Assert.True(reply.LooksWhole, reply.ToString());
        Assert.Equal(200, (await gateway.GetAsync("/readyz")).Status);
    }
}
