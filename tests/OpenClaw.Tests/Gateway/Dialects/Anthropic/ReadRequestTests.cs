using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Anthropic;
using OpenClaw.Gateway.Errors;

namespace OpenClaw.Tests.Gateway.Dialects.Anthropic;

public class ReadRequestTests
{
    private static ChatRequest Read(string body)
    {
        var (request, error) = new AnthropicDialect().ReadRequest(Encoding.UTF8.GetBytes(body));
        Assert.Null(error);
        return request!;
    }

    private static ChatRequest ReadMessages(string messages, string more = "") =>
        Read("{\"model\":\"m\",\"max_tokens\":10,\"messages\":" + messages + more + "}");

    private static List<ChatPart> Parts(string content, string role = "user") =>
        ReadMessages("[{\"role\":\"" + role + "\",\"content\":" + content + "}]").Turns[0].Parts;

    [Theory]
    [InlineData("\"citations\":{\"enabled\":true}", "citations")]
    [InlineData("\"context\":\"a contract of 1999\"", "document context")]
    [InlineData("\"citations\":{\"enabled\":false},\"context\":null", null)]
    public void What_only_Claude_does_with_documents_is_named(string member, string? what)
    {
        var request = ReadMessages("[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"d\"}," + member + "}]}]");
        Assert.Equal(what is null ? [] : [what], request.Unmapped);
    }

    [Theory]
    [InlineData("create", "thread_unsupported_request")]
    [InlineData("continue", "thread_not_found")]
    public void A_thread_is_its_providers_own(string type, string code)
    {
        var body = "{\"model\":\"m\",\"max_tokens\":9,\"thread\":{\"type\":\"" + type + "\"},\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}";
        var (request, error) = ReadRequest.Read(Encoding.UTF8.GetBytes(body));
        Assert.Null(request);
        Assert.Equal(("thread", code), (error!.Param, error.DetailCode));
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        Errors.Write(error, "r", output);
        Assert.Contains("\"details\":{\"error_code\":\"" + code + "\"}", Encoding.UTF8.GetString(output.WrittenSpan), StringComparison.Ordinal);
    }

    [Fact]
    public void Claude_Codes_note_to_Anthropics_billing_is_no_instruction()
    {
        var request = Read("""
            {"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}],
             "system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2.1.36.abc; cch=81f3c;"},{"type":"text","text":"You are an agent.","cache_control":{"type":"ephemeral"}}]}
            """);
        Assert.Equal(["You are an agent."], request.System.Select(static s => s.Text));
    }

    [Fact]
    public void Reads_every_parameter()
    {
        var request = Read("""
            {"model":"m","max_tokens":100,"stream":true,"temperature":0.5,"top_p":0.9,"top_k":4,"stop_sequences":["a","b"],"system":"be brief",
             "metadata":{"user_id":"u1"},"thinking":{"type":"enabled","budget_tokens":2048},"output_config":{"effort":"high","format":{"type":"json_schema","schema":{"type":"object"}}},
             "messages":[{"role":"user","content":"hi"}]}
            """);

        Assert.Equal(("m", 100, true, 0.5, 0.9, 4, "u1"), (request.Model, request.MaxTokens, request.Stream, request.Temperature, request.TopP, request.TopK, request.User));
        Assert.Equal(["a", "b"], request.StopSequences);
        Assert.Equal([new TextPart("be brief")], request.System);
        Assert.Equal(new ReasoningRequest(true, "high", 2048, true), request.Reasoning);
        Assert.Equal(OutputFormatKind.JsonSchema, request.Output.Kind);
        Assert.Equal("""{"type":"object"}""", request.Output.SchemaJson);
        Assert.Equal([new TextPart("hi")], request.Turns.Single().Parts);
        Assert.Empty(request.Unmapped);
    }

    [Fact]
    public void Cache_marks_are_kept()
    {
        var request = Read("""
            {"model":"m","max_tokens":1,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral","ttl":"1h"}}],
             "tools":[{"name":"f","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}}],
             "messages":[{"role":"user","content":[{"type":"text","text":"t","cache_control":{"type":"ephemeral"}}]}]}
            """);

        Assert.Equal("""{"type":"ephemeral","ttl":"1h"}""", request.System[0].CacheControl);
        Assert.Equal("""{"type":"ephemeral"}""", request.Tools[0].CacheControl);
        Assert.Equal("""{"type":"ephemeral"}""", request.Turns[0].Parts[0].CacheControl);
    }

