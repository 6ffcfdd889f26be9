using System.Diagnostics;
using System.Globalization;
using System.Text;
using OpenClaw.EndToEnd;

namespace OpenClaw.Bench;

/// <summary>
/// FailoverBench's sixteen faults at its own timings (or small ones with <c>--fast</c>) through the built binary: one
/// OpenAI client that streams, one OpenAI primary, one OpenAI fallback. Prints a scorecard; exit code 1 when a row fails.
/// </summary>
internal static class FaultBench
{
    public static async Task<int> RunAsync(string[] args)
    {
        var timings = args.Contains("--fast") ? FaultTimings.Fast : FaultTimings.Full;
        var at = Array.IndexOf(args, "--out");
        FaultCell[] cells =
        [
            .. FaultCatalogue.FailoverBench.Select((scenario, i) => new FaultCell(i, scenario, ClientProtocol.Chat, Stream: true, Wire.OpenAi, Wire.OpenAi)),
        ];
        var watch = Stopwatch.StartNew();
        await using var wall = await FaultWall.StartAsync(cells, timings);
        var results = await wall.RunAsync(cells, atOnce: cells.Length);
        var scorecard = Scorecard([.. cells.Select(c => results[c])], timings, watch.Elapsed);
        Console.Write(scorecard);
        if (at >= 0 && at + 1 < args.Length) await File.WriteAllTextAsync(args[at + 1], scorecard);
        if (results.Values.All(r => FaultJudge.Judge(r).Verdict != Verdict.Fail)) return 0;
        await Console.Error.WriteLineAsync(wall.Trouble);
        return 1;
    }

    private static string Scorecard(IReadOnlyList<FaultResult> results, FaultTimings timings, TimeSpan elapsed)
    {
        var judged = results.Select(r => (Result: r, Judgement: FaultJudge.Judge(r))).ToList();
        var text = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"# Sixteen faults, {timings.Name} timings\n\n")
            .Append("The catalogue, checks and verdicts are FailoverBench's (github.com/failoverbench/failoverbench, methodology 0.1). ")
            .Append("Settings beside the defaults:\n\n```json\n").Append("\"routing\": ").Append(timings.RoutingJson).Append("\n```\n\n")
            .Append("| Fault | | Verdict | Seconds | Tries on primary | on fallback | Remarks |\n| --- | --- | --- | ---: | ---: | ---: | --- |\n");
        foreach (var (result, judgement) in judged)
        {
            var scenario = result.Cell.Scenario;
            var remarks = string.Join("; ", judgement.Objections.Concat(judgement.OwnObjections.Select(o => "own check: " + o))).Replace("|", "/", StringComparison.Ordinal);
            text.Append(CultureInfo.InvariantCulture, $"| {scenario.Id} | {scenario.Title} | {judgement.Verdict.ToString().ToLowerInvariant()} | {Seconds(result)} | {result.PrimaryCalls.Count} | {result.FallbackCalls.Count} | {remarks} |\n");
        }
        var counts = Enum.GetValues<Verdict>().Select(v => $"{judged.Count(j => j.Judgement.Verdict == v)} {v.ToString().ToLowerInvariant()}");
        return text.Append(CultureInfo.InvariantCulture, $"\n{string.Join(", ", counts)}; all at once, {elapsed.TotalSeconds:F0} s.\n").ToString();
    }

    private static string Seconds(FaultResult result) =>
        (result.Cell.Scenario.IsSequence ? result.Sequence.Max(s => s.Reply.Elapsed) : result.Reply.Elapsed).TotalSeconds.ToString("F2", CultureInfo.InvariantCulture);
}
