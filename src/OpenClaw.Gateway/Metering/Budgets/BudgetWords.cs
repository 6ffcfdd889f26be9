using System.Globalization;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Metering.Budgets;

/// <summary>What a caller is told when a budget does not let a call through: which, how much, until when, and what to do.</summary>
internal static class BudgetWords
{
    public static string OnlyWarns(BudgetRule rule) => $"budget {rule.Name} is used up; it only warns";

    // The official clients wait up to a minute when they are told to.
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(60);

    public static BudgetFinding UsedUp(BudgetRule rule, decimal limit, decimal spent, decimal reserved, decimal elsewhere, decimal least, BudgetWindow window, DateTimeOffset now)
    {
        var targetOnly = rule.Scope is BudgetScope.Provider or BudgetScope.Model && rule.Action != BudgetAction.Downgrade;
        var ends = window.Ends is { } end
            ? $"it starts anew at {end.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC" : "it does not start anew by itself";
        var waits = reserved + elsewhere > 0 && spent + least <= limit;
        var advice = waits
            ? "wait for the answers that are under way"
            : rule.IsPerRequest ? "send less, ask for a shorter answer (max_tokens) or a cheaper model" : "raise its limit in budgets, ask for a cheaper model, or wait";
        var held = reserved > 0 ? $" and {rule.Show(reserved)} reserved by answers under way" : "";
        if (elsewhere > 0) held += $" and {rule.Show(elsewhere)} held by other gateways";
        var about = rule.IsPerRequest ? "" : $" {ends};";
        var message = $"budget \"{rule.Name}\" does not hold this call: {rule.Show(spent)} spent{held} of {rule.Show(limit)} {rule.PeriodWords}, and it needs at least {rule.Show(least)};{about} {advice}";
        var retry = waits ? TimeSpan.FromSeconds(2) : window.Ends - now is { } left && left <= s_soon ? left : (TimeSpan?)null;
        return new BudgetFinding(rule.Name, targetOnly, rule.Action == BudgetAction.Downgrade ? rule.Config.To : null, new GatewayError(GatewayErrorKind.BudgetExceeded, message) { RetryAfter = retry });
    }

    /// <summary>The caller's own bound.</summary>
    public static BudgetFinding OverMaxCost(decimal limit, decimal spent, decimal least) => new("x-openclaw-max-cost", true, null, new GatewayError(
        GatewayErrorKind.BudgetExceeded, $"this call needs at least {Dollars.Text(least)}, and x-openclaw-max-cost leaves {Dollars.Text(Math.Max(0, limit - spent))}; raise it, send less, ask for a shorter answer (max_tokens) or a cheaper model"));

    public static BudgetFinding Unpriced(string budget, Target target) => new(budget, true, null, new GatewayError(
        GatewayErrorKind.BudgetExceeded,
        $"nobody knows what {target.Name} costs, and {(budget == "x-openclaw-max-cost" ? budget : $"budget \"{budget}\"")} counts dollars; write its price under models.prices[\"{target.Name}\"] (input and output, dollars per million tokens), or let it run uncounted with models.allowUnpriced"));

    public static BudgetFinding NotAccepting(string budget, string why) => new(budget, false, null, new GatewayError(
        GatewayErrorKind.Overloaded, $"budget \"{budget}\" cannot be kept now: {why}; requests under it wait until the ledger takes entries again") { RetryAfter = TimeSpan.FromSeconds(5) });
}
