using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Anthropic;

namespace OpenClaw.Tests.Gateway.Dialects.Anthropic;

public class WriteRequestTests
{
    private const string AnthropicSignature = "EvQBCkYICxgCKkAxhD4NUKFzudtZ6NzbZdEiBACIScTzqjPViM596iWLZIk4";
    private const string GeminiSignature = "CpQCAdHtim/hFBVBsnh4DgKmLQx3l4rUyxZJpkpV6wvcdqLKYQXGtUBFmiMT";

    private static (JsonNode Json, List<string> Unsupported) Write(ChatRequest request, string model = "claude-sonnet-4-5", int maxTokens = 4096)
    {
        var output = new ArrayBufferWriter<byte>();
        var unsupported = new List<string>();
        new AnthropicDialect().WriteRequest(request, new RequestTarget(model, "anthropic", TargetQuirks.None, maxTokens), output, unsupported);
        return (JsonNode.Parse(output.WrittenSpan)!, unsupported);
    }

    private static ChatRequest Request(params (ChatRole Role, ChatPart Part)[] parts)
    {
        var request = new ChatRequest { Model = "client-name" };
        foreach (var (role, part) in parts)
        {
            var turn = new ChatTurn(role);
            turn.Parts.Add(part);
            request.Turns.Add(turn);
        }
        return request;
    }

    private static ChatRequest Hi() => Request((ChatRole.User, new TextPart("hi")));

