using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using OpenClaw.Config;

namespace OpenClaw.Gateway.Metering.Budgets;

/// <summary>The budgets of one configuration, made ready, in one order for all requests. Immutable.</summary>
internal sealed class BudgetPlan
{
    private readonly ModelsConfig _models;

    private BudgetPlan(OpenClawConfig config, ImmutableArray<BudgetRule> rules)
    {
        (Config, _models, Rules) = (config, config.Models, rules);
        Mark = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', rules.Select(static r => r.Id).Order(StringComparer.Ordinal)))).AsSpan(0, 8));
    }

    /// <summary>What it was made of: a request's plan is that of its snapshot.</summary>
    public OpenClawConfig Config { get; }

    public ImmutableArray<BudgetRule> Rules { get; }

    /// <summary>Says which counters a request is charged to: two plans with one mark charge the same.</summary>
    public string Mark { get; }

    public bool IsEmpty => Rules.IsEmpty;

    public static BudgetPlan Of(OpenClawConfig config)
    {
        var twins = new Dictionary<string, int>(StringComparer.Ordinal);
        var rules = ImmutableArray.CreateBuilder<BudgetRule>(config.Budgets.Length);
        foreach (var budget in config.Budgets)
        {
            var rule = new BudgetRule(budget);
            var twin = twins.GetValueOrDefault(rule.Id);
            twins[rule.Id] = twin + 1;
            rules.Add(twin == 0 ? rule : new BudgetRule(budget, twin));
        }
        // What sends a request elsewhere is asked first: a block of the same scope would refuse what something cheaper may answer.
        return new BudgetPlan(config, [.. rules.OrderBy(static r => r.Action == BudgetAction.Downgrade ? 0 : 1).ThenBy(static r => r.Id, StringComparer.Ordinal)]);
    }

    /// <summary>Whether a model without a price may run under budgets in dollars, which then do not see it.</summary>
    public bool MayRunUnpriced(ModelRef reference) => _models.MayRunUnpriced(reference);
}
