using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Errors;

namespace OpenClaw.Tests.Gateway.Dialects.OpenAiChat;

public class ReadRequestTests
{
    private static ChatRequest Of(string json)
    {
        var (request, error) = Wire.Dialect.ReadRequest(Encoding.UTF8.GetBytes(json));
        Assert.Null(error);
        return request!;
    }

    private static ChatRequest With(string fields) => Of($$"""{"model":"m","messages":[{"role":"user","content":"hi"}],{{fields}}}""");

    private static ChatRequest Messages(string messages) => Of($$"""{"model":"m","messages":[{{messages}}]}""");

    [Fact]
    public void All_roles_find_their_place()
    {
        var r = Messages("""
            {"role":"system","content":"S"}, {"role":"user","name":"bob","content":"hi"},
            {"role":"assistant","content":"let me see","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"not json"}}]},
            {"role":"tool","tool_call_id":"b","content":[{"type":"text","text":"two"}]}, {"role":"tool","tool_call_id":"a","content":"one"},
            {"role":"developer","content":[{"type":"text","text":"D"}]}, {"role":"user","content":[{"type":"text","text":"go on"}]}
            """);
        Assert.Equal(["S"], r.System.Select(s => s.Text));
        Assert.Equal([ChatRole.User, ChatRole.Assistant, ChatRole.User, ChatRole.User, ChatRole.User], r.Turns.Select(t => t.Role));
        Assert.Equal((true, new TextPart("D")), (r.Turns[3].IsSystem, Assert.Single(r.Turns[3].Parts)));
        Assert.Equal("bob", r.Turns[0].Name);
        Assert.Equal([new TextPart("let me see"), new ToolCallPart("a", "f", "{\"x\":1}"), new ToolCallPart("b", "g", "not json")], r.Turns[1].Parts);
        Assert.Equal([("b", "g", "two"), ("a", "f", "one")], r.Turns[2].Parts.Cast<ToolResultPart>().Select(p => (p.CallId, p.Name!, ((TextPart)p.Content[0]).Text)));
        Assert.Empty(r.Unmapped);
    }

    [Fact]
    public void Functions_of_2023_become_tools_with_ids_that_match()
    {
        var r = Of("""
            {"messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"out"}],
             "functions":[{"name":"f"}],"function_call":{"name":"f"}}
            """);
        var call = Assert.IsType<ToolCallPart>(Assert.Single(r.Turns[1].Parts));
        var result = Assert.IsType<ToolResultPart>(Assert.Single(r.Turns[2].Parts));
        Assert.Equal((call.Id, "f"), (result.CallId, result.Name));
        Assert.Equal(new ToolChoice(ToolChoiceKind.Named, "f"), r.ToolChoice);
        Assert.Equal("""{"type":"object","properties":{}}""", Assert.Single(r.Tools).ParametersJson);
    }

    [Fact]
    public void Images_sounds_and_files_become_media()
    {
        var r = Messages("""
            {"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/PNG;base64,AAAA","detail":"low"}},{"type":"image_url","image_url":"https://x/y.png"},
            {"type":"input_audio","input_audio":{"data":"BBBB","format":"mp3"}},{"type":"file","file":{"file_data":"data:application/pdf;base64,CCCC","filename":"a.pdf"}},
            {"type":"video_url","video_url":{"url":"https://x/v.mp4"}},{"type":"file","file":{"file_id":"file-1"}},{"type":"hologram"}]}
            """);
        Assert.Equal(
            [
                new MediaPart(MediaKind.Image, "image/png", "AAAA", null) { Detail = "low" },
                new MediaPart(MediaKind.Image, "", null, "https://x/y.png"),
                new MediaPart(MediaKind.Audio, "audio/mpeg", "BBBB", null),
                new MediaPart(MediaKind.Document, "application/pdf", "CCCC", null) { FileName = "a.pdf" },
                new MediaPart(MediaKind.Video, "", null, "https://x/v.mp4"),
                new UnmappedPart("file_id"),
                new UnmappedPart("hologram part"),
            ], r.Turns[0].Parts);
        Assert.Equal(["file_id", "hologram part"], r.Unmapped);
    }

