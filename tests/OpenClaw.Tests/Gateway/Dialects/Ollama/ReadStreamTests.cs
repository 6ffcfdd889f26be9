using OpenClaw.Gateway.Dialects.Ollama;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;
using System.Text;

namespace OpenClaw.Tests.Gateway.Dialects.Ollama;

public class ReadStreamTests
{
    private static readonly OllamaDialect s_dialect = new();

    private static string Line(string message, string more = "\"done\":false") =>
        $$$"""{"model":"llama3.2","created_at":"2026-01-02T03:04:05.6Z","message":{"role":"assistant",{{{message}}}},{{{more}}}}""";

    [Fact]
    public void Reads_thinking_text_and_counts()
    {
        var log = Streams.Read(s_dialect,
            Line("""
                 "content":"","thinking":"hm"
                 """.Trim()),
            Line("\"content\":\"Hel\""), Line("\"content\":\"lo \\u00e9\""),
            Line("\"content\":\"\"", """
                 "done":true,"done_reason":"stop","total_duration":5,"prompt_eval_count":26,"eval_count":298
                 """.Trim()));
        Assert.Equal("start  llama3.2\nreasoning hm\ntext Hello é", string.Join('\n', log.Lines.Take(3)));
        Assert.Equal((26, 298, false), (log.Total.Input, log.Total.Output, log.Total.Estimated));
        Assert.Equal(FinishReason.Stop, log.Reason);
    }

    [Fact]
    public void Tool_calls_have_object_arguments_and_no_ids_and_end_as_tool_calls()
    {
        var log = Streams.Read(s_dialect,
            Line("""
                 "content":"","tool_calls":[{"function":{"name":"weather","arguments":{"city": "Bern","days":[1, 2]}}},{"id":"call_7","function":{"index":1,"name":"now","arguments":{}}}]
                 """.Trim()),
            Line("\"content\":\"\"", """
                 "done":true,"done_reason":"stop","prompt_eval_count":1,"eval_count":2
                 """.Trim()));
        Assert.Contains("call 0  weather", log.Lines);
        Assert.Contains("""arguments 0 {"city":"Bern","days":[1,2]}""", log.Lines);
        Assert.Contains("call 1 call_7 now", log.Lines);
        Assert.Equal(FinishReason.ToolCalls, log.Reason);
    }

    [Fact]
    public void A_missing_prompt_count_is_told_as_missing()
    {
        var log = Streams.Read(s_dialect, Line("\"content\":\"x\"", """
            "done":true,"done_reason":"length","eval_count":2
            """.Trim()));
        Assert.Equal((0, 2, UsageSides.Input), (log.Total.Input, log.Total.Output, log.Total.Unsaid));
        Assert.Equal(FinishReason.Length, log.Reason);
    }

    [Fact]
    public void The_last_line_ends_the_stream()
    {
        var bytes = Streams.Frame(Framing.JsonLines, [Line("\"content\":\"x\""), Line("\"content\":\"\"", "\"done\":true")]);
        Assert.Equal([FrameOutcome.Read, FrameOutcome.Done], Streams.Read(s_dialect, bytes, new EventLog()));
    }

    [Theory]
    [InlineData("load")]
    [InlineData("unload")]
    public void A_model_that_was_only_loaded_is_an_empty_answer(string reason)
    {
        var log = Streams.Read(s_dialect, Line("\"content\":\"\"", $"\"done\":true,\"done_reason\":\"{reason}\""));
        Assert.Equal(FailureReason.Empty, log.Failure!.Reason);
        Assert.Equal(FinishReason.None, log.Reason);
    }

    [Theory]
    [InlineData("""{"error":"an error was encountered while running the model: unexpected EOF"}""")]
    [InlineData("""{"error":{"message":"an error was encountered while running the model: unexpected EOF"}}""")]
    public void An_error_line_in_mid_stream_is_a_failure(string line)
    {
        var log = Streams.Read(s_dialect, Line("\"content\":\"x\""), line);
        Assert.NotEqual(FailureReason.None, log.Failure!.Reason);
        Assert.Contains("unexpected EOF", log.Failure.Message, StringComparison.Ordinal);
        Assert.Equal("x", log.Joined("text"));
    }

    [Theory]
    [InlineData("""{"model":"x","message":{"content":"he""")]
    [InlineData("""{"model":"x","response":"hello"}""")]
    [InlineData("""{"choices":[]}""")]
    [InlineData("[1]")]
    [InlineData("404 page not found")]
    public void What_is_not_this_protocol_is_malformed_and_tells_nothing(string line)
    {
        var log = new EventLog();
        Assert.Equal(FrameOutcome.Malformed, s_dialect.OpenReader().Read(default, Encoding.UTF8.GetBytes(line), log));
        Assert.Empty(log.Lines);
    }

    [Fact]
    public void Reads_the_same_at_every_split()
    {
        var bytes = Streams.Frame(Framing.JsonLines,
        [
            Line("\"content\":\"\",\"thinking\":\"één\""), Line("\"content\":\"Hello\\n\""), Line("\"content\":\"wörld\""),
            Line("\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{\"a\":1}}}]"),
            Line("\"content\":\"\"", "\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":1,\"eval_count\":1"),
        ]);
        var whole = new EventLog();
        Streams.Read(s_dialect, bytes, whole);
        for (var cut = 1; cut < bytes.Length; cut++)
        {
            var log = new EventLog();
            Streams.Read(s_dialect, bytes, log, cut);
            Assert.Equal(whole.ToString(), log.ToString());
        }
    }
}
