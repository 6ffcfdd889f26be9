using OpenClaw.EndToEnd.Cli;
using OpenClaw.EndToEnd.Running;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd.Sessions;

/// <summary><c>openclaw chat</c> without a terminal: plain in, plain out.</summary>
public sealed class ChatCommandTests
{
    [Fact]
    public async Task A_message_is_answered_with_the_answer_and_nothing_else()
    {
        await using var server = SessionConfig.Server(new ScriptedOptions { KeepBodies = true });
        await using var gateway = await GatewayProcess.StartAsync(SessionConfig.Of(server));
        using var folder = new CliFolder();
        var at = At(gateway);

        var said = await folder.RunAsync(["chat", "-m", "hello"], null, at);
        Assert.Equal((0, ScriptedAnswer.Text + "\n", ""), (said.Code, said.Output, said.Error));

        var piped = await folder.RunAsync(["chat"], "two lines,\nne message\n", at);
        Assert.Equal((0, ScriptedAnswer.Text + "\n"), (piped.Code, piped.Output));
        Assert.Contains("two lines,\\nne message", System.Text.Encoding.UTF8.GetString(server.Calls.Last(static c => c.Method == "POST").Body.Span), StringComparison.Ordinal);

        var command = await folder.RunAsync(["chat"], "/model openai/gpt-4o\n", at);
        Assert.Equal(0, command.Code);
        Assert.StartsWith("Model set to openai/gpt-4o for this session only; configured default unchanged.\n", command.Output, StringComparison.Ordinal);
        await folder.RunAsync(["chat", "-m", "/usage full"], null, at);
        var full = await folder.RunAsync(["chat", "-m", "again"], null, at);
        Assert.Equal(ScriptedAnswer.Text + "\n", full.Output);
        Assert.Matches(@"^Usage: \d+ in / \d+ out · 0 cached · \$0\.\d+ · openai/gpt-4o · .* · session \$0\.\d+\n$", full.Error);

        var json = (await folder.RunAsync(["chat", "-m", "hello", "--json"], null, at)).Json;
        Assert.Equal((ScriptedAnswer.Text, "openai/gpt-4o", "main", true), (json.GetProperty("text").GetString(), json.GetProperty("model").GetString(), json.GetProperty("session").GetString(), json.GetProperty("ok").GetBoolean()));
        Assert.True(json.GetProperty("cost").GetDecimal() > 0);

        var list = await folder.RunAsync(["sessions", "list"], null, at);
        Assert.Contains("main     openai/gpt-4o", list.Output, StringComparison.Ordinal);
        Assert.Contains("you:\nhello\n", (await folder.RunAsync(["sessions", "show", "main", "--transcript"], null, at)).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await folder.RunAsync(["sessions", "delete", "main"], null, at)).Code);
        Assert.Equal(1, (await folder.RunAsync(["sessions", "show", "main"], null, at)).Code);
    }

    [Fact]
    public async Task A_fallback_is_told_beside_the_answer_and_a_failure_is_an_error()
    {
        await using var server = SessionConfig.Server();
        await using var gateway = await GatewayProcess.StartAsync(SessionConfig.Of(server));
        using var folder = new CliFolder();
        var at = At(gateway);
        await folder.RunAsync(["chat", "-m", "/model openai/down"], null, at);
        var said = await folder.RunAsync(["chat", "-m", "hello"], null, at);
        Assert.Equal(ScriptedAnswer.Text + "\n", said.Output);
        Assert.StartsWith("↪️ Model Fallback: openai/gpt-4o (selected openai/down; ", said.Error, StringComparison.Ordinal);
        await folder.RunAsync(["chat", "-m", "/model openai/down strict"], null, at);
        var failed = await folder.RunAsync(["chat", "-m", "hello"], null, at);
        Assert.Equal((1, ""), (failed.Code, failed.Output));
        Assert.StartsWith("error: ", failed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_gateway_a_token_or_a_message_the_exit_code_says_which()
    {
        using var folder = new CliFolder();
        Assert.Equal(69, (await folder.RunAsync(["chat", "-m", "hello"])).Code);
        Assert.Equal(69, (await folder.RunAsync(["sessions", "list"])).Code);
        Assert.Equal(2, (await folder.RunAsync(["chat"], "  \n")).Code);
        Assert.Equal(2, (await folder.RunAsync(["chat", "--session", " ", "-m", "x"])).Code);
        await using var server = SessionConfig.Server();
        await using var gateway = await GatewayProcess.StartAsync(SessionConfig.Of(server));
        var refused = await folder.RunAsync(["chat", "-m", "hello", "--url", gateway.Url.ToString(), "--token", "wrong"]);
        Assert.Equal((1, ""), (refused.Code, refused.Output));
        Assert.Contains("refused the token", refused.Error, StringComparison.Ordinal);
    }

    private static (string, string)[] At(GatewayProcess gateway) => [("OPENCLAW_GATEWAY_URL", gateway.Url.ToString()), ("OPENCLAW_GATEWAY_TOKEN", RunningConfig.Token)];
}
