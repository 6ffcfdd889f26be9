using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;
using OpenClaw.Tests.Docs;
using OpenClaw.Tests.Gateway.Dispatch;

namespace OpenClaw.Tests.Gateway.Inbound;

public sealed class CountTokensTests
{
    // What the scripted provider counts, whatever it is given.
    private const int Counted = 42;

    [Theory]
    [InlineData("a/ok")]
    [InlineData("default")]
    public async Task A_provider_of_Messages_counts_itself(string model)
    {
        await using var server = ScriptedServer.Start(new ScriptedOptions { KeepBodies = true });
        await using var gateway = await StartAsync(server.Origin.ToString());
        Assert.Equal((Counted, "a/ok"), await CountAsync(gateway, model));
        var call = Assert.Single(server.Calls, static c => c.Method == "POST");
        Assert.Equal("/v1/messages/count_tokens", call.Path);
        using var sent = JsonDocument.Parse(call.Body);
        Assert.Equal(("ok", "hello there"), (sent.RootElement.GetProperty("model").GetString(), sent.RootElement.GetProperty("messages")[0].GetProperty("content").GetString()));
    }

    [Fact]
    public async Task For_other_protocols_it_is_an_estimate()
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        var (tokens, who) = await CountAsync(stage.Gateway, "p/ok");
        Assert.InRange(tokens, 1, Counted - 1);
        Assert.Null(who);
        Assert.Empty(stage.Asked);
    }

    [Theory]
    [InlineData(404, """{"type":"error"}""")]
    [InlineData(200, "not JSON")]
    [InlineData(200, """{"input_tokens":"many"}""")]
    [InlineData(0, "")]
    public async Task Where_a_provider_does_not_count_it_is_an_estimate_too(int status, string answer)
    {
        await using var provider = new TinyHttp((_, _) => (status, answer));
        await using var gateway = await StartAsync(provider.Url);
        var (tokens, who) = await CountAsync(gateway, "a/ok");
        Assert.InRange(tokens, 1, Counted - 1);
        Assert.Null(who);
        var head = Assert.Single(provider.Heads, static h => h.StartsWith("POST /v1/messages/count_tokens", StringComparison.Ordinal));
        Assert.Contains("x-api-key: sk-of-a", head, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("anthropic-version: 2023-06-01", head, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("nope/m1", "", 404)]
    [InlineData("a/denied", "", 403)]
    [InlineData("a/ok", "nope/m1", 404)]
    public async Task A_model_that_messages_refuses_is_refused_in_the_same_words(string model, string header, int status)
    {
        await using var gateway = await RunningGateway.StartAsync("""
            { "defaultModel": "a/ok", "models": { "allowlist": ["a/ok"], "providers": { "a": { "api": "anthropic-messages", "baseUrl": "http://127.0.0.1:9", "apiKey": "sk-of-a" } } } }
            """);
        (string, string)[] headers = header.Length > 0 ? [("x-openclaw-model", header)] : [];
        var json = $$"""{ "model": "{{model}}", "max_tokens": 9, "messages": [{ "role": "user", "content": "hello there" }] }""";
        var (counted, body) = await gateway.PostAsync("/v1/messages/count_tokens", json, headers);
        var (asked, expected) = await gateway.PostAsync("/v1/messages", json, headers);
        using (counted)
        using (asked)
        {
            Assert.Equal((status, status), ((int)counted.StatusCode, (int)asked.StatusCode));
            Assert.Equal(ErrorOf(expected), ErrorOf(body));
        }
    }

    [Fact]
    public async Task In_a_session_that_is_set_to_a_model_that_model_counts_and_no_session_is_made()
    {
        await using var server = ScriptedServer.Start(new ScriptedOptions { KeepBodies = true });
        await using var gateway = await StartAsync(server.Origin.ToString());
        const string Json = """{ "model": "nope/m1", "max_tokens": 9, "messages": [{ "role": "user", "content": "hello there" }] }""";
        var (unset, _) = await gateway.PostAsync("/v1/messages/count_tokens", Json, ("x-openclaw-session", "s1"));
        using (unset) Assert.Equal(404, (int)unset.StatusCode);
        Assert.DoesNotContain("s1", await gateway.Client.GetStringAsync(new Uri(gateway.Address, "/openclaw/v1/sessions"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var (set, said) = await gateway.PostAsync("/v1/messages", """{ "model": "default", "max_tokens": 9, "messages": [{ "role": "user", "content": "/model a/ok" }] }""", ("x-openclaw-session", "s1"));
        using (set) Assert.True(set.IsSuccessStatusCode, said);
        var (answer, body) = await gateway.PostAsync("/v1/messages/count_tokens", Json, ("x-openclaw-session", "s1"));
        using (answer) Assert.True(answer.IsSuccessStatusCode, body);
        Assert.Equal("a/ok", answer.Headers.GetValues("x-openclaw-model").Single());
    }

    private static string ErrorOf(string body)
    {
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("error").GetRawText();
    }

    private static Task<RunningGateway> StartAsync(string baseUrl) => RunningGateway.StartAsync($$"""
        { "defaultModel": "a/ok", "models": { "providers": { "a": { "api": "anthropic-messages", "baseUrl": "{{baseUrl}}", "apiKey": "sk-of-a" } } } }
        """);

    private static async Task<(int Tokens, string? Who)> CountAsync(RunningGateway gateway, string model)
    {
        var (answer, body) = await gateway.PostAsync("/v1/messages/count_tokens", $$"""{ "model": "{{model}}", "messages": [{ "role": "user", "content": "hello there" }] }""");
        using (answer)
        {
            Assert.True(answer.IsSuccessStatusCode, body);
            using var json = JsonDocument.Parse(body);
            return (json.RootElement.GetProperty("input_tokens").GetInt32(), answer.Headers.TryGetValues("x-openclaw-model", out var who) ? who.Single() : null);
        }
    }
}
