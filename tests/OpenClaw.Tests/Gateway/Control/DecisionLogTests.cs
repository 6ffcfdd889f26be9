using System.Text;
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
    [InlineData("/v1/chat/completions", "scripted/ok", 200, null)]
    [InlineData("/v1/chat/completions", "scripted/ok", 200, "data: [DONE]")]
    [InlineData("/v1/messages", "scripted/ok", 200, null)]
    [InlineData("/v1/messages", "scripted/ok", 200, "event: message_stop")]
    [InlineData("/v1/chat/completions", "scripted/none", 404, null)]
    public async Task Whoever_has_an_answer_finds_it_in_every_report(string door, string model, int status, string? lastLine)
    {
        await using var gateway = await RunningGateway.StartAsync("""
            { "defaultModel": "scripted/ok", "budgets": [{ "scope": "gateway", "period": "total", "limit": 100000, "unit": "tokens" }],
              "models": { "providers": { "scripted": {} }, "prices": { "scripted/ok": { "input": 1, "output": 1 } } } }
            """);
        for (var i = 1; i <= 40; i++)
        {
            Assert.Equal(200, await StatusOfAsync(gateway, await AnsweredAsync(gateway, door, model, status, lastLine)));
            using var report = await ReportAsync(gateway, "usage");
            Assert.Equal(i, report.RootElement.GetProperty("total").GetProperty("requests").GetInt32());
            using var session = await ReportAsync(gateway, "sessions/s");
            Assert.Equal(i, session.RootElement.GetProperty("requests").GetInt32());
            using var budgets = await ReportAsync(gateway, "budgets");
            Assert.Equal(0, budgets.RootElement.GetProperty("budgets")[0].GetProperty("reserved").GetInt32());
        }
    }

    private static async Task<JsonDocument> ReportAsync(RunningGateway gateway, string name) =>
        JsonDocument.Parse(await gateway.Client.GetStringAsync(new Uri(gateway.Address, "/openclaw/v1/" + name), TestContext.Current.CancellationToken));

    /// <returns>Its decision, as soon as the last line is read: the official clients read no further.</returns>
    private static async Task<string> AnsweredAsync(RunningGateway gateway, string door, string model, int status, string? lastLine)
    {
        var body = $$"""{"model":"{{model}}","max_tokens":20,"stream":{{(lastLine is null ? "false" : "true")}},"messages":[{"role":"user","content":"hello"}]}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway.Address, door)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("x-openclaw-session", "s");
        request.Headers.Add("x-openclaw-fallback", "off");
        using var answer = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)answer.StatusCode);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        if (lastLine is null) await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        else while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is var line && line != lastLine) Assert.NotNull(line);
        return answer.Headers.GetValues("x-openclaw-decision").Single();
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
