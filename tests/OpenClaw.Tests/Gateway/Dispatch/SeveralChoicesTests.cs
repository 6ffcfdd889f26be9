namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>An answer of several choices (<c>n</c>) is whole when each of them is, or when the provider says so.</summary>
public sealed class SeveralChoicesTests
{
    private const string Done = "[DONE]";

    [Fact]
    public async Task That_the_first_choice_is_complete_does_not_make_the_second_one_so()
    {
        var answer = await AskAsync(cut: true, Piece(0, "one"), Piece(1, "tw"), End(0));
        Assert.True(answer.HasErrorEvent, answer.Body);
        Assert.False(answer.HasEnd, answer.Body);
    }

    [Fact]
    public async Task A_proper_end_of_the_body_is_no_end_of_a_choice()
    {
        var answer = await AskAsync(cut: false, Piece(0, "one"), Piece(1, "tw"), End(0));
        Assert.True(answer.HasErrorEvent, answer.Body);
        Assert.False(answer.HasEnd, answer.Body);
    }

    [Fact]
    public async Task With_each_choice_complete_the_answer_is_and_a_repeated_end_is_not_another_choices()
    {
        var whole = await AskAsync(cut: true, Piece(0, "one"), Piece(1, "two"), End(1), End(0));
        Assert.False(whole.HasErrorEvent, whole.Body);
        Assert.True(whole.HasEnd, whole.Body);
        var repeated = await AskAsync(cut: true, Piece(0, "one"), End(0), End(0), Piece(1, "tw"));
        Assert.True(repeated.HasErrorEvent, repeated.Body);
    }

    [Fact]
    public async Task The_protocols_last_word_ends_it_also_where_the_provider_gave_one_choice_only()
    {
        var answer = await AskAsync(cut: false, Piece(0, "one"), End(0), Done);
        Assert.False(answer.HasErrorEvent, answer.Body);
        Assert.True(answer.HasEnd, answer.Body);
    }

    [Fact]
    public async Task The_protocols_last_word_is_not_passed_on_while_a_choice_is_open()
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        stage.Server.On("two", static x => ScriptedStage.EventsAsync(x, [Piece(0, "one"), Piece(1, "tw"), End(0), Done]));
        // Where all of it comes in one read nothing was sent yet, and the answer is an error by its status.
        var answer = await stage.AskAsync("p/two", more: "\"n\": 2");
        Assert.True(answer.Status != 200 || answer.HasErrorEvent, answer.Body);
        Assert.False(answer.HasEnd, answer.Body);
    }

    [Fact]
    public async Task A_server_that_knows_nothing_of_choices_and_of_the_last_word_has_answered_whole()
    {
        var answer = await AskAsync(cut: false, Piece(0, "one"), End(0));
        Assert.False(answer.HasErrorEvent, answer.Body);
        Assert.True(answer.HasEnd, answer.Body);
    }

    private static async Task<StageAnswer> AskAsync(bool cut, params string[] events)
    {
        await using var stage = await ScriptedStage.StartAsync(["p/ok"]);
        stage.Server.On("two", x => ScriptedStage.EventsAsync(x, events, cut));
        var answer = await stage.AskAsync("p/two", more: "\"n\": 2");
        Assert.Equal(200, answer.Status);
        Assert.Single(stage.Asked);
        return answer;
    }

    private static string Piece(int choice, string text) => $$$"""{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":{{{choice}}},"delta":{"content":"{{{text}}}"},"finish_reason":null}]}""";

    private static string End(int choice) => $$$"""{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":{{{choice}}},"delta":{},"finish_reason":"stop"}]}""";
}
