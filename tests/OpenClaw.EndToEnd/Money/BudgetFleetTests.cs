using System.Globalization;
using System.Text;

namespace OpenClaw.EndToEnd.Money;

/// <summary>The promise of hard budgets, kept by real processes on real databases. <c>./x bench budgets</c> runs the long form.</summary>
public sealed class BudgetFleetTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Three_gateways_on_one_PostgreSQL_never_pass_a_hard_limit_together()
    {
        await using var database = await PostgresServer.StartAsync();
        Check(await BudgetFleet.RunAsync(seed: 1, gateways: 3, clients: 150, database));
    }

    [Fact]
    public async Task One_gateway_on_SQLite_never_passes_a_hard_limit_and_forgets_nothing_when_it_is_killed() => Check(await BudgetFleet.RunAsync(seed: 2, gateways: 1, clients: 150, null));

    /// <summary>
    /// The bench: <c>OPENCLAW_BUDGET_SEEDS</c> seeds of five hundred clients, written to <c>OPENCLAW_BUDGET_REPORT</c> as they end. What
    /// <c>OPENCLAW_BUDGET_RESULTS</c> has from a run of the same binary is not run again.
    /// </summary>
    [Fact(Explicit = true)]
    public async Task The_bench_of_budgets()
    {
        var seeds = int.TryParse(Environment.GetEnvironmentVariable("OPENCLAW_BUDGET_SEEDS"), out var asked) ? asked : 1;
        var report = Environment.GetEnvironmentVariable("OPENCLAW_BUDGET_REPORT");
        var kept = Environment.GetEnvironmentVariable("OPENCLAW_BUDGET_RESULTS");
        var results = Kept(kept);
        await using var database = await PostgresServer.StartAsync();
        for (var seed = 1; seed <= seeds; seed++)
        {
            if (results.Any(r => r.Seed == seed)) continue;
            var shared = seed % 4 != 0;
            var result = await BudgetFleet.RunAsync(seed, shared ? 3 : 1, clients: 500, shared ? database : null);
            results.Add(result);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seed} of {seeds}: {(result.Holds ? "holds" : "FAILS")}, {result.Took.TotalSeconds:0.0} s; {result}"));
            if (kept is not null) await File.AppendAllTextAsync(kept, result.ToLine() + "\n", TestContext.Current.CancellationToken);
            if (report is { Length: > 0 }) await File.WriteAllTextAsync(report, Report(results), TestContext.Current.CancellationToken);
        }
        if (report is { Length: > 0 }) await File.WriteAllTextAsync(report, Report(results) + await ThroughputAsync(database.Url), TestContext.Current.CancellationToken);
        Assert.All(results, static r => Assert.True(r.Holds, r.ToString()));
    }

    // The first line says which binary it was.
    private static List<FleetResult> Kept(string? file)
    {
        if (file is null) return [];
        var binary = "# " + File.GetLastWriteTimeUtc(Path.ChangeExtension(GatewayProcess.Binary, ".dll")).Ticks.ToString(CultureInfo.InvariantCulture);
        var lines = File.Exists(file) ? File.ReadAllLines(file) : [];
        if (lines is [var first, .. var rest] && first == binary) return [.. rest.Where(static l => l.Length > 0).Select(FleetResult.Parse)];
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        File.WriteAllText(file, binary + "\n");
        return [];
    }

    // The other bench measures; this one has the database.
    private static async Task<string> ThroughputAsync(string url)
    {
        if (Environment.GetEnvironmentVariable("OPENCLAW_BENCH_PROGRAM") is not { Length: > 0 } program) return "";
        using var bench = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, ["budgets", "--postgres", url]) { RedirectStandardOutput = true })!;
        var table = await bench.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bench.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, bench.ExitCode);
        return "\n## What it costs\n\nWhole answers of 1.4 kB, 64 connections, nginx as the provider, median of five rounds of two seconds each in turn, in this run.\n\n" + table;
    }

    private void Check(FleetResult result)
    {
        output.WriteLine(result.ToString());
        Assert.True(result.Holds, result.ToString());
        Assert.True(result.Answered > 20 && result.Kills == 1, result.ToString());
    }

    private static string Report(List<FleetResult> results)
    {
        var text = new StringBuilder("# Budgets under load\n\n")
            .Append("Five hundred clients at once with a seed, streams and whole answers of random length, one in ten leaves; one gateway is killed (SIGKILL) and started again, and PostgreSQL is frozen (SIGSTOP) for up to two seconds. ")
            .Append("The provider's own count is what was billed. Three gateways on one PostgreSQL, or one on SQLite. ")
            .Append("A call whose answer nobody bounds is held at a part of what is left, so that few go at once and much stays unspent while they do. A refusal counts as in vain when even the largest holds of all that were under way, or died with a gateway, would have fit; ")
            .Append("on PostgreSQL the twenty seconds after a trouble are left out, since the part of a dead gateway comes back only then. `./x bench budgets` writes this page.\n\n")
            .Append(CultureInfo.InvariantCulture, $"{results.Count} seeds, {results.Count(static r => r.Holds)} without a fault; nearest to the limit {results.Max(static r => r.Overshoot):P2}; left reserved {results.Sum(static r => r.LeftReserved)}; refused in vain {results.Sum(static r => r.FalseRefusals)}.\n\n")
            .Append("| seed | database | callers bound their answers | limit | billed | beyond the limit | answered | left | refused | left reserved | refused in vain | seconds |\n| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (var r in results.OrderBy(static r => r.Seed))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {r.Seed} | {(r.Shared ? "PostgreSQL, 3 gateways" : "SQLite")} | {(BudgetFleet.IsBounded(r.Seed) ? "yes" : "a third")} | ${r.Limit} | ${r.Billed:0.0000} | {r.Overshoot:P2} | {r.Answered} | {r.Left} | {r.Refused} | {r.LeftReserved} | {r.FalseRefusals} | {r.Took.TotalSeconds:0.0} |\n");
        }
        return text.ToString();
    }
}
