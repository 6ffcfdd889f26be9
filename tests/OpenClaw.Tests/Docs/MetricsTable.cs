using System.Text.RegularExpressions;
using OpenClaw.Config;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.Telemetry;

namespace OpenClaw.Tests.Docs;

/// <summary>What <c>GET /metrics</c> says, read from what it writes once every family has a series.</summary>
internal static partial class MetricsTable
{
    public static string Build()
    {
        var lines = Sample().Split('\n');
        var rows = new List<string[]>();
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("# HELP ", StringComparison.Ordinal)) continue;
            var parts = lines[i].Split(' ', 4);
            var type = lines[i + 1].Split(' ')[3];
            var labels = string.Join(", ", Label().Matches(lines[i + 2]).Select(static m => CodeTables.Code(m.Groups[1].Value)));
            rows.Add([CodeTables.Code(parts[2]), type, labels, parts[3]]);
        }
        return CodeTables.Write(["name", "type", "labels", "what it counts"], rows);
    }

    private static string Sample()
    {
        var metrics = new Metrics();
        var decision = new Decision("dec_1", default, "chat")
        {
            Answered = "b/two", Outcome = "healed", Usage = new Usage { Input = 1, Output = 1 }, TotalMs = 1, FirstTokenMs = 1,
        };
        decision.Plan.AddRange("a/one", "b/two");
        decision.Attempts.Add(new AttemptRecord(new("a", "one"), "a#1", AttemptKind.First, 0) { Reason = FailureReason.Cut, Usage = decision.Usage, Cost = new Cost(0, 0, 0, 0, 0, CostSource.Unpriced) });
        decision.Attempts.Add(new AttemptRecord(new("b", "two"), "b#1", AttemptKind.Restart, 1) { Served = true, Usage = decision.Usage, Cost = Cost.Of(0.5m, CostSource.Catalogue) });
        metrics.RunawayStopped("heartbeat");
        metrics.RequestStarted();
        metrics.RequestEnded(decision);
        return metrics.Write(new GatewayGauges(false, 0, [("a/one", true)])
        {
            Budgets = [new BudgetStanding(new BudgetRule(new BudgetConfig { Scope = "gateway", Limit = 1 }), BudgetWindow.Always, [("", 1, 0)])],
        })
            + LedgerFigures.Text(new LedgerFacts("sqlite", "f", "g", true, null, null, 0, 0, 0, 0, 0, 0));
    }

    [GeneratedRegex("([a-z_]+)=\"")]
    private static partial Regex Label();
}
