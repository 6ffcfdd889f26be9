using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Anthropic;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Metering;
using static OpenClaw.Tests.Gateway.Dialects.Anthropic.AnthropicStreams;

namespace OpenClaw.Tests.Gateway.Dialects.Anthropic;

public class WriteStreamTests
{
    [Fact]
    public void Writes_the_events_of_a_text_answer()
    {
        var written = Written(w =>
        {
            w.Start("up_1"u8, "up-model"u8);
            w.Text("Hel"u8);
            w.Text("lo\n\"☂\""u8);
            w.Usage(new Usage { Input = 10, CacheRead = 3, CacheWrite = 2, Output = 5 });
            w.Finish(FinishReason.Stop, default);
            w.End();
        });

        Assert.Equal(
            """
            event: message_start
            data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}}

            event: content_block_start
            data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo\n\"☂\""}}

            event: content_block_stop
            data: {"type":"content_block_stop","index":0}

            event: message_delta
            data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":10,"cache_creation_input_tokens":2,"cache_read_input_tokens":3,"output_tokens":5}}

            event: message_stop
            data: {"type":"message_stop"}


            """.ReplaceLineEndings("\n"), written);
    }

    [Fact]
    public void Usage_known_before_the_first_content_is_in_the_start()
    {
        var data = Data(Written(w =>
        {
            w.Start(default, default);
            w.Usage(new Usage { Input = 10 });
            w.Text("a"u8);
        }));

        Assert.Contains("\"input_tokens\":10", data[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Indexes_grow_and_one_block_is_open()
    {
        var data = Data(Written(w =>
        {
            w.Reasoning("hm"u8);
            w.ReasoningSignature("c2ln"u8);
            w.Text("a"u8);
            w.ToolCall(0, "t1"u8, "f"u8);
            w.ToolArguments(0, "{\"a\":"u8);
            w.ToolArguments(0, "1}"u8);
            w.ToolCall(1, "t2"u8, "g"u8);
            w.RedactedReasoning("abc"u8);
            w.Text("b"u8);
            w.End();
        }));
        AssertWellFormed(data);
        Assert.Equal(["thinking", "text", "tool_use", "tool_use", "redacted_thinking", "text"], Blocks(data));
    }

    [Fact]
    public void Reasoning_without_a_signature_gets_our_mark()
    {
        var written = Written(w =>
        {
            w.Reasoning("hm"u8);
            w.Text("a"u8);
            w.End();
        });

        Assert.Contains("{\"type\":\"signature_delta\",\"signature\":\"openclaw.unsigned\"}", written, StringComparison.Ordinal);
        Assert.Equal(new ReasoningPart("hm", null), ReadPieces(Encoding.UTF8.GetBytes(written)).Parts[0]);
    }

    [Fact]
    public void A_call_without_arguments_gets_no_delta()
    {
        var data = Data(Written(w =>
        {
            w.ToolCall(0, "t1"u8, "f"u8);
            w.Finish(FinishReason.ToolCalls, default);
            w.End();
        }));

        Assert.DoesNotContain(data, d => d.Contains("input_json_delta", StringComparison.Ordinal));
        Assert.Contains(data, d => d.Contains("\"input\":{}", StringComparison.Ordinal));
    }

    [Fact]
    public void Missing_ids_are_made_up_and_always_the_same()
    {
        string[] Ids() => [.. Data(Written(w =>
        {
            w.ToolCall(0, default, "f"u8);
            w.ToolCall(1, default, "f"u8);
            w.End();
        })).Where(d => d.Contains("tool_use\",\"id", StringComparison.Ordinal)).Select(d => JsonDocument.Parse(d).RootElement.GetProperty("content_block").GetProperty("id").GetString()!)];

        Assert.Equal(["toolu_msg_1_0", "toolu_msg_1_1"], Ids());
        Assert.Equal(Ids(), Ids());
    }

    [Fact]
    public void Ids_are_cleaned_and_stay_different()
    {
        var (a, b) = (ReasoningMark.CleanId("functions.get:0"), ReasoningMark.CleanId("functions:get:0"));

        Assert.Matches("^[a-zA-Z0-9_-]+$", a);
        Assert.NotEqual(a, b);
        Assert.Equal("toolu_01-a", ReasoningMark.CleanId("toolu_01-a"));
    }

    [Fact]
    public void Calls_whose_pieces_are_mixed_come_one_after_the_other()
    {
        var written = Written(w =>
        {
            w.ToolCall(0, "t0"u8, "f"u8);
            w.ToolCall(1, "t1"u8, "g"u8);
            w.ToolCall(2, "t2"u8, "h"u8);
            w.ToolArguments(1, "{\"b\":"u8);
            w.ToolArguments(0, "{\"a\":\"}"u8);
            w.ToolArguments(1, "2}"u8);
            w.ToolArguments(0, "\"}"u8);
            w.Finish(FinishReason.ToolCalls, default);
            w.End();
        });
        AssertWellFormed(Data(written));

        Assert.Equal([new ToolCallPart("t0", "f", "{\"a\":\"}\"}"), new ToolCallPart("t1", "g", "{\"b\":2}"), new ToolCallPart("t2", "h", "{}")],
            ReadPieces(Encoding.UTF8.GetBytes(written)).Parts);
    }

    [Fact]
    public void A_second_provider_may_count_its_calls_from_zero_again()
    {
        var written = Written(w =>
        {
            w.Start("a"u8, default);
            w.ToolCall(0, "t0"u8, "f"u8);
            w.ToolArguments(0, "{\"a\":1}"u8);
            w.Start("b"u8, default);
            w.ToolCall(0, "t1"u8, "f"u8);
            w.ToolArguments(0, "{\"b\":"u8);
            w.ToolArguments(0, "2}"u8);
            w.End();
        });

        Assert.Equal([new ToolCallPart("t0", "f", "{\"a\":1}"), new ToolCallPart("t1", "f", "{\"b\":2}")], ReadPieces(Encoding.UTF8.GetBytes(written)).Parts);
        Assert.Single(Data(written), d => d.Contains("message_start", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_calls_own_signature_travels_beside_it(bool inPieces)
    {
        var data = Data(Written(w =>
        {
            w.ToolCall(0, "t0"u8, "f"u8);
            if (inPieces) w.ToolArguments(0, "{"u8);
            w.ToolArguments(0, inPieces ? "}"u8 : "{}"u8);
            w.ToolSignature(0, "CpQC+/="u8);
            w.ToolCall(1, "t1"u8, "f"u8);
            w.End();
        }));
        AssertWellFormed(data);

        Assert.Equal(inPieces ? ["tool_use", "redacted_thinking", "tool_use"] : ["redacted_thinking", "tool_use", "tool_use"], Blocks(data));
        Assert.Contains(data, d => d.Contains("\"data\":\"openclaw.call.t0.CpQC+/=\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(FinishReason.Stop, false, "end_turn")]
    [InlineData(FinishReason.Stop, true, "tool_use")]
    [InlineData(FinishReason.Length, false, "max_tokens")]
    [InlineData(FinishReason.ContentFilter, false, "refusal")]
    [InlineData(FinishReason.ContextFull, false, "model_context_window_exceeded")]
    [InlineData(FinishReason.Pause, false, "pause_turn")]
    public void Stop_reasons(object reason, bool withCall, string expected)
    {
        var written = Written(w =>
        {
            if (withCall) w.ToolCall(0, "t"u8, "f"u8);
            w.Finish((FinishReason)reason, default);
            w.End();
        });

        Assert.Contains("\"stop_reason\":\"" + expected + "\"", written, StringComparison.Ordinal);
    }

    [Fact]
    public void The_stop_sequence_is_written_where_it_was_hit()
    {
        Assert.Contains("\"stop_reason\":\"stop_sequence\",\"stop_sequence\":\"\\n\"", Written(w => { w.Finish(FinishReason.StopSequence, "\n"u8); w.End(); }), StringComparison.Ordinal);
    }

    [Fact]
    public void Declining_is_text_and_a_refusal()
    {
        var written = Written(w =>
        {
            w.RefusalText("I can't"u8);
            w.Finish(FinishReason.Stop, default);
            w.End();
        });

        Assert.Contains("\"text\":\"I can't\"", written, StringComparison.Ordinal);
        Assert.Contains("\"stop_reason\":\"refusal\"", written, StringComparison.Ordinal);
    }

    [Fact]
    public void An_open_text_block_is_continued()
    {
        var data = Data(Written(w =>
        {
            w.Start("other"u8, "other"u8);
            w.Text("more"u8);
            w.End();
        }, Middle(OpenBlock.Text, 2)));

        Assert.Equal("""{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"more"}}""", data[0]);
        Assert.Equal("""{"type":"content_block_stop","index":2}""", data[1]);
    }

    [Theory]
    [InlineData(OpenBlock.Text)]
    [InlineData(OpenBlock.Reasoning)]
    [InlineData(OpenBlock.Other)]
    public void Whatever_else_is_open_is_closed_first(object open)
    {
        var data = Data(Written(w =>
        {
            w.Reasoning("hm"u8);
            w.Text("a"u8);
            w.End();
        }, Middle((OpenBlock)open, 2)));

        var first = (OpenBlock)open == OpenBlock.Reasoning ? 1 : 0;
        if (first == 1) Assert.Contains("openclaw.unsigned", data[0], StringComparison.Ordinal);
        Assert.Equal("""{"type":"content_block_stop","index":2}""", data[first]);
        Assert.StartsWith("""{"type":"content_block_start","index":3""", data[first + 1], StringComparison.Ordinal);
        Assert.DoesNotContain(data, d => d.Contains("message_start", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_open_begins_the_next_block()
    {
        var data = Data(Written(w => w.Text("a"u8), Middle(OpenBlock.None, 4)));

        Assert.StartsWith("""{"type":"content_block_start","index":5""", data[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Seams_and_signs_of_life_are_passed_over_by_readers()
    {
        var written = Written(w =>
        {
            w.Text("a"u8);
            w.Seam("{\"to\":\"x\"}"u8);
            w.KeepAlive();
            w.Text("b"u8);
            w.Finish(FinishReason.Stop, default);
            w.End();
        });

        Assert.Contains("\n: openclaw {\"to\":\"x\"}\n\n", written, StringComparison.Ordinal);
        Assert.Contains("event: ping\ndata: {\"type\":\"ping\"}\n\n", written, StringComparison.Ordinal);
        Assert.Equal(new TextPart("ab"), Assert.Single(ReadPieces(Encoding.UTF8.GetBytes(written)).Parts));
    }

    [Fact]
    public void An_error_ends_the_stream_in_the_protocols_own_shape()
    {
        var written = Written(w =>
        {
            w.Text("a"u8);
            w.Error(new GatewayError(GatewayErrorKind.AnswerInterrupted, "cut \"here\""), "req_9");
            w.End();
        });

        Assert.EndsWith("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"cut \\\"here\\\"\"},\"request_id\":\"req_9\"}\n\n", written, StringComparison.Ordinal);
    }

    private static StreamPosition Middle(OpenBlock open, int index) =>
        new() { Id = "msg_1", Model = "m", Started = true, Open = open, BlockIndex = index };

    private static string[] Blocks(string[] data) =>
        [.. data.Select(d => JsonDocument.Parse(d).RootElement).Where(e => e.GetProperty("type").GetString() == "content_block_start").Select(e => e.GetProperty("content_block").GetProperty("type").GetString()!)];

    // Start, then blocks with indexes 0, 1, 2… each stopped before the next begins, deltas only into the open one.
    internal static void AssertWellFormed(IEnumerable<string> data)
    {
        var next = 0;
        var open = -1;
        foreach (var e in data.Select(d => JsonDocument.Parse(d).RootElement))
        {
            switch (e.GetProperty("type").GetString())
            {
                case "content_block_start":
                    Assert.Equal(-1, open);
                    open = e.GetProperty("index").GetInt32();
                    Assert.Equal(next++, open);
                    break;
                case "content_block_delta":
                    Assert.Equal(open, e.GetProperty("index").GetInt32());
                    break;
                case "content_block_stop":
                    Assert.Equal(open, e.GetProperty("index").GetInt32());
                    open = -1;
                    break;
                case "message_delta" or "message_stop":
                    Assert.Equal(-1, open);
                    break;
                default: break;
            }
        }
    }
}