    [Fact]
    public void Images_and_documents_come_by_data_and_by_address()
    {
        var parts = Parts("""
            [{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}},{"type":"image","source":{"type":"url","url":"https://x/y.png"}},
             {"type":"document","title":"T","source":{"type":"base64","media_type":"application/pdf","data":"aGk="}},{"type":"document","source":{"type":"url","url":"https://x/y.pdf"}},
             {"type":"document","title":"T","source":{"type":"text","media_type":"text/plain","data":"words"}},
             {"type":"document","source":{"type":"content","content":[{"type":"text","text":"inner"}]}},
             {"type":"image","source":{"type":"file","file_id":"file_1"}}]
            """);

        Assert.Equal(
        [
            new MediaPart(MediaKind.Image, "image/png", "aGk=", null), new MediaPart(MediaKind.Image, "", null, "https://x/y.png"),
            new MediaPart(MediaKind.Document, "application/pdf", "aGk=", null) { FileName = "T" }, new MediaPart(MediaKind.Document, "", null, "https://x/y.pdf"),
            new TextPart("T\n\nwords"), new TextPart("inner"), new UnmappedPart("image by file_id"),
        ], parts);
    }

    [Fact]
    public void Results_know_the_tools_name()
    {
        var request = ReadMessages("""
            [{"role":"user","content":"go"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{"a": 1}},{"type":"tool_use","id":"t2","name":"g","input":{}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"t2","content":[{"type":"text","text":"x"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}],"is_error":true},
              {"type":"tool_result","tool_use_id":"t1","content":"y"},{"type":"tool_result","tool_use_id":"t1"}]}]
            """);

        Assert.Equal(new ToolCallPart("t1", "f", "{\"a\": 1}"), request.Turns[1].Parts[0]);
        var results = request.Turns[2].Parts.Cast<ToolResultPart>().ToArray();
        Assert.Equal(("t2", "g", true, 2), (results[0].CallId, results[0].Name, results[0].IsError, results[0].Content.Count));
        Assert.Equal("f", results[1].Name);
        Assert.Equal([new TextPart("y")], results[1].Content);
        Assert.Empty(results[2].Content);
    }

    [Fact]
    public void Thinking_of_others_comes_back_without_our_mark()
    {
        Assert.Equal([new ReasoningPart("a", "sig"), new ReasoningPart("b", null), new ReasoningPart("", null) { RedactedData = "d" }],
            Parts("""[{"type":"thinking","thinking":"a","signature":"sig"},{"type":"thinking","thinking":"b","signature":"openclaw.unsigned"},{"type":"redacted_thinking","data":"d"}]""", "assistant"));
    }

    [Fact]
    public void A_calls_own_signature_comes_back_with_its_call()
    {
        var parts = Parts("""[{"type":"redacted_thinking","data":"openclaw.call.t1.CpQC+/=.x"},{"type":"tool_use","id":"t1","name":"f","input":{}},{"type":"tool_use","id":"t2","name":"f","input":{}}]""", "assistant");

        Assert.Equal([new ToolCallPart("t1", "f", "{}") { Signature = "CpQC+/=.x" }, new ToolCallPart("t2", "f", "{}")], parts);
    }

    [Fact]
    public void Blocks_and_fields_only_anthropic_knows_are_named()
    {
        var request = ReadMessages("""
            [{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"server_tool_use","id":"s","name":"web_search","input":{}},{"type":"web_search_tool_result","tool_use_id":"s","content":[]},{"type":"text","text":"a"}]},
             {"role":"user","content":[{"type":"container_upload","file_id":"f"},{"type":"text","text":"b"}]}]
            """, ""","container":"c","mcp_servers":[],"context_management":{},"service_tier":"auto","vendor":null,"tools":[{"type":"web_search_20250305","name":"web_search"},{"type":"custom","name":"f","input_schema":{"type":"object"}}]""");

        Assert.Equal(["container", "mcp_servers", "context_management", "web_search_20250305", "server_tool_use", "web_search_tool_result", "container_upload"], request.Unmapped);
        Assert.Equal([new UnmappedPart("server_tool_use"), new UnmappedPart("web_search_tool_result"), new TextPart("a")], request.Turns[1].Parts);
        Assert.Equal("f", Assert.Single(request.Tools).Name);
    }

    [Fact]
    public void Messages_of_one_role_are_one_turn()
    {
        var request = ReadMessages("""[{"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"assistant","content":"c"}]""");

        Assert.Equal([new TextPart("a"), new TextPart("b")], request.Turns[0].Parts);
        Assert.Equal(2, request.Turns.Count);
    }

    [Theory]
    [InlineData("""{"type":"auto"}""", ToolChoiceKind.Auto, null, null)]
    [InlineData("""{"type":"any","disable_parallel_tool_use":true}""", ToolChoiceKind.Required, null, false)]
    [InlineData("""{"type":"tool","name":"f","disable_parallel_tool_use":false}""", ToolChoiceKind.Named, "f", true)]
    [InlineData("""{"type":"none"}""", ToolChoiceKind.None, null, null)]
    public void Tool_choices(string choice, object kind, string? name, bool? parallel)
    {
        var request = ReadMessages("""[{"role":"user","content":"a"}]""", ",\"tool_choice\":" + choice);

        Assert.Equal(new ToolChoice((ToolChoiceKind)kind, name), request.ToolChoice);
        Assert.Equal(parallel, request.ParallelToolCalls);
    }

