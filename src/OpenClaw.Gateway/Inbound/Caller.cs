using System.Collections.Immutable;
using OpenClaw.Config;

namespace OpenClaw.Gateway.Inbound;

/// <summary>Who is asking: the gateway token's holder, or a named client with an allowlist of its own.</summary>
internal sealed record Caller(string Name)
{
    public static readonly Caller Owner = new("owner");

    /// <summary>Null: the gateway's allowlist alone holds.</summary>
    public ImmutableArray<AllowRule>? Allow { get; init; }

    /// <summary>From then on the token is not taken; null = never.</summary>
    public DateTimeOffset? Expires { get; init; }

    public bool MayUse(ModelRef reference)
    {
        if (Allow is not { } rules) return true;
        foreach (var rule in rules)
        {
            if (rule.Matches(reference)) return true;
        }
        return false;
    }
}
