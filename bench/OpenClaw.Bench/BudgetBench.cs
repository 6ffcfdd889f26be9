using System.Globalization;
using OpenClaw.EndToEnd;

namespace OpenClaw.Bench;

/// <summary>
/// What ledger and budgets cost: the same binary without budgets on a ledger in memory, and with three budgets on SQLite and
/// (where an address is given) PostgreSQL, in interleaved rounds. Prints a table.
/// </summary>
internal static class BudgetBench
{
    private const string Budgets = """
        "budgets": [
            { "name": "monthly", "scope": "gateway", "period": "month", "limit": 1000000000 },
            { "name": "each client", "scope": "client", "period": "day", "limit": 1000000000000, "unit": "tokens" },
            { "name": "model", "scope": "model:openai/gpt-4o", "period": "hour", "limit": 1000000000 }
          ],
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        var rounds = ValueOf(args, "--rounds") is { } n ? int.Parse(n, CultureInfo.InvariantCulture) : 5;
        List<(string Name, string More)> variants = [("in memory, no budgets", "\"storage\": { \"url\": \"sqlite::memory:\" },"), ("SQLite, three budgets", "\"storage\": { \"url\": \"sqlite:openclaw.db\" }," + Budgets)];
        if (ValueOf(args, "--postgres") is { } url) variants.Add(("PostgreSQL, three budgets", $"\"storage\": {{ \"url\": \"{url}\" }}," + Budgets));
        var folder = Directory.CreateTempSubdirectory("openclaw-bench-").FullName;
        var gateways = new List<(string Name, int Port, ChildProcess Process)>();
        try
        {
            var whole = GatewayProcess.FreePort();
            using var upstream = Nginx.StartUpstream(folder, whole);
            foreach (var (name, more) in variants) gateways.Add(Start(folder, name, more, whole));
            await MeasureAsync(folder, gateways, rounds);
            return 0;
        }
        finally
        {
            foreach (var gateway in gateways) gateway.Process.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static (string, int, ChildProcess) Start(string folder, string name, string more, int whole)
    {
        var port = GatewayProcess.FreePort();
        var home = Directory.CreateDirectory(Path.Combine(folder, port.ToString(CultureInfo.InvariantCulture))).FullName;
        var file = Ours.WriteConfig(home, whole, whole);
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"defaultModel\"", more + "\n  \"defaultModel\"", StringComparison.Ordinal));
        var process = ChildProcess.Start(
            folder, "ours-" + port.ToString(CultureInfo.InvariantCulture), GatewayProcess.Binary, ["gateway", "--config", file, "--port", port.ToString(CultureInfo.InvariantCulture)],
            ("OPENCLAW_GATEWAY_TOKEN", Ours.Token), ("OPENCLAW_STATE_DIR", home));
        StartupBench.WaitUntilReady(process, port, "/readyz");
        return (name, port, process);
    }

    private static async Task MeasureAsync(string folder, List<(string Name, int Port, ChildProcess Process)> gateways, int rounds)
    {
        var peers = gateways.Select(g => new Peer(
            "ours-" + g.Port, _ => new Uri($"http://127.0.0.1:{g.Port}/v1/chat/completions"), _ => Ours.Headers, static w => w.Provider + "/gpt-4o", _ => g.Process)).ToList();
        var samples = peers.ConvertAll(static _ => new List<Sample>());
        foreach (var peer in peers) await peer.MeasureAsync(folder, Workload.Whole, 64, 3);
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < peers.Count; i++)
            {
                var p = (i + round) % peers.Count;
                samples[p].Add(await peers[p].MeasureAsync(folder, Workload.Whole, 64, 2));
            }
        }
        Console.WriteLine("| | requests a second | of the first | CPU µs a request | p50 µs | p99 µs | failed |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
        var first = Median(samples[0], static s => s.PerSecond);
        for (var p = 0; p < peers.Count; p++)
        {
            var rate = Median(samples[p], static s => s.PerSecond);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {gateways[p].Name} | {rate:0} | {rate / first:0.00} | {Median(samples[p], static s => s.CpuPerRequest):0} | {Median(samples[p], static s => s.P50Micros):0} | {Median(samples[p], static s => s.P99Micros):0} | {samples[p].Sum(static s => s.Failed)} |"));
        }
    }

    private static double Median(List<Sample> samples, Func<Sample, double> figure) => samples.Select(figure).Order().ElementAt(samples.Count / 2);

    private static string? ValueOf(string[] args, string name)
    {
        var at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }
}
