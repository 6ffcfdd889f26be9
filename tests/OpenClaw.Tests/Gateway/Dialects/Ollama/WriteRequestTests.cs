using System.Text.Json.Nodes;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Ollama;
using static OpenClaw.Tests.Gateway.Dialects.Requests;

namespace OpenClaw.Tests.Gateway.Dialects.Ollama;

public class WriteRequestTests
{
    private const string Schema = """{"type":"object","properties":{"a":{"type":"string"}}}""";

    private static readonly OllamaDialect s_dialect = new();

    private static (JsonNode Json, List<string> Unsupported) Write(ChatRequest request, string model = "llama3.2", int? window = null) =>
        Requests.Write(s_dialect, request, model, window);

    private static int NumCtx(ChatRequest request, int? window = null) => (int)Write(request, window: window).Json["options"]!["num_ctx"]!;

    [Fact]
    public void Messages_calls_and_results_in_ollamas_own_form()
    {
        var request = Of(
            User(new TextPart("look"), new MediaPart(MediaKind.Image, "image/png", "AAAA", null), new TextPart("closely")),
            Assistant(new ReasoningPart("hm", "sig"), new TextPart("I"), new TextPart("t is"), new ToolCallPart("c1", "weather", """{"city":"Bern"}""")),
            User(new ToolResultPart("c1", [new TextPart("rain")], true), new TextPart("go on")),
            Assistant(new TextPart("So")));
        request.System.Add(new TextPart("one"));
        request.System.Add(new TextPart("two"));
        var (json, unsupported) = Write(request);
        Assert.Equal(
            """
            [{"role":"system","content":"one\n\ntwo"},
            {"role":"user","content":"look\nclosely","images":["AAAA"]},
            {"role":"assistant","content":"It is","thinking":"hm","tool_calls":[{"id":"c1","function":{"name":"weather","arguments":{"city":"Bern"}}}]},
            {"role":"tool","content":"Error: rain","tool_name":"weather","tool_call_id":"c1"},
            {"role":"user","content":"go on"},
            {"role":"assistant","content":"So"}]
            """.ReplaceLineEndings(""), json["messages"]!.ToJsonString());
        Assert.Empty(unsupported);
    }

    [Fact]
    public void A_document_of_plain_text_is_a_part_of_the_prompt()
    {
        var (json, unsupported) = Write(Of(User(new MediaPart(MediaKind.Document, "text/csv", "YSxi", null), new TextPart("sum it"), new MediaPart(MediaKind.Document, "application/pdf", "AAAA", null))));
        Assert.Equal("""[{"role":"user","content":"a,b\nsum it"}]""", json["messages"]!.ToJsonString());
        Assert.Equal(["document input"], unsupported);
    }

    [Theory]
    [InlineData(true, true, "true")]
    [InlineData(null, true, "true")]
    [InlineData(false, true, null)]
    [InlineData(false, false, null)]
    public void A_model_that_cannot_think_is_not_asked_to(bool? thinks, bool wanted, string? written)
    {
        var request = Say("x");
        request.Reasoning = new ReasoningRequest(wanted, wanted ? "high" : "none");
        var (output, unsupported) = (new System.Buffers.ArrayBufferWriter<byte>(), new List<string>());
        s_dialect.WriteRequest(request, new RequestTarget("llama3.2", "ollama", TargetQuirks.None) { Thinks = thinks }, output, unsupported);
        Assert.Equal(written, JsonNode.Parse(output.WrittenSpan)!["think"]?.ToJsonString());
        Assert.Equal(wanted && thinks == false ? ["reasoning"] : [], unsupported);
    }

    [Fact]
    public void Marks_of_a_cache_and_details_of_images_are_named()
    {
        var (_, unsupported) = Write(Of(User(new TextPart("a") { CacheControl = "{}" }, new MediaPart(MediaKind.Image, "image/png", "AAAA", null) { Detail = "high" })));
        Assert.Equal(["cache_control", "image detail"], unsupported.Order());
    }

    [Fact]
    public void A_prompt_that_is_too_long_is_to_be_refused_not_cut()
    {
        var json = Write(Say("x")).Json;
        Assert.Equal("false", json["truncate"]!.ToJsonString());
        Assert.Equal("false", json["shift"]!.ToJsonString());
        Assert.Null(json["keep_alive"]);
    }

