using System.Collections.Immutable;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>Reads <c>budgets</c> and <c>limits</c>.</summary>
internal sealed class MoneySection(ReadContext context, References references, AliasNames aliases, ModelsConfig models)
{
    private readonly ScopeText _scopes = new(context, references, aliases);

    public ImmutableArray<BudgetConfig> ReadBudgets()
    {
        var budgets = ImmutableArray.CreateBuilder<BudgetConfig>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in ReadContext.Items(context.Root["budgets"]))
        {
            if (ReadBudget(node, null) is not { } budget) continue;
            if (budget.Name is { } name && !names.Add(name)) context.Problems.Error(node["name"], $"there are two budgets named \"{Shown.Text(name)}\"", "Give one of them another name.");
            budgets.Add(budget);
        }
        return budgets.ToImmutable();
    }

    /// <summary>The budgets of one client: written beside its name, so they have no scope of their own.</summary>
    public ImmutableArray<BudgetConfig> ReadBudgets(ConfigNode? list, string scope) =>
        [.. ReadContext.Items(list).Select(node => ReadBudget(node, scope)).OfType<BudgetConfig>()];

    /// <summary>The rates of one client.</summary>
    public ImmutableArray<LimitConfig> ReadLimits(ConfigNode? list, string scope) =>
        [.. ReadContext.Items(list).Select(node => ReadLimit(node, scope)).OfType<LimitConfig>()];

    private BudgetConfig? ReadBudget(ConfigNode node, string? given)
    {
        var scope = given ?? _scopes.Budget(node);
        var limit = ReadContext.Number(node["limit"]);
        if (limit is null && node.Members.All(static m => m.Key != "limit" || m.Value.IsUnset)) context.Problems.Error(node, "the budget has no limit", "Add \"limit\": 50.");
        var action = context.Text(node["action"]) ?? "block";
        CheckDowngrade(node, action);
        WarnOfTimeZone(node["timeZone"]);
        WarnOfPeriod(node, scope);
        if (scope is null || limit is null) return null;
        return new BudgetConfig
        {
            Name = context.Text(node["name"]),
            Scope = scope,
            Period = context.Text(node["period"]) ?? (scope == "request" ? "request" : "total"),
            Limit = limit.Value,
            Unit = context.Text(node["unit"]) ?? "usd",
            Action = action,
            To = context.Text(node["to"]),
            WarnAt = [.. ReadContext.Items(node["warnAt"]).Select(ReadContext.Number).OfType<decimal>().Distinct().Order()],
            TimeZone = context.Text(node["timeZone"]),
        };
    }

    private void CheckDowngrade(ConfigNode node, string action)
    {
        var to = node["to"];
        if (action == "downgrade" && to is null && node.Members.All(static m => m.Key != "to" || m.Value.Kind == NodeKind.Null || m.Value.IsUnset))
        {
            context.Problems.Error(node, "the budget downgrades but does not say to what", "Add \"to\": an alias or \"provider/model\".");
        }
        else if (action != "downgrade" && to is not null)
        {
            context.Problems.Warn(to, $"\"to\" has no effect with action {action}", "Write \"action\": \"downgrade\", or remove it.");
        }
        if (to is null) return;
        var check = new AllowlistCheck(context, models);
        foreach (var reference in references.Resolve(to)) check.Require(to, reference, "is what the budget downgrades to");
    }

    /// <summary>A period that its scope outlives by nothing, or never fills, says something else than what holds.</summary>
    private void WarnOfPeriod(ConfigNode node, string? scope)
    {
        var period = context.Text(node["period"]);
        if (scope == "request" && period is not (null or "request" or "total"))
        {
            context.Problems.Warn(node["period"], $"a budget of scope request holds for each request alone, so period {Shown.Text(period)} has no effect", "Remove \"period\", or write \"scope\": \"gateway\".");
        }
        else if (period == "session" && scope == "gateway")
        {
            context.Problems.Warn(node["period"], "a budget of the gateway with period session counts each session alone", "Write \"scope\": \"session\" if that is meant, or another period.");
        }
    }

    private void WarnOfTimeZone(ConfigNode? node)
    {
        if (context.Text(node) is not { } zone || context.KeepsVariables || TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _)) return;
        context.Problems.Warn(node, $"this system knows no time zone {Shown.Value(node!)}, so UTC is used", "Write a name such as \"Europe/Berlin\".");
    }

    public ImmutableArray<LimitConfig> ReadLimits() =>
        [.. ReadContext.Items(context.Root["limits"]).Select(node => ReadLimit(node, null)).OfType<LimitConfig>()];

    private LimitConfig? ReadLimit(ConfigNode node, string? given)
    {
        var scope = given ?? _scopes.Limit(node);
        var requests = ReadContext.Integer(node["requestsPerMinute"]);
        var tokens = ReadContext.Integer(node["tokensPerMinute"]);
        if (requests is null && tokens is null && node.Members.All(static m => m.Key is not ("requestsPerMinute" or "tokensPerMinute") || m.Value.IsUnset))
        {
            context.Problems.Error(node, "the limit limits nothing", "Add \"requestsPerMinute\": 600 or \"tokensPerMinute\": 200000.");
        }
        return scope is null ? null : new LimitConfig { Scope = scope, RequestsPerMinute = requests, TokensPerMinute = tokens };
    }
}
