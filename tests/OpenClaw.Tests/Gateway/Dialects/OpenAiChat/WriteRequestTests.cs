using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.Gateway.Dialects;

namespace OpenClaw.Tests.Gateway.Dialects.OpenAiChat;

public class WriteRequestTests
{
    private static string Written(ChatRequest request, TargetQuirks quirks = TargetQuirks.None, string provider = "x", List<string>? unsupported = null) =>
        Written(request, new RequestTarget("up/model", provider, quirks), unsupported);

    private static string Written(ChatRequest request, RequestTarget target, List<string>? unsupported = null)
    {
        var output = new ArrayBufferWriter<byte>();
        Wire.Dialect.WriteRequest(request, target, output, unsupported ?? []);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static JsonNode Node(ChatRequest request, TargetQuirks quirks = TargetQuirks.None, string provider = "x", List<string>? unsupported = null) =>
        JsonNode.Parse(Written(request, quirks, provider, unsupported))!;

    private static ChatRequest Ask(params ChatPart[] parts)
    {
        var request = new ChatRequest { Model = "alias" };
        var turn = new ChatTurn(ChatRole.User);
        turn.Parts.AddRange(parts.Length == 0 ? [new TextPart("hi")] : parts);
        request.Turns.Add(turn);
        return request;
    }

    private static ChatTurn Turn(ChatRole role, params ChatPart[] parts)
    {
        var turn = new ChatTurn(role);
        turn.Parts.AddRange(parts);
        return turn;
    }

    [Theory]
    [InlineData(TargetQuirks.None, true)]
    [InlineData(TargetQuirks.OpenRouter, false)]
    internal void Marks_of_a_cache_are_named_where_they_cannot_be_written(TargetQuirks quirks, bool isNamed)
    {
        var unsupported = new List<string>();
        Written(Ask(new TextPart("long") { CacheControl = """{"type":"ephemeral"}""" }), quirks, unsupported: unsupported);
        Assert.Equal(isNamed ? ["cache_control"] : [], unsupported);
    }

    [Fact]
    public void A_simple_question() => Assert.Equal(
        """{"model":"up/model","messages":[{"role":"user","content":"hi"}]}""", Written(Ask()));

    [Fact]
    public void Everything_has_its_place()
    {
        var r = Ask();
        r.System.Add(new TextPart("A"));
        r.System.Add(new TextPart("B"));
        r.Stream = true;
        (r.MaxTokens, r.Temperature, r.TopP, r.Seed, r.User, r.ParallelToolCalls) = (9, 0.5, 0.25, 3, "u", false);
        r.StopSequences.Add("END");
        r.Tools.Add(new ToolDefinition("f", "d", """{"type":"object","additionalProperties":false}""") { Strict = true });
        r.ToolChoice = new ToolChoice(ToolChoiceKind.Named, "f");
        r.Output = new OutputFormat(OutputFormatKind.JsonSchema, "n", """{"type":"object","additionalProperties":false}""", true);
        r.Reasoning = new ReasoningRequest(true, "medium");
        Assert.Equal(
            """{"model":"up/model","messages":[{"role":"system","content":"A\n\nB"},{"role":"user","content":"hi"}],"stream":true,"stream_options":{"include_usage":true},"max_tokens":9,"temperature":0.5,"top_p":0.25,"seed":3,"stop":["END"],"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","additionalProperties":false},"strict":true}}],"tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false,"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","additionalProperties":false},"strict":true}},"reasoning_effort":"medium","user":"u"}""",
            Written(r));
    }

    [Fact]
    public void Results_come_before_the_text_of_the_same_turn_and_their_images_after()
    {
        var r = Ask();
        r.Turns.Add(Turn(ChatRole.Assistant, new TextPart("ok"), new ToolCallPart("a", "f", "{}"), new ToolCallPart("b", "g", "")));
        r.Turns.Add(Turn(ChatRole.User, new TextPart("and now?"), new ToolResultPart("a", [new TextPart("one"), new TextPart("two")], false),
            new ToolResultPart("b", [new MediaPart(MediaKind.Image, "image/png", "AAAA", null)], true)));
        Assert.Equal(
            """[{"role":"user","content":"hi"},{"role":"assistant","content":"ok","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"one\ntwo"},{"role":"tool","tool_call_id":"b","content":"Error: (see the next message)"},{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},{"type":"text","text":"and now?"}]}]""",
            Node(r)["messages"]!.ToJsonString(Relaxed));
    }

    private static readonly System.Text.Json.JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public void Calls_without_text_have_null_content()
    {
        var r = Ask();
        r.Turns.Add(Turn(ChatRole.Assistant, new ToolCallPart("a", "f", "{}")));
        Assert.Contains("\"role\":\"assistant\",\"content\":null,", Written(r), StringComparison.Ordinal);
    }

    [Fact]
    public void Media_have_OpenAIs_parts()
    {
        var unsupported = new List<string>();
        var parts = Node(Ask(
            new TextPart("t"), new MediaPart(MediaKind.Image, "", null, "https://x/i.png") { Detail = "high" }, new MediaPart(MediaKind.Audio, "audio/mpeg", "BB", null),
            new MediaPart(MediaKind.Document, "application/pdf", "CC", null) { FileName = "a.pdf" }, new MediaPart(MediaKind.Document, "text/plain", "aGVsbG8=", null),
            new MediaPart(MediaKind.Document, "", null, "https://x/d.pdf"), new MediaPart(MediaKind.Video, "video/mp4", "DD", null)), unsupported: unsupported)["messages"]![0]!["content"]!.ToJsonString(Relaxed);
        Assert.Equal(
            """[{"type":"text","text":"t"},{"type":"image_url","image_url":{"url":"https://x/i.png","detail":"high"}},{"type":"input_audio","input_audio":{"data":"BB","format":"mp3"}},{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,CC"}},{"type":"text","text":"hello"}]""",
            parts);
        Assert.Equal(["document by address", "video input"], unsupported);
    }

    [Fact]
    public void OpenAI_wants_max_completion_tokens_and_four_stop_sequences()
    {
        var r = Ask();
        r.MaxTokens = 5;
        r.StopSequences.AddRange(["1", "2", "3", "4", "5"]);
        var unsupported = new List<string>();
        var node = Node(r, TargetQuirks.MaxCompletionTokens, unsupported: unsupported);
        Assert.Equal(5, (int)node["max_completion_tokens"]!);
        Assert.Null(node["max_tokens"]);
        Assert.Equal(4, node["stop"]!.AsArray().Count);
        Assert.Equal(["more than 4 stop sequences"], unsupported);
    }

    [Fact]
    public void A_plain_target_gets_the_plain_core()
    {
        var r = Ask(new TextPart("a"), new TextPart("b"));
        (r.Stream, r.ParallelToolCalls, r.TopK) = (true, false, 5);
        r.Tools.Add(new ToolDefinition("f", null, "{}") { Strict = true });
        r.Output = new OutputFormat(OutputFormatKind.JsonSchema, "n", "{}");
        r.Reasoning = new ReasoningRequest(true, "high");
        var unsupported = new List<string>();
        Assert.Equal(
            """{"model":"up/model","messages":[{"role":"user","content":"a\n\nb"}],"stream":true,"tools":[{"type":"function","function":{"name":"f","parameters":{}}}],"response_format":{"type":"json_object"}}""",
            Written(r, TargetQuirks.PlainCore, unsupported: unsupported));
        Assert.Equal(["top_k", "parallel_tool_calls", "json_schema", "reasoning effort"], unsupported);
    }

    [Fact]
    public void Vllm_is_asked_for_usage_on_every_chunk_and_continues_a_final_message()
    {
        var r = Ask();
        r.Stream = true;
        r.TopK = 7;
        r.Turns.Add(Turn(ChatRole.Assistant, new TextPart("Once upon")));
        var node = Node(r, TargetQuirks.ContinuousUsage | TargetQuirks.ContinueFinalMessage);
        Assert.Equal("""{"include_usage":true,"continuous_usage_stats":true}""", node["stream_options"]!.ToJsonString());
        Assert.Equal((false, true, 7), ((bool)node["add_generation_prompt"]!, (bool)node["continue_final_message"]!, (int)node["top_k"]!));
    }

    [Fact]
    public void Mistrals_prefix_marks_a_final_assistant_message_only()
    {
        var r = Ask();
        r.Turns.Add(Turn(ChatRole.Assistant, new TextPart("a")));
        Assert.EndsWith("""{"role":"assistant","content":"a","prefix":true}]}""", Written(r, TargetQuirks.PrefixFlag), StringComparison.Ordinal);
        r.Turns.Add(Turn(ChatRole.User, new TextPart("b")));
        Assert.DoesNotContain("prefix", Written(r, TargetQuirks.PrefixFlag), StringComparison.Ordinal);
        r.Turns.Add(Turn(ChatRole.Assistant, new ToolCallPart("c", "f", "{}")));
        Assert.DoesNotContain("prefix", Written(r, TargetQuirks.PrefixFlag), StringComparison.Ordinal);
    }

    [Fact]
    public void A_beginning_and_what_followed_are_one_message()
    {
        var r = Ask();
        r.Turns.Add(Turn(ChatRole.Assistant, new TextPart("Once ")));
        r.Turns.Add(Turn(ChatRole.Assistant, new TextPart("upon")));
        Assert.EndsWith("""{"role":"user","content":"hi"},{"role":"assistant","content":"Once upon","prefix":true}]}""", Written(r, TargetQuirks.PrefixFlag), StringComparison.Ordinal);
    }

    [Fact]
    public void OpenRouter_gets_reasoning_back_with_cache_marks_and_signatures()
    {
        var r = Ask(new TextPart("q") { CacheControl = """{"type":"ephemeral"}""" });
        r.Turns.Add(Turn(ChatRole.Assistant, new ReasoningPart("th", "S"), new ReasoningPart("", null) { RedactedData = "D" }, new TextPart("a"), new ToolCallPart("c", "f", "{}") { Signature = "TS" }));
        r.Reasoning = new ReasoningRequest(true, null, 2000, false);
        var node = Node(r, TargetQuirks.OpenRouter, "openrouter");
        Assert.Equal("""[{"type":"text","text":"q","cache_control":{"type":"ephemeral"}}]""", node["messages"]![0]!["content"]!.ToJsonString());
        Assert.Equal(
            """[{"type":"reasoning.text","text":"th","signature":"S","index":0},{"type":"reasoning.encrypted","data":"D","index":1},{"type":"reasoning.encrypted","data":"TS","id":"c","format":"google-gemini-v1","index":2}]""",
            node["messages"]![1]!["reasoning_details"]!.ToJsonString());
        Assert.Equal("""{"max_tokens":2000,"exclude":true}""", node["reasoning"]!.ToJsonString());
        Assert.Equal("""{"include":true}""", node["usage"]!.ToJsonString());
        Assert.DoesNotContain("extra_content", node.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Others_get_no_reasoning_back_but_DeepSeek_with_every_call()
    {
        var r = Ask();
        r.Turns.Add(Turn(ChatRole.Assistant, new ReasoningPart("old", "S"), new TextPart("a")));
        r.Turns.Add(Turn(ChatRole.User, new TextPart("next")));
        r.Turns.Add(Turn(ChatRole.Assistant, new ReasoningPart("new", "S"), new ToolCallPart("c", "f", "{}") { Signature = "TS" }));
        r.Turns.Add(Turn(ChatRole.User, new ToolResultPart("c", [new TextPart("out")], false)));
        Assert.DoesNotContain("reasoning", Written(r), StringComparison.Ordinal);
        r.Turns.Add(Turn(ChatRole.User, new TextPart("go on")));
        r.Turns.Add(Turn(ChatRole.Assistant, new ToolCallPart("d", "f", "{}")));
        r.Turns.Add(Turn(ChatRole.User, new ToolResultPart("d", [new TextPart("out")], false), new TextPart("thanks")));
        var node = Node(r, TargetQuirks.DeepSeek);
        Assert.Null(node["messages"]![1]!["reasoning_content"]);
        Assert.Equal("new", (string)node["messages"]![3]!["reasoning_content"]!);
        Assert.Equal("", (string)node["messages"]![6]!["reasoning_content"]!);
        Assert.DoesNotContain("TS", Written(r), StringComparison.Ordinal);
        Assert.Contains("""{"google":{"thought_signature":"TS"}}""", Written(r, TargetQuirks.CallSignatures), StringComparison.Ordinal);
        // Kimi takes an empty text for none, and its models before Kimi have no such field.
        Assert.Contains("\"reasoning_content\":\" \"", Written(r, new RequestTarget("kimi-k2.6", "x", TargetQuirks.Moonshot)), StringComparison.Ordinal);
        Assert.DoesNotContain("reasoning", Written(r, new RequestTarget("moonshot-v1-8k", "x", TargetQuirks.Moonshot)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TargetQuirks.None, "toolu_01A09q90qw90lq917835lq9")]
    [InlineData(TargetQuirks.ShortCallIds, null)]
    [InlineData(TargetQuirks.MaxCompletionTokens, "toolu_01A09q90qw90lq917835lq9")]
    [InlineData(TargetQuirks.None, "chatcmpl-tool-0123456789abcdef0123456789abcdef")]
    [InlineData(TargetQuirks.MaxCompletionTokens, null, "chatcmpl-tool-0123456789abcdef0123456789abcdef")]
    [InlineData(TargetQuirks.ShortCallIds, "D681PevKs", "D681PevKs")]
    internal void Ids_of_calls_have_the_form_that_the_target_takes(TargetQuirks quirks, string? written, string? id = null)
    {
        id ??= written ?? "toolu_01A09q90qw90lq917835lq9";
        var r = Ask();
        r.Turns.Add(Turn(ChatRole.Assistant, new ToolCallPart(id, "f", "{}"), new ToolCallPart(id + "x", "f", "{}")));
        r.Turns.Add(Turn(ChatRole.User, new ToolResultPart(id, [new TextPart("out")], false), new ToolResultPart(id + "x", [new TextPart("out")], false)));
        var messages = Node(r, quirks)["messages"]!;
        var calls = messages[1]!["tool_calls"]!.AsArray().Select(static c => (string)c!["id"]!).ToList();
        Assert.Equal(calls, [(string)messages[2]!["tool_call_id"]!, (string)messages[3]!["tool_call_id"]!]);
        Assert.Equal(2, calls.Distinct().Count());
        if (written is not null) Assert.Equal(written, calls[0]);
        else if (quirks == TargetQuirks.ShortCallIds) Assert.All(calls, static c => Assert.Matches("^[a-zA-Z0-9]{9}$", c));
        else Assert.All(calls, static c => Assert.InRange(c.Length, 9, 40));
    }

    [Fact]
    public void DeepSeek_is_told_of_a_schema_in_words_and_promises_JSON()
    {
        var r = Ask();
        r.System.Add(new TextPart("S"));
        r.Output = new OutputFormat(OutputFormatKind.JsonSchema, "n", """{"type":"object"}""", true);
        var unsupported = new List<string>();
        var node = Node(r, TargetQuirks.DeepSeek, unsupported: unsupported);
        Assert.Equal("""{"type":"json_object"}""", node["response_format"]!.ToJsonString());
        Assert.Matches("^S\n\n.*JSON Schema.*\n\\{\"type\":\"object\"\\}$", (string)node["messages"]![0]!["content"]!);
        Assert.Equal(["response_format json_schema (asked for in words)"], unsupported);
    }

    [Theory]
    [InlineData("low", null, true)]
    [InlineData("high", "high", false)]
    [InlineData("xhigh", "max", false)]
    [InlineData("max", "max", false)]
    [InlineData(null, null, false)]
    public void DeepSeek_knows_two_efforts(string? effort, string? written, bool isNamed)
    {
        var r = Ask();
        r.Reasoning = new ReasoningRequest(true, effort);
        var unsupported = new List<string>();
        Assert.Equal(written, (string?)Node(r, TargetQuirks.DeepSeek, unsupported: unsupported)["reasoning_effort"]);
        Assert.Equal(isNamed ? ["reasoning effort"] : [], unsupported);
    }

    [Theory]
    [InlineData(null, 500, "low", "low")]
    [InlineData(null, 1024, "low", "low")]
    [InlineData(null, 5000, "medium", "medium")]
    [InlineData(null, 60000, "high", "high")]
    [InlineData("minimal", null, "low", "low")]
    [InlineData("xhigh", null, "high", "high")]
    [InlineData("max", null, "high", "high")]
    public void Budgets_become_efforts_that_the_target_knows(string? effort, int? budget, string other, string openAi)
    {
        var r = Ask();
        r.Reasoning = new ReasoningRequest(true, effort, budget);
        Assert.Equal(other, (string)Node(r)["reasoning_effort"]!);
        Assert.Equal(openAi, (string)Node(r, TargetQuirks.MaxCompletionTokens)["reasoning_effort"]!);
    }

    [Theory]
    [InlineData("gpt-5-mini-2025-08-07", "max", "high")]
    [InlineData("gpt-5-mini-2025-08-07", "minimal", "minimal")]
    [InlineData("gpt-5-codex", "minimal", "low")]
    [InlineData("gpt-5.1", "xhigh", "high")]
    [InlineData("gpt-5.1", "minimal", "low")]
    [InlineData("gpt-5.1-codex-max", "max", "xhigh")]
    [InlineData("gpt-5.2", "max", "xhigh")]
    [InlineData("gpt-5.10", "max", "xhigh")]
    [InlineData("gpt-6", "max", "xhigh")]
    [InlineData("o3", "max", "high")]
    [InlineData("o3", "minimal", "low")]
    public void OpenAIs_models_get_the_effort_that_they_know(string model, string asked, string written)
    {
        var r = Ask();
        r.Reasoning = new ReasoningRequest(true, asked);
        Assert.Contains($"\"reasoning_effort\":\"{written}\"", Written(r, new RequestTarget(model, "openai", TargetQuirks.MaxCompletionTokens)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt-5.3-codex", TargetQuirks.MaxCompletionTokens, true, true, "high")]
    [InlineData("gpt-5.4", TargetQuirks.MaxCompletionTokens, false, true, "high")]
    [InlineData("gpt-5.4", TargetQuirks.None, true, true, "high")]
    [InlineData("gpt-5.4", TargetQuirks.MaxCompletionTokens, true, true, "none")]
    [InlineData("gpt-5.6-terra", TargetQuirks.MaxCompletionTokens, true, false, "none")]
    internal void Models_that_take_tools_only_without_thinking_are_told_not_to_think(string model, TargetQuirks quirks, bool withTools, bool asksToThink, string written)
    {
        var r = Ask();
        if (withTools) r.Tools.Add(new ToolDefinition("f", null, "{}"));
        if (asksToThink) r.Reasoning = new ReasoningRequest(true, "high");
        var unsupported = new List<string>();
        Assert.Contains($"\"reasoning_effort\":\"{written}\"", Written(r, new RequestTarget(model, "x", quirks), unsupported), StringComparison.Ordinal);
        Assert.Equal(written == "none" && asksToThink ? ["reasoning"] : [], unsupported);
    }

    [Fact]
    public void A_model_that_does_not_think_is_not_told_how_hard()
    {
        var r = Ask();
        r.Reasoning = new ReasoningRequest(true, "high");
        var unsupported = new List<string>();
        Assert.DoesNotContain("reasoning", Written(r, new RequestTarget("gpt-4o", "openai", TargetQuirks.MaxCompletionTokens) { Thinks = false }, unsupported), StringComparison.Ordinal);
        Assert.Equal(["reasoning"], unsupported);
    }

    [Fact]
    public void What_the_target_has_refused_is_left_out_and_named()
    {
        var r = Ask();
        (r.Temperature, r.TopP, r.TopK, r.FrequencyPenalty, r.PresencePenalty, r.Seed, r.User, r.ParallelToolCalls) = (0.5, 0.25, 4, 1, 1, 3, "u", false);
        r.StopSequences.Add("END");
        r.Stream = true;
        r.Tools.Add(new ToolDefinition("f", null, "{}"));
        var unsupported = new List<string>();
        Assert.Equal(
            """{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true,"tools":[{"type":"function","function":{"name":"f","parameters":{}}}]}""",
            Written(r, new RequestTarget("m", "x", TargetQuirks.None) { LeftOut = (RequestFields)0x3ff }, unsupported));
        Assert.Equal(["temperature", "top_p", "frequency_penalty", "presence_penalty", "seed", "top_k", "stop", "parallel_tool_calls", "user"], unsupported);
    }

    [Theory]
    [InlineData(64, false)]
    [InlineData(65, true)]
    [InlineData(150, true)]
    public void A_name_of_a_user_that_is_longer_than_OpenAI_takes_becomes_its_hash(int length, bool isHashed)
    {
        var r = Ask();
        r.User = new string('u', length);
        var user = (string)Node(r)["user"]!;
        Assert.Equal((isHashed, 64), (user != r.User, user.Length));
    }

    [Fact]
    public void A_turn_of_which_nothing_can_be_written_has_a_text_and_no_empty_list()
    {
        var r = Ask();
        r.Turns.Add(Turn(ChatRole.Assistant, new TextPart("send it")));
        r.Turns.Add(Turn(ChatRole.User, new MediaPart(MediaKind.Document, "", null, "https://x/d.pdf")));
        r.Turns.Add(Turn(ChatRole.Assistant, new ToolCallPart("c", "f", "{}")));
        r.Turns.Add(Turn(ChatRole.User, new ToolResultPart("c", [new MediaPart(MediaKind.Video, "video/mp4", "DD", null)], false)));
        var unsupported = new List<string>();
        var messages = Node(r, unsupported: unsupported)["messages"]!.AsArray();
        Assert.Equal(("(left out: document by address)", 5), ((string)messages[2]!["content"]!, messages.Count));
        Assert.Contains("document by address", unsupported);
        Assert.Contains("video input", unsupported);
    }

    [Fact]
    public void Reasoning_that_is_off_is_only_said_in_the_clients_own_word()
    {
        var r = Ask();
        r.Reasoning = new ReasoningRequest(false);
        Assert.Null(Node(r)["reasoning_effort"]);
        Assert.Equal("""{"enabled":false}""", Node(r, TargetQuirks.OpenRouter)["reasoning"]!.ToJsonString());
        Assert.Equal("""{"type":"disabled"}""", Node(r, TargetQuirks.DeepSeek)["thinking"]!.ToJsonString());
        r.Reasoning = new ReasoningRequest(false, "none");
        Assert.Equal("none", (string)Node(r)["reasoning_effort"]!);
    }

    [Fact]
    public void Parts_without_a_word_are_reported_not_sent()
    {
        var unsupported = new List<string>();
        Assert.DoesNotContain("hologram", Written(Ask(new TextPart("x"), new UnmappedPart("hologram part")), unsupported: unsupported), StringComparison.Ordinal);
        Assert.Equal(["hologram part"], unsupported);
    }

    [Fact]
    public void What_is_read_is_written_the_same()
    {
        const string json = """{"model":"up/model","messages":[{"role":"system","content":"S"},{"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}}]},{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\": \"Grüße\"}"}}]},{"role":"tool","tool_call_id":"a","content":"out"},{"role":"user","content":"and?"}],"stream":true,"stream_options":{"include_usage":true},"max_tokens":5,"temperature":0.1,"stop":["a"],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"tool_choice":"auto"}""";
        Assert.Equal(json, Written(Wire.Dialect.ReadRequest(Encoding.UTF8.GetBytes(json)).Request!));
    }
}
