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

    /// <summary>The bench: <c>OPENCLAW_BUDGET_SEEDS</c> seeds of five hundred clients, written to <c>OPENCLAW_BUDGET_REPORT</c>.</summary>
    [Fact]
    public async Task The_bench_of_budgets()
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable("OPENCLAW_BUDGET_SEEDS"), out var seeds)) Assert.Skip("./x bench budgets runs it");
        await using var database = await PostgresServer.StartAsync();
        var results = new List<FleetResult>();
        for (var seed = 1; seed <= seeds; seed++)
        {
            var shared = seed % 4 != 0;
            results.Add(await BudgetFleet.RunAsync(seed, shared ? 3 : 1, clients: 500, shared ? database : null));
            output.WriteLine(results[^1].ToString());
        }
        if (Environment.GetEnvironmentVariable("OPENCLAW_BUDGET_REPORT") is { Length: > 0 } file) await File.WriteAllTextAsync(file, Report(results) + await ThroughputAsync(database.Url), TestContext.Current.CancellationToken);
        Assert.All(results, static r => Assert.True(r.Holds, r.ToString()));
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
            .Append("The provider's own count is what was billed. Three gateways on one PostgreSQL, or one on SQLite. `./x bench budgets` writes this page.\n\n")
            .Append(CultureInfo.InvariantCulture, $"{results.Count} seeds, {results.Count(static r => r.Holds)} without a fault; nearest to the limit {results.Max(static r => r.Overshoot):P2}; left reserved {results.Sum(static r => r.LeftReserved)}; refused in vain {results.Sum(static r => r.FalseRefusals)}.\n\n")
            .Append("| seed | database | limit | billed | beyond the limit | answered | left | refused | left reserved | refused in vain | seconds |\n| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (var r in results)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {r.Seed} | {(r.Shared ? "PostgreSQL, 3 gateways" : "SQLite")} | ${r.Limit} | ${r.Billed:0.0000} | {r.Overshoot:P2} | {r.Answered} | {r.Left} | {r.Refused} | {r.LeftReserved} | {r.FalseRefusals} | {r.Took.TotalSeconds:0.0} |\n");
        }
        return text.ToString();
    }
}
