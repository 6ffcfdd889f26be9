using System.CommandLine;
using System.Runtime.InteropServices;
using OpenClaw.Config;
using OpenClaw.Gateway;

namespace OpenClaw.Commands;

/// <summary><c>openclaw gateway</c>: serves until SIGTERM or Ctrl-C, then drains.</summary>
internal static class GatewayCommand
{
    public static Command Build()
    {
        var config = new Option<string?>("--config") { Description = "The configuration file (default: OPENCLAW_CONFIG_PATH, ~/.openclaw/openclaw.json)" };
        var bind = new Option<string?>("--bind") { Description = "loopback, lan or auto; over gateway.bind" };
        var port = new Option<int?>("--port") { Description = "Over gateway.port; 0 takes a free one" };
        var quiet = new Option<bool>("--quiet") { Description = "No decision lines on standard output" };
        var command = new Command("gateway", "Serve") { config, bind, port, quiet };
        command.SetAction((parsed, cancel) => RunAsync(parsed.GetValue(config), parsed.GetValue(bind), parsed.GetValue(port), parsed.GetValue(quiet)));
        return command;
    }

    private static async Task<int> RunAsync(string? config, string? bind, int? port, bool quiet)
    {
        if (!TryBind(bind, out var mode))
        {
            Terminal.Error($"--bind {bind} is not known", "write loopback, lan or auto");
            return ExitCode.Usage;
        }
        if (port is < 0 or > 65535)
        {
            Terminal.Error($"--port {port} is not a port", "write a number from 0 to 65535");
            return ExitCode.Usage;
        }
        var (host, refusal) = await GatewayHost.StartAsync(new GatewayOptions
        {
            ConfigPath = Places.ConfigFile(config),
            Bind = mode,
            Port = port,
            Version = VersionCommand.Version,
            DecisionOutput = quiet ? null : Console.OpenStandardOutput(),
            Log = Terminal.Log,
        }).ConfigureAwait(false);
        if (host is null)
        {
            Terminal.Error(refusal!.Message, refusal.Hint);
            foreach (var problem in refusal.Problems) Terminal.Line("  " + problem);
            return ExitCode.Config;
        }
        await using (host)
        {
            foreach (var warning in host.Warnings) Terminal.Log(warning.ToString());
            Terminal.Log($"listening on {host.Address.ToString().TrimEnd('/')}");
            await SignalAsync().ConfigureAwait(false);
            await host.StopAsync().ConfigureAwait(false);
        }
        return ExitCode.Ok;
    }

    /// <summary>Completes on SIGTERM, SIGINT or SIGQUIT. A second signal ends the process at once.</summary>
    public static async Task SignalAsync()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Stop(PosixSignalContext signal) => signal.Cancel = asked.TrySetResult();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, Stop);
        await asked.Task.ConfigureAwait(false);
    }

    private static bool TryBind(string? text, out BindMode? mode)
    {
        mode = text switch
        {
            "loopback" => BindMode.Loopback,
            "lan" => BindMode.Lan,
            "auto" => BindMode.Auto,
            _ => null,
        };
        return text is null || mode is not null;
    }
}
