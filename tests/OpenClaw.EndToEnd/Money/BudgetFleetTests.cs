using System.Diagnostics;
using System.Globalization;

namespace OpenClaw.EndToEnd.Money;

/// <summary>The promise of hard budgets, kept by real processes on real databases. <c>./x bench budgets</c> runs the long form.</summary>
public sealed class BudgetFleetTests(ITestOutputHelper output)
{
    // One seed of each kind of bounds (seed % 3).
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Three_gateways_on_one_PostgreSQL_never_pass_a_hard_limit_together(int seed)
    {
        await using var database = await PostgresServer.StartAsync();
        Check(await BudgetFleet.RunAsync(seed, gateways: 3, clients: 40, database));
    }

    [Fact]
    public async Task One_gateway_on_SQLite_never_passes_a_hard_limit_and_forgets_nothing_when_it_is_killed() => Check(await BudgetFleet.RunAsync(seed: 2, gateways: 1, clients: 40, null));

    /// <summary>
    /// The bench: <c>OPENCLAW_BUDGET_SEEDS</c> seeds of <c>OPENCLAW_BUDGET_CLIENTS</c> clients on each database, written to <c>OPENCLAW_BUDGET_REPORT</c>
    /// as they end. What <c>OPENCLAW_BUDGET_RESULTS</c> has from a run of the same binary is not run again.
    /// </summary>
    [Fact(Explicit = true)]
    public async Task The_bench_of_budgets()
    {
        var seeds = int.TryParse(Environment.GetEnvironmentVariable("OPENCLAW_BUDGET_SEEDS"), out var asked) ? asked : 1;
        var clients = int.TryParse(Environment.GetEnvironmentVariable("OPENCLAW_BUDGET_CLIENTS"), out var many) ? many : 500;
        var report = Environment.GetEnvironmentVariable("OPENCLAW_BUDGET_REPORT");
        var kept = Environment.GetEnvironmentVariable("OPENCLAW_BUDGET_RESULTS");
        var results = Kept(kept, clients);
        await using var database = await PostgresServer.StartAsync();
        var (total, ran, watch) = (seeds * 2, 0, Stopwatch.StartNew());
        foreach (var (seed, shared) in Enumerable.Range(1, seeds).SelectMany(static s => new[] { (s, true), (s, false) }))
        {
            if (results.Any(r => r.Seed == seed && r.Shared == shared)) continue;
            // What an earlier seed spent counts for a budget that was made after it.
            if (shared) await database.ClearAsync();
            var result = await BudgetFleet.RunAsync(seed, shared ? 3 : 1, clients, shared ? database : null);
            results.Add(result);
            var remaining = watch.Elapsed / ++ran * (total - results.Count(r => r.Seed <= seeds));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{results.Count(r => r.Seed <= seeds)}/{total}, about {remaining.TotalMinutes:0} min more: {(result.Holds ? "holds" : "FAILS")}, {result}"));
            if (kept is not null) await File.AppendAllTextAsync(kept, result.ToLine() + "\n", TestContext.Current.CancellationToken);
            if (report is { Length: > 0 }) await File.WriteAllTextAsync(report, FleetReport.Text(results, clients), TestContext.Current.CancellationToken);
        }
        if (report is { Length: > 0 }) await File.WriteAllTextAsync(report, FleetReport.Text(results, clients) + await ThroughputAsync(database.Url), TestContext.Current.CancellationToken);
        Assert.All(results, static r => Assert.True(r.Holds, r.ToString()));
    }

    // The first line says which binary it was, and how many clients.
    private static List<FleetResult> Kept(string? file, int clients)
    {
        if (file is null) return [];
        var program = Path.ChangeExtension(GatewayProcess.Binary, ".dll") is var library && File.Exists(library) ? library : GatewayProcess.Binary;
        var binary = "# " + File.GetLastWriteTimeUtc(program).Ticks.ToString(CultureInfo.InvariantCulture) + " " + clients.ToString(CultureInfo.InvariantCulture);
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
        using var bench = Process.Start(new ProcessStartInfo(program, ["budgets", "--postgres", url]) { RedirectStandardOutput = true })!;
        var table = await bench.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bench.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, bench.ExitCode);
        return "\n## What it costs\n\nIn this run, 64 connections, rounds of two seconds each in turn.\n\n" + table;
    }

    private void Check(FleetResult result)
    {
        output.WriteLine(result.ToString());
        Assert.True(result.Holds, result.ToString());
        Assert.True(result.Kills == 1 && result.Pauses == (result.Shared ? 1 : 0), result.ToString());
    }
}