    [Theory]
    [InlineData("""{"type":"adaptive"}""", "\"output_config\":{\"effort\":\"max\"}", true, "max", null, true)]
    [InlineData("""{"type":"adaptive","display":"omitted"}""", "\"x\":null", true, null, null, false)]
    [InlineData("""{"type":"disabled"}""", "\"x\":null", false, null, null, null)]
    [InlineData("""{"type":"enabled","budget_tokens":1024}""", "\"x\":null", true, null, 1024, true)]
    [InlineData("null", "\"output_config\":{\"effort\":\"low\"}", true, "low", null, null)]
    public void Thinking_modes(string thinking, string more, bool enabled, string? effort, int? budget, bool? shown) =>
        Assert.Equal(new ReasoningRequest(enabled, effort, budget, shown), ReadMessages("""[{"role":"user","content":"a"}]""", ",\"thinking\":" + thinking + "," + more).Reasoning);

    [Theory]
    [InlineData("""{"model":"m","max_tokens":1}""", "messages")]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[]}""", "messages")]
    [InlineData("""{"model":"m","max_tokens":"9","messages":[{"role":"user","content":"a"}]}""", "max_tokens")]
    [InlineData("""{"model":"m","max_tokens":0,"messages":[{"role":"user","content":"a"}]}""", "max_tokens")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"x":1}]}]}""", "messages.1.content.0.type")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"image_url":{}}]}]}""", "messages.0.content.0.type")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"text"}]}]}""", "messages.0.content.0.text")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64"}}]}]}""", "messages.0.content.0.source.data")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"kind":"nope"}]}]}]}""", "messages.0.content.0.content.0.type")]
    [InlineData("""{"model":"m","messages":[{"role":"tool","content":"a"}]}""", "messages.0.role")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}]}""", "messages.0.content")]
    [InlineData("""{"model":"m","messages":["a"]}""", "messages.0.content")]
    [InlineData("""{"model":"m","tools":[{"description":"d"}],"messages":[{"role":"user","content":"a"}]}""", "tools.0.name")]
    [InlineData("""{"model":"m","tool_choice":{"type":"tool"},"messages":[{"role":"user","content":"a"}]}""", "tool_choice.tool.name")]
    [InlineData("""{"model":"m","thinking":{"type":"enabled"},"messages":[{"role":"user","content":"a"}]}""", "thinking.enabled.budget_tokens")]
    public void Errors_name_the_field(string body, string path)
    {
        var (request, error) = new AnthropicDialect().ReadRequest(Encoding.UTF8.GetBytes(body));

        Assert.Null(request);
        Assert.Equal(GatewayErrorKind.BadRequest, error!.Kind);
        Assert.Equal(path, error.Param);
        Assert.StartsWith(path + ": ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("3")]
    [InlineData("{\"model\":\"m\"} x")]
    [InlineData("{\"\\ud800\":1,\"model\":\"m\"}")]
    public void What_is_not_a_request_is_an_error(string body) => Assert.NotNull(new AnthropicDialect().ReadRequest(Encoding.UTF8.GetBytes(body)).Error);

    [Fact]
    public void Mutated_bodies_never_throw()
    {
        var body = Encoding.UTF8.GetBytes("""{"model":"m","max_tokens":9,"thinking":{"type":"enabled","budget_tokens":2000},"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"},"system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":[{"type":"text","text":"é\ud83d\ude00"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}]},{"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":"s"},{"type":"tool_use","id":"t","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"r"}]}]}""");
        var random = new Random(7);
        var dialect = new AnthropicDialect();
        var read = 0;
        for (var i = 0; i < 5_000; i++)
        {
            var bytes = (byte[])body.Clone();
            for (var n = random.Next(1, 3); n > 0; n--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var (request, error) = dialect.ReadRequest(bytes);
            Assert.True((request is null) != (error is null));
            AnthropicPatch.TryWrite(bytes, new AnthropicChanges { Model = "n", Reasoning = ReasoningRemoval.All, AnswerSoFar = "x" }, new System.Buffers.ArrayBufferWriter<byte>());
            if (request is null) continue;
            read++;
            dialect.WriteRequest(request, new RequestTarget("claude-sonnet-4-5", "anthropic", TargetQuirks.None), new System.Buffers.ArrayBufferWriter<byte>(), []);
        }
        Assert.InRange(read, 100, 4_900);
    }

    [Fact]
    public void A_block_of_a_later_kind_is_reported_and_the_rest_is_carried()
    {
        var (request, error) = new AnthropicDialect().ReadRequest("""{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"hologram","x":1},{"type":"text","text":"a"}]}]}"""u8.ToArray());
        Assert.Null(error);
        Assert.Equal(["hologram"], request!.Unmapped);
        Assert.Equal([new UnmappedPart("hologram"), new TextPart("a")], request.Turns[0].Parts);
    }
}
