using System.Collections.Immutable;

namespace OpenClaw.Config.Reading;

/// <summary>Reads <c>sessions</c>.</summary>
internal static class SessionsSection
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(3650);

    public static SessionsConfig Read(ReadContext context)
    {
        var node = context.Root["sessions"];
        var defaults = new SessionsConfig();
        if (node is null) return defaults;
        return new SessionsConfig
        {
            From = ReadFrom(context, node["from"]) ?? defaults.From,
            Retention = context.Duration(node["retention"], s_shortest, s_longest) ?? defaults.Retention,
            MaxTranscript = ReadContext.Integer(node["maxTranscript"]) ?? defaults.MaxTranscript,
            Max = ReadContext.Integer(node["max"]) ?? defaults.Max,
            Commands = ReadContext.Flag(node["commands"]) ?? defaults.Commands,
        };
    }

    private static ImmutableArray<string>? ReadFrom(ReadContext context, Text.ConfigNode? node) =>
        node is not { IsArray: true } ? null : [.. ReadContext.Items(node).Select(context.Text).OfType<string>().Distinct(StringComparer.Ordinal)];
}
