using System.CommandLine;
using OpenClaw.Config;
using OpenClaw.Gateway;

namespace OpenClaw.Commands;

/// <summary><c>openclaw gateway</c>: serves until SIGTERM or Ctrl-C, then drains.</summary>
internal static class GatewayCommand
{
    public static void Fill(Command command)
    {
        var config = CommonOptions.Config();
        var bind = new Option<string?>("--bind") { Description = "loopback, lan or auto; over gateway.bind", HelpName = "BIND" };
        var port = new Option<int?>("--port") { Description = "Over gateway.port; 0 takes a free one", HelpName = "N" };
        var quiet = new Option<bool>("--quiet") { Description = "No decision lines on standard output" };
        foreach (var option in new Option[] { config, bind, port, quiet }) command.Add(option);
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(config), parsed.GetValue(bind), parsed.GetValue(port), parsed.GetValue(quiet)));
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
        using var signals = new Signals();
        var (host, refusal) = await GatewayHost.StartAsync(new GatewayOptions
        {
            ConfigPath = Places.ConfigFile(config),
            StateFolder = Places.StateFolder,
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
            Terminal.Log($"listening on {host.Address.ToString().TrimEnd('/')}{(host.IsOnAllAddresses ? " and every other address of this machine" : "")}");
            await signals.Asked.ConfigureAwait(false);
            await host.StopAsync().ConfigureAwait(false);
        }
        return ExitCode.Ok;
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
