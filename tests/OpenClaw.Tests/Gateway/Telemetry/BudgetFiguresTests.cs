using OpenClaw.Config;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Telemetry;

namespace OpenClaw.Tests.Gateway.Telemetry;

public sealed class BudgetFiguresTests
{
    [Fact]
    public void Budgets_of_one_name_are_one_series()
    {
        var text = new Metrics().Write(new GatewayGauges(false, 0, [])
        {
            Budgets = [Of("client:ci", "daily", "usd", 5, 1.25m), Of("client:dev", "daily", "usd", 2, 0.5m), Of("client:ci", "daily", "tokens", 1000, 10), Of("gateway", "all", "usd", 9, 3)],
        });
        var lines = text.Split('\n').Where(static l => l.StartsWith("openclaw_budget_", StringComparison.Ordinal)).ToList();
        Assert.Equal(lines.Count, lines.Select(static l => l.Split(' ')[0]).Distinct().Count());
        Assert.Contains("openclaw_budget_limit{budget=\"daily\",unit=\"usd\"} 7", lines);
        Assert.Contains("openclaw_budget_spent{budget=\"daily\",unit=\"usd\"} 1.75", lines);
        Assert.Contains("openclaw_budget_spent{budget=\"daily\",unit=\"tokens\"} 10", lines);
        Assert.Contains("openclaw_budget_limit{budget=\"all\",unit=\"usd\"} 9", lines);
    }

    private static BudgetStanding Of(string scope, string name, string unit, decimal limit, decimal spent) =>
        new(new BudgetRule(new BudgetConfig { Name = name, Scope = scope, Unit = unit, Limit = limit }), BudgetWindow.Always, [("", spent, 0)]);
}
