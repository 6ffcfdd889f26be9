using System.Globalization;
using OpenClaw.EndToEnd;

namespace OpenClaw.Bench;

/// <summary>
/// What ledger, budgets and guard cost: the same binary with none of them, and with all of them on SQLite and (where an address
/// is given) on PostgreSQL, in interleaved rounds of one run. Prints a table.
/// </summary>
internal static class BudgetBench
{
    private const int Connections = 64;

    // Until the hot methods are compiled for good, the compiler is what is measured.
    private const int WarmUpSeconds = 8;

    private const string Budgets = """
        "budgets": [
            { "name": "monthly", "scope": "gateway", "period": "month", "limit": 1000000000 },
            { "name": "each client", "scope": "client", "period": "day", "limit": 1000000000000, "unit": "tokens" },
            { "name": "model", "scope": "model:openai/gpt-4o", "period": "hour", "limit": 1000000000 }
          ],
        """;

    private sealed record Variant(string Name, string More, bool IsGuarded);

    private sealed record Running(Variant Variant, Peer Peer, ChildProcess Process, List<Sample> Samples);

    public static async Task<int> RunAsync(string[] args)
    {
        var rounds = ValueOf(args, "--rounds") is { } n ? int.Parse(n, CultureInfo.InvariantCulture) : 5;
        List<Variant> variants =
        [
            new("no ledger, no budgets, no guard", "\"storage\": { \"url\": \"none\" },", IsGuarded: false),
            new("ledger on SQLite, three budgets, guard", "\"storage\": { \"url\": \"sqlite:openclaw.db\" }," + Budgets, IsGuarded: true),
        ];
        if (ValueOf(args, "--postgres") is { } url) variants.Add(new("ledger on PostgreSQL, three budgets, guard", $"\"storage\": {{ \"url\": \"{url}\" }}," + Budgets, IsGuarded: true));
        var folder = Directory.CreateTempSubdirectory("openclaw-bench-").FullName;
        var gateways = new List<Running>();
        try
        {
            var whole = GatewayProcess.FreePort();
            using var upstream = Nginx.StartUpstream(folder, whole);
            foreach (var variant in variants) gateways.Add(Start(folder, variant, whole));
            await MeasureAsync(folder, gateways, rounds);
            Write(gateways);
            return 0;
        }
        finally
        {
            foreach (var gateway in gateways) gateway.Process.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Running Start(string folder, Variant variant, int whole)
    {
        var port = GatewayProcess.FreePort();
        var home = Directory.CreateDirectory(Path.Combine(folder, port.ToString(CultureInfo.InvariantCulture))).FullName;
        var file = Ours.WriteConfig(home, whole, whole);
        var text = File.ReadAllText(file).Replace("\"defaultModel\"", variant.More + "\n  \"defaultModel\"", StringComparison.Ordinal);
        if (!variant.IsGuarded) text = text.Replace("\"guard\": {", "\"guard\": { \"enabled\": false,", StringComparison.Ordinal);
        File.WriteAllText(file, text);
        var process = ChildProcess.Start(
            folder, "ours-" + port.ToString(CultureInfo.InvariantCulture), GatewayProcess.Binary, ["gateway", "--config", file, "--port", port.ToString(CultureInfo.InvariantCulture)],
            ("OPENCLAW_GATEWAY_TOKEN", Ours.Token), ("OPENCLAW_STATE_DIR", home));
        StartupBench.WaitUntilReady(process, port, "/readyz");
        var peer = new Peer("ours-" + port, _ => new Uri($"http://127.0.0.1:{port}/v1/chat/completions"), static _ => Ours.Headers, static w => w.Provider + "/gpt-4o", _ => process);
        return new Running(variant, peer, process, []);
    }

    private static async Task MeasureAsync(string folder, List<Running> gateways, int rounds)
    {
        foreach (var gateway in gateways)
        {
            if (await gateway.Peer.CheckAsync(Workload.Whole) is { } wrong) throw new InvalidOperationException(wrong);
            await gateway.Peer.MeasureAsync(folder, Workload.Whole, Connections, WarmUpSeconds);
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

    private static void Write(List<Running> gateways)
    {
        Console.WriteLine("| | requests a second | of the first | CPU µs a request | p50 µs | p99 µs | failed |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var gateway in gateways)
        {
            // Neighbours in time are compared: the median of the rounds' own ratios.
            var ratio = Median(gateway.Samples.Zip(gateways[0].Samples, static (own, first) => own.PerSecond / first.PerSecond));
            double Figure(Func<Sample, double> of) => Median(gateway.Samples.Select(of));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {gateway.Variant.Name} | {Figure(static s => s.PerSecond):0} | {ratio:0.00} | {Figure(static s => s.CpuPerRequest):0} | {Figure(static s => s.P50Micros):0} | {Figure(static s => s.P99Micros):0} | {gateway.Samples.Sum(static s => s.Failed)} |"));
        }
    }

    private static double Median(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    private static string? ValueOf(string[] args, string name)
    {
        var at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }
}
