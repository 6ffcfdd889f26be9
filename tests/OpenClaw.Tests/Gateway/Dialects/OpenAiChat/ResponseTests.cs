using System.Buffers;
using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Dialects.OpenAiChat;

public class ResponseTests
{
    private static (bool Ok, ChatAnswer Answer) Read(string json)
    {
        var answer = new ChatAnswer();
        return (Wire.Dialect.ReadResponse(Encoding.UTF8.GetBytes(json), answer), answer);
    }

    [Fact]
    public void Reads_a_whole_answer()
    {
        var (ok, a) = Read("""
            {"id":"c1","object":"chat.completion","created":9,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"text","refusal":null,"reasoning_content":"why",
             "tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"t2","type":"function","function":{"name":"g","arguments":""}}]},"finish_reason":"stop"}],
             "usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8}}
            """);
        Assert.True(ok);
        Assert.Equal(("c1", "m", 9L, FinishReason.ToolCalls), (a.Id, a.Model, a.Created, a.Reason));
        Assert.Equal([new ReasoningPart("why", null), new TextPart("text"), new ToolCallPart("t1", "f", "{\"x\":1}"), new ToolCallPart("t2", "g", "{}")], a.Parts);
        Assert.Equal(new Usage { Input = 5, Output = 3 }, a.UsageTotal);
    }

    [Fact]
    public void A_missing_finish_reason_is_stop()
    {
        var (ok, a) = Read("""{"choices":[{"message":{"content":"x"}}]}""");
        Assert.True(ok);
        Assert.Equal(FinishReason.Stop, a.Reason);
        Assert.Equal([new TextPart("x")], a.Parts);
    }

    [Theory]
    [InlineData("""{"error":{"code":429,"message":"Rate limit exceeded"}}""", FailureReason.RateLimited)]
    [InlineData("""{"id":"x","choices":[{"index":0,"message":{"content":""},"finish_reason":"error","error":{"code":502,"message":"gone"}}]}""", FailureReason.ServerError)]
    internal void An_error_inside_a_200_is_a_failure(string json, FailureReason reason)
    {
        var (ok, a) = Read(json);
        Assert.True(ok);
        Assert.Equal((reason, FinishReason.None), (a.Failure!.Reason, a.Reason));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html></html>")]
    [InlineData("{}")]
    [InlineData("[DONE]")]
    [InlineData("""{"choices":[]}""")]
    [InlineData("""{"type":"message","content":[{"type":"text","text":"x"}]}""")]
    [InlineData("""{"candidates":[{"content":{"parts":[{"text":"x"}]}}]}""")]
    [InlineData("""{"model":"m","message":{"role":"assistant","content":"x"},"done":true}""")]
    public void What_is_another_protocols_is_not_read(string json) => Assert.False(Read(json).Ok);

    [Fact]
    public void Writes_a_whole_answer()
    {
        var a = new ChatAnswer { Id = "msg_1", Model = "anthropic/x", Created = 11, UsageTotal = new Usage { Input = 2, CacheRead = 1, Output = 4 } };
        a.Reasoning("th"u8);
        a.ReasoningSignature("S"u8);
        a.Text("hello"u8);
        a.ToolCall(0, "t"u8, "f"u8);
        a.ToolSignature(0, "TS"u8);
        a.Finish(FinishReason.ToolCalls, default);
        var output = new ArrayBufferWriter<byte>();
        Wire.Dialect.WriteResponse(a, output);
        Assert.Equal(
            """{"id":"msg_1","object":"chat.completion","created":11,"model":"anthropic/x","choices":[{"index":0,"message":{"role":"assistant","content":"hello","refusal":null,"reasoning_content":"th","reasoning_details":[{"type":"reasoning.text","text":"th","signature":"S","index":0}],"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"TS"}}}]},"logprobs":null,"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7,"prompt_tokens_details":{"cached_tokens":1,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}""",
            Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void What_is_written_reads_back()
    {
        var a = new ChatAnswer { Id = "i", Model = "m", Created = 1 };
        a.Reasoning("r\n"u8);
        a.Text("Grüße 😀"u8);
        a.ToolCall(0, default, "f"u8);
        a.ToolArguments(0, "{\"a\":\"\\\"\"}"u8);
        a.Usage(new Usage { Input = 1, CacheRead = 2, CacheWrite = 3, Output = 9, Reasoning = 4, AudioInput = 1, ReportedCost = 0.25m });
        a.Finish(FinishReason.ToolCalls, default);
        var output = new ArrayBufferWriter<byte>();
        Wire.Dialect.WriteResponse(a, output);
        var (ok, b) = Read(Encoding.UTF8.GetString(output.WrittenSpan));
        Assert.True(ok);
        Assert.Equal(a.UsageTotal, b.UsageTotal);
        Assert.Equal(a.Parts[..2], b.Parts[..2]);
        Assert.Matches("^call_[0-9A-Za-z]{24}$", Assert.IsType<ToolCallPart>(b.Parts[2]).Id);
        Assert.Equal((a.Reason, a.Model), (b.Reason, b.Model));
    }

    [Fact]
    public void A_refusal_has_no_content()
    {
        var a = new ChatAnswer();
        a.RefusalText("no"u8);
        a.Finish(FinishReason.Refusal, default);
        var output = new ArrayBufferWriter<byte>();
        Wire.Dialect.WriteResponse(a, output);
        Assert.Contains("\"content\":null,\"refusal\":\"no\"", Encoding.UTF8.GetString(output.WrittenSpan), StringComparison.Ordinal);
    }
}
