using System.Diagnostics;
using System.Globalization;
using OpenClaw.EndToEnd;

namespace OpenClaw.Bench;

/// <summary>
/// The operator before a real kube-apiserver and etcd: fleets of growing size converge, rest, and are looked at by a new process.
/// StatefulSets and claims are made ready by the bench, so that no controller manager takes the machine.
/// </summary>
internal static class OperatorBench
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(30);

    public static async Task<int> RunAsync(string[] args)
    {
        if (BenchCluster.Missing() is { } missing)
        {
            Console.Error.WriteLine($"error: {missing}");
            return 69;
        }
        var sizes = Option(args, "--sizes", "100,1000,3000").Split(',').Select(static s => int.Parse(s, CultureInfo.InvariantCulture)).ToArray();
        var rest = TimeSpan.FromSeconds(int.Parse(Option(args, "--rest", "60"), CultureInfo.InvariantCulture));
        var keep = Option(args, "--keep", "");
        var build = FleetFigures.BuildOf(GatewayProcess.Binary);
        var fleets = FleetFigures.Read(keep, build);
        var text = "";
        foreach (var size in sizes)
        {
            if (fleets.Any(f => f.Size == size)) Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{size} instances: measured before with this build (in {keep})"));
            else
            {
                var fleet = await MeasureAsync(build, size, rest);
                fleets.Add(fleet);
                if (keep.Length > 0) fleet.AppendTo(keep);
            }
            text = OperatorReport.Write([.. fleets.OrderBy(static f => f.Size)]);
            // After each fleet: what was measured is there, whatever becomes of the next.
            if (Option(args, "--out", "") is { Length: > 0 } file) await File.WriteAllTextAsync(file, text);
        }
        Console.Write(text);
        return 0;
    }

    private static string Option(string[] args, string name, string otherwise) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : otherwise;

    private static async Task<FleetFigures> MeasureAsync(string build, int size, TimeSpan rest)
    {
        var figures = new FleetFigures(build, size) { ["load"] = Machine.Load(), ["rest.s"] = rest.TotalSeconds };
        var progress = new Progress(size);
        var folder = Directory.CreateTempSubdirectory("openclaw-bench-").FullName;
        progress.Say("the API server starts");
        await using var cluster = await BenchCluster.StartAsync(folder);
        await cluster.FillAsync(size, progress.Say);
        var (version, writes) = ("", 0.0);
        using (var first = Start(folder, "first", cluster.KubeConfig))
        {
            (version, writes) = await ConvergeAsync(first, cluster, size, figures, progress);
            await RestAsync(first, rest, figures, progress);
        }
        using (var second = Start(folder, "second", cluster.KubeConfig)) await LookAgainAsync(second, size, figures, progress);
        progress.Say("an hour on a clock that is moved on");
        await QuietHour.PassAsync(cluster, version, figures, progress.Say);
        progress.End(string.Create(CultureInfo.InvariantCulture, $"{figures["converge.s"]:F1} s, {figures["calls"]:F0} calls, {writes:F0} writes, {figures["rss.rest"]:F0} MB; written at rest {figures["rest.writes"]:F0}, by a new process {figures["again.writes"]:F0}, in the hour {figures["hour.writes"]:F0}"));
        return figures;
    }

    private static async Task<(string Version, double Writes)> ConvergeAsync(MeasuredOperator first, BenchCluster cluster, int size, FleetFigures figures, Progress progress)
    {
        var server = cluster.CpuSeconds();
        var took = await UntilAsync(first, m =>
        {
            var running = m.Sum("openclaw_operator_instances", "phase=\"Running\"");
            progress.Say(string.Create(CultureInfo.InvariantCulture, $"{running:F0} run, {m.AllCalls:F0} calls, {first.Process.ResidentMegabytes():F0} MB"));
            return running >= size && m.IsIdle;
        });
        var now = (await first.ReadAsync())!;
        figures["converge.s"] = took.TotalSeconds;
        figures["cpu.s"] = now.Cpu;
        figures["server.cpu.s"] = cluster.CpuSeconds() - server;
        figures["calls"] = now.AllCalls;
        foreach (var verb in OperatorReport.Verbs) figures["calls." + verb] = now.Calls(verb);
        figures["calls.failed"] = now.FailedCalls;
        figures["writes"] = now.Writes;
        figures["events"] = now.Sum("openclaw_operator_events_total", "sent");
        figures["looks"] = now.Sum("openclaw_operator_reconciles_total");
        return (now.Version, now.Writes);
    }

    private static async Task RestAsync(MeasuredOperator first, TimeSpan rest, FleetFigures figures, Progress progress)
    {
        // What was told last comes back, late events go out, and what was hot is compiled anew.
        for (var (i, compiled, events) = (0, -1.0, -1.0); i < 15; i++)
        {
            progress.Say("comes to rest");
            await Task.Delay(TimeSpan.FromSeconds(2));
            var (still, said) = (first.Process.CompilerMicros() == compiled, (await first.ReadAsync())!.Sum("openclaw_operator_events_total"));
            if (still && said == events) break;
            (compiled, events) = (first.Process.CompilerMicros(), said);
        }
        var before = (await first.ReadAsync())!;
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < rest; await Task.Delay(500)) progress.Say(string.Create(CultureInfo.InvariantCulture, $"at rest, {(rest - watch.Elapsed).TotalSeconds:F0} s to go"));
        var after = (await first.ReadAsync())!;
        figures["rest.writes"] = after.Writes - before.Writes;
        figures["rest.calls"] = after.AllCalls - before.AllCalls;
        foreach (var verb in OperatorReport.Verbs) figures["rest." + verb] = after.Calls(verb) - before.Calls(verb);
        figures["rest.cpu.s"] = after.Cpu - before.Cpu;
        (figures["rss.rest"], figures["rss.peak"]) = (first.Process.ResidentMegabytes(), first.Process.PeakMegabytes());
    }

    private static async Task LookAgainAsync(MeasuredOperator second, int size, FleetFigures figures, Progress progress)
    {
        progress.Say("a new process looks at all");
        figures["again.s"] = (await UntilAsync(second, m => m.Sum("openclaw_operator_reconciles_total") >= size && m.IsIdle)).TotalSeconds;
        await Task.Delay(TimeSpan.FromSeconds(1));
        var looked = (await second.ReadAsync())!;
        figures["again.cpu.s"] = looked.Cpu;
        figures["again.calls"] = looked.AllCalls;
        figures["again.writes"] = looked.Writes;
        figures["again.heap"] = looked.Sum("openclaw_operator_heap_bytes") / 1e6;
        figures["rss.again"] = second.Process.ResidentMegabytes();
    }

    private static MeasuredOperator Start(string folder, string name, string kubeConfig)
    {
        var port = GatewayProcess.FreePort();
        string[] arguments = ["operator", "run", "--kubeconfig", kubeConfig, "--leader-elect=false", "--bind", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), "--requests-per-second", "2000", "--log-level", "warn"];
        return new MeasuredOperator(ChildProcess.Start(folder, name, GatewayProcess.Binary, arguments, ("HOME", folder)), port);
    }

    private static async Task<TimeSpan> UntilAsync(MeasuredOperator measured, Func<OperatorMetricsText, bool> condition)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < s_limit)
        {
            if (measured.Process.HasExited) throw new InvalidOperationException(await File.ReadAllTextAsync(measured.Process.Errors));
            if (await measured.ReadAsync() is { } metrics && condition(metrics)) return watch.Elapsed;
            await Task.Delay(200);
        }
        throw new TimeoutException($"the fleet did not come to rest:\n{await measured.ReadAsync()}\n{string.Join('\n', File.ReadLines(measured.Process.Errors).TakeLast(20))}");
    }

    private sealed class MeasuredOperator(ChildProcess process, int port) : IDisposable
    {
        private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(5) };

        public ChildProcess Process => process;

        /// <summary>Its metrics now; null while it does not answer.</summary>
        public async Task<OperatorMetricsText?> ReadAsync()
        {
            try
            {
                return new OperatorMetricsText(await s_http.GetStringAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/metrics"))));
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                return null;
            }
        }

        public void Dispose() => process.Dispose();
    }
}
