using System.Globalization;
using System.Text;

namespace OpenClaw.Bench;

/// <summary>The result as a page: medians, ratios, and in words what misses its target.</summary>
internal sealed class GatewayReport(
    IReadOnlyDictionary<(string Peer, string Workload, int Connections), List<Sample>> samples, IReadOnlyList<string> peers, IReadOnlyList<string> notes)
{
    private readonly StringBuilder _text = new();
    private readonly List<string> _verdicts = [];

    private bool HasPortkey => peers.Contains("Portkey");

    public string Write(int rounds, double load, TimeSpan elapsed, string startup, MemoryFigures memory, Allocations allocated)
    {
        Judge(allocated);
        Line("# Our gateway beside nginx and Portkey");
        Line();
        Line($"{Machine.Describe()}.");
        Line($"Load average at the start {load:F1}; one run of {elapsed.TotalSeconds:F0} s, {rounds} interleaved rounds, order rotated, loopback only, nothing pinned.");
        Line();
        Line("Upstream of whole answers: nginx with a fixed completion of 820 bytes for a request of 1.4 kB. Upstream of streams: a hundred frames of about 230 bytes, each a write of its own. "
            + "nginx (one worker) passes bytes on with kept-alive connections. Our gateway checks a token, reads the request, plans a route with a fallback, reads every frame of the answer, "
            + $"writes a decision line and counts metrics (\"ours\"); \"{GatewayBench.WithLedger}\" is a second process that also keeps every request in a SQLite ledger, holds and settles three budgets and reads the prompt for the runaway guard (which \"ours\" has off). "
            + "The targets are for the first. The build is that of `./x publish`. CPU is user and system time of the gateway's process. Ratios are medians of the rounds' own ratios. "
            + "wrk and the upstream share the machine's cores with the measured process, so requests a second and latencies from 16 connections up are those of a full machine.");
        Line();
        foreach (var verdict in _verdicts) Line($"- {verdict}");
        foreach (var note in notes) Line($"- Note: {note}");
        WholeTables();
        StreamTables();
        Line("## Memory and start-up");
        Line();
        Line("| | idle | after this run |");
        Line("| --- | ---: | ---: |");
        Line($"| ours | {memory.Idle:F0} MB | {memory.Loaded:F0} MB |");
        Line($"| {GatewayBench.WithLedger} | {memory.LedgerIdle:F0} MB | {memory.LedgerLoaded:F0} MB |");
        if (HasPortkey) Line($"| Portkey | {memory.PortkeyIdle:F0} MB | {memory.PortkeyLoaded:F0} MB |");
        Line();
        Line("Our gateway allocates on the managed heap (without the ledger):");
        Line();
        Line("| a whole answer | a stream without its frames | a frame of a burst | a frame that comes alone |");
        Line("| ---: | ---: | ---: | ---: |");
        Line($"| {allocated.PerRequest:F0} B | {allocated.PerStream:F0} B | {allocated.PerChunk:F0} B | {allocated.PerPacedChunk:F0} B |");
        Line();
        _text.Append(startup);
        return _text.ToString();
    }

    private void WholeTables()
    {
        Line();
        Line("## Whole answers");
        Table("CPU per request, µs", Workload.Whole, GatewayBench.Connections, static s => s.CpuPerRequest, "F1");
        Table("Requests a second", Workload.Whole, GatewayBench.Connections, static s => s.PerSecond, "F0");
        Added("Added latency, median, ms", Workload.Whole, GatewayBench.Connections, static s => s.P50Micros);
        Added("Added latency, 99th percentile, ms", Workload.Whole, GatewayBench.Connections, static s => s.P99Micros);
    }

    private void StreamTables()
    {
        Line("## Streams");
        Table("CPU per frame of a burst (a hundred at once), µs", Workload.Burst, GatewayBench.Connections, static s => s.CpuPerRequest / Workload.Burst.Chunks, "F2");
        Table("CPU per frame that comes alone (one every 2 ms a stream), µs", Workload.Paced, [16], static s => s.CpuPerRequest / Workload.Paced.Chunks, "F2");
        Table("Frames a second, bursts", Workload.Burst, GatewayBench.Connections, static s => s.PerSecond * Workload.Burst.Chunks, "F0");
        Added("Added time of a whole paced stream of 0.2 s, median, ms", Workload.Paced, [16], static s => s.P50Micros);
    }

    private void Judge(Allocations allocated)
    {
        foreach (var n in GatewayBench.Connections)
        {
            var ratio = Ratio(Workload.Whole, n, "nginx", static s => s.CpuPerRequest);
            _verdicts.Add(ratio <= 2.5
                ? Text($"CPU per request with {n} connection{(n == 1 ? "" : "s")} is {ratio:F2} × nginx's (target 2.5, aim 1.5).")
                : Text($"**Target missed**: CPU per request with {n} connection{(n == 1 ? "" : "s")} is {ratio:F2} × nginx's, the target is 2.5."));
        }
        if (HasPortkey)
        {
            var worst = GatewayBench.Connections.Max(n => Ratio(Workload.Whole, n, "Portkey", static s => s.CpuPerRequest));
            _verdicts.Add(worst < 1 / 20.0
                ? Text($"CPU per request is 1/{1 / worst:F0} of Portkey's or less (target 1/20).")
                : Text($"**Target missed**: CPU per request is, at its worst, 1/{1 / worst:F0} of Portkey's, the target is 1/20."));
        }
        JudgeFrame("of a burst", allocated.PerChunk);
        JudgeFrame("that comes alone", allocated.PerPacedChunk);
    }

    private void JudgeFrame(string which, double bytes) => _verdicts.Add(bytes < 100
        ? Text($"A passed-through frame {which} allocates {bytes:F0} B (target below 100).")
        : Text($"**Target missed**: a passed-through frame {which} allocates {bytes:F0} B, the target is below 100."));

    private void Table(string title, Workload workload, int[] connections, Func<Sample, double> figure, string format)
    {
        Line();
        Line($"| {title} | {string.Join(" | ", peers)} | ours ÷ nginx |{(HasPortkey ? " ours ÷ Portkey |" : "")}");
        Line($"| --- |{string.Concat(Enumerable.Repeat(" ---: |", peers.Count + (HasPortkey ? 2 : 1)))}");
        foreach (var n in connections)
        {
            var cells = peers.Select(p => samples[(p, workload.Provider, n)].Select(figure).Median().ToString(format, CultureInfo.InvariantCulture));
            var portkey = HasPortkey ? Text($" {Fraction(Ratio(workload, n, "Portkey", figure))} |") : "";
            Line($"| {n} connection{(n == 1 ? "" : "s")} | {string.Join(" | ", cells)} | {Ratio(workload, n, "nginx", figure):F2} |{portkey}");
        }
        Line();
    }

    private void Added(string title, Workload workload, int[] connections, Func<Sample, double> micros)
    {
        var others = peers.Where(static p => p != "direct").ToList();
        Line();
        Line($"| {title} | direct | {string.Join(" | ", others.Select(static o => "+ " + o))} |");
        Line($"| --- | ---: |{string.Concat(Enumerable.Repeat(" ---: |", others.Count))}");
        foreach (var n in connections)
        {
            var direct = samples[("direct", workload.Provider, n)].Select(micros).ToList();
            var cells = others.Select(p => samples[(p, workload.Provider, n)].Select(micros).Zip(direct, static (a, d) => (a - d) / 1000).Median().ToString("F3", CultureInfo.InvariantCulture));
            Line($"| {n} connection{(n == 1 ? "" : "s")} | {direct.Median() / 1000:F3} | {string.Join(" | ", cells)} |");
        }
        Line();
    }

    private double Ratio(Workload workload, int n, string peer, Func<Sample, double> figure) =>
        Statistics.MedianRatio(samples[("ours", workload.Provider, n)].Select(figure), samples[(peer, workload.Provider, n)].Select(figure));

    private static string Fraction(double ratio) => ratio < 0.5 ? Text($"1/{1 / ratio:F0}") : Text($"{ratio:F1}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void Line(FormattableString text) => _text.Append(Text(text)).Append('\n');

    private void Line(string text) => _text.Append(text).Append('\n');

    private void Line() => _text.Append('\n');
}
