using System.Buffers;
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Anthropic;
using OpenClaw.Gateway.Errors;

namespace OpenClaw.Tests.Gateway.Dialects.Anthropic;

public class AnthropicPatchTests
{
    private static string Patch(string body, AnthropicChanges changes)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.True(AnthropicPatch.TryWrite(Encoding.UTF8.GetBytes(body), changes, output));
        var text = Encoding.UTF8.GetString(output.WrittenSpan);
        JsonDocument.Parse(text).Dispose();
        return text;
    }

    [Theory]
    [InlineData("""{ "model" : "a" , "x":1.0e3,"messages":[{"role":"user","content":"\u00e9"}]}  """, """{ "model" : "b\"2" , "x":1.0e3,"messages":[{"role":"user","content":"\u00e9"}]}  """)]
    [InlineData("""{"metadata":{"model":"keep"},"mod\u0065l":"a","tools":[{"model":"keep"}]}""", """{"metadata":{"model":"keep"},"mod\u0065l":"b\"2","tools":[{"model":"keep"}]}""")]
    [InlineData("""{"model":"a","model":{"x":1}}""", """{"model":"b\"2","model":"b\"2"}""")]
    [InlineData("""{"x":"model"}""", """{"model":"b\"2","x":"model"}""")]
    [InlineData("{}", """{"model":"b\"2"}""")]
    public void Only_the_model_changes(string body, string expected) => Assert.Equal(expected, Patch(body, new AnthropicChanges { Model = "b\"2" }));

    [Fact]
    public void Without_changes_every_byte_stays()
    {
        const string Body = """{ "a":1 ,"messages":[ {"role":"assistant","content":[{"type":"thinking","thinking":"x","signature":"s"}]} ] }""";

        Assert.Equal(Body, Patch(Body, default));
    }

    [Theory]
    [InlineData("""{"model":"a","max_tokens": 50}""", """{"model":"a","max_tokens": 9}""")]
    [InlineData("""{"model":"a","max_tokens": 5}""", """{"model":"a","max_tokens": 5}""")]
    [InlineData("""{"model":"a"}""", """{"max_tokens":9,"model":"a"}""")]
    public void The_limit_is_lowered_or_added(string body, string expected) => Assert.Equal(expected, Patch(body, new AnthropicChanges { MaxTokens = 9 }));

    [Theory]
    [InlineData("""{"max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":31999}}""", 24914, """{"max_tokens":24914,"thinking":{"type":"enabled","budget_tokens":18684}}""")]
    [InlineData("""{"thinking":{"budget_tokens": 31999 ,"type":"enabled"},"max_tokens":32000}""", 1200, """{"thinking":{"budget_tokens": 1024 ,"type":"enabled"},"max_tokens":1200}""")]
    [InlineData("""{"max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":2000}}""", 24914, """{"max_tokens":24914,"thinking":{"type":"enabled","budget_tokens":2000}}""")]
    [InlineData("""{"max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":2000}}""", 1024, """{"max_tokens":1024,"thinking":{"type":"disabled"}}""")]
    [InlineData("""{"max_tokens":3000,"thinking":{"type":"enabled","budget_tokens":5000}}""", 4000, """{"max_tokens":3000,"thinking":{"type":"enabled","budget_tokens":5000}}""")]
    [InlineData("""{"max_tokens":32000,"thinking":{"type":"adaptive"}}""", 2000, """{"max_tokens":2000,"thinking":{"type":"adaptive"}}""")]
    public void A_budget_of_thoughts_keeps_within_a_limit_that_is_lowered(string body, int limit, string expected) =>
        Assert.Equal(expected, Patch(body, new AnthropicChanges { MaxTokens = limit }));

    [Fact]
    public void What_another_provider_has_sealed_never_reaches_this_one() => Assert.Equal(
        """{"messages":[{"role":"assistant","content":[{"type":"redacted_thinking","data":"EvQBCkYICxgCKkAxhD4N"},{"type":"text","text":"a"}]}]}""",
        Patch("""{"messages":[{"role":"assistant","content":[{"type":"redacted_thinking","data":"EvQBCkYICxgCKkAxhD4N"},{"type":"redacted_thinking","data":"gAAAAABoISQ24OyVRYbkFjZ"},{"type":"text","text":"a"}]}]}""", default));

    [Fact]
    public void Missing_fields_are_added_to_an_empty_object() =>
        Assert.Equal("""{"model":"m","max_tokens":9}""", Patch("{}", new AnthropicChanges { Model = "m", MaxTokens = 9 }));

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"q"} ],"thinking":{"type":"adaptive"}}""", """{"messages":[{"role":"user","content":"q"} ,{"role":"assistant","content":[{"type":"text","text":"so \"far\""}]}],"thinking":{"type":"disabled"}}""")]
    [InlineData("""{"messages":[]}""", """{"messages":[{"role":"assistant","content":[{"type":"text","text":"so \"far\""}]}]}""")]
    public void An_answer_so_far_is_the_last_message_and_excludes_thinking(string body, string expected) =>
        Assert.Equal(expected, Patch(body, new AnthropicChanges { AnswerSoFar = "so \"far\" \n" }));

    [Fact]
    public void White_space_is_no_answer_so_far() =>
        Assert.Equal("""{"messages":[]}""", Patch("""{"messages":[]}""", new AnthropicChanges { AnswerSoFar = "\n " }));

    [Theory]
    [InlineData("""[{"type":"thinking","thinking":"x","signature":"s"}, {"type":"text","text":"a"}]""", """[{"type":"text","text":"a"}]""")]
    [InlineData("""[{"type":"text","text":"a"} , {"type":"redacted_thinking","data":"d"} ]""", """[{"type":"text","text":"a"} ]""")]
    [InlineData("""[{"type":"thinking","thinking":"x"},{"type":"text","text":"a"},{"type":"thinking","thinking":"x"},{"type":"thinking","thinking":"y"},{"type":"text","text":"b"},{"type":"thinking","thinking":"z"}]""", """[{"type":"text","text":"a"},{"type":"text","text":"b"}]""")]
    [InlineData("\"thinking\"", "\"thinking\"")]
    public void All_reasoning_of_answers_goes(string content, string expected) =>
        Assert.Equal("""{"messages":[{"role":"user","content":"q"},{"content":""" + expected + ""","role":"assistant"}]}""",
            Patch("""{"messages":[{"role":"user","content":"q"},{"content":""" + content + ""","role":"assistant"}]}""", new AnthropicChanges { Reasoning = ReasoningRemoval.All }));

    [Fact]
    public void A_message_of_nothing_but_reasoning_goes_whole()
    {
        const string Thinking = """{"role":"assistant","content":[{"type":"thinking","thinking":"x","signature":"s"}]}""";

        Assert.Equal("""{"messages":[{"role":"user","content":"q"}, {"role":"user","content":"r"}]}""",
            Patch("{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}, " + Thinking + ",{\"role\":\"user\",\"content\":\"r\"}," + Thinking + "]}", new AnthropicChanges { Reasoning = ReasoningRemoval.All }));
        Assert.Equal("""{"messages":[{"role":"assistant","content":[{"type":"text","text":"go"}]}]}""",
            Patch("{\"messages\":[" + Thinking + "]}", new AnthropicChanges { Reasoning = ReasoningRemoval.All, AnswerSoFar = "go" }));
    }

    [Fact]
    public void Marked_blocks_never_reach_a_provider()
    {
        Assert.Equal("""{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"y","signature":"real"},{"type":"tool_use","id":"t","name":"f","input":{}}]}]}""",
            Patch("""{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"x","signature":"openclaw.unsigned"},{"type":"thinking","thinking":"y","signature":"real"},{"type":"redacted_thinking","data":"openclaw.call.t.abc"},{"type":"tool_use","id":"t","name":"f","input":{}}]}]}""", default));
    }

    [Theory]
    [InlineData("enabled", "tool_result", "disabled")]
    [InlineData("adaptive", "tool_result", "adaptive")]
    [InlineData("enabled", "text", "enabled")]
    public void A_tool_loop_that_lost_its_thinking_goes_on_without(string kind, string lastBlock, string expected)
    {
        var body = "{\"thinking\":{\"type\":\"" + kind + "\"},\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"x\",\"signature\":\"openclaw.unsigned\"},{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"" + lastBlock + "\",\"tool_use_id\":\"t\"}]}]}";

        Assert.StartsWith("{\"thinking\":{\"type\":\"" + expected + "\"}", Patch(body, default), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"edits":[{"type":"clear_thinking_20251015","keep":"all"},{"type":"clear_tool_uses_20250919"}],"x":1}""", """{"edits":[{"type":"clear_tool_uses_20250919"}],"x":1}""")]
    [InlineData("""{"edits":[{"type":"clear_thinking_20251015"}]}""", """{"edits":[]}""")]
    [InlineData("[1]", "[1]")]
    public void Thinking_that_is_switched_off_is_not_cleared(string management, string expected)
    {
        var body = "{\"context_management\":" + management + ",\"thinking\":{\"type\":\"enabled\"},\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"x\",\"signature\":\"openclaw.unsigned\"},{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\"}]}]}";
        Assert.StartsWith("{\"context_management\":" + expected + ",\"thinking\":{\"type\":\"disabled\"}", Patch(body, default), StringComparison.Ordinal);
        Assert.Contains(management, Patch(body.Replace("tool_result", "text", StringComparison.Ordinal), default), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"a\":")]
    [InlineData("{} x")]
    public void What_is_not_an_object_is_left_alone(string body)
    {
        var output = new ArrayBufferWriter<byte>();

        Assert.False(AnthropicPatch.TryWrite(Encoding.UTF8.GetBytes(body), new AnthropicChanges { Model = "m" }, output));
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void Errors_have_this_protocols_shape()
    {
        var output = new ArrayBufferWriter<byte>();
        new AnthropicDialect().WriteError(new GatewayError(GatewayErrorKind.RateLimited, "slow \"down\""), "req_1", output);

        Assert.Equal("""{"type":"error","error":{"type":"rate_limit_error","message":"slow \"down\""},"request_id":"req_1"}""", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void Beta_flags_only_go_to_anthropic()
    {
        Assert.True(AnthropicHeaders.MayForward("Anthropic-Beta", "anthropic"));
        Assert.False(AnthropicHeaders.MayForward("anthropic-beta", "openrouter"));
        Assert.True(AnthropicHeaders.MayForward("anthropic-version", "openrouter"));
        Assert.False(AnthropicHeaders.MayForward("authorization", "anthropic"));
    }

    [Theory]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"What is the capital of France?"}]}""", 8, 20)]
    [InlineData("""{"messages":[{"role":"user","content":"你好世界你好世界"}]}""", 10, 14)]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","data":"AAAA"}}]}]}""", 1600, 1700)]
    [InlineData("""{"system":"abcdabcd","tools":[{"name":"f","input_schema":{}}],"messages":[]}""", 350, 380)]
    public void Tokens_are_estimated(string body, int low, int high) =>
        Assert.InRange(AnthropicTokenCount.Estimate(Encoding.UTF8.GetBytes(body))!.Value, low, high);

    [Fact]
    public void Token_counts_need_a_body() => Assert.Null(AnthropicTokenCount.Estimate("{"u8.ToArray()));

    [Theory]
    [InlineData("""{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", true)]
    [InlineData("""{"error":{"message":"Loading model","type":"unavailable_error","code":503}}""", true)]
    [InlineData("""{"id":"c","object":"chat.completion","choices":[]}""", false)]
    [InlineData("<html>", false)]
    [InlineData("[]", false)]
    [InlineData("", false)]
    public void An_error_in_a_whole_answer_is_a_failure_and_other_bodies_are_not_this_dialect(string body, bool understood)
    {
        var answer = new OpenClaw.Gateway.Dialects.ChatAnswer();

        Assert.Equal(understood, new AnthropicDialect().ReadResponse(Encoding.UTF8.GetBytes(body), answer));
        Assert.Equal(understood, answer.Failure is not null);
    }
}
