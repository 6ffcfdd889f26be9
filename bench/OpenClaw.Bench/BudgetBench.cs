using System.Diagnostics;
using System.Globalization;
using System.Text;
using OpenClaw.EndToEnd;

namespace OpenClaw.Bench;

/// <summary>
/// What ledger and budgets cost: the same binary without them, and with them on SQLite and (where an address is given) on
/// PostgreSQL, beside one without the runaway guard either, in interleaved rounds of one run. Prints a table and writes a page.
/// </summary>
internal static class BudgetBench
{
    private const int Connections = 64;

    private sealed record Running(Keeping Keeping, Peer Peer, ChildProcess Process, List<Sample> Samples);

    public static async Task<int> RunAsync(string[] args)
    {
        var rounds = ValueOf(args, "--rounds") is { } n ? int.Parse(n, CultureInfo.InvariantCulture) : 9;
        List<Keeping> variants = [Keeping.NoLedger, Keeping.OnSqlite];
        if (ValueOf(args, "--postgres") is { } url) variants.Add(Keeping.OnPostgres(url));
        variants.Add(Keeping.Nothing);
        var folder = Directory.CreateTempSubdirectory("openclaw-bench-").FullName;
        var gateways = new List<Running>();
        try
        {
            var whole = GatewayProcess.FreePort();
            using var upstream = Nginx.StartUpstream(folder, whole);
            foreach (var variant in variants) gateways.Add(Start(folder, variant, whole));
            var (load, watch) = (Machine.Load(), Stopwatch.StartNew());
            await MeasureAsync(folder, gateways, rounds);
            var table = Table(gateways);
            Console.Write(table);
            if (PageOf(args) is { } page) await File.WriteAllTextAsync(page, Page(gateways, table, rounds, load, watch.Elapsed));
            return 0;
        }
        finally
        {
            foreach (var gateway in gateways) gateway.Process.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Running Start(string folder, Keeping keeping, int whole)
    {
        var port = GatewayProcess.FreePort();
        var process = Ours.Start(folder, "ours-" + port.ToString(CultureInfo.InvariantCulture), GatewayProcess.Binary, port, whole, whole, keeping);
        StartupBench.WaitUntilReady(process, port, "/readyz");
        var peer = new Peer("ours-" + port, _ => new Uri($"http://127.0.0.1:{port}/v1/chat/completions"), static _ => Ours.Headers, static w => w.Provider + "/gpt-4o", _ => process);
        return new Running(keeping, peer, process, []);
    }

    private static async Task MeasureAsync(string folder, List<Running> gateways, int rounds)
    {
        foreach (var gateway in gateways)
        {
            if (await gateway.Peer.CheckAsync(Workload.Whole) is { } wrong) throw new InvalidOperationException(wrong);
            await gateway.Peer.WarmAsync(folder, Workload.Whole, Connections);
        }
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < gateways.Count; i++)
            {
                var gateway = gateways[(i + round) % gateways.Count];
                gateway.Samples.Add(await gateway.Peer.MeasureAsync(folder, Workload.Whole, Connections, 2));
            }
        }
    }

    private static string Table(List<Running> gateways)
    {
        var text = new StringBuilder("| | requests a second | of the first | CPU µs a request | p50 µs | p99 µs | failed |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (var gateway in gateways)
        {
            var ratio = Ratio(gateway, gateways[0]);
            double Figure(Func<Sample, double> of) => Median(gateway.Samples.Select(of));
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {gateway.Keeping.Name} | {Figure(static s => s.PerSecond):0} | {ratio:0.00} | {Figure(static s => s.CpuPerRequest):0} | {Figure(static s => s.P50Micros):0} | {Figure(static s => s.P99Micros):0} | {gateway.Samples.Sum(static s => s.Failed)} |\n");
        }
        return text.ToString();
    }

    private static string Page(List<Running> gateways, string table, int rounds, double load, TimeSpan elapsed)
    {
        var text = new StringBuilder("# What ledger and budgets cost\n\n")
            .Append(CultureInfo.InvariantCulture, $"{Machine.Describe()}.\nLoad average at the start {load:F1}; one run of {elapsed.TotalSeconds:F0} s, {rounds} rounds of two seconds each in turn, {Connections} connections, whole answers of 1.4 kB, nginx as the provider. ")
            .Append("The same build each time, ReadyToRun. CPU is user and system time of the gateway's process; wrk, the provider and the database's server share the machine's cores with it, so what they use is taken from the requests a second as well.\n\n");
        foreach (var gateway in gateways.Where(static g => g.Keeping.Counts))
        {
            var ratio = Ratio(gateway, gateways[0]);
            text.Append(CultureInfo.InvariantCulture, $"- {(ratio >= 0.8 ? "" : "**Target missed**: ")}{gateway.Keeping.Name}: {ratio:0.00} of the requests a second without them (target 0.8).\n");
        }
        return text.Append('\n').Append(table).ToString();
    }

    // Neighbours in time are compared: the median of the rounds' own ratios.
    private static double Ratio(Running own, Running first) => Median(own.Samples.Zip(first.Samples, static (a, b) => a.PerSecond / b.PerSecond));

    private static double Median(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    // Run by hand in the repository's own folder it writes where ./x bench does.
    private static string? PageOf(string[] args) => ValueOf(args, "--out") ?? (Directory.Exists("bench/results") ? "bench/results/ledger.md" : null);

    private static string? ValueOf(string[] args, string name)
    {
        var at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }
}