    [Fact]
    public void The_context_has_room_for_prompt_and_answer_in_powers_of_two()
    {
        Assert.Equal(8192, NumCtx(Say("hello")));
        Assert.Equal(16384, NumCtx(Say(new string('a', 20_000))));
        var request = Say("hello");
        request.MaxTokens = 20_000;
        Assert.Equal(32768, NumCtx(request));
        Assert.Equal(16384, NumCtx(Say(new string('語', 3_000))));
    }

    [Fact]
    public void The_context_is_never_larger_than_the_models_window()
    {
        Assert.Equal(4096, NumCtx(Say("hello"), window: 4096));
        Assert.Equal(20_000, NumCtx(Say(new string('a', 60_000)), window: 20_000));
        Assert.Equal(8192, NumCtx(Say("hello"), window: 1 << 20));
    }

    [Fact]
    public void Options_are_carried()
    {
        var request = Say("x");
        request.MaxTokens = 5;
        request.Temperature = 0;
        request.TopP = 0.5;
        request.TopK = 3;
        request.Seed = 42;
        request.FrequencyPenalty = 0.25;
        request.PresencePenalty = 1;
        request.StopSequences.AddRange(["a", ""]);
        Assert.Equal(
            """{"num_ctx":8192,"num_predict":5,"temperature":0,"top_p":0.5,"top_k":3,"frequency_penalty":0.25,"presence_penalty":1,"seed":42,"stop":["a"]}""",
            Write(request).Json["options"]!.ToJsonString());
    }

    [Fact]
    public void Tool_choice_none_leaves_the_tools_out_and_stronger_ones_are_reported()
    {
        static (JsonNode Json, List<string> Unsupported) With(ToolChoiceKind kind)
        {
            var request = Say("x");
            request.Tools.Add(new ToolDefinition("f", "does", Schema));
            request.ToolChoice = new ToolChoice(kind, kind == ToolChoiceKind.Named ? "f" : null);
            return Write(request);
        }
        Assert.Equal(
            """[{"type":"function","function":{"name":"f","description":"does","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}}]""",
            With(ToolChoiceKind.Auto).Json["tools"]!.ToJsonString());
        Assert.Null(With(ToolChoiceKind.None).Json["tools"]);
        Assert.Equal(["tool_choice required"], With(ToolChoiceKind.Required).Unsupported);
        Assert.Equal(["tool_choice of one tool"], With(ToolChoiceKind.Named).Unsupported);
    }

    [Fact]
    public void Format_is_json_or_a_schema()
    {
        var request = Say("x");
        Assert.Null(Write(request).Json["format"]);
        request.Output = new OutputFormat(OutputFormatKind.JsonObject);
        Assert.Equal("\"json\"", Write(request).Json["format"]!.ToJsonString());
        request.Output = new OutputFormat(OutputFormatKind.JsonSchema, "n", Schema);
        Assert.Equal(Schema, Write(request).Json["format"]!.ToJsonString());
    }

    [Theory]
    [InlineData("qwen3", "high", true, "true")]
    [InlineData("qwen3", "none", true, "false")]
    [InlineData("qwen3", null, false, "false")]
    [InlineData("gpt-oss:20b", "xhigh", true, "\"high\"")]
    [InlineData("gpt-oss:20b", "minimal", true, "\"low\"")]
    [InlineData("gpt-oss:20b", null, false, "\"low\"")]
    public void Think_is_a_switch_and_a_level_where_the_model_wants_one(string model, string? effort, bool enabled, string expected)
    {
        var request = Say("x");
        Assert.Null(Write(request, model).Json["think"]);
        request.Reasoning = new ReasoningRequest(enabled, effort);
        Assert.Equal(expected, Write(request, model).Json["think"]!.ToJsonString());
    }

    [Fact]
    public void What_cannot_be_carried_is_reported()
    {
        var request = Of(
            User(new MediaPart(MediaKind.Image, "", null, "https://example.org/a.png"), new MediaPart(MediaKind.Document, "application/pdf", "AAAA", null), new TextPart("x")),
            Assistant(new ToolCallPart("1", "f", "{broken")));
        var (json, unsupported) = Write(request);
        Assert.Equal(["image input by URL", "document input", "tool call arguments that are not a JSON object"], unsupported);
        Assert.Equal("{}", json["messages"]![1]!["tool_calls"]![0]!["function"]!["arguments"]!.ToJsonString());
    }
}
