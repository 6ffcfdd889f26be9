using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Gemini;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Gateway.Dialects.Gemini;

public class ReadStreamTests
{
    private static readonly GeminiDialect s_dialect = new();

    private static EventLog Read(params string[] payloads) => Streams.Read(s_dialect, payloads);

    private static string Candidate(string parts, string? finish = null, string more = "") =>
        $$$"""{"candidates":[{"content":{"role":"model","parts":[{{{parts}}}]}{{{(finish is null ? "" : $",\"finishReason\":\"{finish}\"")}}}}]{{{more}}}}""";

    private static string Usage(string fields) => $$$""","usageMetadata":{{{{fields}}}}""";

    [Fact]
    public void Reads_text_and_thoughts_whatever_the_order_of_the_fields()
    {
        var log = Read(
            """{"candidates":[{"content":{"parts":[{"thought":true,"text":"hm"}]}}],"responseId":"r1","modelVersion":"gemini-2.5-pro"}""",
            """{"candidates":[{"content":{"parts":[{"text":"a\u00e9\ud83d\ude00","thought":true},{"text":"Hello"}]}}]}""",
            Candidate("""{"text":" world"}""", "STOP"));
        Assert.Equal("start r1 gemini-2.5-pro\nreasoning hmaé😀\ntext Hello world\nfinish Stop ", log.ToString());
    }

    [Fact]
    public void Stop_with_a_function_call_is_told_as_tool_calls()
    {
        var log = Read(
            Candidate("""{"functionCall":{"name":"weather","args":{ "city" : "Bern, \" x" }},"thoughtSignature":"sig=="}"""),
            Candidate("""{"functionCall":{"name":"time","id":"c\u0031","args":{}}}"""),
            Candidate("""{"text":""}""", "STOP"));
        Assert.Equal(
            """
            start  
            call 0  weather
            signature 0 sig==
            arguments 0 {"city":"Bern, \" x"}
            call 1 c1 time
            arguments 1 {}
            finish ToolCalls 
            """.ReplaceLineEndings("\n"), log.ToString());
    }

    [Fact]
    public void Streamed_arguments_are_put_together_and_told_once_the_call_is_whole()
    {
        var log = Read(
            Candidate("""{"functionCall":{"name":"cook","willContinue":true},"thoughtSignature":"s"}"""),
            Candidate("""{"functionCall":{"partialArgs":[{"jsonPath":"$.r.items[0].n","stringValue":"16 ","willContinue":true}],"willContinue":true}}"""),
            Candidate("""{"functionCall":{"partialArgs":[{"jsonPath":"$.r.items[0].n","stringValue":"oz"}],"willContinue":true}}"""),
            Candidate("""{"functionCall":{"partialArgs":[{"jsonPath":"$.r.items[1]['a.b']","numberValue":2.50},{"jsonPath":"$.r.ok","boolValue":false},{"jsonPath":"$.n","nullValue":"NULL_VALUE"}],"willContinue":true}}"""),
            Candidate("""{"functionCall":{}}"""),
            Candidate("""{"functionCall":{"name":"next","willContinue":true}}"""),
            Candidate("""{"functionCall":{}}""", "STOP"));
        Assert.Contains("""arguments 0 {"r":{"items":[{"n":"16 oz"},{"a.b":2.50}],"ok":false},"n":null}""", log.Lines);
        Assert.Contains("arguments 1 {}", log.Lines);
        Assert.Equal(FinishReason.ToolCalls, log.Reason);
    }

    [Fact]
    public void A_half_streamed_call_is_never_told_with_arguments()
    {
        var log = Read(
            Candidate("""{"functionCall":{"name":"pay","willContinue":true}}"""),
            Candidate("""{"functionCall":{"partialArgs":[{"jsonPath":"$.amount","numberValue":1}],"willContinue":true}}"""));
        Assert.DoesNotContain(log.Lines, l => l.StartsWith("arguments", StringComparison.Ordinal));
        Assert.Equal(FinishReason.None, log.Reason);
    }

