using System.Diagnostics;
using System.Globalization;
using System.Text;
using OpenClaw.EndToEnd;

namespace OpenClaw.Bench;

/// <summary>
/// FailoverBench's sixteen faults at its own timings (or small ones with <c>--fast</c>) through the built binary. The scorecard
/// is that of one OpenAI client that streams, one OpenAI primary and one OpenAI fallback; below it both protocols, streaming and
/// not, with every dialect as primary and as fallback. Then how soon a fallback is asked once the primary is known to be down. Exit code 1 when anything does not pass or comes too late.
/// </summary>
internal static class FaultBench
{
    // So many that two processors have little to do: the faults are waiting, mostly.
    private const int AtOnce = 128;

    public static async Task<int> RunAsync(string[] args)
    {
        var timings = args.Contains("--fast") ? FaultTimings.Fast : FaultTimings.Full;
        var at = Array.IndexOf(args, "--out");
        FaultCell[] cells = [.. Cells()];
        var watch = Stopwatch.StartNew();
        await using var wall = await FaultWall.StartAsync(cells, timings);
        var results = await wall.RunAsync(cells, AtOnce);
        var judged = cells.Select(c => (Result: results[c], Judgement: FaultJudge.Judge(results[c]))).ToList();
        var elapsed = watch.Elapsed;
        var (known, isKept) = await KnownDown.MeasureAsync();
        var scorecard = Scorecard([.. judged.Where(static j => IsScored(j.Result.Cell))], timings, elapsed) + known + Others(judged);
        Console.Write(scorecard);
        if (at >= 0 && at + 1 < args.Length) await File.WriteAllTextAsync(args[at + 1], scorecard);
        if (isKept && judged.All(static j => IsPassed(j.Judgement))) return 0;
        await Console.Error.WriteLineAsync(wall.Trouble);
        return 1;
    }

    private static IEnumerable<FaultCell> Cells()
    {
        var number = 0;
        foreach (var primary in Enum.GetValues<Wire>())
        foreach (var fallback in Enum.GetValues<Wire>())
        foreach (var protocol in Enum.GetValues<ClientProtocol>())
        foreach (var stream in (bool[])[true, false])
        {
            foreach (var scenario in FaultCatalogue.FailoverBench) yield return new FaultCell(number++, scenario, protocol, stream, primary, fallback);
            // Every second number may go on by prefill: each fault in its turn.
            number++;
        }
    }

    private static bool IsScored(FaultCell cell) => cell is { Protocol: ClientProtocol.Chat, Stream: true, Primary: Wire.OpenAi, Fallback: Wire.OpenAi };

    private static bool IsPassed(Judgement judgement) => judgement.Verdict == Verdict.Pass && judgement.OwnObjections.Count == 0;

    // How many of the sixteen pass, and what does not.
    private static string Others(List<(FaultResult Result, Judgement Judgement)> judged)
    {
        var text = new StringBuilder("\nPassed of sixteen, by client and by primary and fallback:\n\n| Primary, fallback | Chat, streamed | Chat, whole | Messages, streamed | Messages, whole |\n| --- | ---: | ---: | ---: | ---: |\n");
        foreach (var pair in judged.GroupBy(static j => (j.Result.Cell.Primary, j.Result.Cell.Fallback)))
        {
            var counts = pair.GroupBy(static j => (j.Result.Cell.Protocol, j.Result.Cell.Stream)).Select(static g => $"{g.Count(static j => IsPassed(j.Judgement))}");
            text.Append(CultureInfo.InvariantCulture, $"| {pair.Key.Primary}, {pair.Key.Fallback} | {string.Join(" | ", counts)} |\n");
        }
        var missed = judged.Where(static j => !IsPassed(j.Judgement)).ToList();
        foreach (var (result, judgement) in missed) text.Append(CultureInfo.InvariantCulture, $"\n- {result.Cell}: {judgement.Verdict.ToString().ToLowerInvariant()}, {Remarks(judgement)}");
        return text.Append(CultureInfo.InvariantCulture, $"\n{judged.Count - missed.Count} of {judged.Count} pass.\n").ToString();
    }

    private static string Remarks(Judgement judgement) =>
        string.Join("; ", judgement.Objections.Concat(judgement.OwnObjections.Select(static o => "own check: " + o))).Replace("|", "/", StringComparison.Ordinal);

    private static string Scorecard(List<(FaultResult Result, Judgement Judgement)> judged, FaultTimings timings, TimeSpan elapsed)
    {
        var text = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"# Sixteen faults, {timings.Name} timings\n\n")
            .Append("The catalogue, checks and verdicts are FailoverBench's (github.com/failoverbench/failoverbench, methodology 0.1). ")
            .Append("Settings beside the defaults:\n\n```json\n").Append("\"routing\": ").Append(timings.RoutingJson).Append("\n```\n\n")
            .Append("| Fault | | Verdict | Seconds | Tries on primary | on fallback | Remarks |\n| --- | --- | --- | ---: | ---: | ---: | --- |\n");
        foreach (var (result, judgement) in judged)
        {
            var scenario = result.Cell.Scenario;
            var remarks = Remarks(judgement);
            text.Append(CultureInfo.InvariantCulture, $"| {scenario.Id} | {scenario.Title} | {judgement.Verdict.ToString().ToLowerInvariant()} | {Seconds(result)} | {result.PrimaryCalls.Count} | {result.FallbackCalls.Count} | {remarks} |\n");
        }
        var counts = Enum.GetValues<Verdict>().Select(v => $"{judged.Count(j => j.Judgement.Verdict == v)} {v.ToString().ToLowerInvariant()}");
        return text.Append(CultureInfo.InvariantCulture, $"\n{string.Join(", ", counts)}; with all others below, {elapsed.TotalSeconds:F0} s.\n").ToString();
    }

    private static string Seconds(FaultResult result) =>
        (result.Cell.Scenario.IsSequence ? result.Sequence.Max(s => s.Reply.Elapsed) : result.Reply.Elapsed).TotalSeconds.ToString("F2", CultureInfo.InvariantCulture);
}
