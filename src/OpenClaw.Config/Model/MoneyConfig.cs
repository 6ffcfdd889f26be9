using System.Collections.Immutable;

namespace OpenClaw.Config;

/// <summary>A budget as written; enforced by the ledger.</summary>
public sealed record BudgetConfig
{
    public string? Name { get; init; }

    /// <summary><c>gateway</c>, <c>client</c> (each its own), <c>client:NAME</c>, <c>session</c>, <c>request</c>, <c>provider:ID</c>, <c>model:REF</c>, <c>alias:NAME</c>, <c>tag:NAME</c>.</summary>
    public required string Scope { get; init; }

    /// <summary><c>request</c>, <c>session</c>, <c>hour</c>, <c>day</c>, <c>week</c>, <c>month</c>, <c>total</c>.</summary>
    public string Period { get; init; } = "total";

    public required decimal Limit { get; init; }

    /// <summary><c>usd</c> or <c>tokens</c>.</summary>
    public string Unit { get; init; } = "usd";

    /// <summary><c>block</c>, <c>downgrade</c> or <c>warn</c>.</summary>
    public string Action { get; init; } = "block";

    /// <summary>For <c>downgrade</c>: an alias or a reference.</summary>
    public string? To { get; init; }

    public ImmutableArray<decimal> WarnAt { get; init; } = [];

    public string? TimeZone { get; init; }
}

public sealed record LimitConfig
{
    /// <summary><c>gateway</c>, <c>client</c> (each its own), <c>client:NAME</c>, <c>provider:ID</c>, <c>model:REF</c>.</summary>
    public required string Scope { get; init; }

    public int? RequestsPerMinute { get; init; }

    public int? TokensPerMinute { get; init; }
}

public sealed record ClientConfig
{
    public required string Name { get; init; }

    /// <summary><see cref="SecretConfig.None"/> when <see cref="TokenHash"/> is set.</summary>
    public required SecretConfig Token { get; init; }

    /// <summary>SHA-256 of the token, 64 lower-case hexadecimal digits; null when <see cref="Token"/> says it.</summary>
    public string? TokenHash { get; init; }

    /// <summary>Empty: the gateway's own allowlist holds.</summary>
    public ImmutableArray<AllowRule> Allow { get; init; } = [];

    /// <summary>Its own budgets; their scope is <c>client:NAME</c>.</summary>
    public ImmutableArray<BudgetConfig> Budgets { get; init; } = [];

    /// <summary>Its own rates; their scope is <c>client:NAME</c>.</summary>
    public ImmutableArray<LimitConfig> Limits { get; init; } = [];

    /// <summary>From then on the token is not taken any more; null = never.</summary>
    public DateTimeOffset? Expires { get; init; }
}