    [Fact]
    public void Cache_marks_are_kept()
    {
        var r = Of("""
            {"messages":[{"role":"user","content":[{"type":"text","text":"long","cache_control":{"type":"ephemeral"}}]}],
             "tools":[{"type":"function","function":{"name":"f"},"cache_control":{"type":"ephemeral"}}]}
            """);
        Assert.Equal("""{"type":"ephemeral"}""", r.Turns[0].Parts[0].CacheControl);
        Assert.Equal("""{"type":"ephemeral"}""", r.Tools[0].CacheControl);
    }

    [Fact]
    public void Returned_reasoning_is_read_with_its_signatures()
    {
        var r = Messages("""
            {"role":"user","content":"x"},
            {"role":"assistant","content":"y","reasoning":"think","reasoning_details":[{"type":"reasoning.text","text":"think","signature":"S","index":0},{"type":"reasoning.encrypted","data":"D","index":1},
              {"type":"reasoning.encrypted","data":"TS","id":"c1","format":"google-gemini-v1"}],
              "tool_calls":[{"id":"c1","function":{"name":"f","arguments":"{}"}},{"id":"c2","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"TS2"}}}]}
            """);
        Assert.Equal(
            [new ReasoningPart("think", "S"), new ReasoningPart("", null) { RedactedData = "D" }, new TextPart("y"), new ToolCallPart("c1", "f", "{}") { Signature = "TS" }, new ToolCallPart("c2", "f", "{}") { Signature = "TS2" }],
            r.Turns[1].Parts);
    }

    [Fact]
    public void Our_own_streamed_reasoning_finds_its_signature_again()
    {
        var r = Messages("""{"role":"assistant","content":"y","reasoning_content":"think","reasoning_details":[{"type":"reasoning.text","text":"","signature":"S","index":0}]},{"role":"user","content":"x"}""");
        Assert.Equal([new ReasoningPart("think", "S"), new TextPart("y")], r.Turns[0].Parts);
    }

    [Fact]
    public void So_do_several_blocks_of_it()
    {
        var r = Messages("""{"role":"assistant","content":"y","reasoning_content":"one two","reasoning_details":[{"type":"reasoning.text","text":"","signature":"S","index":0},{"type":"reasoning.encrypted","data":"D","index":1},{"type":"reasoning.text","text":"","signature":"T","id":"openclaw.chars.4","index":2}]},{"role":"user","content":"x"}""");
        Assert.Equal([new ReasoningPart("one", "S"), new ReasoningPart("", null) { RedactedData = "D" }, new ReasoningPart(" two", "T"), new TextPart("y")], r.Turns[0].Parts);
    }

    [Fact]
    public void A_text_that_several_signatures_could_sign_is_left_unsigned()
    {
        var r = Messages("""{"role":"assistant","content":"y","reasoning_content":"think","reasoning_details":[{"type":"reasoning.text","signature":"S"},{"type":"reasoning.text","signature":"T"}]},{"role":"user","content":"x"}""");
        Assert.Equal([new ReasoningPart("think", null), new TextPart("y")], r.Turns[0].Parts);
    }

    [Fact]
    public void Numbers_and_flags_are_read()
    {
        var r = With("""
            "stream":true,"temperature":0.5,"top_p":0.9,"top_k":40,"frequency_penalty":0.1,"presence_penalty":-0.1,"seed":42,"max_tokens":10,"max_completion_tokens":20,
            "stop":["a","b"],"parallel_tool_calls":false,"user":"u","stream_options":{"include_usage":true}
            """);
        Assert.Equal((true, 0.5, 0.9, 40, 0.1, -0.1, 42L, 20, false, "u"),
            (r.Stream, r.Temperature, r.TopP, r.TopK, r.FrequencyPenalty, r.PresencePenalty, r.Seed, r.MaxTokens, r.ParallelToolCalls, r.User));
        Assert.Equal(["a", "b"], r.StopSequences);
        Assert.Empty(r.Unmapped);
        Assert.Equal(["x"], With("\"stop\":\"x\"").StopSequences);
        Assert.Null(With("\"max_tokens\":-1").MaxTokens);
        Assert.Equal(7, With("\"max_tokens\":7.0").MaxTokens);
        // Whoever shares a cache is not one user.
        Assert.Equal((null, "prompt_cache_key"), (With("\"prompt_cache_key\":\"k\"").User, Assert.Single(With("\"prompt_cache_key\":\"k\"").Unmapped)));
    }