    [Theory]
    [InlineData("$.a[999999999]")]
    [InlineData("$")]
    [InlineData("$[0]")]
    [InlineData("$..a")]
    [InlineData("$.a[-1]")]
    [InlineData("$.a['x")]
    public void A_path_that_cannot_be_followed_fails_the_answer(string path)
    {
        var log = Read(
            Candidate("""{"functionCall":{"name":"f","willContinue":true}}"""),
            Candidate($$$"""{"functionCall":{"partialArgs":[{"jsonPath":"{{{path}}}","stringValue":"x"}]}}"""),
            Candidate("", "STOP"));
        Assert.Equal(FailureReason.ServerError, log.Failure!.Reason);
        Assert.Equal(FinishReason.None, log.Reason);
    }

    [Theory]
    [InlineData("STOP", nameof(FinishReason.Stop))]
    [InlineData("MAX_TOKENS", nameof(FinishReason.Length))]
    [InlineData("SAFETY", nameof(FinishReason.ContentFilter))]
    [InlineData("BLOCKLIST", nameof(FinishReason.ContentFilter))]
    [InlineData("PROHIBITED_CONTENT", nameof(FinishReason.ContentFilter))]
    [InlineData("SPII", nameof(FinishReason.ContentFilter))]
    [InlineData("IMAGE_SAFETY", nameof(FinishReason.ContentFilter))]
    [InlineData("RECITATION", nameof(FinishReason.ContentFilter))]
    [InlineData("OTHER", nameof(FinishReason.Stop))]
    [InlineData("SOMETHING_NEW", nameof(FinishReason.Stop))]
    public void Finish_reasons_after_text(string word, string expected)
    {
        var log = Read(Candidate("""{"text":"x"}""", word));
        Assert.Equal(expected, log.Reason.ToString());
        Assert.Equal(word is "OTHER" or "SOMETHING_NEW", log.Notes.Contains("finishReason " + word));
    }

    [Theory]
    [InlineData("MALFORMED_FUNCTION_CALL", true, nameof(FailureReason.ServerError))]
    [InlineData("UNEXPECTED_TOOL_CALL", true, nameof(FailureReason.ServerError))]
    [InlineData("MISSING_THOUGHT_SIGNATURE", false, nameof(FailureReason.Signature))]
    [InlineData("OTHER", false, nameof(FailureReason.ServerError))]
    public void Finish_reasons_that_are_failures(string word, bool afterText, string expected)
    {
        var log = Read(Candidate(afterText ? """{"text":"Let me look"}""" : "", word));
        Assert.Equal(expected, log.Failure!.Reason.ToString());
        Assert.Equal(word, log.Failure.Code);
        Assert.Equal(FinishReason.None, log.Reason);
    }

    [Fact]
    public void A_blocked_prompt_is_a_policy_failure()
    {
        var log = Read("""{"promptFeedback":{"safetyRatings":[],"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":7}}""");
        Assert.Equal(FailureReason.Policy, log.Failure!.Reason);
        Assert.Equal("PROHIBITED_CONTENT", log.Failure.Code);
        Assert.Equal(7, log.Total.Input);
    }

    [Fact]
    public void Usage_is_split_into_disjoint_parts()
    {
        var log = Read(Candidate("""{"text":"x"}""", "STOP", Usage(
            """
            "promptTokenCount":100,"cachedContentTokenCount":40,"candidatesTokenCount":5,"thoughtsTokenCount":20,"toolUsePromptTokenCount":3,"totalTokenCount":128,
            "promptTokensDetails":[{"modality":"TEXT","tokenCount":90},{"modality":"AUDIO","tokenCount":10}]
            """.ReplaceLineEndings(""))));
        Assert.Equal((63, 40, 25, 20, 10), (log.Total.Input, log.Total.CacheRead, log.Total.Output, log.Total.Reasoning, log.Total.AudioInput));
        Assert.Equal(128, log.Total.Total);
    }

    [Fact]
    public void Usage_that_comes_after_the_finish_is_still_read_and_the_finish_is_told_once()
    {
        var log = Read(
            Candidate("""{"text":"x"}""", "STOP", Usage("\"trafficType\":\"ON_DEMAND\"")),
            Candidate("", "STOP", Usage("\"promptTokenCount\":3,\"candidatesTokenCount\":4")),
            """{"usageMetadata":{"candidatesTokenCount":6}}""");
        Assert.Equal((3, 6), (log.Total.Input, log.Total.Output));
        Assert.Single(log.Lines, l => l.StartsWith("finish", StringComparison.Ordinal));
    }

