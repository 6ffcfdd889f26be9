using System.Text.Json.Nodes;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Gemini;
using static OpenClaw.Tests.Gateway.Dialects.Requests;

namespace OpenClaw.Tests.Gateway.Dialects.Gemini;

public class WriteRequestTests
{
    private const string Schema = """{"type":"object","properties":{"city":{"$ref":"#/$defs/c"}},"additionalProperties":false,"$defs":{"c":{"type":"string"}}}""";

    private static readonly GeminiDialect s_dialect = new();

    private static (JsonNode Json, List<string> Unsupported) Write(ChatRequest request, string model = "gemini-2.5-flash") =>
        Requests.Write(s_dialect, request, model);

    private static string Contents(ChatRequest request, string model = "gemini-2.5-flash") => Write(request, model).Json["contents"]!.ToJsonString();

    private static ChatTurn Calls(params ToolCallPart[] calls) => Assistant([.. calls]);

    private static ToolResultPart Result(string id, string text, bool isError = false) => new(id, [new TextPart(text)], isError);

    [Fact]
    public void Instructions_are_apart_and_neighbours_of_one_role_are_one_turn()
    {
        var request = Of(User(new TextPart("a")), User(new TextPart("b")), Assistant(new TextPart("c"), new ReasoningPart("hm", "sig")), User(new TextPart("d"), new TextPart("")));
        request.System.Add(new TextPart("be kind"));
        var json = Write(request).Json;
        Assert.Equal("""{"parts":[{"text":"be kind"}]}""", json["systemInstruction"]!.ToJsonString());
        Assert.Equal(
            """[{"role":"user","parts":[{"text":"a"},{"text":"b"}]},{"role":"model","parts":[{"text":"c"}]},{"role":"user","parts":[{"text":"d"}]}]""",
            json["contents"]!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"type":"object","additionalProperties":{"type":"string"}}""", true)]
    [InlineData("""{"type":"object","additionalProperties":true}""", true)]
    [InlineData("""{"type":"object","properties":{},"additionalProperties":false}""", false)]
    public void A_tool_that_takes_members_of_any_name_keeps_its_schema(string schema, bool isWritten)
    {
        var request = Say("x");
        request.Tools.Add(new ToolDefinition("f", null, schema));
        var written = Write(request).Json["tools"]![0]!["functionDeclarations"]![0]!["parametersJsonSchema"]?.ToJsonString();
        Assert.Equal(isWritten ? schema : null, written);
    }

    [Fact]
    public void Marks_of_a_cache_and_details_of_images_are_named()
    {
        var request = Of(User(new TextPart("a"), new MediaPart(MediaKind.Image, "image/png", "AAAA", null) { Detail = "low" }, new MediaPart(MediaKind.Image, "image/png", "BBBB", null) { Detail = "auto" }));
        request.Tools.Add(new ToolDefinition("f", null, Schema) { CacheControl = "{}" });
        Assert.Equal(["cache_control", "image detail"], Write(request).Unsupported.Order());
    }

    [Fact]
    public void Instructions_alone_become_a_turn()
    {
        var request = Of();
        request.System.Add(new TextPart("hello"));
        var json = Write(request).Json;
        Assert.Null(json["systemInstruction"]);
        Assert.Equal("""[{"role":"user","parts":[{"text":"hello"}]}]""", json["contents"]!.ToJsonString());
    }

    [Fact]
    public void A_last_assistant_turn_is_sent_as_the_last_model_turn() =>
        Assert.EndsWith("""{"role":"model","parts":[{"text":"Once upon"}]}]""", Contents(Of(User(new TextPart("go")), Assistant(new TextPart("Once upon")))), StringComparison.Ordinal);

    [Fact]
    public void Results_of_parallel_calls_are_one_turn_with_names_and_come_first()
    {
        var request = Of(
            User(new TextPart("go")),
            Calls(new("1", "weather", """{"city":"Bern"}""") { Signature = "S" }, new("2", "time", "{}")),
            User(new TextPart("and hurry"), Result("1", """{"t":20}""")),
            User(Result("2", "late", isError: true)));
        Assert.Equal(
            """
            [{"role":"user","parts":[{"text":"go"}]},
            {"role":"model","parts":[{"functionCall":{"id":"1","name":"weather","args":{"city":"Bern"}},"thoughtSignature":"S"},{"functionCall":{"id":"2","name":"time","args":{}}}]},
            {"role":"user","parts":[{"functionResponse":{"id":"1","name":"weather","response":{"result":{"t":20}}}},{"functionResponse":{"id":"2","name":"time","response":{"error":"late"}}},{"text":"and hurry"}]}]
            """.ReplaceLineEndings(""), Contents(request));
    }

    [Theory]
    [InlineData("gemini-3-pro-preview", true)]
    [InlineData("models/gemini-3.5-flash", true)]
    [InlineData("gemini-flash-latest", true)]
    [InlineData("gemini-2.5-pro", false)]
    public void A_call_of_unknown_signature_gets_the_documented_placeholder_where_one_is_demanded(string model, bool expected)
    {
        var request = Of(User(new TextPart("go")), Calls(new("1", "a", "{}"), new("2", "b", "{}")), User(Result("1", "x"), Result("2", "y")));
        var parts = Write(request, model).Json["contents"]![1]!["parts"]!;
        Assert.Equal(expected ? "skip_thought_signature_validator" : null, (string?)parts[0]!["thoughtSignature"]);
        Assert.Null(parts[1]!["thoughtSignature"]);
    }

    [Fact]
    public void A_known_signature_is_returned_and_no_placeholder_is_added()
    {
        var request = Of(User(new TextPart("go")), Calls(new ToolCallPart("1", "a", "{}") { Signature = "KNOWN" }));
        Assert.Equal("KNOWN", (string?)Write(request, "gemini-3-pro-preview").Json["contents"]![1]!["parts"]![0]!["thoughtSignature"]);
    }

    [Theory]
    [InlineData("""{"a":""")]
    [InlineData("[1]")]
    [InlineData("")]
    public void Arguments_that_are_no_object_become_an_empty_one_and_are_reported(string arguments)
    {
        var (json, unsupported) = Write(Of(User(new TextPart("go")), Calls(new ToolCallPart("1", "a", arguments))));
        Assert.Equal("{}", json["contents"]![1]!["parts"]![0]!["functionCall"]!["args"]!.ToJsonString());
        Assert.Equal(["tool call arguments that are not a JSON object"], unsupported);
    }

    [Fact]
    public void Schemas_go_whole_as_json_schema_and_a_tool_without_parameters_has_none()
    {
        var request = Say("x");
        request.Tools.Add(new ToolDefinition("weather", "tells", Schema));
        request.Tools.Add(new ToolDefinition("now", null, """{"type":"object","properties":{},"additionalProperties":false}"""));
        var tools = Write(request).Json["tools"]![0]!["functionDeclarations"]!;
        Assert.Equal(Schema, tools[0]!["parametersJsonSchema"]!.ToJsonString());
        Assert.Equal("""{"name":"now","description":""}""", tools[1]!.ToJsonString());
    }

    [Fact]
    public void Tool_choice_becomes_a_mode()
    {
        static string? Mode(ToolChoice choice)
        {
            var request = Say("x");
            request.Tools.Add(new ToolDefinition("weather", null, Schema));
            request.ToolChoice = choice;
            return Write(request).Json["toolConfig"]?["functionCallingConfig"]!.ToJsonString();
        }
        Assert.Null(Mode(ToolChoice.Unset));
        Assert.Equal("""{"mode":"AUTO"}""", Mode(new(ToolChoiceKind.Auto)));
        Assert.Equal("""{"mode":"NONE"}""", Mode(new(ToolChoiceKind.None)));
        Assert.Equal("""{"mode":"ANY"}""", Mode(new(ToolChoiceKind.Required)));
        Assert.Equal("""{"mode":"ANY","allowedFunctionNames":["weather"]}""", Mode(new(ToolChoiceKind.Named, "weather")));
    }

    [Fact]
    public void Sampling_and_limits_are_carried_and_what_does_not_fit_is_reported()
    {
        var request = Say("x");
        request.MaxTokens = 7;
        request.Temperature = 0.25;
        request.TopP = 0.5;
        request.TopK = 3;
        request.Seed = 1L << 40;
        request.FrequencyPenalty = -1;
        request.PresencePenalty = double.NaN;
        request.StopSequences.AddRange(["a", "", "b", "c", "d", "e", "f"]);
        request.User = "u";
        var (json, unsupported) = Write(request, "gemini-2.0-flash");
        Assert.Equal(
            """{"maxOutputTokens":7,"temperature":0.25,"topP":0.5,"topK":3,"frequencyPenalty":-1,"stopSequences":["a","b","c","d","e"]}""",
            json["generationConfig"]!.ToJsonString());
        Assert.Equal(["seed of more than 32 bits", "more than 5 stop sequences", "user"], unsupported);
    }

    [Theory]
    [InlineData("gemini-2.0-flash", true)]
    [InlineData("gemini-2.5-flash", false)]
    [InlineData("gemini-3-flash-preview", false)]
    [InlineData("gemini-flash-latest", false)]
    public void Penalties_go_to_models_that_know_them(string model, bool known)
    {
        var request = Say("x");
        (request.FrequencyPenalty, request.PresencePenalty) = (0.5, 0);
        var (json, unsupported) = Write(request, model);
        Assert.Equal(known ? """{"frequencyPenalty":0.5,"presencePenalty":0}""" : "{}", json["generationConfig"]!.ToJsonString());
        Assert.Equal(known ? [] : ["frequency_penalty"], unsupported);
    }

    [Fact]
    public void A_media_type_that_many_write_wrongly_is_written_rightly()
    {
        var request = Of(User(new MediaPart(MediaKind.Image, "image/jpg", "AAAA", null), new MediaPart(MediaKind.Image, "image/jpg", null, "https://example.com/a")));
        Assert.Equal(
            """[{"role":"user","parts":[{"inlineData":{"mimeType":"image/jpeg","data":"AAAA"}},{"fileData":{"mimeType":"image/jpeg","fileUri":"https://example.com/a"}}]}]""",
            Contents(request));
    }

    [Theory]
    [InlineData("gemini-2.5-flash", false)]
    [InlineData("gemini-3-flash-preview", true)]
    public void Json_output_beside_tools_is_for_the_third_generation(string model, bool expected)
    {
        var request = Say("x");
        request.Output = new OutputFormat(OutputFormatKind.JsonSchema, "n", Schema);
        Assert.Equal(Schema, Write(request, model).Json["generationConfig"]!["responseJsonSchema"]!.ToJsonString());
        request.Tools.Add(new ToolDefinition("weather", null, Schema));
        var (json, unsupported) = Write(request, model);
        Assert.Equal(expected ? "application/json" : null, (string?)json["generationConfig"]!["responseMimeType"]);
        Assert.Equal(!expected, unsupported.Contains("response_format beside tools"));
    }

    [Theory]
    [InlineData("gemini-2.5-flash", "medium", null, """{"thinkingBudget":8192}""")]
    [InlineData("gemini-2.5-flash", "none", null, """{"thinkingBudget":0}""")]
    [InlineData("gemini-2.5-pro", "none", null, """{"thinkingBudget":128}""")]
    [InlineData("gemini-2.5-pro", null, 100000, """{"thinkingBudget":32768}""")]
    [InlineData("gemini-2.5-flash-lite", null, 100, """{"thinkingBudget":512}""")]
    [InlineData("gemini-2.5-flash", null, null, """{"thinkingBudget":-1}""")]
    [InlineData("gemini-3-flash-preview", "minimal", null, """{"thinkingLevel":"MINIMAL"}""")]
    [InlineData("gemini-3-pro-preview", "medium", null, """{"thinkingLevel":"HIGH"}""")]
    [InlineData("gemini-3.1-pro-preview", "medium", null, """{"thinkingLevel":"MEDIUM"}""")]
    [InlineData("gemini-3-pro-preview", "none", null, """{"thinkingLevel":"LOW"}""")]
    [InlineData("gemini-3-pro-preview", null, 2000, """{"thinkingBudget":2000}""")]
    [InlineData("gemini-2.0-flash", "high", null, null)]
    [InlineData("gemma-4-31b-it", "high", null, null)]
    public void Thinking_is_a_budget_or_a_level_never_both(string model, string? effort, int? budget, string? expected)
    {
        var request = Say("x");
        request.Reasoning = new ReasoningRequest(true, effort, budget);
        var (json, unsupported) = Write(request, model);
        Assert.Equal(expected, json["generationConfig"]!["thinkingConfig"]?.ToJsonString());
        Assert.Equal(expected is null, unsupported.Contains("reasoning"));
    }

    [Theory]
    [InlineData(24576, 3293, 2469)]
    [InlineData(2000, 3293, 2000)]
    [InlineData(24576, 100, 128)]
    public void Thoughts_leave_room_for_the_answer(int budget, int limit, int expected)
    {
        var request = Say("x");
        (request.Reasoning, request.MaxTokens) = (new ReasoningRequest(true, null, budget), limit);
        Assert.Equal(expected, (int)Write(request, "gemini-2.5-pro").Json["generationConfig"]!["thinkingConfig"]!["thinkingBudget"]!);
    }

    [Fact]
    public void Media_goes_inline_or_by_address_and_what_cannot_be_fetched_is_reported()
    {
        var request = Of(User(
            new MediaPart(MediaKind.Image, "image/png", "AAAA", null),
            new MediaPart(MediaKind.Image, "", null, "https://example.org/cat.JPG?x=1"),
            new MediaPart(MediaKind.Document, "", null, "gs://bucket/file"),
            new MediaPart(MediaKind.Image, "", null, "https://example.org/cat"),
            new MediaPart(MediaKind.Image, "image/png", null, "http://example.org/cat.png"),
            new UnmappedPart("input_file")));
        var (json, unsupported) = Write(request);
        Assert.Equal(
            """
            [{"inlineData":{"mimeType":"image/png","data":"AAAA"}},
            {"fileData":{"mimeType":"image/jpeg","fileUri":"https://example.org/cat.JPG?x=1"}},
            {"fileData":{"fileUri":"gs://bucket/file"}}]
            """.ReplaceLineEndings(""), json["contents"]![0]!["parts"]!.ToJsonString());
        Assert.Equal(["image input by URL", "input_file"], unsupported);
    }

    [Theory]
    [InlineData("gemini-2.5-pro", """[{"functionResponse":{"id":"1","name":"shot","response":{"result":"see"}}},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]""")]
    [InlineData("gemini-3-pro-preview", """[{"functionResponse":{"id":"1","name":"shot","response":{"result":"see"},"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}}]""")]
    public void A_picture_in_a_result_is_inside_it_or_behind_it(string model, string expected)
    {
        var result = new ToolResultPart("1", [new TextPart("see"), new MediaPart(MediaKind.Image, "image/png", "AAAA", null)], false) { Name = "shot" };
        Assert.Equal(expected, Write(Of(User(result)), model).Json["contents"]![0]!["parts"]!.ToJsonString());
    }
}