    [Theory]
    [InlineData("\"auto\"", ToolChoiceKind.Auto, null)]
    [InlineData("\"none\"", ToolChoiceKind.None, null)]
    [InlineData("\"required\"", ToolChoiceKind.Required, null)]
    [InlineData("\"any\"", ToolChoiceKind.Required, null)]
    [InlineData("""{"type":"function","function":{"name":"f"}}""", ToolChoiceKind.Named, "f")]
    [InlineData("""{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[]}}""", ToolChoiceKind.Required, null)]
    [InlineData("""{"type":"custom","custom":{"name":"f"}}""", ToolChoiceKind.Unset, null)]
    internal void Tool_choice_has_many_forms(string json, ToolChoiceKind kind, string? name) =>
        Assert.Equal(new ToolChoice(kind, name), With($"\"tool_choice\":{json}").ToolChoice);

    [Fact]
    public void Tools_keep_their_schema_as_it_is_written()
    {
        var tool = Assert.Single(With("""
            "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object", "x-y": 1.0},"strict":true}}]
            """).Tools);
        Assert.Equal(("f", "d", """{"type":"object", "x-y": 1.0}""", true), (tool.Name, tool.Description, tool.ParametersJson, tool.Strict));
    }

    [Theory]
    [InlineData("""{"type":"text"}""", OutputFormatKind.Text, null, null)]
    [InlineData("""{"type":"json_object"}""", OutputFormatKind.JsonObject, null, null)]
    [InlineData("""{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"},"strict":true}}""", OutputFormatKind.JsonSchema, "n", """{"type":"object"}""")]
    internal void Response_formats(string json, OutputFormatKind kind, string? name, string? schema)
    {
        var output = With($"\"response_format\":{json}").Output;
        Assert.Equal((kind, name, schema), (output.Kind, output.Name, output.SchemaJson));
    }

