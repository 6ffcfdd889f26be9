using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using OpenClaw.Config;
using OpenClaw.Demo;
using OpenClaw.Gateway;

namespace OpenClaw.Commands;

/// <summary><c>openclaw demo</c>: a gateway on the embedded provider, four faults driven through it over HTTP, each healed.</summary>
internal static class DemoCommand
{
    public static void Fill(Command command)
    {
        var port = new Option<int>("--port") { Description = "Where the gateway listens; without it a free port", HelpName = "N" };
        var once = new Option<bool>("--once") { Description = "End after the show: 0 when every fault was healed, else 1" };
        command.Add(port);
        command.Add(once);
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(port), parsed.GetValue(once)));
    }

    private static async Task<int> RunAsync(int port, bool once)
    {
        if (port is < 0 or > 65535) return Terminal.Fail(false, $"--port {port} is not a port", "write a number from 0 to 65535", ExitCode.Usage);
        using var signals = new Signals();
        var folder = Directory.CreateTempSubdirectory("openclaw-demo-");
        try
        {
            var file = Path.Combine(folder.FullName, "openclaw.json");
            // Taken and never listened on: whoever calls it is refused, and nobody else can come to listen there.
            using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            await File.WriteAllBytesAsync(file, DemoConfig.Write(new Uri($"http://{closed.LocalEndPoint}/v1"))).ConfigureAwait(false);
            // Nothing of the user's own keys, token or settings takes part.
            var (host, refusal) = await GatewayHost.StartAsync(new GatewayOptions
            {
                ConfigPath = file, Port = port, Environment = ConfigEnvironment.Empty, Version = VersionCommand.Version,
            }).ConfigureAwait(false);
            if (host is null)
            {
                Terminal.Error(refusal!.Message, refusal.Hint);
                foreach (var problem in refusal.Problems) Terminal.Line("  " + problem);
                return ExitCode.Config;
            }
            await using (host)
            {
                var isHealed = await ShowAsync(host.Address, signals.Token).ConfigureAwait(false);
                if (!once && !signals.Token.IsCancellationRequested)
                {
                    Terminal.Write(DemoText.Invitation(host.Address.ToString().TrimEnd('/')));
                    await signals.Asked.ConfigureAwait(false);
                }
                await host.StopAsync().ConfigureAwait(false);
                return isHealed ? ExitCode.Ok : ExitCode.NotSo;
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>True when every fault was healed.</summary>
    private static async Task<bool> ShowAsync(Uri gateway, CancellationToken cancel)
    {
        var text = new DemoText(Terminal.HasColors);
        Terminal.Out($"OpenClaw {VersionCommand.Version}: a gateway at {gateway.ToString().TrimEnd('/')}, an embedded provider behind it, no keys, no network.");
        Terminal.Out($"Every request streams over HTTP; every chain ends with {DemoFault.Healthy}, which is well.\n");
        using var client = new DemoClient(gateway);
        try
        {
            // The first request also warms the process up, so that the times below are those of the faults.
            var healthy = await client.AskAsync(DemoFault.Healthy, cancel).ConfigureAwait(false);
            Terminal.Write(text.Head());
            Terminal.Write(text.Rows(0, "no fault", healthy, await client.DecisionAsync(healthy.DecisionId, cancel).ConfigureAwait(false), healthy.Text));
            var isHealed = healthy is { Problem: null, Words: > 0 };
            for (var i = 0; i < DemoFault.All.Length; i++)
            {
                var reply = await client.AskAsync(DemoFault.All[i].Alias, cancel).ConfigureAwait(false);
                var decision = await client.DecisionAsync(reply.DecisionId, cancel).ConfigureAwait(false);
                Terminal.Write(text.Rows(i + 1, DemoFault.All[i].Title, reply, decision, healthy.Text));
                isHealed &= DemoText.IsWhole(reply, healthy.Text);
            }
            Terminal.Out(isHealed ? "All four were healed; the caller saw one whole answer each time.\n" : "Not every fault was healed.\n");
            return isHealed;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
