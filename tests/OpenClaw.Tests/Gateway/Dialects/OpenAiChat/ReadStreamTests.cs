using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.OpenAiChat;
using OpenClaw.Gateway.Routing;
using static OpenClaw.Tests.Gateway.Dialects.OpenAiChat.Wire;

namespace OpenClaw.Tests.Gateway.Dialects.OpenAiChat;

public class ReadStreamTests
{
    private static string Events(params string[] frames) => Read(frames).Log.ToString();

    [Fact]
    public void Reads_text_with_a_quiet_role_chunk() => Assert.Equal(
        "start(c1,m) text(Hello) finish(Stop) usage(3+2) unmapped(outcome:Done)",
        Events(Chunk("""{"role":"assistant","content":""}"""), Chunk("""{"content":"Hel"}"""), Chunk("""{"content":"lo"}"""), Chunk("{}", "stop"),
            """{"id":"c1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""", "[DONE]"));

    [Fact]
    public void Null_content_and_null_usage_say_nothing() => Assert.Equal(
        "start(c1,m)",
        Events("""{"id":"c1","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":null,"refusal":null,"tool_calls":null,"reasoning":null},"finish_reason":null}],"usage":null}"""));

    [Fact]
    public void Members_may_come_in_any_order() => Assert.Equal(
        "start(c1,m) text(x) finish(Length) usage(1+1)",
        Events("""{"usage":{"completion_tokens":1,"prompt_tokens":1},"choices":[{"finish_reason":"length","delta":{"content":"x"},"index":0}],"model":"m","id":"c1"}"""));

    [Fact]
    public void Escapes_and_split_surrogates_become_text() => Assert.Equal(
        "start(c1,m) text(a\"\n😀\ufffd) finish(Stop)",
        Events(Chunk("""{"content":"a\"\n\ud83d\ude00\ud83d"}"""), Chunk("{}", "stop")));

    // As servers write it that cut their text by UTF-16 units.
    [Theory]
    [InlineData("""a\ud83e""", """\udd9eb""", "a🦞b")]
    [InlineData("""\ud83e""", """\udd9e\ud83d""", "🦞\ufffd")]
    [InlineData("""a\ud83e""", "b", "a\ufffdb")]
    [InlineData("""a\\ud83e""", """\udd9eb""", """a\ud83e�b""")]
    [InlineData("""a\\\ud83e""", """\udd9eb""", """a\🦞b""")]
    public void A_pair_that_is_split_over_two_deltas_is_one_character(string one, string other, string text) => Assert.Equal(
        $"start(c1,m) text({text}) finish(Stop)",
        Events(Chunk($$"""{"content":"{{one}}"}"""), Chunk($$"""{"content":"{{other}}"}"""), Chunk("{}", "stop")));

    [Fact]
    public void Azures_first_chunk_without_choices_does_not_start_the_answer() => Assert.Equal(
        "start(c1,m) text(x)",
        Events("""{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0}]}""", Chunk("""{"content":"x"}""")));

    [Theory]
    [InlineData("reasoning_content")]
    [InlineData("reasoning")]
    public void Reasoning_has_two_names(string name) => Assert.Equal(
        "start(c1,m) reasoning(think) text(x)",
        Events(Chunk($$"""{"content":"","{{name}}":"thi"}"""), Chunk($$"""{"content":null,"{{name}}":"nk"}"""), Chunk("""{"content":"x"}""")));

    [Fact]
    public void Reasoning_comes_before_text_of_the_same_delta() => Assert.Equal(
        "start(c1,m) reasoning(r) text(t)", Events(Chunk("""{"content":"t","reasoning_content":"r"}""")));

    [Fact]
    public void OpenRouters_details_repeat_the_reasoning_and_add_the_signature() => Assert.Equal(
        "start(c1,m) reasoning(abc) signature(S1) redacted(D) text(x)",
        Events(
            Chunk("""{"content":"","reasoning":"ab","reasoning_details":[{"type":"reasoning.text","text":"ab","signature":null,"index":0}]}"""),
            Chunk("""{"content":"","reasoning":"c","reasoning_details":[{"type":"reasoning.text","text":"c","index":0}]}"""),
            Chunk("""{"content":"","reasoning":null,"reasoning_details":[{"type":"reasoning.text","signature":"S1","index":0}]}"""),
            Chunk("""{"reasoning_details":[{"type":"reasoning.encrypted","data":"D","format":"anthropic-claude-v1"}]}"""),
            Chunk("""{"content":"x"}""")));

