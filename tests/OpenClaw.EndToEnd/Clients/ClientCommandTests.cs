using OpenClaw.EndToEnd.Running;
using OpenClaw.EndToEnd.Sessions;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Clients;

/// <summary>Slash commands through the official npm clients, whole, streamed and through the clients' own helpers: what the gateway answers itself must look like any answer.</summary>
public sealed class ClientCommandTests
{
    private const string Opus = "anthropic/claude-opus-4";

    // Clients always send a name; what is set in the session holds all the same.
    private static readonly string[] s_turns = ["/help", "/models", $"/model {Opus}", "hello", "/status", "/usage full", "hello again", "/model nosuch/thing", "/budget", "/new", "/model default", "/reset"];

    [Fact]
    public Task Through_openai() => CheckAsync(new OpenAiNodeClient(), "stop");

    [Fact]
    public Task Through_anthropic() => CheckAsync(new AnthropicNodeClient(), "end_turn");

    private static async Task CheckAsync(OfficialClient client, string finish)
    {
        if (client.Missing is { } why) Assert.Skip(why);
        await using var server = SessionConfig.Server();
        await using var gateway = await GatewayProcess.StartAsync(SessionConfig.Of(server));
        ClientAsk Ask(string name) => new(name, "openai/gpt-4o") { Act = ClientAct.Turns, Session = name, Turns = s_turns };
        ClientAsk[] asks = [Ask("whole"), Ask("streamed") with { Stream = true }, Ask("helped") with { Stream = true, Helper = true }];
        var replies = await client.RunAsync(gateway.Url, RunningConfig.Token, asks);
        foreach (var ask in asks)
        {
            var reply = replies[ask.Name];
            Assert.True(reply.Error is null, $"{ask.Name}: {reply}");
            Check(ask.Name, reply, finish);
        }
        // Of three times twelve messages two each went to a model, and nothing of the commands did.
        Assert.Equal(6, server.Calls.Count(static c => c.Method == "POST"));
    }

    private static void Check(string name, ClientReply reply, string finish)
    {
        var texts = reply.Text.Split("\n---\n");
        Assert.Equal(s_turns.Length, texts.Length);
        Assert.StartsWith("Commands (answered by the gateway", texts[0], StringComparison.Ordinal);
        Assert.StartsWith("Providers:", texts[1], StringComparison.Ordinal);
        Assert.StartsWith($"Model set to {Opus} for this session only; configured default unchanged.", texts[2], StringComparison.Ordinal);
        Assert.Equal(ScriptedAnswer.Text, texts[3]);
        Assert.Contains($"🧠 Model: {Opus} · pinned session", texts[4], StringComparison.Ordinal);
        Assert.Contains(name, texts[4], StringComparison.Ordinal);
        // A client's program owns its content: no footer is put into an answer, whatever was set.
        Assert.StartsWith("⚙️ Usage footer: full.", texts[5], StringComparison.Ordinal);
        Assert.Equal(ScriptedAnswer.Text, texts[6]);
        Assert.Contains("Nothing was changed", texts[7], StringComparison.Ordinal);
        Assert.Equal("No budget applies here.", texts[8]);
        Assert.StartsWith("✅ New session started.", texts[9], StringComparison.Ordinal);
        Assert.StartsWith("Session model reset to configured default", texts[10], StringComparison.Ordinal);
        Assert.StartsWith("✅ Session reset.", texts[11], StringComparison.Ordinal);

        Assert.Equal("claude-opus-4", reply.Models[3]);
        Assert.All(reply.Models.Where(static (_, i) => i is not 3 and not 6), static m => Assert.Equal("openclaw", m));
        Assert.Equal((finish, 0L, 0L), (reply.Finish, reply.Input, reply.Output));
    }
}
