using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using OpenClaw.Config;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Admission;

/// <summary><c>/openclaw/v1/clients</c> of a running gateway, and what the tokens it gives are good for.</summary>
public sealed class ClientsOnTheWireTests
{
    private const string Config = """
        { "gateway": { "auth": { "token": "the-owners-token" } }, "defaultModel": "scripted/ok",
          "models": { "providers": { "scripted": {} } }, "clients": [{ "name": "filed", "token": "the-filed-token", "expires": "2020-01-01" }, { "name": "good", "token": "the-good-token", "limits": [{ "requestsPerMinute": 1 }] }] }
        """;

    [Fact]
    public async Task A_client_is_made_used_rotated_and_revoked_without_a_restart()
    {
        await using var gateway = await RunningGateway.StartAsync(Config);
        var made = await CallAsync(gateway, "POST", "/openclaw/v1/clients", """{"name":"ci","allow":["scripted/ok"],"limits":[{"requestsPerMinute":3}]}""");
        Assert.Equal((201, "no-store"), (made.Status, made.CacheControl));
        var token = made.Json.GetProperty("token").GetString()!;
        Assert.Equal(200, await AskAsync(gateway, token, "scripted/ok"));
        Assert.Equal(403, await AskAsync(gateway, token, "scripted/down"));
        var forbidden = await CallAsync(gateway, "GET", "/openclaw/v1/clients", null, token);
        Assert.Equal((403, "forbidden"), (forbidden.Status, forbidden.Json.GetProperty("error").GetProperty("code").GetString()));

        var rotated = await CallAsync(gateway, "POST", "/openclaw/v1/clients/ci/rotate", """{"overlap":"0s"}""");
        var second = rotated.Json.GetProperty("token").GetString()!;
        Assert.Equal((401, 200), (await AskAsync(gateway, token, "scripted/ok"), await AskAsync(gateway, second, "scripted/ok")));
        var third = (await CallAsync(gateway, "POST", "/openclaw/v1/clients/ci/rotate", null)).Json;
        Assert.True(third.TryGetProperty("oldTokenUntil", out _));
        // Its own rate: three a minute, whichever of its tokens is used.
        Assert.Equal((200, 429), (await AskAsync(gateway, second, "scripted/ok"), await AskAsync(gateway, third.GetProperty("token").GetString()!, "scripted/ok")));

        Assert.Equal("revoked", (await CallAsync(gateway, "DELETE", "/openclaw/v1/clients/ci", null)).Json.GetProperty("state").GetString());
        Assert.Equal(401, await AskAsync(gateway, second, "scripted/ok"));
        Assert.Equal(404, (await CallAsync(gateway, "POST", "/openclaw/v1/clients/ci/revoke", null)).Status);
        var list = await CallAsync(gateway, "GET", "/openclaw/v1/clients", null);
        Assert.Equal(["filed configuration", "good configuration", "ci store"], list.Json.GetProperty("clients").EnumerateArray().Select(static c => c.GetProperty("name").GetString() + " " + c.GetProperty("from").GetString()));
        Assert.DoesNotContain("oc_", list.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("sha256", list.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_of_the_configuration_is_shown_and_not_changed()
    {
        await using var gateway = await RunningGateway.StartAsync(Config);
        Assert.Equal("configuration", (await CallAsync(gateway, "GET", "/openclaw/v1/clients/good", null)).Json.GetProperty("from").GetString());
        foreach (var (method, path, body) in ((string, string, string?)[])[("POST", "/good/rotate", null), ("POST", "/good/revoke", null), ("DELETE", "/good", null), ("POST", "", """{"name":"good"}""")])
        {
            var refused = await CallAsync(gateway, method, "/openclaw/v1/clients" + path, body);
            Assert.Equal(409, refused.Status);
            Assert.Contains("configuration", refused.Body, StringComparison.Ordinal);
        }
        Assert.Equal((200, 429), (await AskAsync(gateway, "the-good-token", "scripted/ok"), await AskAsync(gateway, "the-good-token", "scripted/ok")));
        // Expired.
        Assert.Equal(401, await AskAsync(gateway, "the-filed-token", "scripted/ok"));
    }

    [Fact]
    public async Task A_budget_of_one_client_is_nobody_elses_to_look_at_or_to_be_counted_in()
    {
        await using var gateway = await RunningGateway.StartAsync("""
            { "gateway": { "auth": { "token": "the-owners-token" } }, "defaultModel": "scripted/ok",
              "models": { "providers": { "scripted": {} }, "prices": { "scripted/ok": { "input": 1, "output": 1 } } },
              "clients": [{ "name": "ci", "token": "the-ci-token", "budgets": [{ "period": "month", "limit": 20 }] }, { "name": "dev", "token": "the-dev-token" }] }
            """);
        const string Hello = """{"model":"scripted/ok","user":"s","messages":[{"role":"user","content":"hello"}]}""";
        const string Budget = """{"model":"scripted/ok","user":"s","messages":[{"role":"user","content":"/budget"}]}""";
        foreach (var token in (string[])["the-owners-token", "the-dev-token"])
        {
            Assert.Equal(200, (await CallAsync(gateway, "POST", "/v1/chat/completions", Hello, token)).Status);
            Assert.DoesNotContain("client:ci", (await CallAsync(gateway, "POST", "/v1/chat/completions", Budget, token)).Body, StringComparison.Ordinal);
        }
        var standing = (await CallAsync(gateway, "GET", "/openclaw/v1/budgets", null)).Json.GetProperty("budgets")[0];
        Assert.Equal((0m, 20m), (standing.GetProperty("spent").GetDecimal(), standing.GetProperty("left").GetDecimal()));
        Assert.Equal(200, (await CallAsync(gateway, "POST", "/v1/chat/completions", Hello, "the-ci-token")).Status);
        Assert.Contains("client:ci", (await CallAsync(gateway, "POST", "/v1/chat/completions", Budget, "the-ci-token")).Body, StringComparison.Ordinal);
        Assert.NotEqual(0m, (await CallAsync(gateway, "GET", "/openclaw/v1/budgets", null)).Json.GetProperty("budgets")[0].GetProperty("spent").GetDecimal());
    }

    [Fact]
    public async Task A_budget_of_one_client_refuses_that_client_and_nobody_else()
    {
        await using var gateway = await RunningGateway.StartAsync("""
            { "gateway": { "auth": { "token": "the-owners-token" } }, "defaultModel": "scripted/ok",
              "models": { "providers": { "scripted": {} }, "prices": { "scripted/ok": { "input": 1, "output": 1 } } },
              "clients": [{ "name": "ci", "token": "the-ci-token", "budgets": [{ "period": "month", "limit": 0.0000001 }] }, { "name": "dev", "token": "the-dev-token" }] }
            """);
        const string Hello = """{"model":"scripted/ok","messages":[{"role":"user","content":"hello"}]}""";
        var refused = await CallAsync(gateway, "POST", "/v1/chat/completions", Hello, "the-ci-token");
        Assert.Equal((402, "budget_exceeded"), (refused.Status, refused.Json.GetProperty("error").GetProperty("code").GetString()));
        Assert.Equal((200, 200), (await AskAsync(gateway, "the-dev-token", "scripted/ok"), await AskAsync(gateway, "the-owners-token", "scripted/ok")));
    }

    [Fact]
    public async Task A_client_sees_its_own_part_of_the_usage_whatever_it_asks_for()
    {
        await using var gateway = await RunningGateway.StartAsync("""
            { "gateway": { "auth": { "token": "the-owners-token" } }, "defaultModel": "scripted/ok", "models": { "providers": { "scripted": {} } },
              "clients": [{ "name": "ci", "token": "the-ci-token" }, { "name": "dev", "token": "the-dev-token" }] }
            """);
        foreach (var token in (string[])["the-owners-token", "the-ci-token", "the-ci-token", "the-dev-token"]) Assert.Equal(200, await AskAsync(gateway, token, "scripted/ok"));
        Assert.Equal(["ci 2", "dev 1", "owner 1"], await RowsAsync(gateway, "by=client", "the-owners-token"));
        Assert.Equal(["dev 1"], await RowsAsync(gateway, "by=client&client=dev", "the-owners-token"));
        foreach (var query in (string[])["by=client", "by=client&client=dev", "by=client&client=owner"]) Assert.Equal(["ci 2"], await RowsAsync(gateway, query, "the-ci-token"));
        Assert.Equal(401, (await CallAsync(gateway, "GET", "/openclaw/v1/usage", null, "nobodys")).Status);
    }

    private static async Task<IEnumerable<string>> RowsAsync(RunningGateway gateway, string query, string token) =>
        (await CallAsync(gateway, "GET", "/openclaw/v1/usage?" + query, null, token)).Json.GetProperty("rows").EnumerateArray()
            .Select(static r => $"{r.GetProperty("key").GetString()} {r.GetProperty("requests").GetInt64()}").Order(StringComparer.Ordinal);

    [Theory]
    [InlineData("POST", "", "{\"name\":\"late\",\"expires\":\"2020-01-01\"}", 400)]
    [InlineData("POST", "", "{\"name\":\"\\ud800\"}", 400)]
    [InlineData("POST", "", "", 400)]
    [InlineData("POST", "", "[1]", 400)]
    [InlineData("POST", "", "{\"name\":", 400)]
    [InlineData("POST", "/nobody/rotate", "", 404)]
    [InlineData("POST", "/nobody/rotate", "{\"overlap\":\"forever\"}", 400)]
    [InlineData("GET", "/nobody", null, 404)]
    [InlineData("GET", "/nobody/rotate", null, 405)]
    [InlineData("PUT", "/nobody", "{}", 405)]
    public async Task What_cannot_be_done_is_said(string method, string path, string? body, int status)
    {
        await using var gateway = await RunningGateway.StartAsync(Config);
        var answer = await CallAsync(gateway, method, "/openclaw/v1/clients" + path, body);
        Assert.Equal(status, answer.Status);
        Assert.NotEqual("", answer.Json.GetProperty("error").GetProperty("message").GetString());
    }

    private static async Task<int> AskAsync(RunningGateway gateway, string token, string model) =>
        (await CallAsync(gateway, "POST", "/v1/chat/completions", $$"""{"model":"{{model}}","messages":[{"role":"user","content":"hello"}]}""", token)).Status;

    private static async Task<(int Status, string Body, JsonElement Json, string? CacheControl)> CallAsync(RunningGateway gateway, string method, string path, string? body, string token = "the-owners-token")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(gateway.Address, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        using var json = JsonDocument.Parse(text);
        return ((int)answer.StatusCode, text, json.RootElement.Clone(), answer.Headers.CacheControl?.ToString());
    }
}
