using System.Collections.Immutable;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>
/// Reads the allowlist from whichever place holds it. It is never widened, dropped or guessed around: two that differ, or an
/// empty one, are errors.
/// </summary>
internal sealed class AllowlistReading(ReadContext context, References references, LlmConfigList list)
{
    public ImmutableArray<AllowRule>? Read(IReadOnlyList<PlacedRef> chain)
    {
        var native = context.Root.At("models", "allowlist");
        var upstream = context.Root.At("agents", "defaults", "modelPolicy", "allow");
        var rules = native is null ? null : Rules(native);
        if (native is { IsArray: true, Items.Count: 0 })
        {
            context.Problems.Error(native, "an empty allowlist allows nothing", "List what may be asked for, or remove the key to allow everything.");
        }
        // Upstream documents an empty allow as "all"; one emptied by missing variables is not empty in the file.
        if (upstream is { IsArray: true, Items.Count: > 0 })
        {
            var policy = Rules(upstream);
            if (rules is not null && !rules.ToHashSet().SetEquals(policy))
            {
                context.Problems.Error(upstream, $"there are two allowlists that differ: this one and models.allowlist on line {native!.Line}", "Keep one of the two.");
            }
            rules ??= policy;
        }
        rules ??= native is null && upstream is null ? LegacyRules(chain) : null;
        if (rules is null) return null;
        if (rules.Count == 0 && !context.Problems.HasErrors)
        {
            context.Problems.Error(native ?? upstream, "nothing is left of the allowlist", "Set the missing variables, or write the references.");
        }
        return [.. WithSplits(rules).Distinct()];
    }

    private List<AllowRule> Rules(ConfigNode node)
    {
        var rules = new List<AllowRule>();
        foreach (var item in ReadContext.Items(node)) rules.AddRange(references.Rules(item));
        return rules;
    }

    /// <summary>A second address of an allowed model is the same model to whoever wrote the list.</summary>
    private IEnumerable<AllowRule> WithSplits(List<AllowRule> rules)
    {
        foreach (var rule in rules) yield return rule;
        foreach (var (split, original) in list.SplitOf)
        {
            if (rules.Any(r => r.Matches(original))) yield return new AllowRule(split.Provider, split.Model);
        }
    }

    /// <summary>
    /// Upstream before 2026.8.1 took a non-empty agents.defaults.models for the allowlist (the chain always included), and
    /// still does so until meta.migrations.modelPolicyAllowlist is true. Reading it otherwise would widen what may be asked for.
    /// </summary>
    private List<AllowRule>? LegacyRules(IReadOnlyList<PlacedRef> chain)
    {
        var models = context.Root.At("agents", "defaults", "models");
        var isMigrated = ReadContext.Flag(context.Root.At("meta", "migrations", "modelPolicyAllowlist")) == true
            || context.Root.At("agents", "defaults", "modelPolicy") is not null;
        if (isMigrated || models is not { IsObject: true, Members.Count: > 0 }) return null;
        var rules = new List<AllowRule>();
        foreach (var member in ReadContext.Members(models))
        {
            if (ModelRef.TryParse(member.Name, out var reference)) rules.Add(new AllowRule(reference.Provider, reference.Model));
        }
        if (rules.Count == 0) return null;
        context.Problems.Warn(models, "without meta.migrations.modelPolicyAllowlist these models and the default chain are also the allowlist, as in upstream OpenClaw",
            "Write \"meta\": { \"migrations\": { \"modelPolicyAllowlist\": true } } to allow everything, or list them under agents.defaults.modelPolicy.allow.");
        rules.AddRange(chain.Select(static c => new AllowRule(c.Ref.Provider, c.Ref.Model)));
        return rules;
    }
}
