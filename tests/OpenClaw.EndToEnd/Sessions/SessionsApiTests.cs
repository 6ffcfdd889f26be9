using System.Text.Json.Nodes;
using OpenClaw.EndToEnd.Running;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Sessions;

/// <summary>Conversations that the gateway holds.</summary>
public sealed class SessionsApiTests
{
    private const string Path = "/openclaw/v1/sessions/";

    [Fact]
    public async Task A_conversation_is_held_sent_whole_and_kept()
    {
        await using var server = SessionConfig.Server(new ScriptedOptions { KeepBodies = true });
        await using var gateway = await GatewayProcess.StartAsync(SessionConfig.Of(server));
        var first = await SayAsync(gateway, "a/b c", """{"text":"my name is Ada"}""");
        Assert.Equal(ScriptedAnswer.Text, first.Json["choices"]![0]!["message"]!["content"]!.GetValue<string>());
        var second = await SayAsync(gateway, "a/b c", """{"text":"who am I?","stream":true}""");
        Assert.Equal("text/event-stream; charset=utf-8", second.Headers["Content-Type"]);
        Assert.EndsWith("data: [DONE]\n\n", second.Body, StringComparison.Ordinal);
        var sent = System.Text.Encoding.UTF8.GetString(server.Calls.Last(static c => c.Method == "POST").Body.Span);
        Assert.Contains("my name is Ada", sent, StringComparison.Ordinal);
        Assert.Contains("who am I?", sent, StringComparison.Ordinal);

        // A command is answered and is no part of the conversation.
        Assert.Contains("Model set to openai/gpt-4o", (await SayAsync(gateway, "a/b c", """{"text":"/model openai/gpt-4o"}""")).Body, StringComparison.Ordinal);
        var session = await ShowAsync(gateway, "a/b c");
        Assert.Equal((4, 2, "openai/gpt-4o", 2), (session["turns"]!.GetValue<int>(), session["requests"]!.GetValue<int>(), session["override"]!.GetValue<string>(), server.Calls.Count(static c => c.Method == "POST")));
        var turns = session["transcript"]!["turns"]!.AsArray();
        Assert.Equal(["my name is Ada", ScriptedAnswer.Text, "who am I?", ScriptedAnswer.Text], turns.Select(t => t!["text"]!.GetValue<string>()));
        Assert.DoesNotContain("partial", turns.ToJsonString(), StringComparison.Ordinal);

        // /new with text: the conversation begins with it.
        await SayAsync(gateway, "a/b c", """{"text":"/new what now?"}""");
        Assert.DoesNotContain("Ada", System.Text.Encoding.UTF8.GetString(server.Calls.Last(static c => c.Method == "POST").Body.Span), StringComparison.Ordinal);
        session = await ShowAsync(gateway, "a/b c");
        Assert.Equal((2, 1, 1), (session["turns"]!.GetValue<int>(), session["requests"]!.GetValue<int>(), session["archives"]!.AsArray().Count));
        var archive = (await gateway.GetAsync(Path + "a%2Fb%20c?archive=" + Uri.EscapeDataString(session["archives"]![0]!.GetValue<string>()), RunningConfig.Bearer())).Json;
        Assert.Equal(4, archive["transcript"]!["turns"]!.AsArray().Count);
    }