    [Fact]
    public void OpenRouters_summaries_are_reasoning() => Assert.Equal(
        "start(c1,m) reasoning(sum)", Events(Chunk("""{"reasoning_details":[{"type":"reasoning.summary","summary":"sum"}]}""")));

    [Fact]
    public void Geminis_signature_through_OpenRouter_belongs_to_its_call() => Assert.Equal(
        "start(c1,m) call0(tool_9,f) args0({}) callsignature0(SIG)",
        Events(Chunk("""{"reasoning_details":[{"type":"reasoning.encrypted","data":"SIG","id":"tool_9","format":"google-gemini-v1"}],"tool_calls":[{"index":0,"id":"tool_9","function":{"name":"f","arguments":"{}"}}]}""")));

    [Fact]
    public void Geminis_own_surface_signs_calls_and_marks_thoughts() => Assert.Equal(
        "start(c1,m) reasoning(hm) call0(f1,f) callsignature0(SIG) args0({}) finish(ToolCalls)",
        Events(
            Chunk("""{"content":"hm","extra_content":{"google":{"thought":true}}}"""),
            Chunk("""{"tool_calls":[{"id":"f1","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"SIG"}}}]}"""),
            Chunk("{}", "stop")));

    [Fact]
    public void Mistrals_content_parts_are_text_and_thinking() => Assert.Equal(
        "start(c1,m) reasoning(ab) text(c)",
        Events(Chunk("""{"content":[{"type":"thinking","thinking":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},{"type":"text","text":"c"}]}""")));

    [Fact]
    public void Refusals_are_not_text() => Assert.Equal(
        "start(c1,m) refusal(I cannot) finish(Stop)", Events(Chunk("""{"refusal":"I "}"""), Chunk("""{"refusal":"cannot"}"""), Chunk("{}", "stop")));

