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
            var start = new ProcessStartInfo("python3", [Path.Combine(SharedFiles.Repository, "tests", "clients", "terminal.py"), GatewayProcess.Binary, "chat", "--session", "tty"])
            {
                RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            };
            start.Environment["OPENCLAW_STATE_DIR"] = state;
            start.Environment["OPENCLAW_GATEWAY_URL"] = gateway.Url.ToString();
            start.Environment["OPENCLAW_GATEWAY_TOKEN"] = RunningConfig.Token;
            start.Environment["TERM"] = "xterm-256color";
            using var terminal = Process.Start(start)!;
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
            foreach (var (until, type) in talk) await terminal.StandardInput.WriteLineAsync(Quote(until) + "\t" + Quote(type));
            terminal.StandardInput.Close();
            var output = terminal.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await terminal.WaitForExitAsync(limit.Token);
            Assert.True(terminal.ExitCode == 0, $"{terminal.ExitCode}: {await terminal.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)}\n{await output}");
            var turns = (await gateway.GetAsync("/openclaw/v1/sessions/tty?transcript=true", RunningConfig.Bearer())).Json["transcript"]!["turns"]!.AsArray();
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
