using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>Reads <c>guard</c>.</summary>
internal static class GuardSection
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    public static GuardConfig Read(ReadContext context)
    {
        var defaults = new GuardConfig();
        if (context.Root["guard"] is not { } node) return defaults;
        return new GuardConfig
        {
            Enabled = ReadContext.Flag(node["enabled"]) ?? defaults.Enabled,
            SpendPerMinute = ReadContext.Number(node["spendPerMinute"]) ?? defaults.SpendPerMinute,
            SpendPerHour = ReadContext.Number(node["spendPerHour"]) ?? defaults.SpendPerHour,
            IdenticalRequests = Count(context, node["identicalRequests"], 3) ?? defaults.IdenticalRequests,
            ErrorLoop = Count(context, node["errorLoop"], 2) ?? defaults.ErrorLoop,
            Heartbeat = ReadContext.Flag(node["heartbeat"]) ?? defaults.Heartbeat,
            ToolLoop = Count(context, node["toolLoop"], 3) ?? defaults.ToolLoop,
            LoopSpend = ReadContext.Number(node["loopSpend"]) ?? defaults.LoopSpend,
            Cooldown = context.Duration(node["cooldown"], Shortest, Longest) ?? defaults.Cooldown,
        };
    }

    // A client library that tries again twice is no loop.
    private static int? Count(ReadContext context, ConfigNode? node, int least)
    {
        var count = ReadContext.Integer(node);
        if (count is null or 0 || count >= least) return count;
        context.Problems.Error(node!, $"{count} is too few: client libraries try again by themselves", $"Write {least} or more, or 0 to switch it off.");
        return null;
    }
}