    [Fact]
    public void Parallel_calls_may_interleave() => Assert.Equal(
        "start(c1,m) call0(a,f) call1(b,g) args0({\"x\":) args1({}) args0(1}) finish(ToolCalls)",
        Events(
            Chunk("""{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]}"""),
            Chunk("""{"tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":""}}]}"""),
            Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}},{"index":1,"function":{"arguments":"{}"}}]}"""),
            Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}"""),
            Chunk("{}", "tool_calls")));

    [Fact]
    public void Tool_numbers_may_start_at_one() => Assert.Equal(
        "start(c1,m) call0(a,f) args0({}) call1(b,f) args1({})",
        Events(Chunk("""{"tool_calls":[{"index":1,"id":"a","function":{"name":"f","arguments":"{}"}}]}"""), Chunk("""{"tool_calls":[{"index":2,"id":"b","function":{"name":"f","arguments":"{}"}}]}""")));

    [Fact]
    public void Without_numbers_a_new_id_is_a_new_call() => Assert.Equal(
        "start(c1,m) call0(a,f) args0({}) call1(b,f) args1({\"x\":1})",
        Events(Chunk("""{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]}"""), Chunk("""{"tool_calls":[{"id":"b","function":{"name":"f","arguments":"{\"x\":"}}]}"""), Chunk("""{"tool_calls":[{"function":{"arguments":"1}"}}]}""")));

    [Fact]
    public void Without_numbers_and_ids_a_name_after_whole_arguments_is_a_new_call() => Assert.Equal(
        "start(c1,m) call0(,f) args0({}) call1(,f) args1({\"a\":1}) call2(,g)",
        Events(
            Chunk("""{"tool_calls":[{"id":"","function":{"name":"f","arguments":"{}"}},{"id":"","function":{"name":"f","arguments":"{\"a\":"}}]}"""),
            Chunk("""{"tool_calls":[{"function":{"name":"f","arguments":"1}"}}]}"""), Chunk("""{"tool_calls":[{"function":{"name":"g"}}]}""")));

    [Fact]
    public void Ollama_numbered_all_calls_zero() => Assert.Equal(
        "start(c1,m) call0(a,f) args0({}) call1(b,f) args1({})",
        Events(Chunk("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"""), Chunk("""{"tool_calls":[{"index":0,"id":"b","function":{"name":"f","arguments":"{}"}}]}""")));

    [Fact]
    public void Vllm_made_up_an_id_for_every_delta() => Assert.Equal(
        "start(c1,m) call0(a,f) args0({\"x\":1})",
        Events(Chunk("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}"""), Chunk("""{"tool_calls":[{"index":0,"id":"z1","function":{"arguments":"{\"x\":"}}]}"""), Chunk("""{"tool_calls":[{"index":0,"id":"z2","function":{"name":null,"arguments":"1}"}}]}""")));

    [Fact]
    public void A_name_repeated_in_each_delta_is_one_call() => Assert.Equal(
        "start(c1,m) call0(a,f) args0({\"x\":1})",
        Events(Chunk("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}]}"""), Chunk("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":":1}"}}]}""")));

    [Fact]
    public void An_empty_name_later_changes_nothing() => Assert.Equal(
        "start(c1,m) call0(a,f) args0({})",
        Events(Chunk("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}"""), Chunk("""{"tool_calls":[{"index":0,"function":{"name":"","arguments":"{}"}}]}""")));

    [Fact]
    public void The_name_may_come_after_the_id() => Assert.Equal(
        "start(c1,m) call0(a,f) args0({})",
        Events(Chunk("""{"tool_calls":[{"index":0,"id":"a"}]}"""), Chunk("""{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{}"}}]}""")));

    [Fact]
    public void Arguments_may_be_an_object() => Assert.Equal(
        "start(c1,m) call0(a,f) args0({\"x\": 1})", Events(Chunk("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":{"x": 1}}}]}""")));

    [Fact]
    public void An_empty_list_of_calls_does_not_hide_the_text() => Assert.Equal(
        "start(c1,m) text(Hello) finish(Stop)",
        Events(Chunk("""{"content":"Hel","tool_calls":[]}"""), Chunk("""{"tool_calls":[],"content":"lo"}"""), Chunk("""{"tool_calls":[]}""", "stop")));

    [Fact]
    public void The_function_call_of_2023_is_a_tool_call() => Assert.Equal(
        "start(c1,m) call0(,f) args0({}) finish(ToolCalls)",
        Events(Chunk("""{"function_call":{"name":"f","arguments":""}}"""), Chunk("""{"function_call":{"arguments":"{}"}}"""), Chunk("{}", "function_call")));

    [Fact]
    public void Stop_after_calls_means_tool_calls() => Assert.Equal(
        "start(c1,m) call0(a,f) finish(ToolCalls)", Events(Chunk("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f"}}]}""", "stop")));

    [Theory]
    [InlineData("stop", "finish(Stop)")]
    [InlineData("length", "finish(Length)")]
    [InlineData("content_filter", "finish(ContentFilter)")]
    [InlineData("model_length", "finish(ContextFull)")]
    [InlineData("refusal", "finish(Refusal)")]
    [InlineData("eos", "finish(Stop)")]
    [InlineData("error", "fail(ServerError)")]
    [InlineData("abort", "fail(ServerError)")]
    [InlineData("insufficient_system_resource", "fail(ServerError)")]
    public void Finish_reasons(string word, string expected) => Assert.Equal("start(c1,m) " + expected, Events(Chunk("{}", word)));

    [Fact]
    public void An_empty_finish_reason_is_none() => Assert.Equal("start(c1,m) text(ab) finish(Stop)", Events(Chunk("""{"content":"a"}""", ""), Chunk("""{"content":"b"}""", "stop")));

    [Fact]
    public void A_repeated_finish_reason_counts_once() => Assert.Equal("start(c1,m) finish(Length)", Events(Chunk("{}", "length"), Chunk("{}", "length")));

    [Fact]
    public void Vllms_stop_reason_names_the_sequence() => Assert.Equal(
        "start(c1,m) finish(StopSequence,END)", Events("""{"id":"c1","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop","stop_reason":"END"}]}"""));

    [Fact]
    public void Done_is_a_line_that_starts_so()
    {
        Assert.Equal(FrameOutcome.Done, new ReadStream().Read(default, " [DONE] trailing"u8, new EventLog()));
        Assert.Equal(FrameOutcome.Done, new ReadStream().Read(default, "[DONE]"u8, new EventLog()));
    }

    [Theory]
    [InlineData("proxy error: Failed to read connection")]
    [InlineData("<html>\n<body>502</body></html>")]
    [InlineData("{\"choices\":[")]
    [InlineData("{\"choices\":[]} trailing")]
    [InlineData("\"text\"")]
    [InlineData("42")]
    [InlineData("[]")]
    [InlineData("[1]")]
    public void What_is_no_json_object_is_malformed_and_says_nothing(string frame)
    {
        var log = new EventLog();
        Assert.Equal(FrameOutcome.Malformed, new ReadStream().Read(default, Encoding.UTF8.GetBytes(frame), log));
        Assert.Equal("", log.ToString());
    }

    [Fact]
    public void A_frame_that_breaks_after_its_text_says_nothing()
    {
        var log = new EventLog();
        Assert.Equal(FrameOutcome.Malformed, new ReadStream().Read(default, Encoding.UTF8.GetBytes(Chunk("""{"content":"x"}""")[..^1]), log));
        Assert.Equal("", log.ToString());
    }

    [Theory]
    [InlineData("""{"type":"ping"}""")]
    [InlineData("""{"obfuscation":"xyz"}""")]
    [InlineData("""{"object":"chat.completion.chunk"}""")]
    [InlineData("{}")]
    [InlineData("")]
    public void Unknown_events_are_ignored(string frame) => Assert.Equal("", Events(frame));

    [Theory]
    [InlineData("""{"error":{"message":"Overloaded","type":"overloaded_error","code":529}}""", FailureReason.Overloaded, 529, "overloaded_error")]
    [InlineData("""{"error":{"message":"slow down","type":"rate_limit_error","code":"rate_limit_exceeded"}}""", FailureReason.RateLimited, null, "rate_limit_exceeded")]
    [InlineData("""{"error":{"message":"no money","type":"insufficient_quota","code":"insufficient_quota"}}""", FailureReason.QuotaExhausted, null, "insufficient_quota")]
    [InlineData("""{"error":{"message":"Upstream","code":502}}""", FailureReason.ServerError, 502, null)]
    [InlineData("""{"error":{"message":"too big","type":"exceed_context_size_error","code":400}}""", FailureReason.ContextTooLong, 400, "exceed_context_size_error")]
    [InlineData("""{"error":"CUDA out of memory"}""", FailureReason.ServerError, null, null)]
    [InlineData("""{"object":"error","message":"This model's maximum context length is 10 tokens","type":"BadRequestError","param":null,"code":400}""", FailureReason.ContextTooLong, 400, "BadRequestError")]
    [InlineData("""[{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}]""", FailureReason.Overloaded, 503, "UNAVAILABLE")]
    internal void An_error_event_is_a_failure(string frame, FailureReason reason, int? status, string? code)
    {
        var (log, _) = Read(frame);
        Assert.Equal($"fail({reason})", log.ToString());
        Assert.Equal((status, code), (log.Failure!.Status, log.Failure.Code));
    }

    [Fact]
    public void An_event_named_error_is_a_failure_whatever_it_holds()
    {
        var log = new EventLog();
        new ReadStream().Read("error"u8, """{"message":"boom"}"""u8, log);
        Assert.Equal("boom", log.Failure?.Message);
    }

    [Fact]
    public void An_error_beside_choices_comes_after_their_text_and_once() => Assert.Equal(
        "start(c1,m) text(x) usage(5+2) fail(ServerError)",
        Events("""{"error":{"code":502,"message":"gone"},"id":"c1","model":"m","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"error"}],"usage":{"prompt_tokens":5,"completion_tokens":2}}""", Chunk("{}", "error")));

    [Fact]
    public void An_error_inside_the_choice_is_a_failure()
    {
        var (log, _) = Read("""{"id":"c1","model":"m","choices":[{"index":0,"delta":{},"error":{"code":429,"message":"limit"},"finish_reason":"error"}]}""");
        Assert.Equal("start(c1,m) fail(RateLimited)", log.ToString());
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("{}")]
    [InlineData("false")]
    public void An_empty_error_is_none(string error) => Assert.Equal("start(c1,m) text(x)", Events(Chunk("""{"content":"x"}""")[..^1] + $",\"error\":{error}}}"));

    [Fact]
    public void Other_choices_are_reported_once_and_cannot_be_continued()
    {
        var other = """{"id":"c1","model":"m","choices":[{"index":1,"delta":{"content":"other"}}]}""";
        var (log, reader) = Read(Chunk("""{"content":"x"}"""), other, other);
        Assert.Equal("start(c1,m) text(x) unmapped(choices beyond the first)", log.ToString());
        Assert.True(reader.IsUncontinuable);
    }

    [Theory]
    [InlineData("""{"audio":{"id":"a","data":"AAAA"}}""", "audio output", true)]
    [InlineData("""{"images":[{"type":"image_url"}]}""", "image output", true)]
    [InlineData("""{"annotations":[{"type":"url_citation"}]}""", "annotations", false)]
    [InlineData("""{"tool_calls":[{"index":0,"id":"x","type":"custom","custom":{"name":"n","input":"i"}}]}""", "custom tool call", true)]
    public void What_has_no_word_is_named(string delta, string what, bool uncontinuable)
    {
        var (log, reader) = Read(Chunk(delta), Chunk(delta));
        Assert.Equal($"start(c1,m) unmapped({what})", log.ToString());
        Assert.Equal(uncontinuable, reader.IsUncontinuable);
    }

    [Fact]
    public void Only_a_frame_with_nothing_but_usage_is_usage_only()
    {
        var reader = new ReadStream();
        bool After(string frame)
        {
            reader.Read(default, Encoding.UTF8.GetBytes(frame), new EventLog());
            return reader.LastFrameWasUsageOnly;
        }
        Assert.False(After(Chunk("""{"content":"x"}""")[..^1] + ""","usage":{"prompt_tokens":1,"completion_tokens":1}}"""));
        Assert.True(After("""{"id":"c1","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}"""));
        Assert.True(After("""{"id":"c1","choices":[],"usage":{"prompt_tokens":-1,"completion_tokens":99999999999}}"""));
        Assert.True(After("""{"id":"c1","choices":[],"usage":{}}"""));
        Assert.False(After("[DONE]"));
        Assert.False(After("""{"choices":[],"usage":null}"""));
        Assert.False(After("""{"choices":[],"id":"","model":"","usage":null,"prompt_filter_results":[{"prompt_index":0}]}"""));
        Assert.False(After("""{"error":{"message":"x"},"usage":{"prompt_tokens":1,"completion_tokens":1}}"""));
    }

    [Fact]
    public void The_position_tells_a_writer_where_to_go_on()
    {
        var (_, reader) = Read(Chunk("""{"role":"assistant","content":""}"""), Chunk("""{"tool_calls":[{"index":1,"id":"a","function":{"name":"f","arguments":"{}"}}]}"""));
        var position = reader.Position;
        Assert.Equal(("c1", "m", 5L, true, OpenBlock.Tool, 2), (position.Id, position.Model, position.Created, position.Started, position.Open, position.ToolIndex));
        Assert.False(new ReadStream().Position.Started);
    }

    [Fact]
    public void A_legacy_completion_stream_is_text() => Assert.Equal(
        "start(cmpl,m) text(The) finish(Length)",
        Events("""{"id":"cmpl","object":"text_completion","model":"m","choices":[{"text":"The","index":0,"finish_reason":null}]}""", """{"id":"cmpl","choices":[{"text":"","index":0,"finish_reason":"length"}]}"""));
}
