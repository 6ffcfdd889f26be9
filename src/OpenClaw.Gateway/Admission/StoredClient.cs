using System.Collections.Immutable;
using OpenClaw.Config;
using OpenClaw.Gateway.Inbound;

namespace OpenClaw.Gateway.Admission;

/// <summary>A token that a client may use.</summary>
/// <param name="Until">The end of its overlap after a rotation; null = as long as the client.</param>
internal sealed record StoredToken(TokenHash Hash, DateTimeOffset? Until);

/// <summary>A client that is kept in the store: made, rotated and revoked by API and command line. Immutable; holds no token.</summary>
internal sealed record StoredClient
{
    public required string Name { get; init; }

    /// <summary>The newest first.</summary>
    public required ImmutableArray<StoredToken> Tokens { get; init; }

    /// <summary>Empty: the gateway's allowlist alone holds.</summary>
    public ImmutableArray<AllowRule> Allow { get; init; } = [];

    public ImmutableArray<BudgetConfig> Budgets { get; init; } = [];

    public ImmutableArray<LimitConfig> Limits { get; init; } = [];

    public DateTimeOffset? Expires { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>The last change: of two versions the later one holds.</summary>
    public required DateTimeOffset Changed { get; init; }

    public DateTimeOffset? Revoked { get; init; }

    public bool IsOver(DateTimeOffset now) => Revoked is not null || Expires <= now;

    public Caller ToCaller() => new(Name) { Allow = Allow.IsEmpty ? null : Allow };
}
