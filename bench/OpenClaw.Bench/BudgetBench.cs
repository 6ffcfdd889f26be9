using System.Diagnostics;
using System.Globalization;
using System.Text;
using OpenClaw.EndToEnd;

namespace OpenClaw.Bench;

/// <summary>
/// What ledger and budgets cost: the same binary without them, and with them on SQLite and (where an address is given) on
/// PostgreSQL, beside one without the runaway guard either, in interleaved rounds of one run, for whole answers and for streams.
/// Prints tables and writes a page.
/// </summary>
internal static class BudgetBench
{
    private const int Connections = 64;

    // Whole answers of a provider that answers at once are the worst case there is: nothing but the gateway takes time. Agents and chats stream.
    private static readonly (Workload Workload, string Name)[] s_workloads = [(Workload.Whole, "Whole answers"), (Workload.Burst, "Streams of a hundred frames, as fast as they are read")];

    private sealed record Running(Keeping Keeping, Peer Peer, ChildProcess Process, Dictionary<Workload, List<Sample>> Samples);

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
            var (whole, streams) = (GatewayProcess.FreePort(), GatewayProcess.FreePort());
            using var upstream = Nginx.StartUpstream(folder, whole);
            using var streamer = ChildProcess.Start(folder, "streams", Environment.ProcessPath!, ["stream-upstream", streams.ToString(CultureInfo.InvariantCulture)]);
            foreach (var variant in variants) gateways.Add(Start(folder, variant, whole, streams));
            var (load, watch) = (Machine.Load(), Stopwatch.StartNew());
            await MeasureAsync(folder, gateways, rounds);
            var tables = Tables(gateways);
            Console.Write(tables);
            if (PageOf(args) is { } page) await File.WriteAllTextAsync(page, Page(gateways, tables, rounds, load, watch.Elapsed));
            return 0;
        }
        finally
        {
            foreach (var gateway in gateways) gateway.Process.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Running Start(string folder, Keeping keeping, int whole, int streams)
    {
        var port = GatewayProcess.FreePort();
        var process = Ours.Start(folder, "ours-" + port.ToString(CultureInfo.InvariantCulture), GatewayProcess.Binary, port, whole, streams, keeping);
        StartupBench.WaitUntilReady(process, port, "/readyz");
        var peer = new Peer("ours-" + port, _ => new Uri($"http://127.0.0.1:{port}/v1/chat/completions"), static _ => Ours.Headers, static w => w.Provider + "/gpt-4o", _ => process);
        return new Running(keeping, peer, process, s_workloads.ToDictionary(static w => w.Workload, static _ => new List<Sample>()));
    }

    private static async Task MeasureAsync(string folder, List<Running> gateways, int rounds)
    {
        foreach (var gateway in gateways)
        {
            foreach (var (workload, _) in s_workloads)
            {
                if (await gateway.Peer.CheckAsync(workload) is { } wrong) throw new InvalidOperationException(wrong);
                await gateway.Peer.WarmAsync(folder, workload, Connections);
            }
        }
        for (var round = 0; round < rounds; round++)
        {
            foreach (var (workload, _) in s_workloads)
            {
                for (var i = 0; i < gateways.Count; i++)
                {
                    var gateway = gateways[(i + round) % gateways.Count];
                    gateway.Samples[workload].Add(await gateway.Peer.MeasureAsync(folder, workload, Connections, 2));
                }
            }
        }
    }

    private static string Tables(List<Running> gateways)
    {
        var text = new StringBuilder();
        foreach (var (workload, name) in s_workloads)
        {
            if (text.Length > 0) text.Append('\n');
            text.Append(name).Append(":\n\n| | requests a second | of the first | CPU µs a request | p50 µs | p99 µs | failed |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
            foreach (var gateway in gateways)
            {
                var samples = gateway.Samples[workload];
                double Figure(Func<Sample, double> of) => Median(samples.Select(of));
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"| {gateway.Keeping.Name} | {Figure(static s => s.PerSecond):0} | {Ratio(gateway, gateways[0], workload):0.00} | {Figure(static s => s.CpuPerRequest):0} | {Figure(static s => s.P50Micros):0} | {Figure(static s => s.P99Micros):0} | {samples.Sum(static s => s.Failed)} |\n");
            }
        }
        return text.ToString();
    }

    private static string Page(List<Running> gateways, string tables, int rounds, double load, TimeSpan elapsed)
    {
        var text = new StringBuilder("# What ledger and budgets cost\n\n")
            .Append(CultureInfo.InvariantCulture, $"{Machine.Describe()}.\nLoad average at the start {load:F1}; one run of {elapsed.TotalSeconds:F0} s, {rounds} rounds of two seconds each in turn, {Connections} connections. Whole answers: a request of 1.4 kB, and nginx as a provider that answers at once with 0.8 kB. Streams: a hundred frames of about 230 bytes. ")
            .Append("The same build each time, that of `./x publish`. CPU is user and system time of the gateway's process; wrk, the provider and the database's server share the machine's cores with it, so what they use is taken from the requests a second as well.\n\n");
        foreach (var gateway in gateways.Where(static g => g.Keeping.Counts))
        {
            foreach (var (workload, name) in s_workloads)
            {
                var ratio = Ratio(gateway, gateways[0], workload);
                text.Append(CultureInfo.InvariantCulture, $"- {(ratio >= 0.8 ? "" : "**Target missed**: ")}{gateway.Keeping.Name}; {char.ToLowerInvariant(name[0])}{name[1..]}: {ratio:0.00} of the requests a second without them (target 0.8).\n");
            }
        }
        return text.Append('\n').Append(tables).ToString();
    }

    // Neighbours in time are compared: the median of the rounds' own ratios.
    private static double Ratio(Running own, Running first, Workload workload) => Median(own.Samples[workload].Zip(first.Samples[workload], static (a, b) => a.PerSecond / b.PerSecond));

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
