using System.Text.Json;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>What a target's protocol has no word for: told to the caller, or refused where that is configured.</summary>
public sealed class UnsupportedPartsTests
{
    private const string Reject = "\"unsupported\": \"reject\"";
    private const string ChatOnly = "\"seed\": 7, \"frequency_penalty\": 0.5";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Is_named_in_a_header_and_in_the_decision(bool stream)
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        var answer = await stage.AskAsync("a/ok", stream: stream, more: ChatOnly);
        Assert.Equal((200, "a/ok cannot carry frequency_penalty, seed"), (answer.Status, answer.Headers["x-openclaw-warnings"]));
        var warnings = (await stage.DecisionAsync(answer)).GetProperty("warnings");
        Assert.Equal(["a/ok cannot carry frequency_penalty, seed"], warnings.EnumerateArray().Select(static w => w.GetString()));
    }

    [Fact]
    public async Task Of_a_Messages_request_is_named_too()
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        var answer = await stage.AskAsync("p/ok", messages: true, stream: false, more: "\"top_k\": 5");
        Assert.Equal((200, "p/ok cannot carry top_k"), (answer.Status, answer.Headers["x-openclaw-warnings"]));
    }

    [Fact]
    public async Task A_target_that_can_carry_everything_has_no_warning()
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        var answer = await stage.AskAsync("p/ok", stream: false, more: ChatOnly);
        Assert.Equal((200, false), (answer.Status, answer.Headers.ContainsKey("x-openclaw-warnings")));
        using var sent = JsonDocument.Parse(Assert.Single(stage.Asked).Body);
        Assert.Equal(7, sent.RootElement.GetProperty("seed").GetInt32());
    }

    [Fact]
    public async Task Is_refused_in_words_and_the_target_is_not_called()
    {
        await using var stage = await ScriptedStage.StartAsync([], Reject);
        var answer = await stage.AskAsync("a/ok", stream: false, more: ChatOnly, headers: ("x-openclaw-fallback", "off"));
        Assert.Equal(400, answer.Status);
        using var json = JsonDocument.Parse(answer.Body);
        Assert.Contains("a/ok: cannot carry frequency_penalty, seed", json.RootElement.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(stage.Asked);
    }

    [Fact]
    public async Task A_target_that_can_carry_it_answers_in_place_of_one_that_is_refused()
    {
        await using var stage = await ScriptedStage.StartAsync(["p/ok"], Reject);
        var answer = await stage.AskAsync("a/ok", stream: false, more: ChatOnly);
        Assert.Equal((200, "p/ok"), (answer.Status, answer.Headers["x-openclaw-model"]));
        Assert.Equal("/v1/chat/completions", Assert.Single(stage.Asked).Path);
    }
}
