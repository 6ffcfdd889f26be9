using System.Collections.Immutable;

namespace OpenClaw.Demo;

/// <summary>One fault of the show: a chain of which the first target has it and the second is well.</summary>
/// <param name="Title">What goes wrong, for people.</param>
/// <param name="Alias">The name under which the chain is asked for.</param>
/// <param name="Primary">The embedded provider's model that plays it, or a server that is not there.</param>
internal sealed record DemoFault(string Title, string Alias, string Primary)
{
    public const string Healthy = "scripted/ok";

    /// <summary>A provider at whose address nobody listens.</summary>
    public const string NobodyThere = "nobody";

    public static ImmutableArray<DemoFault> All { get; } =
    [
        new("connection refused", "refused", $"{NobodyThere}/any"),
        new("429, come back in 10 minutes", "busy", "scripted/rate-limited-600s"),
        new("cut after 40 of 60 words", "cut", "scripted/cut-after-40"),
        new("silent after 20 of 60 words", "stall", "scripted/stall-after-20-30s"),
    ];
}
