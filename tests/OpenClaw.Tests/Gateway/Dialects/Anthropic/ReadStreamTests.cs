using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;
using static OpenClaw.Tests.Gateway.Dialects.Anthropic.AnthropicStreams;

namespace OpenClaw.Tests.Gateway.Dialects.Anthropic;

public class ReadStreamTests
{
    [Fact]
    public void Reads_text_usage_and_the_end()
    {
        var (answer, outcomes, reader) = Read([Start, """{"type":"ping"}""", .. TextBlock(0, "Hel", "lo \"you\"\n☂😀"), End(), Stop]);

        Assert.Equal("msg_1", answer.Id);
        Assert.Equal("claude-x", answer.Model);
        Assert.Equal("Hello \"you\"\n☂😀", Assert.IsType<TextPart>(Assert.Single(answer.Parts)).Text);
        Assert.Equal(FinishReason.Stop, answer.Reason);
        Assert.Equal(new Usage { Input = 25, Output = 15 }, answer.UsageTotal);
        Assert.Equal(FrameOutcome.Done, outcomes[^1]);
        Assert.All(outcomes[..^1], o => Assert.Equal(FrameOutcome.Read, o));
        Assert.False(reader.IsUncontinuable);
    }

    [Fact]
    public void Thinking_ends_with_its_signature()
    {
        var (answer, _, _) = Read([Start, .. ThinkingBlock(0, "c2ln", "let ", "me"), .. TextBlock(1, "ok"), End(), Stop]);

        Assert.Equal([new ReasoningPart("let me", "c2ln"), new TextPart("ok")], answer.Parts);
    }

    [Fact]
    public void Thinking_that_is_not_shown_still_has_its_signature()
    {
        var (answer, _, _) = Read([Start, .. ThinkingBlock(0, "c2ln", ""), End(), Stop]);

        Assert.Equal(new ReasoningPart("", "c2ln"), Assert.Single(answer.Parts));
    }

    [Fact]
    public void A_thinking_delta_inside_a_text_block_is_reasoning()
    {
        var (answer, _, _) = Read(Start, """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"yes"}}""",
            """{"type":"content_block_stop","index":0}""", End(), Stop);

        Assert.Equal([new ReasoningPart("hm", null), new TextPart("yes")], answer.Parts);
    }

    [Fact]
    public void Redacted_thinking_keeps_its_data()
    {
        var (answer, _, _) = Read(Start, """{"type":"content_block_start","index":0,"content_block":{"type":"redacted_thinking","data":"abc="}}""",
            """{"type":"content_block_stop","index":0}""", End(), Stop);

        Assert.Equal("abc=", Assert.IsType<ReasoningPart>(Assert.Single(answer.Parts)).RedactedData);
    }

    [Fact]
    public void Tool_arguments_are_joined_in_order()
    {
        var (answer, _, reader) = Read([Start, .. ToolBlock(0, "toolu_a", "f", "", "{\"a\":", "\"x\\n\"}"), .. ToolBlock(1, "toolu_b", "g", "{}"), End("tool_use"), Stop]);

        Assert.Equal([new ToolCallPart("toolu_a", "f", "{\"a\":\"x\\n\"}"), new ToolCallPart("toolu_b", "g", "{}")], answer.Parts);
        Assert.Equal(FinishReason.ToolCalls, answer.Reason);
        Assert.Equal(2, reader.Position.ToolIndex);
    }

    [Fact]
    public void A_call_without_arguments_streams_none_and_has_empty_ones()
    {
        var (answer, _, _) = Read([Start, .. ToolBlock(0, "toolu_a", "updateIssueList"), End("tool_use"), Stop]);

        Assert.Equal(new ToolCallPart("toolu_a", "updateIssueList", "{}"), Assert.Single(answer.Parts));
    }

