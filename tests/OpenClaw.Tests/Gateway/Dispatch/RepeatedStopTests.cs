namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>Gemini has no closing frame, and some models say STOP in every chunk: which STOP is the last one only the end of the body tells.</summary>
public sealed class RepeatedStopTests
{
    [Fact]
    public async Task An_answer_that_says_STOP_in_every_chunk_and_is_cut_is_finished_by_the_next_target()
    {
        var answer = await AskAsync(cut: true, Chunk("One lobster", "STOP"), Chunk(" and", "STOP"));
        Assert.Equal("One lobster and two crabs.", answer.Text);
        Assert.True(answer.HasEnd, answer.Body);
        Assert.Contains("because", Assert.Single(answer.Seams), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_ends_in_order_is_whole()
    {
        var answer = await AskAsync(cut: false, Chunk("One lobster", "STOP"), Chunk(" and two crabs.", "STOP"));
        Assert.Equal("One lobster and two crabs.", answer.Text);
        Assert.True(answer.HasEnd, answer.Body);
        Assert.Empty(answer.Seams);
    }

    [Fact]
    public async Task Text_after_a_STOP_takes_it_back()
    {
        var answer = await AskAsync(cut: false, Chunk("One lobster", "STOP"), Chunk(" and", null));
        Assert.Equal("One lobster and two crabs.", answer.Text);
        Assert.Single(answer.Seams);
    }

    [Fact]
    public async Task A_STOP_after_text_without_one_is_believed_whatever_becomes_of_the_connection()
    {
        var answer = await AskAsync(cut: true, Chunk("One lobster", null), Chunk(" and two crabs.", "STOP"));
        Assert.Equal("One lobster and two crabs.", answer.Text);
        Assert.True(answer.HasEnd, answer.Body);
        Assert.Empty(answer.Seams);
    }

    private static async Task<StageAnswer> AskAsync(bool cut, params string[] events)
    {
        await using var stage = await ScriptedStage.StartAsync(["p/next"], providers: static server => $$"""
            "g": { "api": "google-generative-ai", "baseUrl": "{{new Uri(server.Origin, "/v1beta")}}", "apiKey": "k-of-g", "prefill": false },
            "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKey": "sk-of-p", "prefill": false }
            """);
        stage.Server.On("stops", x => ScriptedStage.EventsAsync(x, events, cut));
        stage.Server.On("next", static x => ScriptedStage.SayAsync(x, "One lobster and two crabs."));
        var answer = await stage.AskAsync("g/stops");
        Assert.False(answer.HasErrorEvent, answer.Body);
        return answer;
    }

    private static string Chunk(string text, string? finish) =>
        $$$"""{"candidates":[{"content":{"role":"model","parts":[{"text":"{{{text}}}"}]}{{{(finish is null ? "" : $",\"finishReason\":\"{finish}\"")}}},"index":0}],"responseId":"r1","modelVersion":"stops"}""";
}
