using System.Text.Json;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>A JSON document that was cut is finished as one document, or not at all.</summary>
public sealed class StructuredAnswerTests
{
    private const string Half = """{"name": "Al""";
    private const string Whole = """{"name": "Alice", "age": 7}""";
    private const string InOtherWords = """{"name":"Alice","age":7}""";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Where_no_answer_repeats_what_was_sent_the_stream_ends_with_an_error_and_never_with_broken_JSON(bool messages)
    {
        var (answer, decision) = await AskAsync(messages, ["other"], Format(messages));
        Assert.Equal(Half, answer.Text);
        Assert.True(answer.HasErrorEvent, answer.Body);
        Assert.False(answer.HasEnd, answer.Body);
        Assert.Equal("interrupted", decision.GetProperty("outcome").GetString());
        // The one that was cut is asked again, last: it might have said the same and gone on.
        Assert.Equal(["cut", "unsupported", "cut"], Failures(decision));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_next_target_is_asked_and_the_document_is_whole(bool messages)
    {
        var (answer, decision) = await AskAsync(messages, ["other", "same"], Format(messages));
        Assert.Equal(Whole, answer.Text);
        Assert.False(answer.HasErrorEvent, answer.Body);
        Assert.True(answer.HasEnd, answer.Body);
        Assert.DoesNotContain(answer.Seams, static s => s.Contains("seam", StringComparison.Ordinal));
        Assert.Equal(["cut", "unsupported", "ok"], Failures(decision));
    }

    [Fact]
    public async Task A_call_instead_of_the_rest_of_the_document_is_no_end_of_it()
    {
        var (answer, decision) = await AskAsync(messages: false, ["tool", "same"], Format(messages: false));
        Assert.Equal(Whole, answer.Text);
        Assert.DoesNotContain("get_weather", answer.Body, StringComparison.Ordinal);
        Assert.Equal(["cut", "unsupported", "ok"], Failures(decision));
    }

    [Theory]
    [InlineData("\"response_format\": { \"type\": \"text\" }")]
    [InlineData("\"output_config\": { \"effort\": \"high\" }")]
    public async Task What_is_no_document_is_continued_as_any_text(string more)
    {
        var (answer, _) = await AskAsync(messages: false, ["other"], more);
        Assert.False(answer.HasErrorEvent, answer.Body);
        Assert.True(answer.HasEnd, answer.Body);
    }

    private static string Format(bool messages) => messages
        ? """ "output_config": { "effort": "low", "format": { "type": "json_schema", "schema": { "type": "object" } } } """
        : """ "response_format": { "json_schema": { "name": "x", "schema": { "type": "object" } }, "type": "json_schema" } """;

    private static async Task<(StageAnswer Answer, JsonElement Decision)> AskAsync(bool messages, string[] next, string more)
    {
        var provider = messages ? "a" : "p";
        // Both go on with a given beginning: with a document that is not asked of them.
        await using var stage = await ScriptedStage.StartAsync([$"{provider}/half", .. next.Select(n => $"{provider}/{n}")], providers: static server => $$"""
            "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKey": "sk-of-p", "prefill": true },
            "a": { "api": "anthropic-messages", "baseUrl": "{{server.Origin}}", "apiKey": "sk-of-a", "prefill": true }
            """);
        stage.Server.On("half", static x => ScriptedStage.SayAsync(x, Half, cut: true));
        stage.Server.On("other", static x => ScriptedStage.SayAsync(x, InOtherWords));
        stage.Server.On("same", static x => ScriptedStage.SayAsync(x, Whole));
        var answer = await stage.AskAsync("default", messages, more: more);
        Assert.Equal(200, answer.Status);
        if (more == Format(messages)) Assert.DoesNotContain(stage.Asked, static c => c.IsPrefill);
        return (answer, await stage.DecisionAsync(answer));
    }

    private static IEnumerable<string?> Failures(JsonElement decision) =>
        decision.GetProperty("attempts").EnumerateArray().Select(static a => a.TryGetProperty("failure", out var failure) ? failure.GetString() : "ok");
}
