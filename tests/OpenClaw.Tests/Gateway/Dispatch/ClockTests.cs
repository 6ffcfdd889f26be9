using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>The clocks over all targets together: the whole request's, the one to a stream's first token, and who has how much of them.</summary>
public sealed class ClockTests
{
    // The gateway's; the providers wait by the clock on the wall, and for longer than any test.
    private readonly ManualTime _time = new();

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task When_the_whole_time_is_over_it_is_504_in_words_and_nobody_else_is_asked(bool messages, bool stream)
    {
        await using var stage = await ScriptedStage.StartAsync([messages ? "a/ok" : "p/ok"], """ "timeouts": { "total": "30s" } """, time: _time);
        var asking = stage.AskAsync(messages ? "a/silent" : "p/silent", messages, stream);
        await stage.AskedAsync(1);
        _time.Advance(TimeSpan.FromSeconds(30));
        var answer = await asking;
        Assert.Equal(504, answer.Status);
        AssertTold(answer, messages, messages ? "a/silent: the request's whole time is over" : "p/silent: the request's whole time is over");
        Assert.Equal("silent", Assert.Single(stage.Asked).Model);
        Assert.Equal(["totalTimeout"], Failures(await stage.DecisionAsync(answer)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_deadline_of_a_stream_is_reached_it_is_504_in_words_and_nobody_else_is_asked(bool messages)
    {
        await using var stage = await ScriptedStage.StartAsync([messages ? "a/ok" : "p/ok"], """ "deadline": "5s" """, time: _time);
        var asking = stage.AskAsync(messages ? "a/silent" : "p/silent", messages);
        await stage.AskedAsync(1);
        _time.Advance(TimeSpan.FromSeconds(5));
        var answer = await asking;
        Assert.Equal(504, answer.Status);
        AssertTold(answer, messages, "no answer in time");
        Assert.Equal("silent", Assert.Single(stage.Asked).Model);
        var decision = await stage.DecisionAsync(answer);
        Assert.Equal("failed", decision.GetProperty("outcome").GetString());
        Assert.Equal(["headersTimeout"], Failures(decision));
    }

    [Fact]
    public async Task The_deadline_of_a_stream_is_for_all_targets_together()
    {
        // Each would be given up after eight seconds by its own clock: with twelve for all of them the third is not asked.
        await using var stage = await ScriptedStage.StartAsync(["p/silent", "a/silent", "p/ok"], """ "deadline": "12s", "timeouts": { "headers": "8s" } """, time: _time);
        var asking = stage.AskAsync("default");
        await stage.AskedAsync(1);
        _time.Advance(TimeSpan.FromSeconds(8));
        await stage.AskedAsync(2);
        _time.Advance(TimeSpan.FromSeconds(4));
        var answer = await asking;
        Assert.Equal(504, answer.Status);
        Assert.Equal(["silent", "silent"], stage.Asked.Select(static c => c.Model));
        AssertTold(answer, messages: false, "a/silent");
    }

    [Fact]
    public async Task The_last_target_of_a_whole_answer_has_the_whole_time()
    {
        var answered = new TaskCompletionSource();
        await using var stage = await ScriptedStage.StartAsync(["p/slow"], """ "deadline": "1s", "timeouts": { "answer": "3s" } """, time: _time);
        stage.Server.On("slow", async x =>
        {
            await answered.Task;
            await ScriptedStage.SayAsync(x, "at last");
        });
        var asking = stage.AskAsync("p/silent", stream: false);
        await stage.AskedAsync(1);
        _time.Advance(TimeSpan.FromSeconds(3));
        await stage.AskedAsync(2);
        // Three times as long as a target that has another one behind it is given.
        _time.Advance(TimeSpan.FromSeconds(9));
        answered.SetResult();
        var answer = await asking;
        Assert.True(answer.Status == 200, answer.Body);
        Assert.Contains("at last", answer.Body, StringComparison.Ordinal);
        var decision = await stage.DecisionAsync(answer);
        Assert.Equal("p/slow", decision.GetProperty("answered").GetString());
        Assert.Equal(["headersTimeout", "ok"], Failures(decision));
    }

    [Fact]
    public async Task So_has_one_behind_whom_there_are_only_targets_that_rest()
    {
        var answered = new TaskCompletionSource();
        await using var stage = await ScriptedStage.StartAsync(["p/down"], """ "cooldown": { "base": "5m" }, "timeouts": { "answer": "3s" } """, time: _time);
        stage.Server.On("slow", async x =>
        {
            await answered.Task;
            await ScriptedStage.SayAsync(x, "at last");
        });
        Assert.Equal(503, (await stage.AskAsync("p/down", stream: false, headers: ("x-openclaw-fallback", "off"))).Status);
        var asking = stage.AskAsync("p/slow", stream: false);
        await stage.AskedAsync(2);
        _time.Advance(TimeSpan.FromSeconds(9));
        answered.SetResult();
        var answer = await asking;
        Assert.True(answer.Status == 200, answer.Body);
        Assert.Equal(["ok"], Failures(await stage.DecisionAsync(answer)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stream_that_outlives_the_whole_time_ends_with_an_error_event_and_nobody_goes_on(bool messages)
    {
        await using var stage = await ScriptedStage.StartAsync([messages ? "a/ok" : "p/ok"], """ "timeouts": { "total": "30s", "idle": "60s" } """, time: _time);
        var said = string.Concat(ScriptedAnswer.Tokens.Take(20));
        var isOver = false;
        var answer = await stage.FollowAsync(messages ? "a/stall-after-20-30s" : "p/stall-after-20-30s", messages, soFar =>
        {
            if (isOver || soFar.Text != said) return;
            isOver = true;
            _time.Advance(TimeSpan.FromSeconds(30));
        });
        Assert.Equal(200, answer.Status);
        Assert.Equal(said, answer.Text);
        Assert.True(answer.HasErrorEvent, answer.Body);
        Assert.False(answer.HasEnd, answer.Body);
        Assert.Contains("the request's whole time is over", answer.Body, StringComparison.Ordinal);
        Assert.Equal("stall-after-20-30s", Assert.Single(stage.Asked).Model);
        Assert.Equal("interrupted", (await stage.DecisionAsync(answer)).GetProperty("outcome").GetString());
    }

    // The protocol's own shape, with a sentence that says who was waited for.
    private static void AssertTold(StageAnswer answer, bool messages, string words)
    {
        using var body = JsonDocument.Parse(answer.Body);
        var error = body.RootElement.GetProperty("error");
        Assert.Contains(words, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        if (messages) Assert.Equal("timeout_error", error.GetProperty("type").GetString());
        else Assert.Equal("upstream_timeout", error.GetProperty("code").GetString());
    }

    private static IEnumerable<string?> Failures(JsonElement decision) =>
        decision.GetProperty("attempts").EnumerateArray().Select(static a => a.TryGetProperty("failure", out var failure) ? failure.GetString() : "ok");
}
