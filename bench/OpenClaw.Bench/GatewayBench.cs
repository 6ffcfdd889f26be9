using System.Diagnostics;
using System.Globalization;
using OpenClaw.EndToEnd;

namespace OpenClaw.Bench;

/// <summary>
/// Our gateway, nginx as a reverse proxy and Portkey in front of the same upstreams, in interleaved rounds with a changing
/// order, on loopback. Every peer's answer is checked before it is measured.
/// </summary>
internal sealed class GatewayBench
{
    public static readonly int[] Connections = [1, 16, 64];

    /// <summary>Of a peer that is compiled as it runs and does not tell how far its compiler is; for each of whole answers and streams.</summary>
    private const int WarmUpSeconds = 12;

    /// <summary>The column of our gateway with ledger, budgets and guard.</summary>
    public const string WithLedger = "ours with ledger";

    private readonly string _folder;
    private readonly List<Peer> _peers = [];
    private readonly Dictionary<(string Peer, string Workload, int Connections), List<Sample>> _samples = [];
    private readonly List<string> _notes = [];

    private GatewayBench(string folder) => _folder = folder;

    public static async Task<int> RunAsync(string[] args)
    {
        var rounds = Option(args, "--rounds") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : 5;
        var folder = Directory.CreateTempSubdirectory("openclaw-bench-").FullName;
        try
        {
            var report = await new GatewayBench(folder).MeasureAsync(rounds, withStartup: !args.Contains("--no-startup"));
            Console.Write(report);
            if (Option(args, "--out") is { } file) await File.WriteAllTextAsync(file, report);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string? Option(string[] args, string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

    private async Task<string> MeasureAsync(int rounds, bool withStartup)
    {
        var (whole, streams, proxy, own, kept, portkey) = (GatewayProcess.FreePort(), GatewayProcess.FreePort(), GatewayProcess.FreePort(), GatewayProcess.FreePort(), GatewayProcess.FreePort(), GatewayProcess.FreePort());
        var (load, watch) = (Machine.Load(), Stopwatch.StartNew());
        var startup = withStartup ? await StartupBench.TableAsync(_folder) : "";
        using var nginxUpstream = Nginx.StartUpstream(_folder, whole);
        using var streamUpstream = ChildProcess.Start(_folder, "streams", Environment.ProcessPath!, ["stream-upstream", streams.ToString(CultureInfo.InvariantCulture)]);
        using var nginx = Nginx.StartProxy(_folder, proxy, whole, streams);
        using var gateway = Ours.Start(_folder, "ours", GatewayProcess.Binary, own, whole, streams, Keeping.Nothing);
        using var ledger = Ours.Start(_folder, "kept", GatewayProcess.Binary, kept, whole, streams, Keeping.OnSqlite);
        using var node = Portkey.IsHere ? Portkey.Start(_folder, "portkey", portkey) : null;
        StartupBench.WaitUntilReady(gateway, own, "/readyz");
        StartupBench.WaitUntilReady(ledger, kept, "/readyz");
        if (node is not null) StartupBench.WaitUntilReady(node, portkey, "/");

        string Upstream(Workload w) => $"http://127.0.0.1:{(w.IsStream ? streams : whole)}{w.UpstreamPath}/v1";
        static Uri Chat(string root) => new(root + "/chat/completions");
        var bare = (Workload _) => "gpt-4o";
        _peers.Add(new Peer("direct", w => Chat(Upstream(w)), _ => [], bare, w => w.IsStream ? streamUpstream : nginxUpstream));
        _peers.Add(new Peer("nginx", w => Chat($"http://127.0.0.1:{proxy}{w.UpstreamPath}/v1"), _ => [], bare, _ => nginx));
        _peers.Add(new Peer("ours", _ => Chat($"http://127.0.0.1:{own}/v1"), _ => Ours.Headers, w => w.Provider + "/gpt-4o", _ => gateway));
        _peers.Add(new Peer(WithLedger, _ => Chat($"http://127.0.0.1:{kept}/v1"), _ => Ours.Headers, w => w.Provider + "/gpt-4o", _ => ledger));
        if (node is not null) _peers.Add(new Peer("Portkey", _ => Chat($"http://127.0.0.1:{portkey}/v1"), w => Portkey.Headers(Upstream(w)), bare, _ => node));
        else _notes.Add("Portkey was not measured: it is not installed.");

        var memory = new MemoryFigures { Idle = gateway.ResidentMegabytes(), LedgerIdle = ledger.ResidentMegabytes(), PortkeyIdle = node?.ResidentMegabytes() };
        await CheckAsync();
        await WarmUpAsync();
        await RoundsAsync(Workload.Whole, Connections, rounds, 1);
        await RoundsAsync(Workload.Burst, Connections, Math.Max(1, rounds - 2), 1);
        await RoundsAsync(Workload.Paced, [16], Math.Max(1, rounds - 2), 2);
        var allocated = await AllocationsAsync(own);
        memory.Loaded = gateway.ResidentMegabytes();
        memory.LedgerLoaded = ledger.ResidentMegabytes();
        memory.PortkeyLoaded = node?.ResidentMegabytes();
        var dropped = await Ours.FigureAsync(own, "openclaw_decision_lines_dropped_total");
        if (dropped > 0) _notes.Add($"{dropped:F0} decision lines were dropped because their output was too slow.");
        return new GatewayReport(_samples, [.. _peers.Select(static p => p.Name)], _notes)
            .Write(rounds, load, watch.Elapsed, startup, memory, allocated);
    }

    private async Task CheckAsync()
    {
        foreach (var peer in _peers.ToList())
        {
            foreach (var workload in Workload.All)
            {
                if (await peer.CheckAsync(workload) is not { } wrong) continue;
                if (peer.Name != "Portkey") throw new InvalidOperationException(wrong);
                _notes.Add($"Portkey's figures are left out: {wrong}");
                _peers.Remove(peer);
                break;
            }
        }
    }

    // Until a gateway that is compiled as it runs has compiled its hot methods for good, the compiler is much of what is
    // measured (on a busy machine a third of the samples after 12 s): what runs for weeks is measured warm.
    private async Task WarmUpAsync()
    {
        foreach (var peer in _peers)
        {
            foreach (var workload in (Workload[])[Workload.Whole, Workload.Burst])
            {
                if (peer.Name is not ("ours" or WithLedger)) await peer.MeasureAsync(_folder, workload, 16, peer.Name == "Portkey" ? WarmUpSeconds : 1);
                else if (await peer.WarmAsync(_folder, workload, 16) is >= 0.02 and var share) _notes.Add(FormattableString.Invariant($"{peer.Name}, {workload.Provider}: {share:P0} of the CPU time was still the compiler's when the measured rounds began."));
            }
        }
    }

    private async Task RoundsAsync(Workload workload, int[] connections, int rounds, int seconds)
    {
        for (var round = 0; round < rounds; round++)
        {
            foreach (var n in connections)
            {
                for (var i = 0; i < _peers.Count; i++)
                {
                    var peer = _peers[(i + round) % _peers.Count];
                    var sample = await peer.MeasureAsync(_folder, workload, n, seconds);
                    if (sample.Failed > 0) _notes.Add($"{peer.Name}, {workload.Provider}, {n} connections: {sample.Failed} failed requests in one round.");
                    if (!_samples.TryGetValue((peer.Name, workload.Provider, n), out var list)) _samples[(peer.Name, workload.Provider, n)] = list = [];
                    list.Add(sample);
                }
            }
        }
    }

    private async Task<Allocations> AllocationsAsync(int port)
    {
        var ours = _peers.First(static p => p.Name == "ours");
        async Task<double> PerRequest(Workload workload, int connections = 4, int seconds = 1)
        {
            // What is written after the answers (the ledger) belongs to them and to nobody else.
            var before = await Ours.QuietAllocatedAsync(port);
            var sample = await ours.MeasureAsync(_folder, workload, connections, seconds);
            return (await Ours.QuietAllocatedAsync(port) - before) / sample.Requests;
        }
        var (whole, many, few) = (await PerRequest(Workload.Whole), await PerRequest(Workload.Burst), await PerRequest(Workload.Short));
        var perChunk = (many - few) / (Workload.Burst.Chunks - Workload.Short.Chunks);
        // Few frames a second come alone on a connection: there must be many, or the asking for the figures is most of what is counted.
        var paced = await PerRequest(Workload.Paced, connections: 32, seconds: 4);
        // A stream's fixed part is the same whether its frames come at once or one by one.
        var fixedPart = few - (perChunk * Workload.Short.Chunks);
        return new Allocations(whole, fixedPart, perChunk, (paced - fixedPart) / Workload.Paced.Chunks);
    }
}

/// <summary>Bytes our gateway allocates.</summary>
/// <param name="PerRequest">A whole answer.</param>
/// <param name="PerStream">A stream without its frames.</param>
/// <param name="PerChunk">A frame of a burst.</param>
/// <param name="PerPacedChunk">A frame that comes alone.</param>
internal sealed record Allocations(double PerRequest, double PerStream, double PerChunk, double PerPacedChunk);

/// <summary>Resident memory in MB.</summary>
internal sealed class MemoryFigures
{
    public double Idle { get; init; }

    public double Loaded { get; set; }

    /// <summary>With the ledger on.</summary>
    public double LedgerIdle { get; init; }

    public double LedgerLoaded { get; set; }

    public double? PortkeyIdle { get; init; }

    public double? PortkeyLoaded { get; set; }
}
