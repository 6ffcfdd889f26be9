using System.CommandLine;
using OpenClaw.Kube.Config;
using OpenClaw.Operator;
using OpenClaw.Operator.Running;

namespace OpenClaw.Commands;

/// <summary><c>openclaw operator run</c>: reconciles a cluster until SIGTERM or Ctrl-C, then finishes what is under way.</summary>
internal static class OperatorRun
{
    public static Command Build()
    {
        var command = new Command("run", "Reconcile a cluster: make every instance what it says, and keep it so");
        var options = OperatorSettings.All.ToDictionary(static s => s.Flag, Option);
        foreach (var option in options.Values) command.Add(option);
        command.SetAction((parsed, _) => RunAsync(flag => parsed.GetResult(options[flag]) is { Implicit: false } given ? given.GetValueOrDefault<string?>() ?? "" : null));
        return command;
    }

    private static Option<string?> Option(OperatorSetting setting) => new(setting.Flag)
    {
        Description = $"{setting.Does} (default: {(setting.Variable is null ? "" : setting.Variable + ", ")}{setting.Default})",
        HelpName = setting.Value,
        Arity = setting.Flag == OperatorSettings.LeaderElect ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
    };

    private static async Task<int> RunAsync(Func<string, string?> flag)
    {
        var read = OperatorSettings.Read(flag, KubeEnvironment.OfProcess(), Environment.MachineName, VersionCommand.Version);
        if (read.Options is null)
        {
            Terminal.Error(read.Problem!.Message, read.Problem.Hint);
            return read.Problem.IsOfCommandLine ? ExitCode.Usage : ExitCode.Config;
        }
        using var signals = new Signals();
        var log = new JsonLog(Console.OpenStandardError(), read.LogLevel, read.LogAsText, TimeProvider.System);
        var (host, refusal) = await OperatorHost.StartAsync(read.Options with { Log = log.Write }, signals.Token).ConfigureAwait(false);
        if (host is null) return Refuse(refusal!);
        await using (host)
        {
            await Task.WhenAny(signals.Asked, host.Ended).ConfigureAwait(false);
            refusal = signals.Asked.IsCompleted ? await host.StopAsync().ConfigureAwait(false) : await host.Ended.ConfigureAwait(false);
        }
        return refusal is null ? ExitCode.Ok : Refuse(refusal);
    }

    private static int Refuse(OperatorRefusal refusal)
    {
        Terminal.Error(refusal.Message, refusal.Hint);
        return refusal.Kind switch
        {
            OperatorRefusalKind.Configuration => ExitCode.Config,
            OperatorRefusalKind.Unreachable => ExitCode.Unreachable,
            _ => ExitCode.NotSo,
        };
    }
}
