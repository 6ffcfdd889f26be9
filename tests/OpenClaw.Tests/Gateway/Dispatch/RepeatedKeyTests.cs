using System.Text;
using OpenClaw.Gateway.Dispatch;
using OpenClaw.Gateway.Providers.Scripted;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>A provider that repeats the key it was sent, in an error that comes with status 200: whole, as the first event of a stream, or after some text.</summary>
public sealed class RepeatedKeyTests
{
    // Nothing about it looks like a key.
    private const string Key = "lobster-in-the-pot";
    private const string Error = $$$"""{"error":{"message":"{{{Key}}} has no room left here","type":"server_error","param":null,"code":"{{{Key}}}"}}""";

    [Theory]
    [InlineData("whole", "p", false)]
    [InlineData("whole", "a", false)]
    [InlineData("whole", "p", true)]
    [InlineData("first", "p", true)]
    [InlineData("first", "a", true)]
    [InlineData("later", "p", true)]
    [InlineData("later", "a", true)]
    public async Task It_is_blanked_for_the_caller_and_in_the_decision(string when, string provider, bool stream)
    {
        await using var stage = await ScriptedStage.StartAsync([], "\"continuation\": \"off\"", static server => $$"""
            "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKey": "{{Key}}" },
            "a": { "api": "anthropic-messages", "baseUrl": "{{server.Origin}}", "apiKey": "{{Key}}" }
            """);
        stage.Server.On("telling", x => when == "whole" ? x.WholeAsync(200, "application/json", Encoding.UTF8.GetBytes(ErrorOf(x))) : TellAsync(x, afterText: when == "later"));
        var answer = await stage.AskAsync(provider + "/telling", messages: provider == "a", stream: stream);
        Assert.Equal(when == "later" ? 200 : 502, answer.Status);
        Assert.Contains("has no room left here", answer.Body, StringComparison.Ordinal);
        Assert.Contains("***", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, answer.Body, StringComparison.Ordinal);
        var decision = (await stage.DecisionAsync(answer)).GetRawText();
        Assert.Contains("has no room left here", decision, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, decision, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(400)]
    [InlineData(503)]
    public async Task Nor_are_configured_headers_told(int status)
    {
        await using var stage = await ScriptedStage.StartAsync([], providers: static server => $$"""
            "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "headers": { "x-tenant": "blue lagoon/77", "Authorization": "Bearer {{Key}}", "x-title": "My App" } }
            """);
        var error = Encoding.UTF8.GetBytes("""{"error":{"message":"My App: KEY of blue lagoon/77 (?t=blue%20lagoon%2F77) has no room left here","type":"server_error","param":null,"code":null}}""".Replace("KEY", Key, StringComparison.Ordinal));
        stage.Server.On("telling", x => x.WholeAsync(status, "application/json", error));
        var answer = await stage.AskAsync("p/telling", messages: false, stream: false);
        var all = answer.Body + (await stage.DecisionAsync(answer)).GetRawText();
        Assert.Contains("has no room left here", all, StringComparison.Ordinal);
        Assert.Contains("My App", all, StringComparison.Ordinal);
        foreach (var secret in (string[])[Key, "lagoon"]) Assert.DoesNotContain(secret, all, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PAKEYsecret/AA+zz==1234567890", "no PAKEYsecret/AA%2Bzz%3D%3D1234567890 here", "no ****** here")]
    [InlineData("PAKEYsecret/AA+zz==1234567890", "no PAKEYsecret/AA+zz==123456 here", "no *** here")]
    [InlineData("PAKEYsecret/AA+zz==1234567890", "no /AA+zz==1234567890, nor PAKEYsecret/A or PAKEYsecret", "no ***, nor *** or PAKEYsecret")]
    public void Parts_of_a_key_are_blanked_too(string key, string words, string expected) =>
        Assert.Equal(expected, Upstream.Without(new CallSecrets(null, new Secret(key)), new UpstreamFailure(FailureReason.ServerError, words)).Message);

    [Fact]
    public async Task A_proxy_is_not_quoted()
    {
        await using var stage = await ScriptedStage.StartAsync([], providers: static server => $$"""
            "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKey": "{{Key}}" }
            """);
        stage.Server.On("far", static x => x.WholeAsync(407, "text/plain", "denied pu:PROXYsecret1"u8.ToArray()));
        var answer = await stage.AskAsync("p/far", messages: false, stream: false);
        Assert.Contains("the proxy on the way to p refused its user name or password (407)", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("PROXYsecret1", answer.Body + (await stage.DecisionAsync(answer)).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_was_cut_off_with_the_words_is_blanked_too()
    {
        var failure = Upstream.Without(new CallSecrets(null, new Secret(Key)), new UpstreamFailure(FailureReason.ServerError, "there is no room for lobster-in-t…"));
        Assert.Equal("there is no room for ***…", failure.Message);
    }

    [Theory]
    [InlineData("sk-1bad", "Incorrect API key provided: sk-1bad. Write to us", "Incorrect API key provided: ***. Write to us")]
    [InlineData("ab12", "no room for ab12, ab123 and \"ab12\"", "no room for ***, ab123 and \"***\"")]
    [InlineData("busy", "the server is busy", "the server is busy")]
    [InlineData("k-1", "no room for k-1", "no room for k-1")]
    public void A_short_key_is_blanked_where_it_stands_alone_and_is_no_word(string key, string words, string expected) =>
        Assert.Equal(expected, Upstream.Without(new CallSecrets(null, new Secret(key)), new UpstreamFailure(FailureReason.ServerError, words)).Message);

    [Fact]
    public async Task A_short_key_in_a_refusal_is_blanked_too()
    {
        await using var stage = await ScriptedStage.StartAsync([], providers: static server => $$"""
            "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKey": "sk-1bad" }
            """);
        stage.Server.On("refuses", static x => x.WholeAsync(401, "application/json", """{"error":{"message":"Incorrect API key provided: sk-1bad.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"""u8.ToArray()));
        var answer = await stage.AskAsync("p/refuses", stream: false);
        Assert.Contains("Incorrect API key provided", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-1bad", answer.Body + (await stage.DecisionAsync(answer)).GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ab12", """no room\nab12 is full""", "***")]
    [InlineData("lobster-in\\the-pot", """no room for lobster-in\\the-pot""", "no room for ***")]
    [InlineData("1234", """try again with 1234 words, or in 5 s""", "try again with")]
    public async Task A_key_behind_an_escape_is_blanked_and_a_number_is_none(string key, string words, string expected)
    {
        await using var stage = await ScriptedStage.StartAsync([], providers: server => $$"""
            "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKey": "{{key.Replace("\\", "\\\\", StringComparison.Ordinal)}}" }
            """);
        stage.Server.On("refuses", x => x.WholeAsync(400, "application/json", Encoding.UTF8.GetBytes($$$"""{"number":1234,"error":{"message":"{{{words}}}","type":"invalid_request_error","code":1234}}""")));
        var answer = await stage.AskAsync("p/refuses", stream: false);
        Assert.Equal(400, answer.Status);
        Assert.Contains(expected, answer.Body, StringComparison.Ordinal);
        var decision = (await stage.DecisionAsync(answer)).GetProperty("attempts").GetRawText();
        Assert.DoesNotContain("full" + key, answer.Body + decision, StringComparison.Ordinal);
        Assert.DoesNotContain("ab12", answer.Body + decision, StringComparison.Ordinal);
        Assert.DoesNotContain("the-pot", answer.Body + decision, StringComparison.Ordinal);
    }

    [Fact]
    public void A_word_too_short_to_be_a_key_stays()
    {
        var failure = new UpstreamFailure(FailureReason.ServerError, "the server is busy");
        Assert.Equal(failure, Upstream.Without(new CallSecrets(null, new Secret("server")), failure));
        Assert.Same(failure, Upstream.Without(default, failure));
    }

    private static string ErrorOf(ScriptedExchange x) =>
        x.Wire == ScriptedWire.Anthropic ? $$$"""{"type":"error","error":{"type":"api_error","message":"{{{Key}}} has no room left here"}}""" : Error;

    private static async Task TellAsync(ScriptedExchange x, bool afterText)
    {
        await x.HeadAsync(200, x.Wire.StreamType, null);
        if (afterText)
        {
            // More than one read takes: the answer has begun before the error is seen.
            var text = string.Concat(Enumerable.Repeat("The lobster walks. ", 400));
            foreach (var frame in x.Wire.Stream(new ScriptedTurn("said", x.Request.Model, 1, 5, x.Request.IncludeUsage) { Text = text }))
            {
                if (frame.Mark is ScriptedMark.Finish or ScriptedMark.Done) break;
                await x.Connection.ChunkAsync(frame.Bytes);
            }
        }
        var name = x.Wire == ScriptedWire.Anthropic ? "event: error\n" : "";
        await x.Connection.ChunkAsync(Encoding.UTF8.GetBytes($"{name}data: {ErrorOf(x)}\n\n"));
        await x.Connection.EndChunksAsync();
    }
}
