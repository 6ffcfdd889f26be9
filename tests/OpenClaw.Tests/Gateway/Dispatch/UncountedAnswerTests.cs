using System.Text;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>Complete answers whose providers count nothing, or one side only: what they do not count is estimated, and marked so.</summary>
public sealed class UncountedAnswerTests
{
    // 200 letters: fifty tokens as estimated.
    private static readonly string s_text = string.Concat(Enumerable.Repeat("The lobster waits a ", 10));

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"input_tokens":null,"output_tokens":null}""")]
    [InlineData("""{"input_tokens":-4,"output_tokens":1e30}""")]
    public async Task A_whole_message_that_counts_nothing_is_estimated(string usage)
    {
        var bill = await WholeAsync("a", Message(usage));
        Assert.Equal((50, true), (bill.Output, bill.Estimated));
        Assert.InRange(bill.Input, 10, 60);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    public async Task A_streamed_message_that_counts_nothing_is_estimated(string usage)
    {
        var bill = await StreamAsync("a", Messages(usage, usage));
        Assert.Equal((50, true), (bill.Output, bill.Estimated));
        Assert.InRange(bill.Input, 10, 60);
    }

    [Fact]
    public async Task The_number_that_a_message_opens_with_is_no_count_of_its_answer()
    {
        var bill = await StreamAsync("a", Messages("""{"input_tokens":7,"output_tokens":1}""", "null"));
        Assert.Equal((7, 50, true), bill);
    }

    [Fact]
    public async Task A_prompt_of_zero_that_a_message_opens_with_is_no_count_and_one_that_it_ends_with_is()
    {
        var opening = await StreamAsync("a", Messages("""{"input_tokens":0,"output_tokens":0}""", """{"output_tokens":44}"""));
        Assert.Equal((44, true), (opening.Output, opening.Estimated));
        Assert.InRange(opening.Input, 10, 60);
        Assert.Equal((0, 44, false), await StreamAsync("a", Messages("""{"input_tokens":0,"output_tokens":0}""", """{"input_tokens":0,"output_tokens":44}""")));
        Assert.Equal((7, 44, false), await StreamAsync("a", Messages("""{"input_tokens":0,"output_tokens":0}""", """{"input_tokens":7,"output_tokens":44}""")));
        Assert.Equal((0, 44, false), await WholeAsync("a", Message("""{"input_tokens":0,"output_tokens":44}""")));
    }

    [Fact]
    public async Task The_opening_and_the_end_of_a_message_count_together()
    {
        var bill = await StreamAsync("a", Messages("""{"input_tokens":7,"output_tokens":1}""", """{"output_tokens":44}"""));
        Assert.Equal((7, 44, false), bill);
    }

    [Fact]
    public async Task A_whole_message_that_counts_only_its_prompt_has_its_output_estimated() =>
        Assert.Equal((50, 50, true), await WholeAsync("a", Message("""{"input_tokens":50}""")));

    [Theory]
    [InlineData("""{"prompt_tokens":null,"completion_tokens":null}""")]
    [InlineData("""{"prompt_tokens":-10,"completion_tokens":-10}""")]
    [InlineData("""{"prompt_tokens":1e30,"completion_tokens":1e30}""")]
    public async Task A_completion_that_counts_nothing_is_estimated(string usage)
    {
        var whole = await WholeAsync("p", Completion(usage));
        Assert.Equal((50, true), (whole.Output, whole.Estimated));
        Assert.InRange(whole.Input, 10, 60);
        var streamed = await StreamAsync("p", Chunks(usage));
        Assert.Equal((50, true), (streamed.Output, streamed.Estimated));
        Assert.InRange(streamed.Input, 10, 60);
    }

    [Fact]
    public async Task A_completion_that_counts_one_side_has_the_other_estimated()
    {
        Assert.Equal((50, 50, true), await WholeAsync("p", Completion("""{"prompt_tokens":50}""")));
        var (input, output, estimated) = await WholeAsync("p", Completion("""{"completion_tokens":44}"""));
        Assert.Equal((44, true), (output, estimated));
        Assert.InRange(input, 10, 60);
    }

    [Fact]
    public async Task A_total_counts_the_side_that_is_missing()
    {
        Assert.Equal((50, 200, false), await WholeAsync("p", Completion("""{"prompt_tokens":50,"total_tokens":250}""")));
        Assert.Equal((50, 200, false), await WholeAsync("g", Content("""{"promptTokenCount":50,"totalTokenCount":250}""")));
        Assert.Equal((50, 200, false), await WholeAsync("g", Content("""{"candidatesTokenCount":200,"totalTokenCount":250}""")));
    }

    [Fact]
    public async Task Candidates_that_are_not_counted_are_estimated_beside_the_prompt() =>
        Assert.Equal((50, 50, true), await WholeAsync("g", Content("""{"promptTokenCount":50}""")));

    [Fact]
    public async Task Thoughts_alone_are_all_that_was_generated()
    {
        var body = """{"candidates":[{"content":{"role":"model","parts":[{"text":"Hm, a lobster.","thought":true}]},"finishReason":"MAX_TOKENS","index":0}],"usageMetadata":{"promptTokenCount":5,"thoughtsTokenCount":9,"totalTokenCount":14}}""";
        Assert.Equal((5, 9, false), await WholeAsync("g", body));
    }

    [Fact]
    public async Task Nothing_generated_and_not_counted_is_nothing() =>
        Assert.Equal((50, 0, false), await WholeAsync("p", Completion("""{"prompt_tokens":50}""", text: "")));

    [Fact]
    public async Task A_zero_that_is_reported_stays_a_zero() =>
        Assert.Equal((0, 0, false), await WholeAsync("p", Completion("""{"prompt_tokens":0,"completion_tokens":0}""")));

    private static Task<(int Input, int Output, bool Estimated)> WholeAsync(string provider, string body) =>
        BillAsync(provider, stream: false, x => x.WholeAsync(200, "application/json", Encoding.UTF8.GetBytes(body)));

    private static Task<(int Input, int Output, bool Estimated)> StreamAsync(string provider, string[] events) =>
        BillAsync(provider, stream: true, x => ScriptedStage.EventsAsync(x, events));

    private static async Task<(int Input, int Output, bool Estimated)> BillAsync(string provider, bool stream, Func<ScriptedExchange, Task> play)
    {
        await using var stage = await ScriptedStage.StartAsync([], providers: static server => $$"""
            "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKey": "sk-of-p" },
            "a": { "api": "anthropic-messages", "baseUrl": "{{server.Origin}}", "apiKey": "sk-of-a" },
            "g": { "api": "google-generative-ai", "baseUrl": "{{server.Origin}}/v1beta", "apiKey": "sk-of-g" }
            """);
        stage.Server.On("m", play);
        var answer = await stage.AskAsync(provider + "/m", messages: provider == "a", stream: stream);
        Assert.Equal(200, answer.Status);
        // Nothing used is not written down.
        if (!(await stage.DecisionAsync(answer)).TryGetProperty("usage", out var usage)) return default;
        return (usage.GetProperty("input").GetInt32(), usage.GetProperty("output").GetInt32(), usage.TryGetProperty("estimated", out _));
    }

    private static string Message(string usage) =>
        $$"""{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"{{s_text}}"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{usage}}}""";

    private static string[] Messages(string opening, string end) =>
    [
        $$$"""{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{{{opening}}}}}""",
        """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""",
        $$$"""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{s_text}}}"}}""",
        """{"type":"content_block_stop","index":0}""",
        $$$"""{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{{{end}}}}""",
        """{"type":"message_stop"}""",
    ];

    private static string Completion(string usage, string? text = null) =>
        $$$"""{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"{{{text ?? s_text}}}"},"finish_reason":"stop"}],"usage":{{{usage}}}}""";

    private static string[] Chunks(string usage) =>
    [
        $$$"""{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"{{{s_text}}}"},"finish_reason":null}]}""",
        """{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""",
        $$$"""{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{{{usage}}}}""",
        "[DONE]",
    ];

    private static string Content(string usage) =>
        $$$"""{"candidates":[{"content":{"role":"model","parts":[{"text":"{{{s_text}}}"}]},"finishReason":"STOP","index":0}],"usageMetadata":{{{usage}}}}""";
}
