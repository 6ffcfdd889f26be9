using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;
using OpenClaw.Tests.Docs;
using OpenClaw.Tests.Gateway.Dispatch;

namespace OpenClaw.Tests.Gateway.Inbound;

/// <summary>Who comes to a gateway that answers as many as it may is turned away, and has a decision like everybody else.</summary>
public sealed class FullGatewayTests
{
    [Theory]
    [InlineData("/v1/chat/completions", "chat")]
    [InlineData("/v1/messages", "messages")]
    public async Task A_request_turned_away_at_the_door_leaves_its_decision(string path, string protocol)
    {
        var isFull = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = ScriptedServer.Start();
        server.On("slow", async x =>
        {
            isFull.TrySetResult();
            await goOn.Task;
            await ScriptedStage.SayAsync(x, "Here I am.");
        });
        await using var gateway = await RunningGateway.StartAsync($$"""
            {
              "models": { "providers": { "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKey": "k" } } },
              "gateway": { "maxConcurrentRequests": 1 }, "storage": { "url": "none" }
            }
            """);
        const string Ask = """{ "model": "p/slow", "max_tokens": 9, "messages": [{ "role": "user", "content": "Are you there?" }] }""";
        var first = gateway.PostAsync(path, Ask);
        await isFull.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        string id;
        try
        {
            id = await AssertTurnedAwayAsync(gateway, path, Ask);
        }
        finally
        {
            goOn.SetResult();
        }
        Assert.Equal(200, (int)(await first).Answer.StatusCode);
        // The one that was answered, and the one that was not.
        var decisions = await gateway.StopAsync();
        Assert.Equal(2, decisions.Count);
        var decision = decisions[id];
        Assert.Equal(("refused", 503, protocol, 0), (decision.GetProperty("outcome").GetString(), decision.GetProperty("status").GetInt32(), decision.GetProperty("protocol").GetString(), decision.GetProperty("attempts").GetArrayLength()));
        Assert.Contains("gateway.maxConcurrentRequests", decision.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.True(decision.TryGetProperty("totalMs", out _));
    }

    private static async Task<string> AssertTurnedAwayAsync(RunningGateway gateway, string path, string ask)
    {
        var (refused, body) = await gateway.PostAsync(path, ask);
        Assert.Equal((503, "1", "true"), ((int)refused.StatusCode, Header(refused, "Retry-After"), Header(refused, "x-should-retry")));
        Assert.Contains("gateway.maxConcurrentRequests", JsonDocument.Parse(body).RootElement.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        return Header(refused, "x-openclaw-decision");
    }

    private static string Header(HttpResponseMessage answer, string name) => answer.Headers.GetValues(name).Single();
}
