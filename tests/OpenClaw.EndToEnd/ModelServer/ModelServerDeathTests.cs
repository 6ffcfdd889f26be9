using System.Text.Json;
using OpenClaw.Gateway.Providers.Scripted;
using static OpenClaw.EndToEnd.ModelServer.ModelServerTests;

namespace OpenClaw.EndToEnd.ModelServer;

/// <summary>A model server that dies in mid-answer, and one that comes back.</summary>
[Collection("model server")]
public sealed class ModelServerDeathTests
{
    [Fact]
    public async Task Killed_in_mid_answer_the_cloud_finishes_and_the_next_server_is_used_again()
    {
        await using var server = await LlamaServer.StartAsync(slots: 1);
        await using var stage = await LlamaStage.StartAsync(server.Port, """{ "cooldown": { "base": "50ms", "max": "200ms" } }""");
        var reply = await AskAndDoAsync(stage, server.Kill);
        await AssertHealedAsync(stage, reply);

        await server.WaitForExitAsync();
        await using var next = await LlamaServer.StartAsync(slots: 1, server.Port);
        ChatReply? last = null;
        Assert.True(await Eventually.IsTrueAsync(async () => (last = await AskParisAsync(stage)).Header("x-openclaw-model") == LlamaStage.Local), $"the new server is not asked: {last}");
    }

    [Fact]
    public async Task Killed_before_a_whole_answer_is_there_the_cloud_answers()
    {
        await using var server = await LlamaServer.StartAsync(slots: 1);
        await using var stage = await LlamaStage.StartAsync(server.Port);
        var asked = stage.Client.AskAsync(Story("openclaw", stream: false), TestContext.Current.CancellationToken);
        Assert.True(await Eventually.IsTrueAsync(server.IsBusyAsync), "the request was not begun");
        server.Kill();
        var reply = await asked;
        AssertWhole(reply, LlamaStage.Cloud);
        Assert.Equal(ScriptedAnswer.Text, reply.Text);
    }

    [Fact]
    public async Task Told_to_stop_or_frozen_it_falls_silent_and_the_cloud_finishes()
    {
        foreach (var frozen in (bool[])[false, true])
        {
            await using var server = await LlamaServer.StartAsync(slots: 1);
            await using var stage = await LlamaStage.StartAsync(server.Port, """{ "timeouts": { "idle": "1500ms" } }""");
            var reply = await AskAndDoAsync(stage, frozen ? server.Freeze : server.Terminate);
            var decision = await AssertHealedAsync(stage, reply);
            // Now and then a server that is told to stop closes its streams without the silence.
            string[] expected = frozen ? ["idleTimeout"] : ["idleTimeout", "cut"];
            Assert.Contains(decision.GetProperty("attempts")[0].GetProperty("failure").GetString(), expected);
        }
    }

    [Fact]
    public async Task While_it_starts_every_answer_is_whole_and_then_it_answers_itself()
    {
        var port = GatewayProcess.FreePort();
        await using var stage = await LlamaStage.StartAsync(port, """{ "cooldown": { "base": "50ms", "max": "200ms" } }""");
        AssertWhole(await AskParisAsync(stage), LlamaStage.Cloud);
        await using var server = await LlamaServer.LaunchAsync(slots: 1, port);
        Assert.True(await Eventually.IsTrueAsync(async () =>
        {
            var reply = await AskParisAsync(stage);
            Assert.True(reply.LooksWhole && reply.Violations.Count == 0, reply.ToString());
            return reply.Header("x-openclaw-model") == LlamaStage.Local;
        }), "the server is never asked");
    }

    /// <summary>Asks for a long story, and does it once the first words are there.</summary>
    private static async Task<ChatReply> AskAndDoAsync(LlamaStage stage, Action action)
    {
        var done = false;
        return await stage.Client.AskAsync(
            Story("openclaw", stream: true) with
            {
                OnEvent = reply =>
                {
                    if (done || reply.TextBuilder.Length < 20) return;
                    done = true;
                    action();
                },
            },
            TestContext.Current.CancellationToken);
    }

    // One stream, one finish, and after the words of the one that died all the words of the other.
    private static async Task<JsonElement> AssertHealedAsync(LlamaStage stage, ChatReply reply)
    {
        AssertWhole(reply, LlamaStage.Local);
        Assert.EndsWith(ScriptedAnswer.Text, reply.Text, StringComparison.Ordinal);
        Assert.True(reply.Text.Length > ScriptedAnswer.Text.Length, "nothing of the first answer is there");
        var decision = await stage.DecisionAsync(reply);
        Assert.Equal("healed", decision.GetProperty("outcome").GetString());
        Assert.Single(stage.CloudChats);
        return decision;
    }

    private static Task<ChatReply> AskParisAsync(LlamaStage stage) =>
        stage.Client.AskAsync(Greedy(new ChatAsk("openclaw", ClientProtocol.Chat, true, "What is the capital of France?")), TestContext.Current.CancellationToken);
}