    [Theory]
    [InlineData("""{"player":"player1"}""", "", """{"player":"player1"}""")]
    [InlineData("""{"old":1}""", """{"new":2}""", """{"new":2}""")]
    public void Arguments_that_come_whole_with_the_start_count_when_no_delta_follows(string input, string delta, string expected)
    {
        string[] deltas = delta.Length == 0 ? [] : ToolBlock(0, "t", "f", delta)[1..2];
        var (answer, _, _) = Read([Start,
            "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":" + input + "}}",
            .. deltas, """{"type":"content_block_stop","index":0}""", End("tool_use"), Stop]);

        Assert.Equal(new ToolCallPart("t", "f", expected), Assert.Single(answer.Parts));
    }

    [Theory]
    [InlineData("server_tool_use")]
    [InlineData("web_search_tool_result")]
    [InlineData("mcp_tool_use")]
    [InlineData("container_upload")]
    [InlineData("compaction")]
    [InlineData("fallback")]
    public void Blocks_of_the_provider_are_named_and_make_the_stream_uncontinuable(string type)
    {
        var (answer, _, reader) = Read([Start,
            "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"" + type + "\",\"id\":\"s\",\"name\":\"n\",\"input\":{}}}",
            """{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"q\":1}"}}"""]);

        Assert.Equal([type], answer.UnmappedParts);
        Assert.Empty(answer.Parts);
        Assert.True(reader.IsUncontinuable);
        Assert.Equal(OpenBlock.Other, reader.Position.Open);
    }

    [Fact]
    public void Citations_are_named_once()
    {
        const string Citation = """{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"type":"char_location","cited_text":"x"}}}""";
        var (answer, _, _) = Read(Start, Citation, Citation);

        Assert.Equal(["citations_delta"], answer.UnmappedParts);
    }

    [Fact]
    public void The_position_is_where_the_wire_is()
    {
        var reader = Read([Start, .. TextBlock(0, "a"), .. TextBlock(1, "b")[..^1]]).Reader;

        Assert.True(reader.Position.Started);
        Assert.Equal(1, reader.Position.BlockIndex);
        Assert.Equal(OpenBlock.Text, reader.Position.Open);
        Assert.Equal("msg_1", reader.Position.Id);
        Assert.Equal(OpenBlock.None, Read([Start, .. TextBlock(0, "a")]).Reader.Position.Open);
        Assert.Equal(OpenBlock.Tool, Read([Start, .. ToolBlock(0, "t", "f")[..1]]).Reader.Position.Open);
        Assert.Equal(-1, Read(Start).Reader.Position.BlockIndex);
    }

    [Theory]
    [InlineData("""{"output_tokens":7}""", 25, 0, 0, 0, 7)]
    [InlineData("""{"input_tokens":30,"output_tokens":7}""", 30, 0, 0, 0, 7)]
    [InlineData("""{"input_tokens":0,"output_tokens":7}""", 25, 0, 0, 0, 7)]
    [InlineData("""{"input_tokens":null,"cache_read_input_tokens":null,"output_tokens":7}""", 25, 0, 0, 0, 7)]
    [InlineData("""{"input_tokens":6,"cache_creation_input_tokens":30,"cache_read_input_tokens":60,"output_tokens":7}""", 6, 60, 30, 0, 7)]
    [InlineData("""{"input_tokens":6,"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"output_tokens":7}""", 6, 0, 10, 20, 7)]
    public void The_last_usage_is_cumulative_and_may_restate_the_input(string usage, long input, long cacheRead, long write, long write1h, long output)
    {
        var (answer, _, _) = Read([Start, .. TextBlock(0, "a"), End(usage: usage), Stop]);

        Assert.Equal(new Usage { Input = input, CacheRead = cacheRead, CacheWrite = write, CacheWrite1h = write1h, Output = output }, answer.UsageTotal);
    }

    [Fact]
    public void Thinking_tokens_and_searches_are_counted()
    {
        var (answer, _, _) = Read([Start, .. TextBlock(0, "a"),
            End(usage: """{"output_tokens":50,"output_tokens_details":{"thinking_tokens":40},"server_tool_use":{"web_search_requests":2,"web_fetch_requests":1}}"""), Stop]);

        Assert.Equal(new Usage { Input = 25, Output = 50, Reasoning = 40, WebSearches = 2 }, answer.UsageTotal);
    }

    [Fact]
    public void Every_iteration_is_billed()
    {
        var (answer, _, _) = Read([Start, .. TextBlock(0, "a"),
            End(usage: """{"input_tokens":682,"output_tokens":1320,"iterations":[{"type":"compaction","input_tokens":60385,"output_tokens":592},{"type":"message","input_tokens":682,"output_tokens":1320}]}"""), Stop]);

        Assert.Equal(new Usage { Input = 61067, Output = 1912 }, answer.UsageTotal);
    }

    [Theory]
    [InlineData("max_tokens", FinishReason.Length)]
    [InlineData("tool_use", FinishReason.ToolCalls)]
    [InlineData("stop_sequence", FinishReason.StopSequence)]
    [InlineData("pause_turn", FinishReason.Pause)]
    [InlineData("refusal", FinishReason.Refusal)]
    [InlineData("model_context_window_exceeded", FinishReason.ContextFull)]
    [InlineData("something_new", FinishReason.Stop)]
    public void Stop_reasons(string word, object expected) =>
        Assert.Equal(expected, Read([Start, .. TextBlock(0, "a"), End(word), Stop]).Answer.Reason);

    [Fact]
    public void The_stop_sequence_is_named()
    {
        var (answer, _, _) = Read(Start, """{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"\n\nEND"},"usage":{"output_tokens":1}}""", Stop);

        Assert.Equal("\n\nEND", answer.StopSequence);
    }

    [Fact]
    public void An_error_event_is_a_failure()
    {
        var (answer, outcomes, _) = Read(Start, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}""");

        Assert.Equal(FailureReason.Overloaded, answer.Failure?.Reason);
        Assert.Contains("Overloaded", answer.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(FrameOutcome.Read, outcomes[^1]);
        Assert.Equal(FinishReason.None, answer.Reason);
    }

    [Fact]
    public void An_error_without_a_type_around_it_is_a_failure_too() =>
        Assert.Equal(FailureReason.Overloaded, Read(Start, """{"error":{"type":"overloaded_error","message":"busy"}}""").Answer.Failure?.Reason);

    [Theory]
    [InlineData("proxy error: Failed to read connection")]
    [InlineData("<html>")]
    [InlineData("{\"type\":\"content_block_delta\"")]
    [InlineData("{} {}")]
    [InlineData("{\"id\":\"chatcmpl-1\",\"choices\":[]}")]
    [InlineData("[1]")]
    [InlineData("\"x\"")]
    [InlineData("[DONE]")]
    public void What_is_not_the_protocol_is_malformed(string data) =>
        Assert.Equal(FrameOutcome.Malformed, Read(Start, data).Outcomes[^1]);

    [Fact]
    public void Unknown_events_and_deltas_are_passed_over()
    {
        var (answer, outcomes, _) = Read([Start, """{"type":"vendor_note","x":[1,{"y":2}]}""", .. TextBlock(0, "a"),
            """{"type":"content_block_delta","index":0,"delta":{"type":"hologram_delta","text":"no"}}""", End(), Stop]);

        Assert.Equal(new TextPart("a"), Assert.Single(answer.Parts));
        Assert.DoesNotContain(FrameOutcome.Malformed, outcomes);
    }

    [Fact]
    public void The_order_of_keys_and_spaces_do_not_matter()
    {
        var (answer, outcomes, _) = Read(Start,
            """{ "index":0, "delta" : {"text":"a","type":"text_delta"}, "type":"content_block_delta" }     """, End() + "  ", Stop + "   \r");

        Assert.Equal(new TextPart("a"), Assert.Single(answer.Parts));
        Assert.Equal(FrameOutcome.Done, outcomes[^1]);
    }

    [Fact]
    public void Half_a_surrogate_pair_costs_one_character()
    {
        var (answer, _, _) = Read(Start, """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\ud83d"}}""");

        Assert.Equal(new TextPart("a\uFFFD"), Assert.Single(answer.Parts));
    }

    [Fact]
    public void A_repeated_message_start_is_one_answer()
    {
        var (answer, _, reader) = Read([Start, Start.Replace("msg_1", "msg_2", StringComparison.Ordinal), .. TextBlock(0, "a"), End(), Stop]);

        Assert.Equal("msg_1", answer.Id);
        Assert.Equal("msg_1", reader.Position.Id);
        Assert.Null(answer.Failure);
        Assert.Equal(new Usage { Input = 25, Output = 15 }, answer.UsageTotal);
    }

    [Fact]
    public void A_second_message_inside_a_tool_call_is_a_failure()
    {
        var (answer, _, _) = Read([Start, .. ToolBlock(0, "toolu_first", "t", "{\"value\":\"Spark")[..^1], Start, .. ToolBlock(0, "toolu_second", "t", "{}"), End("tool_use"), Stop]);

        Assert.Equal(FailureReason.Cut, answer.Failure?.Reason);
    }

    [Fact]
    public void A_message_that_is_whole_in_its_start_is_read()
    {
        var (answer, outcomes, _) = Read(
            """{"type":"message_start","message":{"id":"m","type":"message","model":"c","content":[{"type":"tool_use","id":"t","name":"rollDie","input":{"player":"player2"}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":0,"output_tokens":0}}}""", Stop);

        Assert.Equal(new ToolCallPart("t", "rollDie", """{"player":"player2"}"""), Assert.Single(answer.Parts));
        Assert.Equal(FinishReason.ToolCalls, answer.Reason);
        Assert.Equal(FrameOutcome.Done, outcomes[^1]);
    }

    [Fact]
    public void An_end_without_a_stop_reason_is_believed_when_nothing_is_half_open()
    {
        Assert.Equal(FinishReason.Stop, Read([Start, .. TextBlock(0, "a"), Stop]).Answer.Reason);
        Assert.Equal(FinishReason.None, Read([Start, .. ToolBlock(0, "t", "f", "{")[..^1], Stop]).Answer.Reason);
        Assert.Equal(FinishReason.None, Read(Start, Stop).Answer.Reason);
    }

    [Fact]
    public void Done_in_brackets_ends_only_what_was_finished() =>
        Assert.Equal(FrameOutcome.Done, Read([Start, .. TextBlock(0, "a"), End(), "[DONE]"]).Outcomes[^1]);

    [Fact]
    public void Our_own_mark_is_not_a_signature()
    {
        var (answer, _, _) = Read([Start, .. ThinkingBlock(0, "openclaw.unsigned", "hm"), End(), Stop]);

        Assert.Equal(new ReasoningPart("hm", null), Assert.Single(answer.Parts));
    }

    [Fact]
    public void Mutated_frames_never_throw()
    {
        string[] corpus = [Start, .. TextBlock(0, "Hé\"llo", "x"), .. ToolBlock(1, "toolu_1", "f", "{\"a\":[1]}"), .. ThinkingBlock(2, "c2ln", "hm"), End(), Stop,
            """{"type":"error","error":{"type":"api_error","message":"no"}}""",
            """{"type":"message_start","message":{"id":"m","model":"c","content":[{"type":"tool_use","id":"t","name":"n","input":{"p":"2"}},{"type":"text","text":"\ud83d\ude00"}],"usage":{"iterations":[{"input_tokens":1e99}]}}}"""];
        var frames = corpus.Select(Encoding.UTF8.GetBytes).ToArray();
        var random = new Random(20260101);
        var reader = Read().Reader;
        var answer = new ChatAnswer();
        var malformed = 0;
        for (var i = 0; i < 20_000; i++)
        {
            if (i % 50 == 0)
            {
                reader = Read().Reader;
                answer = new ChatAnswer();
            }
            var frame = Mutate(frames[random.Next(frames.Length)], random);
            if (reader.Read(default, frame, answer) == FrameOutcome.Malformed) malformed++;
        }
        Assert.InRange(malformed, 1_000, 19_999);
    }

    private static byte[] Mutate(byte[] frame, Random random)
    {
        var bytes = frame.ToList();
        for (var n = random.Next(0, 4); n > 0 && bytes.Count > 1; n--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes.RemoveAt(at); break;
                case 2: bytes.Insert(at, (byte)"{}[]\",:\\u0n"[random.Next(11)]); break;
                case 3: bytes.RemoveRange(at, bytes.Count - at); break;
                default: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(20, bytes.Count - at))); break;
            }
        }
        return [.. bytes];
    }
}
