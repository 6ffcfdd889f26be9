using System.Diagnostics;
using System.Globalization;
using System.Text;
using OpenClaw.EndToEnd;

namespace OpenClaw.Bench;

/// <summary>
/// The operator before a real kube-apiserver and etcd: fleets of growing size converge, rest, and are looked at by a new process.
/// StatefulSets and claims are made ready by the bench, so that no controller manager takes the machine.
/// </summary>
internal static class OperatorBench
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(20);

    public static async Task<int> RunAsync(string[] args)
    {
        if (BenchCluster.Missing() is { } missing)
        {
            Console.Error.WriteLine($"error: {missing}");
            return 69;
        }
        var sizes = Option(args, "--sizes", "100,1000,3000").Split(',').Select(static s => int.Parse(s, CultureInfo.InvariantCulture)).ToArray();
        var quiet = TimeSpan.FromSeconds(int.Parse(Option(args, "--quiet", "60"), CultureInfo.InvariantCulture));
        var load = Machine.Load();
        var fleets = new List<FleetFigures>();
        foreach (var size in sizes)
        {
            fleets.Add(await MeasureAsync(size, quiet));
            Console.Error.WriteLine(fleets[^1]);
        }
        var text = OperatorReport.Write(fleets, quiet, load);
        Console.Write(text);
        if (Option(args, "--out", "") is { Length: > 0 } file) await File.WriteAllTextAsync(file, text);
        return 0;
    }

    private static string Option(string[] args, string name, string otherwise) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : otherwise;

    private static async Task<FleetFigures> MeasureAsync(int size, TimeSpan quiet)
    {
        var folder = Directory.CreateTempSubdirectory("openclaw-bench-").FullName;
        await using var cluster = await BenchCluster.StartAsync(folder);
        await cluster.FillAsync(size);
        var figures = new FleetFigures(size);
        using (var first = Start(folder, "first", cluster.KubeConfig))
        {
            var peak = 0.0;
            figures.Converge = await UntilAsync(first, m =>
            {
                peak = Math.Max(peak, first.Process.ResidentMegabytes());
                return m.Sum("openclaw_operator_instances", "phase=\"Running\"") >= size && m.IsIdle;
            });
            figures.Converged = (await first.ReadAsync())!;
            figures.Peak = peak;
            // What was told last comes back.
            await Task.Delay(TimeSpan.FromSeconds(3));
            var before = (await first.ReadAsync())!;
            await Task.Delay(quiet);
            figures.Quiet = (Before: before, After: (await first.ReadAsync())!);
            figures.Rest = first.Process.ResidentMegabytes();
        }
        using var second = Start(folder, "second", cluster.KubeConfig);
        figures.Again = await UntilAsync(second, m => m.Sum("openclaw_operator_reconciles_total") >= size && m.IsIdle);
        figures.Looked = (await second.ReadAsync())!;
        figures.Fresh = second.Process.ResidentMegabytes();
        return figures;
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
        throw new TimeoutException($"the fleet did not converge: {await measured.ReadAsync()}");
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

/// <summary>What an operator's <c>/metrics</c> said at one moment.</summary>
internal sealed class OperatorMetricsText(string text)
{
    private readonly string[] _lines = [.. text.Split('\n').Where(static l => l.Length > 0 && l[0] != '#')];

    /// <summary>Nothing waits for a worker and nothing is looked at.</summary>
    public bool IsIdle => Sum("openclaw_operator_synced") > 0 && Sum("openclaw_operator_queue_depth") + Sum("openclaw_operator_working") == 0;

    public double Cpu => Sum("process_cpu_seconds_total");

    public double Writes => Sum("openclaw_operator_writes_total");

    /// <summary>Calls by verb.</summary>
    public double Calls(string verb) => Sum("openclaw_operator_api_requests_total", $"verb=\"{verb}\"");

    public double AllCalls => Sum("openclaw_operator_api_requests_total");

    /// <summary>All samples of a family whose labels hold this text.</summary>
    public double Sum(string name, string label = "") => _lines.Where(l => l.StartsWith(name, StringComparison.Ordinal) && l[name.Length] is ' ' or '{' && l.Contains(label, StringComparison.Ordinal))
        .Sum(static l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));

    public override string ToString() => string.Join("\n", _lines);
}

/// <summary>What was measured of one fleet.</summary>
internal sealed record FleetFigures(int Size)
{
    public TimeSpan Converge { get; set; }

    public OperatorMetricsText Converged { get; set; } = null!;

    /// <summary>Memory in RAM in MB: the most seen while it converged, at rest, and of a new process that has looked at all.</summary>
    public double Peak { get; set; }

    public double Rest { get; set; }

    public double Fresh { get; set; }

    public (OperatorMetricsText Before, OperatorMetricsText After) Quiet { get; set; }

    /// <summary>How long a new process takes to look at every instance.</summary>
    public TimeSpan Again { get; set; }

    public OperatorMetricsText Looked { get; set; } = null!;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Size}: converged in {Converge.TotalSeconds:F1} s, {Converged.AllCalls:F0} calls, {Converged.Writes:F0} writes, CPU {Converged.Cpu:F1} s, {Rest:F0} MB; quiet: {Quiet.After.Writes - Quiet.Before.Writes:F0} writes; again in {Again.TotalSeconds:F1} s");
}
