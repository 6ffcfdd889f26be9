using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Control;

public sealed class LeftSessionsTests
{
    private const string Config = """{ "gateway": { "auth": { "token": "the-owners-token" } }, "defaultModel": "scripted/ok" }""";

    [Fact]
    public async Task Sessions_of_a_revoked_client_are_shown_changed_and_deleted_by_the_key_that_lists_them()
    {
        await using var gateway = await RunningGateway.StartAsync(Config);
        var token = (await CallAsync(gateway, "POST", "/openclaw/v1/clients", """{"name":"ci"}""")).Json.GetProperty("token").GetString()!;
        Assert.Equal(200, (await CallAsync(gateway, "POST", "/v1/chat/completions", """{"model":"scripted/ok","user":"main","messages":[{"role":"user","content":"hello"}]}""", token)).Status);
        Assert.Equal(200, (await CallAsync(gateway, "DELETE", "/openclaw/v1/clients/ci", null)).Status);

        var key = (await CallAsync(gateway, "GET", "/openclaw/v1/sessions", null)).Json.GetProperty("sessions")[0].GetProperty("key").GetString();
        Assert.Equal("ci:main", key);
        var shown = await CallAsync(gateway, "GET", "/openclaw/v1/sessions/ci%3Amain", null);
        Assert.Equal((200, 1), (shown.Status, shown.Json.GetProperty("requests").GetInt32()));
        Assert.Equal("ci:main", (await CallAsync(gateway, "PATCH", "/openclaw/v1/sessions/ci%3Amain", """{"title":"left"}""")).Json.GetProperty("key").GetString());
        Assert.Equal(200, (await CallAsync(gateway, "POST", "/openclaw/v1/sessions/ci%3Amain/reset", null)).Status);
        Assert.Equal(200, (await CallAsync(gateway, "DELETE", "/openclaw/v1/sessions/ci%3Amain", null)).Status);
        Assert.Equal(0, (await CallAsync(gateway, "GET", "/openclaw/v1/sessions", null)).Json.GetProperty("sessions").GetArrayLength());
    }

    [Fact]
    public async Task A_name_with_a_colon_that_nobody_left_is_the_owners()
    {
        await using var gateway = await RunningGateway.StartAsync(Config);
        Assert.Equal("owner:ci:main", (await CallAsync(gateway, "PATCH", "/openclaw/v1/sessions/ci%3Amain", """{"title":"mine"}""")).Json.GetProperty("key").GetString());
        Assert.Equal(200, (await CallAsync(gateway, "GET", "/openclaw/v1/sessions/ci%3Amain", null)).Status);
    }

    private static async Task<(int Status, JsonElement Json)> CallAsync(RunningGateway gateway, string method, string path, string? body, string token = "the-owners-token")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(gateway.Address, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return ((int)answer.StatusCode, json.RootElement.Clone());
    }
}