    [Fact]
    public async Task An_answer_that_is_stopped_is_kept_as_a_part()
    {
        await using var server = SessionConfig.Server();
        var paused = new PausedStream(server, "gpt-4o");
        await using var gateway = await GatewayProcess.StartAsync(SessionConfig.Of(server));
        using var http = new HttpClient { BaseAddress = gateway.Url };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, Path + "p/messages") { Content = new StringContent("""{"text":"go","stream":true,"model":"openai/gpt-4o"}""") };
        request.Headers.Authorization = new("Bearer", RunningConfig.Token);
        var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
        await paused.HalfwayAsync();
        Assert.Equal(409, (await SayAsync(gateway, "p", """{"text":"and?"}""", expected: 409)).Status);
        Assert.Contains("openai/gpt-4o", (await SayAsync(gateway, "p", """{"text":"/status"}""")).Body, StringComparison.Ordinal);
        Assert.Equal(409, (await SayAsync(gateway, "p", """{"text":"/new"}""", expected: 409)).Status);
        var buffer = new byte[4096];
        Assert.True(await (await answer.Content.ReadAsStreamAsync(stop.Token)).ReadAsync(buffer, stop.Token) > 0);
        answer.Dispose();
        var session = (await Until.TrueAsync("the part", () => gateway.GetAsync(Path + "p?transcript=true", RunningConfig.Bearer()), a => a.Status == 200 && a.Json["transcript"]?["turns"]?.AsArray().Count == 2)).Json;
        var part = session["transcript"]!["turns"]![1]!;
        Assert.True(part["partial"]!.GetValue<bool>());
        Assert.StartsWith(part["text"]!.GetValue<string>(), ScriptedAnswer.Text, StringComparison.Ordinal);
        paused.GoOn();
        await SayAsync(gateway, "p", """{"text":"go on","model":"openai/gpt-4o"}""");
    }

    [Fact]
    public async Task It_is_set_reset_and_deleted_and_what_is_wrong_is_told()
    {
        await using var server = SessionConfig.Server();
        await using var gateway = await GatewayProcess.StartAsync(SessionConfig.Of(server));
        var owner = RunningConfig.Bearer();
        var set = await gateway.CallAsync("PATCH", Path + "w", """{"override":"deep","strict":true,"usage":"tokens","title":"Work"}""", owner);
        Assert.Equal((200, "deep", true, "Work"), (set.Status, set.Json["override"]!.GetValue<string>(), set.Json["strict"]!.GetValue<bool>(), set.Json["title"]!.GetValue<string>()));
        Assert.Equal(["openai/down"], set.Json["plan"]!.AsArray().Select(p => p!.GetValue<string>()));
        foreach (var (method, path, body, status) in ((string, string, string?, int)[])
        [
            ("PATCH", "w", """{"override":"nosuch/x"}""", 400),
            ("PATCH", "ci:w", """{"override":"anthropic/claude-opus-4"}""", 400),
            ("PATCH", "w", """{"colour":"red"}""", 400),
            ("PATCH", "w", "not json", 400),
            ("POST", "w/messages", """{"text":"  "}""", 400),
            ("POST", "ci:w/messages", """{"text":"hi"}""", 400),
            ("POST", "w/messages", """{"text":"hi","model":"nosuch/x"}""", 404),
            ("GET", "nobody", null, 404),
            ("POST", "nobody/reset", "{}", 404),
            ("DELETE", "nobody", null, 404),
            ("PUT", "w", "{}", 405),
            ("GET", new string('x', 300), null, 400),
        ])
        {
            var answer = await gateway.CallAsync(method, Path + path, body, owner);
            Assert.True(answer.Status == status && answer.Shape == "openai", $"{method} {path}: {answer.Status} {answer.Body}");
        }
        Assert.True((await gateway.CallAsync("PATCH", Path + "w", """{"override":null}""", owner)).Json["override"] is null);
        await SayAsync(gateway, "w", """{"text":"hello"}""");
        var reset = await gateway.CallAsync("POST", Path + "w/reset", "{}", owner);
        Assert.Equal((0, 0, "Work"), (reset.Json["requests"]!.GetValue<int>(), reset.Json["turns"]!.GetValue<int>(), reset.Json["title"]!.GetValue<string>()));
        Assert.Equal(200, (await gateway.CallAsync("DELETE", Path + "w", null, owner)).Status);
        Assert.Equal(404, (await gateway.GetAsync(Path + "w", owner)).Status);
        Assert.Empty((await gateway.GetAsync("/openclaw/v1/sessions", owner)).Json["sessions"]!.AsArray());
    }

    private static async Task<PlainAnswer> SayAsync(GatewayProcess gateway, string session, string body, int expected = 200)
    {
        var answer = await gateway.CallAsync("POST", Path + Uri.EscapeDataString(session) + "/messages", body, RunningConfig.Bearer());
        Assert.True(answer.Status == expected, answer.Body);
        return answer;
    }

    private static async Task<JsonNode> ShowAsync(GatewayProcess gateway, string session) =>
        (await gateway.GetAsync(Path + Uri.EscapeDataString(session) + "?transcript=true", RunningConfig.Bearer())).Json;
}
