using System.Buffers;
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Metering;
using static OpenClaw.Tests.Gateway.Dialects.OpenAiChat.Wire;

namespace OpenClaw.Tests.Gateway.Dialects.OpenAiChat;

public class WriteStreamTests
{
    private const string Head = """data: {"id":"id1","object":"chat.completion.chunk","created":7,"model":"p/m","choices":[""";

    [Fact]
    public void Writes_the_stream_that_OpenAI_writes()
    {
        var written = Written(w =>
        {
            w.Start("upstream-id"u8, "upstream-model"u8);
            w.Text("Hi \"you\"\n"u8);
            w.Usage(new Usage { Input = 3, CacheRead = 1, Output = 2, Reasoning = 1 });
            w.Finish(FinishReason.Stop, default);
            w.End();
        }, StreamPosition.Beginning("id1", "p/m", 7, includeUsage: true));
        Assert.Equal($$$$"""
            {{{{Head}}}}{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}

            {{{{Head}}}}{"index":0,"delta":{"content":"Hi \"you\"\n"},"finish_reason":null}],"usage":null}

            {{{{Head}}}}{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}

            {{{{Head}}}}],"usage":{"prompt_tokens":4,"completion_tokens":2,"total_tokens":6,"prompt_tokens_details":{"cached_tokens":1,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":1,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}

            data: [DONE]


            """, written);
    }

