using System.Net;
using System.Text;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Inbound;

/// <summary>A page of any site reaches what listens on loopback: without a token it is not answered.</summary>
public sealed class PageGuardTests
{
    private const string Config = """{ "defaultModel": "scripted/ok", "models": { "providers": { "scripted": {} } }, "storage": { "url": "none" } GATE }""";

    [Theory]
    [InlineData("", null, 200)]
    [InlineData("localhost:18789", "http://localhost:3000", 200)]
    [InlineData("[::1]:18789", "http://127.0.0.1:3000", 200)]
    [InlineData("host.docker.internal:18789", null, 200)]
    [InlineData("gateway", "vscode-webview://abc", 200)]
    [InlineData("evil.example", null, 403)]
    [InlineData("10.0.0.7:18789", null, 403)]
    [InlineData("localhost.evil.example", null, 403)]
    [InlineData("", "https://evil.example", 403)]
    [InlineData("", "null", 403)]
    public async Task Without_a_token_only_this_machine_is_answered(string host, string? origin, int status)
    {
        await using var gateway = await RunningGateway.StartAsync(Config.Replace("GATE", "", StringComparison.Ordinal));
        foreach (var path in (string[])["/v1/chat/completions", "/openclaw/v1/status"])
        {
            var (answer, body) = await AskAsync(gateway, path, host, origin, token: null);
            Assert.True((int)answer.StatusCode == status, $"{path}: {answer.StatusCode} {body}");
            if (status == 403) Assert.Contains("ask it as localhost, or set gateway.auth and a token", body, StringComparison.Ordinal);
        }
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(gateway, "/healthz", host, origin, token: null)).Answer.StatusCode);
    }

    [Fact]
    public async Task With_one_the_token_decides()
    {
        await using var gateway = await RunningGateway.StartAsync(Config.Replace("GATE", """, "gateway": { "auth": { "mode": "token", "token": "t-of-the-owner" } }""", StringComparison.Ordinal));
        var (answer, body) = await AskAsync(gateway, "/v1/chat/completions", "gateway.example", "https://app.example", "t-of-the-owner");
        Assert.True(answer.IsSuccessStatusCode, body);
    }

    private static async Task<(HttpResponseMessage Answer, string Body)> AskAsync(RunningGateway gateway, string path, string host, string? origin, string? token)
    {
        using var request = new HttpRequestMessage(path.StartsWith("/v1/", StringComparison.Ordinal) ? HttpMethod.Post : HttpMethod.Get, new Uri(gateway.Address, path));
        if (request.Method == HttpMethod.Post) request.Content = new StringContent("""{"model":"default","messages":[{"role":"user","content":"hi"}]}""", Encoding.UTF8, "text/plain");
        if (host.Length > 0) request.Headers.Host = host;
        if (origin is not null) request.Headers.Add("Origin", origin);
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        var answer = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return (answer, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