    [Fact]
    public void Stop_on_every_chunk_loses_nothing()
    {
        var answer = new ChatAnswer();
        Streams.Read(s_dialect, Streams.Frame(Framing.ServerSentEvents, [Candidate("""{"text":"a"}""", "STOP"), Candidate("""{"text":"b"}""", "STOP")]), answer);
        Assert.Equal("ab", string.Concat(answer.Parts.Cast<TextPart>().Select(p => p.Text)));
    }

    [Theory]
    [InlineData("""{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}""", nameof(FailureReason.Overloaded))]
    [InlineData("""[{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED"}}]""", nameof(FailureReason.RateLimited))]
    public void An_error_in_the_stream_is_a_failure_also_inside_an_array(string frame, string expected)
    {
        var log = Read(Candidate("""{"text":"x"}"""), frame);
        Assert.Equal(expected, log.Failure!.Reason.ToString());
        Assert.Equal("x", log.Joined("text"));
    }

    [Fact]
    public void Several_candidates_cannot_be_continued_and_only_the_first_is_told()
    {
        var reader = s_dialect.OpenReader();
        var log = new EventLog();
        reader.Read(default, """{"candidates":[{"content":{"parts":[{"text":"one"}]},"index":0},{"content":{"parts":[{"text":"two"}]},"index":1}]}"""u8, log);
        Assert.True(reader.IsUncontinuable);
        Assert.Equal("one", log.Joined("text"));
    }

    [Theory]
    [InlineData("inlineData")]
    [InlineData("executableCode")]
    [InlineData("codeExecutionResult")]
    public void A_part_without_a_word_for_it_is_noted_once_and_cannot_be_continued(string kind)
    {
        var reader = s_dialect.OpenReader();
        var log = new EventLog();
        var frame = Encoding.UTF8.GetBytes(Candidate($$$"""{"{{{kind}}}":{"data":"AAAA"}}"""));
        reader.Read(default, frame, log);
        reader.Read(default, frame, log);
        Assert.Equal([kind + " part"], log.Notes);
        Assert.True(reader.IsUncontinuable);
    }

    [Fact]
    public void Signatures_of_thoughts_are_told_and_those_of_plain_text_are_noted()
    {
        var log = Read(Candidate("""{"text":"hm","thought":true,"thoughtSignature":"T"}"""), Candidate("""{"text":"","thoughtSignature":"S"}"""));
        Assert.Equal("T", log.Joined("signature"));
        Assert.Equal(["thoughtSignature of text"], log.Notes);
    }

    [Theory]
    [InlineData("""{"candidates":[{"content":{"parts":[{"text":"he""")]
    [InlineData("""{"setupComplete":{}}""")]
    [InlineData("""{"serverContent":{},"usageMetadata":{"promptTokenCount":1}}""")]
    [InlineData("""{"choices":[{"delta":{"content":"x"}}]}""")]
    [InlineData("<html>bad gateway</html>")]
    [InlineData("""{"candidates":[]} trailing""")]
    [InlineData("\"text\"")]
    public void What_is_not_this_protocol_is_malformed_and_tells_nothing(string frame)
    {
        var log = new EventLog();
        Assert.Equal(FrameOutcome.Malformed, s_dialect.OpenReader().Read(default, Encoding.UTF8.GetBytes(frame), log));
        Assert.Empty(log.Lines);
    }

    [Theory]
    [InlineData("gemini-2.5-flash", "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse")]
    [InlineData("models/gemini-2.5-flash", "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse")]
    [InlineData("tunedModels/my model", "/v1beta/tunedModels/my%20model:streamGenerateContent?alt=sse")]
    [InlineData("a?key=b:c#d", "/v1beta/models/a%3Fkey%3Db%3Ac%23d:streamGenerateContent?alt=sse")]
    public void The_path_names_the_model(string model, string expected) => Assert.Equal(expected, s_dialect.Path(model, stream: true));

    [Fact]
    public void A_model_name_cannot_climb_out_of_the_path()
    {
        var url = new Uri("https://example.org" + s_dialect.Path("../../v1/x", stream: false));
        Assert.StartsWith("/v1beta/models/", url.AbsolutePath, StringComparison.Ordinal);
        Assert.EndsWith(":generateContent", url.AbsolutePath, StringComparison.Ordinal);
    }
}
