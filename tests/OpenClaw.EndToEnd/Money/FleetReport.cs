using System.Globalization;
using System.Text;

namespace OpenClaw.EndToEnd.Money;

/// <summary><c>bench/results/budgets.md</c>.</summary>
internal static class FleetReport
{
    private const string Head = """
        # Budgets under load

        `./x bench budgets` writes this page. CLIENTS clients at once ask until a hard limit leaves nothing for them: streams and whole answers of random length, three gateways on one PostgreSQL, or one on SQLite. In every run

        - a gateway is killed (SIGKILL) in the middle and started again, and PostgreSQL is frozen (SIGSTOP) for 0.2 to 1.2 s;
        - one caller in twelve leaves in mid-answer, one call in twelve begins at a target that fails or cuts the stream every other time and goes on at the next;
        - answers are bounded by their callers, by their models, or (a third of the seeds) one in twenty by nobody.

        The limit is several times what all clients hold at once. What was billed is the provider's own count, not the gateways'.

        **Over the limit**: more billed than the limit, or more counted. **Left reserved**: what the gateways still hold a minute after the last call. **In vain**: refused although spent, held and the call's own need are within the limit, twice in a row. Judged from outside: spent is what the provider billed for ended calls; held is the most that the calls may need that were under way at any moment of the refused one or ended within half a second before; what was held for calls that died with a gateway is spent, for good. Two things are left out: what a killed gateway had leased (as the database has it) counts as held until a second after it is ready again, and refusals with 503 are allowed from the moment the database is frozen to one second after.

        What is billed stays below the limit by what died: the gateways must take the calls of a killed gateway for as dear as they could have become. *Died* is that part as the ledger has it: most where one gateway has everybody's calls and one in twenty of them is bounded by nobody, for then the few open ones hold most of what is left. *Counted* is what the gateways themselves take for spent. A run is without a fault when neither what is billed nor what is counted passes the limit, at least 90 % is counted, at least 85 % is billed or died, nothing is left reserved and nothing was refused in vain.


        """;

    public static string Text(IReadOnlyList<FleetResult> results, int clients)
    {
        var text = new StringBuilder(Head.Replace("CLIENTS", clients.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))
            .Append("| database | answers bounded by | seeds | without a fault | nearest to the limit | over the limit | left reserved | in vain | billed, least | billed, median | died, median | counted, median | counted, most | seconds, median |\n")
            .Append("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (var group in results.GroupBy(static r => (r.Shared, Bounds: (FleetBounds)(r.Seed % 3))).OrderByDescending(static g => g.Key.Shared).ThenBy(static g => g.Key.Bounds)) Row(text, Database(group.Key.Shared), Words(group.Key.Bounds), [.. group]);
        foreach (var group in results.GroupBy(static r => r.Shared).OrderByDescending(static g => g.Key)) Row(text, Database(group.Key), "all", [.. group]);
        text.Append("\n| database | calls | answered | refused for want of money | refused while the database was away | left in mid-answer | provider's errors | cut streams | gateways killed | databases frozen |\n")
            .Append("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (var group in results.GroupBy(static r => r.Shared).OrderByDescending(static g => g.Key))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {Database(group.Key)} | {group.Sum(static r => r.Calls)} | {group.Sum(static r => r.Answered)} | {group.Sum(static r => r.Refused)} | {group.Sum(static r => r.Away)} | {group.Sum(static r => r.Left)} | {group.Sum(static r => r.Errors)} | {group.Sum(static r => r.Cuts)} | {group.Sum(static r => r.Kills)} | {group.Sum(static r => r.Pauses)} |\n");
        }
        foreach (var fault in results.Where(static r => !r.Holds)) text.Append(CultureInfo.InvariantCulture, $"\nA fault: {fault}\n");
        return text.ToString();
    }

    private static void Row(StringBuilder text, string database, string bounds, List<FleetResult> runs) => text.Append(
        CultureInfo.InvariantCulture,
        $"| {database} | {bounds} | {runs.Count} | {runs.Count(static r => r.Holds)} | {runs.Max(static r => r.Share):P2} | {runs.Count(static r => r.Billed > r.Limit || r.Counted > r.Limit)} | {runs.Sum(static r => r.LeftReserved)} | {runs.Sum(static r => r.InVain)} | {runs.Min(static r => r.Share):P1} | {Median(runs, static r => r.Share):P1} | {Median(runs, static r => r.Died / r.Limit):P1} | {Median(runs, static r => r.Counted / r.Limit):P1} | {runs.Max(static r => r.Counted / r.Limit):P2} | {Median(runs, static r => (decimal)r.Took.TotalSeconds):0.0} |\n");

    private static decimal Median(List<FleetResult> runs, Func<FleetResult, decimal> of) => runs.Select(of).Order().ElementAt(runs.Count / 2);

    private static string Database(bool shared) => shared ? "PostgreSQL, 3 gateways" : "SQLite, 1 gateway";

    private static string Words(FleetBounds bounds) => bounds switch
    {
        FleetBounds.Callers => "callers",
        FleetBounds.Models => "models",
        _ => "callers, one in twenty by nobody",
    };
}
