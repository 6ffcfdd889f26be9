using System.Text;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>
/// Messages whose end is not said by a <c>message_delta</c>. With programmatic tool calling Anthropic sends a resumed message
/// whole in its <c>message_start</c>, stop reason included, and then <c>message_stop</c>: that is a whole answer.
/// </summary>
public sealed class ResumedMessageTests
{
    private const string Call = """[{"type":"tool_use","id":"toolu_1","name":"rollDie","input":{"player":"player2"},"caller":{"type":"code_execution_20250825","tool_id":"srvtoolu_1"}}]""";

    [Fact]
    public async Task Whole_in_its_start_it_passes_as_it_is()
    {
        await using var stage = await ScriptedStage.StartAsync(["a/ok"]);
        var sent = Message(Call, "\"tool_use\"");
        stage.Server.Replay("resumed", "text/event-stream", Encoding.UTF8.GetBytes(sent));
        var answer = await stage.AskAsync("a/resumed", messages: true);
        Assert.Equal(sent, answer.Body);
        Assert.Equal("answered", (await stage.DecisionAsync(answer)).GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task And_is_a_call_of_the_tool_over_Chat()
    {
        await using var stage = await ScriptedStage.StartAsync(["a/ok"]);
        stage.Server.Replay("resumed", "text/event-stream", Encoding.UTF8.GetBytes(Message(Call, "\"tool_use\"")));
        var answer = await stage.AskAsync("a/resumed");
        Assert.Contains("\"name\":\"rollDie\"", answer.Body, StringComparison.Ordinal);
        Assert.Equal("tool_calls", answer.Events.Last().GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.True(answer.HasEnd, answer.Body);
        Assert.Single(stage.Asked);
    }

    [Fact]
    public async Task A_message_with_nothing_in_it_is_no_answer()
    {
        await using var stage = await ScriptedStage.StartAsync(["a/ok"]);
        stage.Server.Replay("resumed", "text/event-stream", Encoding.UTF8.GetBytes(Message("[]", "null")));
        var answer = await stage.AskAsync("a/resumed", messages: true);
        Assert.Equal(OpenClaw.Gateway.Providers.Scripted.ScriptedAnswer.Text, answer.Text);
        Assert.Equal("empty", (await stage.DecisionAsync(answer)).GetProperty("attempts")[0].GetProperty("failure").GetString());
    }

    private static string Message(string content, string stopReason) =>
        $$$$"""
        event: message_start
        data: {"type":"message_start","message":{"model":"claude-sonnet-4-5-20250929","id":"msg_1","type":"message","role":"assistant","content":{{{{content}}}},"stop_reason":{{{{stopReason}}}},"stop_sequence":null,"usage":{"input_tokens":0,"output_tokens":0}}}

        event: message_stop
        data: {"type":"message_stop"}


        """;
}
