using System.ClientModel;
using System.ClientModel.Primitives;
using OpenAI;
using OpenClaw.EndToEnd.Running;

namespace OpenClaw.EndToEnd.Money;

/// <summary>Rates of the built gateway, as an official client meets them.</summary>
public sealed class RateLimitTests
{
    private const string Config = """{ "defaultModel": "scripted/ok", "limits": [{ "scope": "client", "requestsPerMinute": 3 }], "models": { "providers": { "scripted": {} } } }""";

    [Fact]
    public async Task An_official_client_sees_429_and_when_to_come_again()
    {
        await using var gateway = await GatewayProcess.StartAsync(Config);
        var client = Client(gateway, tries: 0);
        for (var i = 0; i < 3; i++) Assert.NotEmpty((await client.CompleteChatAsync("hello")).Value.Content[0].Text);
        var refused = await Assert.ThrowsAsync<ClientResultException>(() => client.CompleteChatAsync("hello"));
        Assert.Equal(429, refused.Status);
        var headers = refused.GetRawResponse()!.Headers;
        Assert.True(headers.TryGetValue("retry-after", out var wait));
        Assert.InRange(int.Parse(wait!), 1, 20);
        Assert.True(headers.TryGetValue("x-ratelimit-remaining-requests", out var left));
        Assert.Equal("0", left);
    }

    [Fact]
    public async Task An_official_client_that_waits_as_told_is_answered()
    {
        // Sixty a minute: one a second.
        await using var gateway = await GatewayProcess.StartAsync(Config.Replace("\"requestsPerMinute\": 3", "\"requestsPerMinute\": 60", StringComparison.Ordinal));
        // The rate refills while a slow machine uses it up, so more are sent than it allows.
        await Task.WhenAll(Enumerable.Range(0, 90).Select(_ => gateway.CallAsync("POST", "/v1/chat/completions", GatewayCalls.Chat.Replace("p/ok", "scripted/ok", StringComparison.Ordinal))));
        Assert.NotEmpty((await Client(gateway, tries: 3).CompleteChatAsync("hello")).Value.Content[0].Text);
        Assert.Contains("openclaw_requests_total{protocol=\"chat\",model=\"none\",outcome=\"refused\"}", (await gateway.GetAsync("/metrics")).Body, StringComparison.Ordinal);
    }

    private static OpenAI.Chat.ChatClient Client(GatewayProcess gateway, int tries) =>
        new("scripted/ok", new ApiKeyCredential("any"), new OpenAIClientOptions { Endpoint = new Uri(gateway.Url, "/v1"), RetryPolicy = new ClientRetryPolicy(tries) });
}
