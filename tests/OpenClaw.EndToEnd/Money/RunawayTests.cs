using OpenClaw.EndToEnd.Running;

namespace OpenClaw.EndToEnd.Money;

public sealed class RunawayTests
{
    private const string Config = """{ "defaultModel": "scripted/ok", "models": { "providers": { "scripted": {} } } }""";

    [Fact]
    public async Task A_session_that_loops_is_stopped_and_resumed()
    {
        await using var gateway = await GatewayProcess.StartAsync(Config);
        var session = new Dictionary<string, string> { ["x-openclaw-session"] = "main" };
        Assert.Equal(200, (await gateway.CallAsync("POST", "/v1/chat/completions", Loop(9), session)).Status);
        var stopped = await gateway.CallAsync("POST", "/v1/chat/completions", Loop(10), session);
        Assert.Equal((429, "openai", "runaway_stopped"), (stopped.Status, stopped.Shape, stopped.Json["error"]!["code"]!.GetValue<string>()));
        Assert.Contains("the tool look was called 10 times", stopped.Body, StringComparison.Ordinal);
        Assert.Equal("refused", (await gateway.DecisionAsync(stopped.Headers["x-openclaw-decision"]))["outcome"]!.GetValue<string>());
        Assert.Contains("runaway guard: session main", gateway.Log, StringComparison.Ordinal);
        Assert.Equal(200, (await gateway.CallAsync("POST", "/openclaw/v1/sessions/main/resume", "")).Status);
        Assert.Equal(200, (await gateway.CallAsync("POST", "/v1/chat/completions", Loop(3), session)).Status);
    }

    private static string Loop(int calls) =>
        $$"""{"model":"default","messages":[{"role":"user","content":"go"}{{string.Concat(Enumerable.Range(0, calls).Select(Call))}}]}""";

    private static string Call(int i) =>
        $$""",{"role":"assistant","content":null,"tool_calls":[{"id":"c{{i}}","type":"function","function":{"name":"look","arguments":"{}"} }]},{"role":"tool","tool_call_id":"c{{i}}","content":"nothing"}""";
}
