using System.Data.Common;
using System.Text.Json;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Control;

/// <summary>What every budget stands at: for <c>/openclaw/v1/budgets</c>, the status page, slash commands and metrics.</summary>
internal sealed class BudgetsApi(BudgetState budgets, TimeProvider time)
{
    private const int MaxSubjects = 20;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <summary>What all have spent is still being summed, and nothing is answered.</summary>
    public bool IsSumming => budgets.IsSumming;

    /// <summary>Reads from the ledger what no request has asked for yet, or not of late; gives up quietly after a second.</summary>
    public async ValueTask LoadAsync(GatewayState state, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        enough.CancelAfter(s_patience);
        try
        {
            foreach (var rule in budgets.PlanOf(state.Config).Rules)
            {
                if (rule.IsPerRequest) continue;
                if (rule.OnlySubject is { } subject) await budgets.LookAsync(rule, budgets.CounterOf(rule, subject, now), null, now, enough.Token).ConfigureAwait(false);
                else await budgets.LookAsync(rule, MaxSubjects, now, enough.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is DbException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            // Shown without what is not known.
        }
    }

    /// <summary>An array with one entry a budget, in the order of the file.</summary>
    public void Write(Utf8JsonWriter json, GatewayState state)
    {
        json.WriteStartArray("budgets"u8);
        foreach (var standing in Standings(state)) Write(json, standing);
        json.WriteEndArray();
    }

    /// <summary>Every budget of the snapshot with its counters of the current window, dearest subject first.</summary>
    public IReadOnlyList<BudgetStanding> Standings(GatewayState state)
    {
        var now = time.GetUtcNow();
        var rules = budgets.PlanOf(state.Config).Rules;
        return [.. rules.OrderBy(r => state.Config.Budgets.IndexOf(r.Config)).Select(rule =>
        {
            var window = rule.WindowAt(now);
            var counters = rule.IsPerRequest ? [] : budgets.Counters
                .Where(c => c.IsLoaded && c.Key.Budget == rule.Id && c.Key.Window == window.Name)
                .Select(static c => (c.Key.Subject, c.Now.Spent, c.Now.Reserved))
                .OrderByDescending(static c => c.Spent).ToList();
            return new BudgetStanding(rule, window, counters);
        })];
    }

    private static void Write(Utf8JsonWriter json, BudgetStanding standing)
    {
        var rule = standing.Rule;
        json.WriteStartObject();
        json.WriteString("name"u8, rule.Name);
        json.WriteString("scope"u8, rule.Config.Scope);
        json.WriteString("period"u8, rule.Config.Period);
        json.WriteString("unit"u8, rule.Config.Unit);
        json.WriteString("action"u8, rule.Config.Action);
        if (rule.Config.To is { } to) json.WriteString("to"u8, to);
        json.WriteNumber("limit"u8, rule.Limit);
        if (standing.Window.Ends is { } ends)
        {
            json.WriteString("windowStarts"u8, standing.Window.From.UtcDateTime);
            json.WriteString("windowEnds"u8, ends.UtcDateTime);
        }
        if (rule.OnlySubject is not null)
        {
            if (standing.IsKnown) Write(json, rule, standing.Counters[0].Spent, standing.Counters[0].Reserved);
            else
            {
                foreach (var name in (string[])["spent", "reserved", "left"]) json.WriteNull(name);
            }
        }
        else if (!rule.IsPerRequest)
        {
            json.WriteStartArray("subjects"u8);
            foreach (var (subject, spent, reserved) in standing.Counters.Take(MaxSubjects))
            {
                json.WriteStartObject();
                json.WriteString("subject"u8, subject);
                Write(json, rule, spent, reserved);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteNumber("subjectsInAll"u8, standing.Counters.Count);
        }
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, BudgetRule rule, decimal spent, decimal reserved)
    {
        json.WriteNumber("spent"u8, spent);
        json.WriteNumber("reserved"u8, reserved);
        json.WriteNumber("left"u8, Math.Max(0, rule.Limit - spent - reserved));
    }
}

/// <summary>One budget and its counters in the current window, as far as they are known here.</summary>
internal sealed record BudgetStanding(BudgetRule Rule, BudgetWindow Window, IReadOnlyList<(string Subject, decimal Spent, decimal Reserved)> Counters)
{
    /// <summary>False: the ledger has not said yet what is spent, and that is not nothing. Where each subject has its own, those that asked are known.</summary>
    public bool IsKnown => Rule.OnlySubject is null || Counters.Count > 0;
}
