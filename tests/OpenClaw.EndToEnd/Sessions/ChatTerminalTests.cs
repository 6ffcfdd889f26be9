using System.Diagnostics;
using OpenClaw.EndToEnd.Running;
using OpenClaw.Gateway.Providers.Scripted;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Sessions;

/// <summary><c>openclaw chat</c> on a terminal: python3 holds the other end of one.</summary>
public sealed class ChatTerminalTests
{
    [Fact]
    public async Task Keys_history_completion_and_control_C_work_on_a_real_terminal()
    {
        if (!HasPython()) Assert.Skip("python3 with its pty module is not on this machine");
        await using var server = SessionConfig.Server();
        var paused = new PausedStream(server, "gpt-4o");
        await using var gateway = await GatewayProcess.StartAsync(SessionConfig.Of(server));
        var state = Directory.CreateTempSubdirectory("openclaw-e2e-tty-").FullName;
        try
        {
            // What to wait for, then what to type.
            (string Until, string Type)[] talk =
            [
                ("› ", "helloo\u007f\r"),
                ("the long way home", ""),
                ("› ", "/mod\t gp\u0017openai/gp\t\r"),
                ("Model set to openai/gpt-4o", ""),
                ("› ", "go\r"),
                ("You asked", "\u0003"),
                ("(stopped", ""),
                ("› ", "/model default\r"),
                ("reset to configured default", ""),
                ("› ", "\u001b[A\u001b[A\u001b[A\u001b[A\r"),
                ("the long way home", ""),
                ("› ", "\u001b[200~two\rlines\u001b[201~\u0003"),
                ("› ", "\u0004"),
            ];
            var (code, output, error) = await TalkAsync(gateway, state, "xterm-256color", "tty", talk);
            Assert.True(code == 0, $"{code}: {error}\n{output}");
            var turns = (await gateway.GetAsync("/openclaw/v1/sessions/tty?transcript=true", RunningConfig.Bearer())).Json["transcript"]!["turns"]!.AsArray();
            // Keypad and pastes are as a shell expects them.
            foreach (var (on, off) in ((string, string)[])[("\e[?1h", "\e[?1l"), ("\e[?2004h", "\e[?2004l")]) Assert.True(output.LastIndexOf(off, StringComparison.Ordinal) > output.LastIndexOf(on, StringComparison.Ordinal), off);
            Assert.Equal(["hello", "go", "hello"], turns.Where(t => t!["role"]!.GetValue<string>() == "user").Select(t => t!["text"]!.GetValue<string>()));
            Assert.True(turns[3]!["partial"]!.GetValue<bool>());
            Assert.Equal(["\"hello\"", "\"/model openai/gpt-4o\"", "\"go\"", "\"/model default\"", "\"hello\""], await File.ReadAllLinesAsync(Path.Combine(state, "chat-history"), TestContext.Current.CancellationToken));
            paused.GoOn();
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    [Fact]
    public async Task A_dumb_terminal_gets_plain_lines_and_a_signal_leaves_any_terminal_as_it_was()
    {
        if (!HasPython()) Assert.Skip("python3 with its pty module is not on this machine");
        await using var server = SessionConfig.Server();
        await using var gateway = await GatewayProcess.StartAsync(SessionConfig.Of(server));
        var state = Directory.CreateTempSubdirectory("openclaw-e2e-tty-").FullName;
        try
        {
            var dumb = await TalkAsync(gateway, state, "dumb", "tty", [("› ", "hello\r"), ("the long way home", ""), ("› ", "\u0004")]);
            Assert.True(dumb.Code == 0, $"{dumb.Code}: {dumb.Error}\n{dumb.Output}");
            Assert.DoesNotContain('\e', dumb.Output);
            // A NUL stands for SIGTERM.
            var ended = await TalkAsync(gateway, state, "xterm-256color", "tty", [("› ", "half a line"), ("half a line", "\0")]);
            Assert.True(ended.Code == -15, $"{ended.Code}: {ended.Error}\n{ended.Output}");
            Assert.Contains("\e[?2004l", ended.Output, StringComparison.Ordinal);
            Assert.True(ended.Output.LastIndexOf("\e[?2004l", StringComparison.Ordinal) > ended.Output.LastIndexOf("\e[?2004h", StringComparison.Ordinal));
            var refused = await TalkAsync(gateway, state, "xterm-256color", "owner:..", []);
            Assert.Equal(2, refused.Code);
            Assert.Contains("a name of 1 to 256 characters", refused.Output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    private static async Task<(int Code, string Output, string Error)> TalkAsync(GatewayProcess gateway, string state, string term, string session, (string Until, string Type)[] talk)
    {
        var start = new ProcessStartInfo("python3", [Path.Combine(SharedFiles.Repository, "tests", "clients", "terminal.py"), GatewayProcess.Binary, "chat", "--session", session])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["OPENCLAW_STATE_DIR"] = state;
        start.Environment["OPENCLAW_GATEWAY_URL"] = gateway.Url.ToString();
        start.Environment["OPENCLAW_GATEWAY_TOKEN"] = RunningConfig.Token;
        start.Environment["TERM"] = term;
        using var terminal = Process.Start(start)!;
        foreach (var (until, type) in talk) await terminal.StandardInput.WriteLineAsync(Quote(until) + "\t" + Quote(type));
        terminal.StandardInput.Close();
        var output = terminal.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await terminal.WaitForExitAsync(limit.Token);
        // As a shell tells it: python3 exits with what is left of a negative code in eight bits.
        var code = terminal.ExitCode > 128 ? terminal.ExitCode - 256 : terminal.ExitCode;
        return (code, await output, await terminal.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    private static string Quote(string text) => Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(text));

    private static bool HasPython()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("python3", ["-c", "import pty"]) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