    [Fact]
    public void Usage_is_silent_unless_asked_for()
    {
        var written = Written(w =>
        {
            w.Start(default, default);
            w.Usage(new Usage { Input = 1, Output = 1 });
            w.Finish(FinishReason.Stop, default);
            w.End();
        });
        Assert.DoesNotContain("usage", written, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", written, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_taken_over_in_the_middle_repeats_no_role_and_counts_its_tools_on()
    {
        var position = StreamPosition.Beginning("id1", "p/m", 7, includeUsage: false);
        (position.Started, position.ToolIndex) = (true, 2);
        var written = Written(w =>
        {
            w.Seam("{\"from\":\"a\",\n\"to\":\"b\"}"u8);
            w.Start("other"u8, "other"u8);
            w.Text("more"u8);
            w.ToolCall(0, "t"u8, "f"u8);
            w.ToolArguments(0, "{}"u8);
            w.Finish(FinishReason.Stop, default);
            w.End();
        }, position);
        Assert.StartsWith(": openclaw {\"from\":\"a\",\"to\":\"b\"}\n\n" + Head, written, StringComparison.Ordinal);
        Assert.DoesNotContain("role", written, StringComparison.Ordinal);
        Assert.DoesNotContain("other", written, StringComparison.Ordinal);
        Assert.Contains("""{"tool_calls":[{"index":2,"id":"t","type":"function","function":{"name":"f","arguments":""}}]}""", written, StringComparison.Ordinal);
        Assert.Contains("\"finish_reason\":\"tool_calls\"", written, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_tool_ids_are_made_up_the_same_each_time_and_differ_from_each_other()
    {
        string[] Ids() => [.. Written(w =>
        {
            w.ToolCall(0, default, "f"u8);
            w.ToolCall(1, default, "f"u8);
            w.End();
        }).Split("\"id\":\"").Where(s => s.StartsWith("call_", StringComparison.Ordinal)).Select(s => s[..s.IndexOf('"')])];
        var ids = Ids();
        Assert.Equal(2, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Matches("^call_[0-9A-Za-z]{24}$", id));
        Assert.Equal(ids, Ids());
    }

    [Fact]
    public void A_call_without_arguments_gets_the_empty_object()
    {
        var written = Written(w =>
        {
            w.ToolCall(0, "a"u8, "f"u8);
            w.Finish(FinishReason.ToolCalls, default);
            w.End();
        });
        Assert.Contains("""{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}""", written, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FinishReason.Stop, "stop")]
    [InlineData(FinishReason.StopSequence, "stop")]
    [InlineData(FinishReason.Length, "length")]
    [InlineData(FinishReason.ContextFull, "length")]
    [InlineData(FinishReason.Pause, "length")]
    [InlineData(FinishReason.ToolCalls, "tool_calls")]
    [InlineData(FinishReason.ContentFilter, "content_filter")]
    [InlineData(FinishReason.Refusal, "content_filter")]
    internal void Finish_reasons(FinishReason reason, string word) => Assert.Contains($"\"finish_reason\":\"{word}\"", Written(w =>
    {
        w.Finish(reason, default);
        w.End();
    }), StringComparison.Ordinal);

    [Fact]
    public void A_refusal_that_was_told_ends_with_stop()
    {
        var written = Written(w =>
        {
            w.RefusalText("no"u8);
            w.Finish(FinishReason.Refusal, default);
            w.End();
        });
        Assert.Contains("{\"refusal\":\"no\"}", written, StringComparison.Ordinal);
        Assert.Contains("\"finish_reason\":\"stop\"", written, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_is_an_event_with_error_and_no_done()
    {
        var written = Written(w => w.Error(new GatewayError(GatewayErrorKind.AnswerInterrupted, "cut\nshort"), "req_1"));
        Assert.Equal("""data: {"error":{"message":"cut\nshort","type":"server_error","param":null,"code":"answer_interrupted","request_id":"req_1"},"choices":null}""" + "\n\n", written);
        Assert.Equal("fail(ServerError)", ReadStream(Encoding.UTF8.GetBytes(written), 1000));
    }

    [Fact]
    public void Keep_alives_and_seams_are_comments()
    {
        var written = Written(w =>
        {
            w.KeepAlive();
            w.Seam("{}"u8);
        });
        Assert.Equal("", ReadStream(Encoding.UTF8.GetBytes(written), 1000));
        Assert.All(written.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.StartsWith(":", line, StringComparison.Ordinal));
    }

    [Fact]
    public void A_later_block_of_thoughts_says_how_much_of_them_is_its_own()
    {
        var written = Written(w =>
        {
            w.Reasoning("one"u8);
            w.ReasoningSignature("S"u8);
            w.Reasoning("tw"u8);
            w.Reasoning("ö 🦞"u8);
            w.ReasoningSignature("T"u8);
            w.Finish(FinishReason.Stop, default);
            w.End();
        }, StreamPosition.Beginning("id1", "p/m", 7, includeUsage: false));
        Assert.Contains("""[{"type":"reasoning.text","text":"","signature":"S","index":0}]""", written, StringComparison.Ordinal);
        Assert.Contains("""[{"type":"reasoning.text","text":"","signature":"T","id":"openclaw.chars.6","index":1}]""", written, StringComparison.Ordinal);
        Assert.StartsWith("start(id1,p/m) reasoning(one) signature(S) reasoning(twö 🦞) signature(T)", ReadStream(Encoding.UTF8.GetBytes(written), 1000), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_reads_back_as_the_same_events()
    {
        var written = Written(w =>
        {
            w.Reasoning("think\t\u0001"u8);
            w.ReasoningSignature("SIG/+="u8);
            w.RedactedReasoning("DATA"u8);
            w.Text("Grüße 😀 \\ \""u8);
            w.ToolCall(0, "a"u8, "f"u8);
            w.ToolArguments(0, "{\"x\":"u8);
            w.ToolCall(1, "b"u8, "g"u8);
            w.ToolArguments(0, "\"\\u00e9\"}"u8);
            w.ToolArguments(1, "{}"u8);
            w.ToolSignature(1, "TS"u8);
            w.Usage(new Usage { Input = 10, CacheRead = 5, CacheWrite = 2, Output = 7, Reasoning = 3, ReportedCost = 0.5m });
            w.Finish(FinishReason.ToolCalls, default);
            w.End();
        }, StreamPosition.Beginning("id1", "p/m", 7, includeUsage: true));
        Assert.Equal(
            "start(id1,p/m) reasoning(think\t\u0001) signature(SIG/+=) redacted(DATA) text(Grüße 😀 \\ \") call0(a,f) args0({\"x\":) call1(b,g) args0(\"\\u00e9\"}) args1({}) callsignature1(TS) finish(ToolCalls) usage(17+7) unmapped(outcome:Done)",
            ReadStream(Encoding.UTF8.GetBytes(written), 1));
        foreach (var line in written.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(l => !l.Contains("[DONE]", StringComparison.Ordinal)))
        {
            using var json = JsonDocument.Parse(line["data: ".Length..]);
            Assert.Equal(("id1", 7, "p/m"), (json.RootElement.GetProperty("id").GetString(), json.RootElement.GetProperty("created").GetInt32(), json.RootElement.GetProperty("model").GetString()));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_signature_is_in_a_piece_that_has_the_calls_function(bool late)
    {
        var written = Written(w =>
        {
            w.ToolCall(0, "a"u8, "f"u8);
            if (late) w.ToolArguments(0, "{}"u8);
            w.ToolSignature(0, "TS"u8);
            if (!late) w.ToolArguments(0, "{}"u8);
            w.Finish(FinishReason.ToolCalls, default);
            w.End();
        });
        var pieces = written.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(static l => l.Contains("tool_calls\":[", StringComparison.Ordinal)).ToList();
        Assert.All(pieces, static piece => Assert.Contains("\"function\":{", piece, StringComparison.Ordinal));
        var signed = Assert.Single(pieces, static piece => piece.Contains("\"extra_content\":{\"google\":{\"thought_signature\":\"TS\"}}", StringComparison.Ordinal));
        // Vercel's SDK looks for it no later than in the piece with the name.
        Assert.Equal(!late, signed.Contains("\"name\":\"f\"", StringComparison.Ordinal));
    }
}
