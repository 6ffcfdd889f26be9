using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>Reads <c>routing</c>.</summary>
internal static class RoutingSection
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    public static RoutingConfig Read(ReadContext context)
    {
        var node = context.Root["routing"];
        var defaults = new RoutingConfig();
        if (node is null) return defaults;
        var deadline = Clock(context, node["deadline"]);
        var routing = new RoutingConfig
        {
            Timeouts = ReadTimeouts(context, node["timeouts"]),
            Retries = ReadContext.Integer(node["retries"]) ?? defaults.Retries,
            Deadline = deadline ?? defaults.Deadline,
            DeadlineIsExplicit = deadline is not null,
            CooldownBase = Clock(context, node.At("cooldown", "base")) ?? defaults.CooldownBase,
            CooldownMax = Clock(context, node.At("cooldown", "max")) ?? defaults.CooldownMax,
            Continuation = context.Text(node["continuation"]) == "off" ? ContinuationMode.Off : ContinuationMode.Auto,
            Unsupported = context.Text(node["unsupported"]) == "reject" ? UnsupportedMode.Reject : UnsupportedMode.Warn,
        };
        if (routing.CooldownBase <= routing.CooldownMax) return routing;
        context.Problems.Error(node["cooldown"], "cooldown.base is longer than cooldown.max", $"Write a max of at least \"{DurationText.Write(routing.CooldownBase)}\".");
        return routing;
    }

    private static TimeoutsConfig ReadTimeouts(ReadContext context, ConfigNode? node) => new()
    {
        Connect = Clock(context, node?["connect"]),
        Headers = Clock(context, node?["headers"]),
        FirstToken = Clock(context, node?["firstToken"]),
        Idle = Clock(context, node?["idle"]),
        Answer = Clock(context, node?["answer"]),
        Total = Clock(context, node?["total"]),
    };

    private static TimeSpan? Clock(ReadContext context, ConfigNode? node) => context.Duration(node, Shortest, Longest);
}
