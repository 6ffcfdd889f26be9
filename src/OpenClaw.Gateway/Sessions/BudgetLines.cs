using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Sessions;

/// <summary>What the budgets that a session is bounded by stand at. A client is shown its own and its sessions', not the whole gateway's.</summary>
internal sealed class BudgetLines(BudgetState budgets, TimeProvider time)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    public async ValueTask<IReadOnlyList<BudgetLine>> OfAsync(GatewayState state, Caller caller, string? session, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var facts = new RequestFacts("", caller.Name, session, null, [], "", 0, null, false, null);
        var lines = new List<BudgetLine>();
        // A command does not wait for a database that is away: it shows what is known.
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        enough.CancelAfter(s_patience);
        foreach (var rule in budgets.PlanOf(state.Config).Rules.OrderBy(r => state.Config.Budgets.IndexOf(r.Config)))
        {
            if (!rule.IsFor(caller.Name)) continue;
            if (caller != Caller.Owner && rule.Scope is not (BudgetScope.Client or BudgetScope.Session or BudgetScope.Request)) continue;
            if (rule.IsPerRequest)
            {
                lines.Add(new BudgetLine(rule.Name, rule.InTokens, rule.Limit, 0, 0, IsPerRequest: true, null));
                continue;
            }
            // Without a session there is no counter of one.
            if (rule.SubjectOf(facts) is not { } subject) continue;
            var counter = budgets.CounterOf(rule, subject, now);
            try
            {
                await budgets.LookAsync(rule, counter, facts, now, enough.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                // As said above.
            }
            var (spent, reserved) = counter.Now;
            lines.Add(new BudgetLine(rule.Name, rule.InTokens, rule.Limit, spent, reserved, IsPerRequest: false, rule.WindowAt(now).Ends) { IsUnknown = !counter.IsLoaded });
        }
        return lines;
    }
}
