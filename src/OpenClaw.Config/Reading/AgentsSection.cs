using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>
/// What single agents of upstream's have of their own. The gateway serves them all from one chain under one allowlist, so an
/// agent's narrower allowlist would not hold: that is an error, its own model a warning.
/// </summary>
internal static class AgentsSection
{
    private static readonly string[] s_own = ["model", "fallbacks", "modelPolicy"];

    public static void Check(ReadContext context)
    {
        foreach (var (node, restricts) in Lost(context))
        {
            if (restricts)
            {
                context.Problems.Error(node, "the allowlist of a single agent is not enforced here: the gateway would serve it everything that agents.defaults allows", "Move it to agents.defaults.modelPolicy.allow, or give the agent a token of its own in \"clients\" with \"allow\".");
            }
            else
            {
                context.Problems.Warn(node, $"{node.Segment} of a single agent has no effect: all agents share one default chain", "Write the chain to agents.defaults.model; an agent gets another model by asking for it by name or alias.");
            }
        }
    }

    /// <summary>What a file of ours cannot say, while converting to one.</summary>
    public static void NoteMissing(ReadContext context)
    {
        foreach (var (node, restricts) in Lost(context))
        {
            context.Problems.Error(node, $"{node.Segment} of a single agent cannot be said outside upstream's dialect, so it is left out", restricts ? "Give the agent a client of its own with \"allow\", or write one allowlist for all." : "Give it an alias that the agent asks for.");
        }
    }

    /// <summary>True for a member of an agent that holds nowhere but in upstream's dialect.</summary>
    public static bool IsOwn(ConfigMember member) => s_own.Contains(member.Name);

    private static IEnumerable<(ConfigNode Node, bool Restricts)> Lost(ReadContext context)
    {
        var agents = context.Root["agents"];
        var each = ReadContext.Members(agents?["entries"]).Select(static m => m.Value).Concat(ReadContext.Items(agents?["list"]));
        foreach (var agent in each.Where(static a => a.IsObject))
        {
            if (agent["model"] is { } model) yield return (model, false);
            if (agent["fallbacks"] is { } fallbacks) yield return (fallbacks, false);
            if (agent["modelPolicy"] is { } policy && Restricts(context, policy)) yield return (policy, true);
        }
    }

    /// <summary>Upstream documents an empty allow as "all". One that holds all that everybody may use takes nothing away.</summary>
    private static bool Restricts(ReadContext context, ConfigNode policy)
    {
        if (policy["allow"] is not { } allow) return !policy.IsObject;
        if (!allow.IsArray) return true;
        if (allow.Items.Count == 0) return false;
        var common = context.Root.At("agents", "defaults", "modelPolicy", "allow") ?? context.Root.At("models", "allowlist");
        return common is not { IsArray: true, Items.Count: > 0 } || !common.Items.All(rule => allow.Items.Any(own => own.Text == rule.Text));
    }
}