    [Theory]
    [InlineData("\"reasoning_effort\":\"low\"", true, "low", null, null)]
    [InlineData("\"reasoning_effort\":\"none\"", false, "none", null, null)]
    [InlineData("\"reasoning\":{\"effort\":\"high\",\"exclude\":true}", true, "high", null, false)]
    [InlineData("\"reasoning\":{\"max_tokens\":2000}", true, null, 2000, true)]
    [InlineData("\"reasoning\":{\"enabled\":false}", false, null, null, null)]
    [InlineData("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":3000}", true, null, 3000, true)]
    [InlineData("\"thinking\":{\"type\":\"disabled\"}", false, null, null, null)]
    public void Reasoning_has_many_forms(string field, bool enabled, string? effort, int? budget, bool? include) =>
        Assert.Equal(new ReasoningRequest(enabled, effort, budget, include), With(field).Reasoning);

    [Fact]
    public void Fields_without_a_counterpart_are_named() => Assert.Equal(
        ["n", "logprobs", "top_logprobs", "logit_bias", "modalities", "audio", "prediction", "store", "metadata", "service_tier", "web_search_options", "verbosity", "vendor_field"],
        With("""
            "n":2,"logprobs":true,"top_logprobs":3,"logit_bias":{"1":-100},"modalities":["text","audio"],"audio":{"voice":"v"},"prediction":{"type":"content"},"store":true,
            "metadata":{"a":"b"},"service_tier":"flex","web_search_options":{"search_context_size":"low"},"verbosity":"low","vendor_field":[1]
            """).Unmapped);

    [Fact]
    public void Fields_that_say_what_is_the_case_anyway_are_not_named() => Assert.Empty(With("""
        "n":1,"logprobs":false,"top_logprobs":null,"logit_bias":{},"modalities":["text"],"store":false,"metadata":{},"service_tier":"auto"
        """).Unmapped);

    [Fact]
    public void Custom_tools_are_named() => Assert.Equal(["custom tool", "web_search tool"], With("""
        "tools":[{"type":"custom","custom":{"name":"c"}},{"type":"web_search"}]
        """).Unmapped);

    [Theory]
    [InlineData("", "body")]
    [InlineData("[]", "body")]
    [InlineData("{", "body")]
    [InlineData("{} {}", "body")]
    [InlineData("{}", "messages")]
    [InlineData("""{"messages":[]}""", "messages")]
    [InlineData("""{"messages":{}}""", "messages")]
    [InlineData("""{"messages":["x"]}""", "messages.0")]
    [InlineData("""{"messages":[{"content":"x"}]}""", "messages.0.role")]
    [InlineData("""{"messages":[{"role":"robot","content":"x"}]}""", "messages.0.role")]
    [InlineData("""{"messages":[{"role":"user","content":"a"},{"role":"user"}]}""", "messages.1.content")]
    [InlineData("""{"messages":[{"role":"user","content":5}]}""", "messages.0.content")]
    [InlineData("""{"messages":[{"role":"user","content":[{"text":"x"}]}]}""", "messages.0.content.0.type")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text"}]}]}""", "messages.0.content.0.text")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]}""", "messages.0.content.0.image_url.url")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png,AA"}}]}]}""", "messages.0.content.0.image_url.url")]
    [InlineData("""{"messages":[{"role":"system","content":[{"type":"image_url","image_url":{"url":"http://x"}}]}]}""", "messages.0.content")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":[{"id":"a"}]}]}""", "messages.0.tool_calls.0.function.name")]
    [InlineData("""{"messages":[{"role":"tool","content":"x"}]}""", "messages.0.tool_call_id")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"temperature":"hot"}""", "temperature")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"max_tokens":0}""", "max_tokens")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"max_tokens":1.5}""", "max_tokens")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"stream":"yes"}""", "stream")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"stop":[1]}""", "stop")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":{}}""", "tools")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function"}]}""", "tools.0.function")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{}}]}""", "tools.0.function.name")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":[]}}]}""", "tools.0.function.parameters")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tool_choice":"maybe"}""", "tool_choice")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tool_choice":{}}""", "tool_choice")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"xml"}}""", "response_format.type")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"reasoning":"much"}""", "reasoning")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"\ud800":1}""", "body")]
    public void Errors_name_the_field_and_what_to_write(string json, string field)
    {
        var (request, error) = Wire.Dialect.ReadRequest(Encoding.UTF8.GetBytes(json));
        Assert.Null(request);
        Assert.Equal((GatewayErrorKind.BadRequest, field), (error!.Kind, error.Param));
        Assert.StartsWith(field + ": ", error.Message, StringComparison.Ordinal);
        Assert.Matches("write|not JSON", error.Message);
    }

    [Fact]
    public void Broken_surrogates_in_text_do_not_break_the_request() =>
        Assert.Equal(new TextPart("x\ufffd"), Messages("""{"role":"user","content":"x\ud83d"}""").Turns[0].Parts[0]);

    [Fact]
    public void Errors_have_OpenAIs_shape()
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        Wire.Dialect.WriteError(new GatewayError(GatewayErrorKind.BadRequest, "stop: \"x\"") { Param = "stop" }, "req", output);
        Assert.Equal("""{"error":{"message":"stop: \"x\"","type":"invalid_request_error","param":"stop","code":"invalid_request"}}""", Encoding.UTF8.GetString(output.WrittenSpan));
        using var parsed = JsonDocument.Parse(output.WrittenMemory);
        Assert.Equal(4, parsed.RootElement.GetProperty("error").EnumerateObject().Count());
    }
}