    private static string Compact(JsonNode? node) => node?.ToJsonString(new JsonSerializerOptions { TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver(), Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) ?? "null";

    [Fact]
    public void What_a_response_schema_loses_is_named()
    {
        var request = Hi();
        request.Output = new OutputFormat(OutputFormatKind.JsonSchema, "n", """
            {"type":"object","properties":{"minimum":{"type":"integer","minimum":1},"map":{"type":"object","additionalProperties":{"type":"string","maxLength":3}},"shut":{"type":"object","additionalProperties":false}}}
            """);
        Assert.Equal(["additionalProperties in a response schema", "minimum in a response schema"], Write(request).Unsupported.Order());
    }

    [Fact]
    public void Names_of_participants_and_details_of_images_are_named()
    {
        var request = Request((ChatRole.User, new MediaPart(MediaKind.Image, "image/png", "AAAA", null) { Detail = "high" }));
        request.Turns[0].Name = "Ann";
        Assert.Equal(["image detail", "participant name"], Write(request).Unsupported.Order());
    }

    [Fact]
    public void A_limit_is_always_there()
    {
        Assert.Equal("""{"model":"claude-sonnet-4-5","max_tokens":4096,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}""", Compact(Write(Hi()).Json));
    }

    [Fact]
    public void Roles_alternate_and_results_come_first()
    {
        var (json, _) = Write(Request(
            (ChatRole.User, new TextPart("a")), (ChatRole.User, new TextPart("b")),
            (ChatRole.Assistant, new TextPart("   ")), (ChatRole.Assistant, new TextPart("let me see")), (ChatRole.Assistant, new ToolCallPart("call:1", "f", """{"x":1}""")), (ChatRole.Assistant, new ToolCallPart("t2", "f", "")),
            (ChatRole.User, new TextPart("and?")), (ChatRole.User, new ToolResultPart("call:1", [new TextPart("r")], true)), (ChatRole.User, new ToolResultPart("t2", [], false))));

        var id = ReasoningMark.CleanId("call:1");
        Assert.Equal("[" +
            """{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},""" +
            """{"role":"assistant","content":[{"type":"text","text":"let me see"},{"type":"tool_use","id":"ID","name":"f","input":{"x":1}},{"type":"tool_use","id":"t2","name":"f","input":{}}]},""".Replace("ID", id, StringComparison.Ordinal) +
            """{"role":"user","content":[{"type":"tool_result","tool_use_id":"ID","content":[{"type":"text","text":"r"}],"is_error":true},{"type":"tool_result","tool_use_id":"t2"},{"type":"text","text":"and?"}]}]""".Replace("ID", id, StringComparison.Ordinal),
            Compact(json["messages"]));
        Assert.Equal("""[{"name":"f","input_schema":{"type":"object","properties":{}}}]""", Compact(json["tools"]));
        Assert.Equal("""{"type":"none"}""", Compact(json["tool_choice"]));
    }

    [Fact]
    public void A_conversation_begins_with_the_user()
    {
        Assert.Equal("user", Write(Request((ChatRole.Assistant, new TextPart("welcome")), (ChatRole.User, new TextPart("hi")))).Json["messages"]![0]!["role"]!.ToString());

        var onlySystem = new ChatRequest();
        onlySystem.System.Add(new TextPart("say hi"));
        var (json, _) = Write(onlySystem);
        Assert.Equal("""[{"role":"user","content":[{"type":"text","text":"say hi"}]}]""", Compact(json["messages"]));
        Assert.Null(json["system"]);
    }

    [Fact]
    public void A_prefilled_answer_loses_the_white_space_at_its_end()
    {
        var request = Request((ChatRole.User, new TextPart("hi")), (ChatRole.Assistant, new TextPart("Once upon \n ")), (ChatRole.Assistant, new ReasoningPart("x", AnthropicSignature)));
        request.Reasoning = new ReasoningRequest(true, "high");
        var (json, unsupported) = Write(request);

        Assert.Equal("""{"role":"assistant","content":[{"type":"text","text":"Once upon"}]}""", Compact(json["messages"]![1]));
        Assert.Null(json["thinking"]);
        Assert.Contains("reasoning (the answer is prefilled)", unsupported);
    }

    [Fact]
    public void System_texts_keep_their_cache_marks()
    {
        var request = Hi();
        request.System.Add(new TextPart("a") { CacheControl = """{"type":"ephemeral"}""" });
        request.System.Add(new TextPart(" "));

        Assert.Equal("""[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]""", Compact(Write(request).Json["system"]));
    }

    [Fact]
    public void What_the_protocol_lacks_is_named()
    {
        var request = Hi();
        (request.FrequencyPenalty, request.PresencePenalty, request.Seed, request.Temperature) = (0.5, 0.5, 7, 1.7);
        request.Turns[0].Parts.Add(new MediaPart(MediaKind.Audio, "audio/wav", "aGk=", null));
        request.Turns[0].Parts.Add(new MediaPart(MediaKind.Image, "image/tiff", "aGk=", null));
        request.StopSequences.AddRange(["\n", "END"]);
        var (json, unsupported) = Write(request);

        Assert.Equal(["audio input", "image/tiff input", "frequency_penalty", "presence_penalty", "seed", "temperature above 1", "stop sequence of white space"], unsupported);
        Assert.Equal(1, json["temperature"]!.GetValue<double>());
        Assert.Equal("""["END"]""", Compact(json["stop_sequences"]));
    }

    [Fact]
    public void Penalties_of_zero_are_no_loss()
    {
        var request = Hi();
        (request.FrequencyPenalty, request.PresencePenalty) = (0, 0);

        Assert.Empty(Write(request).Unsupported);
    }

    [Fact]
    public void Images_and_documents()
    {
        var request = Hi();
        request.Turns[0].Parts.Clear();
        request.Turns[0].Parts.AddRange([
            new MediaPart(MediaKind.Image, "image/jpg", "aGk=", null), new MediaPart(MediaKind.Image, "", null, "https://x/y.png"),
            new MediaPart(MediaKind.Document, "application/pdf", "aGk=", null) { FileName = "f.pdf" }, new MediaPart(MediaKind.Document, "text/plain", "aGk=", null)]);

        Assert.Equal("[" +
            """{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"aGk="}},{"type":"image","source":{"type":"url","url":"https://x/y.png"}},""" +
            """{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"aGk="},"title":"f.pdf"},{"type":"document","source":{"type":"text","media_type":"text/plain","data":"hi"}}]""",
            Compact(Write(request).Json["messages"]![0]!["content"]));
    }

    [Theory]
    [InlineData(AnthropicSignature, true)]
    [InlineData(GeminiSignature, false)]
    [InlineData("openclaw.unsigned", false)]
    [InlineData("gAAAAABoISQ24OyVRYbkYfukdJoqdzWT", false)]
    [InlineData(null, false)]
    public void Thinking_is_replayed_only_with_a_signature_that_may_be_anthropics(string? signature, bool replayed)
    {
        var (json, unsupported) = Write(Request((ChatRole.User, new TextPart("a")), (ChatRole.Assistant, new ReasoningPart("hm", signature)), (ChatRole.Assistant, new TextPart("b")), (ChatRole.User, new TextPart("c"))));

        Assert.Equal(replayed ? "thinking" : "text", json["messages"]![1]!["content"]![0]!["type"]!.ToString());
        Assert.Equal(replayed, !unsupported.Contains("reasoning of another provider"));
    }

    [Fact]
    public void Broken_tool_arguments_are_wrapped()
    {
        var (json, unsupported) = Write(Request((ChatRole.User, new TextPart("a")), (ChatRole.Assistant, new ToolCallPart("t", "f", "{\"a\":")), (ChatRole.User, new ToolResultPart("t", [], false))));

        Assert.Equal("""{"raw_arguments":"{\"a\":"}""", Compact(json["messages"]![1]!["content"]![0]!["input"]));
        Assert.Contains("tool arguments that are not JSON", unsupported);
    }

    [Theory]
    [InlineData(ToolChoiceKind.Unset, null, "null")]
    [InlineData(ToolChoiceKind.Unset, false, """{"type":"auto","disable_parallel_tool_use":true}""")]
    [InlineData(ToolChoiceKind.Required, false, """{"type":"any","disable_parallel_tool_use":true}""")]
    [InlineData(ToolChoiceKind.Named, null, """{"type":"tool","name":"f"}""")]
    [InlineData(ToolChoiceKind.None, false, """{"type":"none"}""")]
    public void Tool_choices(object kind, bool? parallel, string expected)
    {
        var request = Hi();
        request.Tools.Add(new ToolDefinition("f", "does f", """{"properties":{}}"""));
        request.ToolChoice = new ToolChoice((ToolChoiceKind)kind, "f");
        request.ParallelToolCalls = parallel;
        var (json, _) = Write(request);

        Assert.Equal(expected, Compact(json["tool_choice"]));
        Assert.Equal("""[{"name":"f","description":"does f","input_schema":{"type":"object","properties":{}}}]""", Compact(json["tools"]));
    }

    [Theory]
    [InlineData("claude-sonnet-4-5", "low", null, null, """{"type":"enabled","budget_tokens":1024}""", 5120)]
    [InlineData("claude-sonnet-4-5", "minimal", null, null, """{"type":"enabled","budget_tokens":1024}""", 5120)]
    [InlineData("claude-3-7-sonnet-20250219", "high", null, null, """{"type":"enabled","budget_tokens":24576}""", 28672)]
    [InlineData("claude-opus-4-20250514", "max", null, null, """{"type":"enabled","budget_tokens":30976}""", 32000)]
    [InlineData("claude-sonnet-4-5", "high", null, 4000, """{"type":"enabled","budget_tokens":3000}""", 4000)]
    [InlineData("claude-sonnet-4-5", null, 2000, 4000, """{"type":"enabled","budget_tokens":2000}""", 4000)]
    [InlineData("claude-sonnet-4-5", "none", null, null, """{"type":"disabled"}""", 4096)]
    [InlineData("claude-opus-4-6", "medium", null, null, """{"type":"adaptive"}""", 4096)]
    [InlineData("claude-opus-4-6", null, 2000, 500, """{"type":"adaptive"}""", 500)]
    [InlineData("claude-opus-4-6", null, 2000, 1500, """{"type":"enabled","budget_tokens":1125}""", 1500)]
    [InlineData("claude-opus-4.8", null, 20000, null, """{"type":"adaptive"}""", 4096)]
    [InlineData("kimi-k2", "medium", null, null, """{"type":"enabled","budget_tokens":8192}""", 12288)]
    [InlineData("kimi-k2", "none", null, null, "null", 4096)]
    public void Reasoning_becomes_a_budget_or_an_effort(string model, string? effort, int? budget, int? maxTokens, string thinking, int limit)
    {
        var request = Hi();
        request.Reasoning = new ReasoningRequest(effort != "none", effort, budget);
        request.MaxTokens = maxTokens;
        var (json, _) = Write(request, model);

        Assert.Equal(thinking, Compact(json["thinking"]));
        Assert.Equal(limit, json["max_tokens"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("claude-opus-4-6", "xhigh", "high")]
    [InlineData("claude-opus-4-8", "xhigh", "xhigh")]
    [InlineData("claude-sonnet-5", "minimal", "low")]
    public void Efforts_are_said_in_words_the_model_knows(string model, string effort, string expected)
    {
        var request = Hi();
        request.Reasoning = new ReasoningRequest(true, effort);

        Assert.Equal(expected, Write(request, model).Json["output_config"]!["effort"]!.ToString());
    }

    [Fact]
    public void Thinking_drops_the_sampling_it_excludes()
    {
        var request = Hi();
        request.Reasoning = new ReasoningRequest(true, "low");
        (request.Temperature, request.TopK, request.TopP) = (0.3, 5, 0.5);
        var (json, unsupported) = Write(request);

        Assert.Null(json["temperature"]);
        Assert.Equal(["temperature (with thinking)", "top_p (with thinking)", "top_k (with thinking)"], unsupported);
    }

    [Fact]
    public void Thinking_yields_to_a_forced_tool()
    {
        var request = Hi();
        request.Reasoning = new ReasoningRequest(true, "low");
        request.Tools.Add(new ToolDefinition("f", null, "{}"));
        request.ToolChoice = new ToolChoice(ToolChoiceKind.Required);
        var (json, unsupported) = Write(request);

        Assert.Null(json["thinking"]);
        Assert.Equal("any", json["tool_choice"]!["type"]!.ToString());
        Assert.Contains("reasoning (a tool is forced)", unsupported);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(AnthropicSignature, true)]
    public void Thinking_yields_to_a_tool_loop_that_came_without_it(string? signature, bool on)
    {
        var request = Request((ChatRole.User, new TextPart("a")), (ChatRole.Assistant, new ReasoningPart("hm", signature)), (ChatRole.Assistant, new ToolCallPart("t", "f", "{}")), (ChatRole.User, new ToolResultPart("t", [new TextPart("r")], false)));
        request.Tools.Add(new ToolDefinition("f", null, "{}"));
        request.Reasoning = new ReasoningRequest(true, "low");

        Assert.Equal(on, Write(request).Json["thinking"] is not null);
    }

    [Fact]
    public void New_models_get_no_sampling_at_all()
    {
        var request = Hi();
        (request.Temperature, request.TopP, request.TopK) = (0.2, 0.9, 3);
        var (json, unsupported) = Write(request, "claude-opus-4-8");

        Assert.Null(json["temperature"] ?? json["top_p"] ?? json["top_k"]);
        Assert.Equal(["temperature", "top_p", "top_k"], unsupported);
    }

    [Fact]
    public void A_schema_is_enforced_where_the_model_can()
    {
        var request = Hi();
        request.Output = new OutputFormat(OutputFormatKind.JsonSchema, "s", """{"type":"object","properties":{"minimum":{"type":"integer","minimum":1},"list":{"type":"array","items":{"type":"object","properties":{}}}}}""");
        var (json, unsupported) = Write(request);

        Assert.Equal(["minimum in a response schema"], unsupported);
        Assert.Equal("""{"type":"json_schema","schema":{"type":"object","properties":{"minimum":{"type":"integer"},"list":{"type":"array","items":{"type":"object","properties":{},"additionalProperties":false}}},"additionalProperties":false}}""", Compact(json["output_config"]!["format"]));
    }

    [Theory]
    [InlineData(OutputFormatKind.JsonSchema, "claude-3-5-haiku-20241022")]
    [InlineData(OutputFormatKind.JsonObject, "claude-sonnet-4-5")]
    public void Other_formats_are_asked_for_in_words(object kind, string model)
    {
        var request = Hi();
        request.Output = new OutputFormat((OutputFormatKind)kind, "s", """{"type":"object"}""");
        var (json, unsupported) = Write(request, model);

        Assert.Null(json["output_config"]);
        Assert.StartsWith("Answer with one JSON", json["system"]![0]!["text"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains("asked for in words", Assert.Single(unsupported), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("claude-opus-4-8", 4, 8)]
    [InlineData("claude-3-7-sonnet-20250219", 3, 7)]
    [InlineData("claude-opus-4-20250514", 4, 0)]
    [InlineData("anthropic/claude-opus-4.8", 4, 8)]
    [InlineData("us.anthropic.claude-sonnet-4-5-20250929-v1:0", 4, 5)]
    [InlineData("claude-fable-5", 5, 0)]
    [InlineData("claude-3-opus-latest", 3, 0)]
    [InlineData("claude-sonnet-4@20250514", 4, 0)]
    [InlineData("claude-mythos-preview", 4, 7)]
    [InlineData("austen-3m-chat", 0, 0)]
    public void Versions_are_read_from_names(string model, int major, int minor)
    {
        var read = ClaudeModel.Parse(model);
        Assert.Equal((major, minor), (read.Major, read.Minor));
    }

    [Fact]
    public void A_request_of_this_protocol_keeps_its_meaning()
    {
        const string Body = """
            {"model":"claude-sonnet-4-5","max_tokens":9000,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}]},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"EvQBCkYICxgCKkAxhD4N"},{"type":"tool_use","id":"toolu_1","name":"f","input":{"a":[1]}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":[{"type":"text","text":"r"}],"is_error":true}]}],"tools":[{"name":"f","description":"d","input_schema":{"type":"object","properties":{"a":{}}},"cache_control":{"type":"ephemeral"}}],"tool_choice":{"type":"auto","disable_parallel_tool_use":true},"thinking":{"type":"enabled","budget_tokens":2000},"stop_sequences":["END"],"metadata":{"user_id":"u"},"stream":true}
            """;
        var (request, _) = new AnthropicDialect().ReadRequest(Encoding.UTF8.GetBytes(Body));
        var (json, unsupported) = Write(request!);

        Assert.Empty(unsupported);
        Assert.Equal(Compact(JsonNode.Parse(Body)), Compact(json));
    }

    [Theory]
    [InlineData("claude-fable-5-1", true)]
    [InlineData("claude-mythos-5-2", true)]
    [InlineData("claude-opus-5-5", true)]
    [InlineData("claude-fable-5", false)]
    [InlineData("claude-opus-5", false)]
    public void A_forced_tool_is_offered_to_models_that_refuse_it(string model, bool refuses)
    {
        var request = Hi();
        request.Tools.Add(new ToolDefinition("f", null, "{}"));
        request.Reasoning = new ReasoningRequest(true, "high");
        request.ToolChoice = new ToolChoice(ToolChoiceKind.Required);
        var (json, unsupported) = Write(request, model);
        Assert.Equal(refuses ? "auto" : "any", json["tool_choice"]!["type"]!.ToString());
        Assert.Equal([refuses ? "tool_choice required" : "reasoning (a tool is forced)"], unsupported);
        Assert.Equal(refuses, json["thinking"] is not null);

        request.ToolChoice = new ToolChoice(ToolChoiceKind.Named, "f");
        (json, unsupported) = Write(request, model);
        Assert.Equal((refuses ? "auto" : "tool", !refuses), (json["tool_choice"]!["type"]!.ToString(), json["tool_choice"]!["name"] is not null));
        Assert.Equal(refuses, unsupported.Contains("tool_choice of one tool"));
    }

    [Theory]
    [InlineData("claude-fable-5", true)]
    [InlineData("claude-fable-5-2", true)]
    [InlineData("claude-mythos-preview", true)]
    [InlineData("claude-opus-5-5", true)]
    [InlineData("claude-opus-5", false)]
    [InlineData("claude-sonnet-4-5", false)]
    public void A_model_that_always_thinks_is_not_told_to_stop(string model, bool always)
    {
        var request = Hi();
        request.Reasoning = new ReasoningRequest(false);
        var (json, unsupported) = Write(request, model);
        Assert.Equal(always ? null : "disabled", json["thinking"]?["type"]?.ToString());
        Assert.Equal(always ? "low" : null, json["output_config"]?["effort"]?.ToString());
        Assert.Equal(always ? ["reasoning switched off"] : [], unsupported);
    }

    [Fact]
    public void The_preview_of_Mythos_thinks_adaptively_and_refuses_sampling()
    {
        var request = Hi();
        request.Temperature = 0.5;
        request.Reasoning = new ReasoningRequest(true, null, 4000);
        var (json, unsupported) = Write(request, "claude-mythos-preview");
        Assert.Equal(("adaptive", null), (json["thinking"]!["type"]!.ToString(), json["temperature"]));
        Assert.Equal(["temperature"], unsupported);
    }

    [Fact]
    public void A_response_schema_says_anyOf_for_oneOf_and_closes_objects_that_may_be_null()
    {
        var request = Hi();
        request.Output = new OutputFormat(OutputFormatKind.JsonSchema, "n", """
            {"type":"object","properties":{"a":{"oneOf":[{"type":"object","properties":{}},{"type":"string"}]},"b":{"type":["object","null"],"properties":{}},"oneOf":{"type":"string"}}}
            """);
        var (json, unsupported) = Write(request);
        var properties = json["output_config"]!["format"]!["schema"]!["properties"]!;
        Assert.Equal("""{"anyOf":[{"type":"object","properties":{},"additionalProperties":false},{"type":"string"}]}""", Compact(properties["a"]));
        Assert.Equal("""{"type":["object","null"],"properties":{},"additionalProperties":false}""", Compact(properties["b"]));
        Assert.Equal("""{"type":"string"}""", Compact(properties["oneOf"]));
        Assert.Empty(unsupported);
    }
}
