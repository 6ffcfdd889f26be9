using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>An answer that is cut in the middle: healed, or ended with an error where that is asked for; how the caller sees the place.</summary>
public sealed class ContinuationTests
{
    private const string Road = "The road was long and the night was cold when the lobster";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task With_continuation_on_the_next_target_finishes_a_cut_answer(bool messages)
    {
        await using var stage = await ScriptedStage.StartAsync([Next(messages)]);
        var answer = await stage.AskAsync(Cut(messages), messages);
        Assert.Equal(ScriptedAnswer.Text, answer.Text);
        Assert.False(answer.HasErrorEvent, answer.Body);
        Assert.True(answer.HasEnd, answer.Body);
        Assert.Equal(2, stage.Asked.Count);
        Assert.Equal("healed", (await stage.DecisionAsync(answer)).GetProperty("outcome").GetString());
    }

    [Theory]
    [InlineData(false, "header")]
    [InlineData(true, "header")]
    [InlineData(false, "config")]
    [InlineData(true, "config")]
    public async Task With_continuation_off_a_cut_answer_ends_with_an_error_event_and_nobody_else_is_asked(bool messages, string how)
    {
        await using var stage = await ScriptedStage.StartAsync([Next(messages)], how == "config" ? "\"continuation\": \"off\"" : "");
        var answer = await stage.AskAsync(Cut(messages), messages, headers: how == "header" ? [("x-openclaw-continuation", "off")] : []);
        Assert.Equal(200, answer.Status);
        Assert.Equal(string.Concat(ScriptedAnswer.Tokens.Take(20)), answer.Text);
        Assert.True(answer.Events.Last().TryGetProperty("error", out var error), answer.Body);
        Assert.Contains("interrupted", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        if (messages) Assert.Contains("event: error\n", answer.Body, StringComparison.Ordinal);
        Assert.False(answer.HasEnd, answer.Body);
        Assert.Empty(answer.Seams);
        Assert.Equal("cut-after-20", Assert.Single(stage.Asked).Model);
        var decision = await stage.DecisionAsync(answer);
        Assert.Equal("interrupted", decision.GetProperty("outcome").GetString());
        Assert.Equal(1, decision.GetProperty("attempts").GetArrayLength());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task With_continuation_off_a_target_that_fails_before_its_first_word_is_still_replaced(bool messages)
    {
        await using var stage = await ScriptedStage.StartAsync([Next(messages)], "\"continuation\": \"off\"");
        var answer = await stage.AskAsync(messages ? "a/down" : "p/down", messages);
        Assert.Equal(ScriptedAnswer.Text, answer.Text);
        Assert.True(answer.HasEnd, answer.Body);
    }

    // Who begins and who goes on: the protocol of the caller, of the first and of the second target.
    [Theory]
    [InlineData(false, "p", "p")]
    [InlineData(false, "a", "p")]
    [InlineData(true, "a", "a")]
    [InlineData(true, "p", "a")]
    public async Task Another_answer_goes_on_where_the_texts_part_and_the_place_is_marked(bool messages, string first, string second)
    {
        var seen = await SeamAsync(messages, first, second, Road + " came home", "The road was short and it never rained.");
        Assert.Equal(Road + " came home short and it never rained.", seen.Answer.Text);
        AssertHandOver(seen.Answer, first, second);
        AssertSeam(seen.Answer, "parted", "home", " short");
        Assert.Contains($"{second}/next: gave another answer: it goes on from the word where the texts part", seen.Notes);
    }

    [Theory]
    [InlineData(false, "p", "p")]
    [InlineData(false, "p", "a")]
    [InlineData(true, "a", "a")]
    [InlineData(true, "a", "p")]
    public async Task Other_words_that_meet_the_text_again_go_on_exactly_and_the_place_is_marked(bool messages, string first, string second)
    {
        var seen = await SeamAsync(messages, first, second, Road, "A" + Road[3..] + " came home.");
        Assert.Equal(Road + " came home.", seen.Answer.Text);
        AssertHandOver(seen.Answer, first, second);
        AssertSeam(seen.Answer, "resynchronised", "lobster", " came");
        Assert.Contains($"{second}/next: said it in other words, then went on where the answer was cut", seen.Notes);
    }

    [Theory]
    [InlineData(false, "p", "p")]
    [InlineData(true, "a", "a")]
    public async Task The_same_answer_has_no_seam_but_the_hand_over(bool messages, string first, string second)
    {
        var seen = await SeamAsync(messages, first, second, Road, Road + " came home.");
        Assert.Equal(Road + " came home.", seen.Answer.Text);
        AssertHandOver(seen.Answer, first, second);
        Assert.Single(seen.Answer.Seams);
        Assert.Contains($"{second}/next: went on exactly where the answer was cut", seen.Notes);
    }

    // The first hop reports as it goes 100 tokens of prompt, 30 of them cached, and 7 of output; the second 110 and a token a word.
    [Theory]
    [InlineData(false, "p", "p")]
    [InlineData(false, "a", "p")]
    [InlineData(false, "p", "a")]
    [InlineData(true, "a", "a")]
    [InlineData(true, "p", "a")]
    [InlineData(true, "a", "p")]
    public async Task The_usage_of_all_hops_is_added_up_for_the_caller(bool messages, string first, string second)
    {
        await using var stage = await ScriptedStage.StartAsync([second + "/next"]);
        stage.Server.On("half", CountedHalfAsync);
        stage.Server.On("next", static x => ScriptedStage.SayAsync(x, "The lobster is home.", promptTokens: 110));
        var answer = await stage.AskAsync(first + "/half", messages, more: messages ? "" : """ "stream_options": { "include_usage": true } """);
        Assert.Equal("The lobster is home.", answer.Text);
        Assert.Equal((210, 30, 11), answer.Usage);
        var usage = (await stage.DecisionAsync(answer)).GetProperty("usage");
        Assert.Equal((180, 30, 11), (usage.GetProperty("input").GetInt64(), usage.GetProperty("cacheRead").GetInt64(), usage.GetProperty("output").GetInt64()));
    }

    [Theory]
    [InlineData(false, "p")]
    [InlineData(true, "a")]
    public async Task What_a_cut_hop_never_got_to_report_is_estimated_and_added(bool messages, string provider)
    {
        await using var stage = await ScriptedStage.StartAsync([provider + "/next"]);
        stage.Server.On("half", static x => ScriptedStage.SayAsync(x, Road, promptTokens: 100, cut: true));
        stage.Server.On("next", static x => ScriptedStage.SayAsync(x, Road + " came home.", promptTokens: 110));
        var answer = await stage.AskAsync(provider + "/half", messages, more: messages ? "" : """ "stream_options": { "include_usage": true } """);
        var usage = (await stage.DecisionAsync(answer)).GetProperty("usage");
        Assert.Equal((usage.GetProperty("input").GetInt64(), usage.GetProperty("output").GetInt64()), (answer.Usage.Prompt, answer.Usage.Output));
        Assert.True(usage.GetProperty("estimated").GetBoolean());
        // Messages opens with the prompt's tokens; Chat says them at its end only, which never came.
        if (messages) Assert.Equal(210, answer.Usage.Prompt);
        else Assert.InRange(answer.Usage.Prompt, 111, 209);
        Assert.InRange(answer.Usage.Output, 14 + 6, 14 + 30);
    }

    private static string Cut(bool messages) => messages ? "a/cut-after-20" : "p/cut-after-20";

    private static string Next(bool messages) => messages ? "a/ok" : "p/ok";

    private static async Task<(StageAnswer Answer, string[] Notes)> SeamAsync(bool messages, string first, string second, string half, string next)
    {
        await using var stage = await ScriptedStage.StartAsync([second + "/next"]);
        stage.Server.On("half", x => ScriptedStage.SayAsync(x, half, cut: true));
        stage.Server.On("next", x => ScriptedStage.SayAsync(x, next));
        var answer = await stage.AskAsync(first + "/half", messages);
        Assert.True(answer.HasEnd, answer.Body);
        Assert.False(answer.HasErrorEvent, answer.Body);
        var decision = await stage.DecisionAsync(answer);
        return (answer, [.. decision.GetProperty("notes").EnumerateArray().Select(static n => n.GetString()!)]);
    }

    private static void AssertHandOver(StageAnswer answer, string first, string second)
    {
        using var mark = JsonDocument.Parse(answer.Seams[0]);
        Assert.Equal(
            (first + "/half", second + "/next", "cut"),
            (mark.RootElement.GetProperty("from").GetString(), mark.RootElement.GetProperty("to").GetString(), mark.RootElement.GetProperty("because").GetString()));
    }

    private static void AssertSeam(StageAnswer answer, string kind, string last, string next)
    {
        Assert.Equal(2, answer.Seams.Length);
        Assert.Equal($$"""{"seam":"{{kind}}"}""", answer.Seams[1]);
        var mark = answer.Body.IndexOf(": openclaw {\"seam\"", StringComparison.Ordinal);
        Assert.True(answer.Body.IndexOf($"{last}\"", StringComparison.Ordinal) < mark, answer.Body);
        Assert.True(answer.Body.IndexOf($"\"{next}", StringComparison.Ordinal) > mark, answer.Body);
    }

    private static async Task CountedHalfAsync(ScriptedExchange x)
    {
        await x.HeadAsync(200, x.Wire.StreamType, null);
        string[] events = x.Wire == ScriptedWire.Anthropic
            ?
            [
                """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":70,"cache_read_input_tokens":30,"output_tokens":1}}}""",
                """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""",
                """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"The lobster"}}""",
                """{"type":"message_delta","delta":{"stop_reason":null,"stop_sequence":null},"usage":{"output_tokens":7}}""",
            ]
            : ["""{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"The lobster"},"finish_reason":null}],"usage":{"prompt_tokens":100,"completion_tokens":7,"total_tokens":107,"prompt_tokens_details":{"cached_tokens":30}}}"""];
        foreach (var data in events) await x.Connection.ChunkAsync(System.Text.Encoding.UTF8.GetBytes($"data: {data}\n\n"));
    }
}
