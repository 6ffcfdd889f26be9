using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>A cut answer that the next target goes on with by calling a tool: no text twice, one call, and the place is marked where it does not fit.</summary>
public sealed class ToolSeamTests
{
    private const string Called = "called a tool before it had said what was sent already: the call follows where the answer was cut";
    private static readonly (string, string)[] s_half = [("text", "I will look ")];

    [Theory]
    [InlineData(false, "p", "p")]
    [InlineData(false, "p", "a")]
    [InlineData(true, "a", "a")]
    [InlineData(true, "a", "p")]
    public async Task A_call_before_any_text_is_marked_as_a_seam(bool messages, string first, string second)
    {
        var (answer, notes) = await AskAsync(messages, first, second, s_half, [("tool", "look")]);
        Assert.Equal("I will look ", answer.Text);
        AssertOneCall(answer);
        AssertParted(answer);
        Assert.Contains($"{second}/next: {Called}", notes);
    }

    [Theory]
    [InlineData(false, "p", "p")]
    [InlineData(true, "a", "a")]
    public async Task Text_behind_such_a_call_is_not_said_again(bool messages, string first, string second)
    {
        var (answer, notes) = await AskAsync(messages, first, second, s_half, [("tool", "look"), ("text", "I will look "), ("text", "it up.")]);
        Assert.Equal("I will look it up.", answer.Text);
        AssertOneCall(answer);
        AssertParted(answer);
        Assert.Contains($"{second}/next: {Called}", notes);
    }

    [Theory]
    [InlineData(false, "p", "p")]
    [InlineData(true, "a", "a")]
    public async Task Nor_where_the_call_stands_in_the_middle_of_what_was_sent(bool messages, string first, string second)
    {
        var (answer, _) = await AskAsync(messages, first, second, s_half, [("text", "I will "), ("tool", "look"), ("text", "look it up.")]);
        Assert.Equal("I will look it up.", answer.Text);
        AssertOneCall(answer);
        AssertParted(answer);
    }

    [Theory]
    [InlineData(false, "p", "p")]
    [InlineData(true, "a", "a")]
    public async Task A_call_behind_the_same_text_is_no_seam(bool messages, string first, string second)
    {
        var (answer, notes) = await AskAsync(messages, first, second, s_half, [("text", "I will look "), ("tool", "look")]);
        Assert.Equal("I will look ", answer.Text);
        AssertOneCall(answer);
        Assert.Single(answer.Seams);
        Assert.Contains($"{second}/next: went on exactly where the answer was cut", notes);
    }

    [Theory]
    [InlineData(false, "p", "p")]
    [InlineData(true, "a", "a")]
    public async Task A_call_that_was_cut_in_the_middle_is_made_once(bool messages, string first, string second)
    {
        var (answer, _) = await AskAsync(messages, first, second, [("text", "I will look "), ("half", "look")], [("tool", "look")]);
        Assert.Equal("I will look ", answer.Text);
        AssertOneCall(answer);
        AssertParted(answer);
    }

    private static async Task<(StageAnswer Answer, string[] Notes)> AskAsync(bool messages, string first, string second, (string, string)[] half, (string, string)[] next)
    {
        await using var stage = await ScriptedStage.StartAsync([second + "/next"]);
        stage.Server.On("half", x => PlayAsync(x, half, ends: false));
        stage.Server.On("next", x => PlayAsync(x, next, ends: true));
        var answer = await stage.AskAsync(first + "/half", messages);
        Assert.True(answer.HasEnd, answer.Body);
        Assert.False(answer.HasErrorEvent, answer.Body);
        var decision = await stage.DecisionAsync(answer);
        Assert.Equal("healed", decision.GetProperty("outcome").GetString());
        return (answer, [.. decision.GetProperty("notes").EnumerateArray().Select(static n => n.GetString()!)]);
    }

    private static void AssertParted(StageAnswer answer)
    {
        Assert.Equal(2, answer.Seams.Length);
        Assert.Equal("""{"seam":"parted"}""", answer.Seams[1]);
        // Before the call, and behind all that was sent.
        Assert.InRange(answer.Body.IndexOf(": openclaw {\"seam\"", StringComparison.Ordinal), answer.Body.IndexOf("look \"", StringComparison.Ordinal), answer.Body.IndexOf("\"name\":\"look\"", StringComparison.Ordinal));
    }

    private static void AssertOneCall(StageAnswer answer)
    {
        Assert.Equal(1, answer.Body.Split("\"name\":\"look\"").Length - 1);
        Assert.Equal("""{"q":"x"}""", string.Concat(answer.Events.Select(ArgumentsOf)));
    }

    private static string? ArgumentsOf(JsonElement data)
    {
        if (!data.TryGetProperty("choices", out var choices)) return data.TryGetProperty("delta", out var delta) && delta.TryGetProperty("partial_json", out var json) ? json.GetString() : null;
        return choices.GetArrayLength() > 0 && choices[0].GetProperty("delta").TryGetProperty("tool_calls", out var calls) ? calls[0].GetProperty("function").GetProperty("arguments").GetString() : null;
    }

    // Parts: text; tool, with its arguments; half, with the beginning of them.
    private static async Task PlayAsync(ScriptedExchange x, (string Kind, string What)[] parts, bool ends)
    {
        await x.HeadAsync(200, x.Wire.StreamType, null);
        var events = x.Wire == ScriptedWire.Anthropic ? Messages(parts, ends) : Chat(parts, ends);
        foreach (var data in events) await x.Connection.ChunkAsync(Encoding.UTF8.GetBytes($"data: {data}\n\n"));
        if (!ends) return;
        await x.Connection.EndChunksAsync();
        x.KeepOpen = x.Request.KeepAlive;
    }

    private static IEnumerable<string> Chat((string Kind, string What)[] parts, bool ends)
    {
        static string Chunk(string delta, string finish = "null") => $$"""{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{{delta}},"finish_reason":{{finish}}}]}""";
        foreach (var (kind, what) in parts)
        {
            var arguments = Arguments(kind);
            yield return kind == "text"
                ? Chunk($$"""{"content":"{{what}}"}""")
                : Chunk($$$"""{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"{{{what}}}","arguments":"{{{arguments}}}"}}]}""");
        }
        if (!ends) yield break;
        yield return Chunk("{}", "\"tool_calls\"");
        yield return "[DONE]";
    }

    // As they stand in a JSON string.
    private static string Arguments(string kind) => kind == "half" ? "{\\\"q\\\":" : "{\\\"q\\\":\\\"x\\\"}";

    private static IEnumerable<string> Messages((string Kind, string What)[] parts, bool ends)
    {
        yield return """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":1}}}""";
        for (var i = 0; i < parts.Length; i++)
        {
            var (kind, what) = parts[i];
            yield return kind == "text"
                ? $$$"""{"type":"content_block_start","index":{{{i}}},"content_block":{"type":"text","text":""}}"""
                : $$$$"""{"type":"content_block_start","index":{{{{i}}}},"content_block":{"type":"tool_use","id":"toolu_1","name":"{{{{what}}}}","input":{}}}""";
            yield return kind == "text"
                ? $$$"""{"type":"content_block_delta","index":{{{i}}},"delta":{"type":"text_delta","text":"{{{what}}}"}}"""
                : $$$"""{"type":"content_block_delta","index":{{{i}}},"delta":{"type":"input_json_delta","partial_json":"{{{Arguments(kind)}}}"}}""";
            if (kind != "half") yield return $$"""{"type":"content_block_stop","index":{{i}}}""";
        }
        if (!ends) yield break;
        yield return """{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":9}}""";
        yield return """{"type":"message_stop"}""";
    }
}
