using System.Text.Json;
using OpenClaw.Gateway.Control;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Control;

/// <summary>What is kept of the decisions in memory: the last few thousand, and no more.</summary>
public sealed class DecisionLogTests
{
    private const int Kept = 4000;

    [Fact]
    public async Task With_one_too_many_the_oldest_is_forgotten()
    {
        await using var log = new DecisionLog(Kept, null);
        for (var i = 0; i < Kept; i++) log.Add(new Decision($"d{i}", DateTimeOffset.UnixEpoch, "chat"));
        Assert.NotNull(log.Find("d0"));
        log.Add(new Decision($"d{Kept}", DateTimeOffset.UnixEpoch, "chat"));
        Assert.Null(log.Find("d0"));
        Assert.NotNull(log.Find("d1"));
        Assert.Equal(Enumerable.Range(1, Kept).Reverse().Select(static i => $"d{i}"), log.Latest(2 * Kept).Select(static d => d.Id));
    }

    [Fact]
    public async Task A_gateway_keeps_four_thousand()
    {
        await using var gateway = await RunningGateway.StartAsync("""
            { "defaultModel": "p/m", "models": { "providers": { "p": { "api": "openai-completions", "baseUrl": "http://127.0.0.1:9/v1", "apiKey": "sk-of-p" } } } }
            """);
        // Whoever is turned away has a decision too, and calls nobody.
        var first = await RefusedAsync(gateway);
        var second = await RefusedAsync(gateway);
        for (var i = 2; i < Kept; i++) await RefusedAsync(gateway);
        Assert.Equal(200, await StatusOfAsync(gateway, first));
        await RefusedAsync(gateway);
        Assert.Equal(404, await StatusOfAsync(gateway, first));
        Assert.Equal(200, await StatusOfAsync(gateway, second));
    }

    [Theory]
    [InlineData("/v1/chat/completions", "scripted/ok", 200)]
    [InlineData("/v1/messages", "scripted/ok", 200)]
    [InlineData("/v1/chat/completions", "scripted/none", 404)]
    public async Task Whoever_has_a_whole_answer_finds_it_in_every_report(string door, string model, int status)
    {
        await using var gateway = await RunningGateway.StartAsync("""
            { "defaultModel": "scripted/ok", "budgets": [{ "scope": "gateway", "period": "total", "limit": 100000, "unit": "tokens" }],
              "models": { "providers": { "scripted": {} }, "prices": { "scripted/ok": { "input": 1, "output": 1 } } } }
            """);
        for (var i = 1; i <= 100; i++)
        {
            var (answer, body) = await gateway.PostAsync(door, $$"""{"model":"{{model}}","max_tokens":20,"messages":[{"role":"user","content":"hello"}]}""", ("x-openclaw-fallback", "off"));
            using (answer)
            {
                Assert.True((int)answer.StatusCode == status, body);
                Assert.Equal(200, await StatusOfAsync(gateway, answer.Headers.GetValues("x-openclaw-decision").Single()));
            }
            using var report = JsonDocument.Parse(await gateway.Client.GetStringAsync(new Uri(gateway.Address, "/openclaw/v1/usage"), TestContext.Current.CancellationToken));
            Assert.Equal(i, report.RootElement.GetProperty("total").GetProperty("requests").GetInt32());
            using var budgets = JsonDocument.Parse(await gateway.Client.GetStringAsync(new Uri(gateway.Address, "/openclaw/v1/budgets"), TestContext.Current.CancellationToken));
            Assert.Equal(0, budgets.RootElement.GetProperty("budgets")[0].GetProperty("reserved").GetInt32());
        }
    }

    private static async Task<string> RefusedAsync(RunningGateway gateway)
    {
        var (answer, body) = await gateway.PostAsync("/v1/chat/completions", "{");
        using (answer)
        {
            Assert.True((int)answer.StatusCode == 400, body);
            return answer.Headers.GetValues("x-openclaw-decision").Single();
        }
    }

    private static async Task<int> StatusOfAsync(RunningGateway gateway, string decision)
    {
        using var answer = await gateway.Client.GetAsync(new Uri(gateway.Address, "/openclaw/v1/decisions/" + decision));
        return (int)answer.StatusCode;
    }
}
