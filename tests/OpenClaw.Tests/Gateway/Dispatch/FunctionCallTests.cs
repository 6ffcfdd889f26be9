using System.Text;
using System.Text.Json;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>A client that offers <c>functions</c> (OpenAI's form of 2023) reads <c>function_call</c>, whatever the target speaks.</summary>
public sealed class FunctionCallTests
{
    private const string Functions = """ "functions": [{ "name": "look", "parameters": { "type": "object", "properties": { "q": { "type": "string" } } } }] """;
    private const string Tools = """ "tools": [{ "type": "function", "function": { "name": "look" } }] """;

    private const string Message = """
        {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"tool_use","id":"t1","name":"look","input":{"q":"x"}},{"type":"tool_use","id":"t2","name":"look","input":{"q":"y"}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":6}}
        """;

    private static readonly string[] s_events =
    [
        """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":1}}}""",
        """{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t1","name":"look","input":{}}}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"q\":"}}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"\"x\"}"}}""",
        """{"type":"content_block_stop","index":0}""",
        """{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t2","name":"look","input":{}}}""",
        """{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"q\":\"y\"}"}}""",
        """{"type":"content_block_stop","index":1}""",
        """{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":6}}""",
        """{"type":"message_stop"}""",
    ];

    [Fact]
    public async Task A_whole_answer_calls_the_first_function_and_the_rest_is_told()
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        stage.Server.On("calls", static x => x.WholeAsync(200, "application/json", Encoding.UTF8.GetBytes(Message)));
        var answer = await stage.AskAsync("a/calls", stream: false, more: Functions);
        using var json = JsonDocument.Parse(answer.Body);
        var choice = json.RootElement.GetProperty("choices")[0];
        Assert.Equal("function_call", choice.GetProperty("finish_reason").GetString());
        var message = choice.GetProperty("message");
        Assert.False(message.TryGetProperty("tool_calls", out _));
        Assert.Equal(("look", """{"q":"x"}"""), (message.GetProperty("function_call").GetProperty("name").GetString(), message.GetProperty("function_call").GetProperty("arguments").GetString()));
        Assert.Equal(["a/calls: a second function call has no counterpart in the caller's protocol"], Warnings(await stage.DecisionAsync(answer)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("off")]
    public async Task A_stream_calls_the_first_function_and_the_rest_is_told(string continuation)
    {
        await using var stage = await ScriptedStage.StartAsync([], continuation.Length > 0 ? $"\"continuation\": \"{continuation}\"" : "");
        stage.Server.On("calls", static x => ScriptedStage.EventsAsync(x, s_events));
        var answer = await stage.AskAsync("a/calls", more: Functions);
        var choices = answer.Events.SelectMany(static e => e.GetProperty("choices").EnumerateArray()).ToList();
        var calls = choices.Select(static c => c.GetProperty("delta").TryGetProperty("function_call", out var call) ? call : default).Where(static c => c.ValueKind == JsonValueKind.Object).ToList();
        Assert.DoesNotContain("tool_calls", answer.Body, StringComparison.Ordinal);
        Assert.Equal("look", Assert.Single(calls, static c => c.TryGetProperty("name", out _)).GetProperty("name").GetString());
        Assert.Equal("""{"q":"x"}""", string.Concat(calls.Select(static c => c.GetProperty("arguments").GetString())));
        Assert.Equal("function_call", choices[^1].GetProperty("finish_reason").GetString());
        Assert.Equal(["a/calls: a second function call has no counterpart in the caller's protocol"], Warnings(await stage.DecisionAsync(answer)));
    }

    [Theory]
    [InlineData("\"tools\": null, " + Functions)]
    [InlineData("\"tools\": [], " + Functions)]
    [InlineData(Functions + ", \"tools\": []")]
    public async Task Tools_that_are_none_are_no_tools(string more)
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        stage.Server.On("calls", static x => x.WholeAsync(200, "application/json", Encoding.UTF8.GetBytes(Message)));
        var answer = await stage.AskAsync("a/calls", stream: false, more: more);
        using var json = JsonDocument.Parse(answer.Body);
        Assert.Equal("function_call", json.RootElement.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task A_target_that_can_be_told_is_asked_for_one_call_only()
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        Assert.Equal(200, (await stage.AskAsync("a/ok", stream: false, more: Functions)).Status);
        using var sent = JsonDocument.Parse(Assert.Single(stage.Asked).Body);
        Assert.True(sent.RootElement.GetProperty("tool_choice").GetProperty("disable_parallel_tool_use").GetBoolean());
    }

    [Theory]
    [InlineData(Tools)]
    [InlineData(Tools + "," + Functions)]
    public async Task A_client_that_offers_tools_reads_tool_calls(string more)
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        stage.Server.On("calls", static x => x.WholeAsync(200, "application/json", Encoding.UTF8.GetBytes(Message)));
        var answer = await stage.AskAsync("a/calls", stream: false, more: more);
        using var json = JsonDocument.Parse(answer.Body);
        var choice = json.RootElement.GetProperty("choices")[0];
        Assert.Equal(("tool_calls", 2), (choice.GetProperty("finish_reason").GetString(), choice.GetProperty("message").GetProperty("tool_calls").GetArrayLength()));
    }

    private static string[] Warnings(JsonElement decision) =>
        decision.TryGetProperty("warnings", out var warnings) ? [.. warnings.EnumerateArray().Select(static w => w.GetString()!)] : [];
}
