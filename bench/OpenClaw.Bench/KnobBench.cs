using System.Globalization;
using OpenClaw.EndToEnd;

namespace OpenClaw.Bench;

/// <summary>
/// The same binary under different environments, or another binary (<c>OPENCLAW_BINARY=…</c> as a setting), in interleaved
/// rounds: whether a setting or a change pays. Prints; writes nothing.
/// </summary>
internal static class KnobBench
{
    private static readonly string[] s_usual =
    [
        "DOTNET_ThreadPool_UnfairSemaphoreSpinLimit=0",
        "OPENCLAW_INLINE_IO=1",
        "OPENCLAW_INLINE_IO=1,DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS=1",
        "DOTNET_GCgen0size=400000",
        "DOTNET_TieredPGO=0",
    ];

    public static async Task<int> RunAsync(string[] args)
    {
        var at = Array.IndexOf(args, "--rounds");
        var rounds = at < 0 ? 5 : int.Parse(args[at + 1], CultureInfo.InvariantCulture);
        var asked = args.Where(static a => a.Contains('=', StringComparison.Ordinal)).ToArray();
        string[] settings = ["", .. asked.Length > 0 ? asked : s_usual];
        var folder = Directory.CreateTempSubdirectory("openclaw-bench-").FullName;
        var gateways = new List<(string Name, int Port, ChildProcess Process)>();
        try
        {
            var (whole, streams) = (GatewayProcess.FreePort(), GatewayProcess.FreePort());
            using var upstream = Nginx.StartUpstream(folder, whole);
            using var streamer = ChildProcess.Start(folder, "streams", Environment.ProcessPath!, ["stream-upstream", streams.ToString(CultureInfo.InvariantCulture)]);
            foreach (var setting in settings) gateways.Add(Start(folder, setting, whole, streams));
            await MeasureAsync(folder, gateways, rounds);
            return 0;
        }
        finally
        {
            foreach (var gateway in gateways) gateway.Process.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static (string, int, ChildProcess) Start(string folder, string setting, int whole, int streams)
    {
        var environment = setting.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static s => s.Split('=', 2)).Select(static s => (Name: s[0], Value: s[1])).ToArray();
        var binary = environment.FirstOrDefault(static e => e.Name == "OPENCLAW_BINARY").Value ?? GatewayProcess.Binary;
        var port = GatewayProcess.FreePort();
        var process = Ours.Start(folder, $"ours-{port}", binary, port, whole, streams, Keeping.Nothing, environment);
        StartupBench.WaitUntilReady(process, port, "/readyz");
        return (setting.Length == 0 ? "as published" : setting, port, process);
    }

    private static async Task MeasureAsync(string folder, List<(string Name, int Port, ChildProcess Process)> gateways, int rounds)
    {
        (Workload Workload, int Connections)[] cells = [(Workload.Whole, 1), (Workload.Whole, 16), (Workload.Whole, 64), (Workload.Paced, 16)];
        var peers = gateways.Select(g => new Peer(
            "ours-" + g.Port, _ => new Uri($"http://127.0.0.1:{g.Port}/v1/chat/completions"), _ => Ours.Headers, static w => w.Provider + "/gpt-4o", _ => g.Process)).ToList();
        var samples = new List<Sample>[peers.Count, cells.Length];
        foreach (var peer in peers) await peer.WarmAsync(folder, Workload.Whole, 16);
        for (var round = 0; round < rounds; round++)
        {
            for (var c = 0; c < cells.Length; c++)
            {
                for (var i = 0; i < peers.Count; i++)
                {
                    var p = (i + round) % peers.Count;
                    (samples[p, c] ??= []).Add(await peers[p].MeasureAsync(folder, cells[c].Workload, cells[c].Connections, 1));
                }
            }
        }
        Console.WriteLine("| | " + string.Join(" | ", cells.Select(static c => $"{c.Workload.Provider} {c.Connections}: µs | ÷ first | p50 µs | per s")) + " | B/request | RSS MB |");
        for (var p = 0; p < peers.Count; p++)
        {
            var before = await Ours.FigureAsync(gateways[p].Port, "openclaw_runtime_allocated_bytes_total");
            var last = await peers[p].MeasureAsync(folder, Workload.Whole, 4, 1);
            var allocated = (await Ours.FigureAsync(gateways[p].Port, "openclaw_runtime_allocated_bytes_total") - before) / last.Requests;
            var texts = Enumerable.Range(0, cells.Length).Select(c => string.Create(
                CultureInfo.InvariantCulture,
                $"{samples[p, c].Select(static s => s.CpuPerRequest).Median():F1} | {Statistics.MedianRatio(samples[p, c].Select(static s => s.CpuPerRequest), samples[0, c].Select(static s => s.CpuPerRequest)):F2} | {samples[p, c].Select(static s => s.P50Micros).Median():F0} | {samples[p, c].Select(static s => s.PerSecond).Median():F0}"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {gateways[p].Name} | {string.Join(" | ", texts)} | {allocated:F0} | {gateways[p].Process.ResidentMegabytes():F0} |"));
        }
    }
}
