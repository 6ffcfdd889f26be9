namespace OpenClaw.Config;

/// <summary>The runaway guard: what stops an agent's session that spends without getting anywhere. On unless switched off; 0 switches one detector off.</summary>
public sealed record GuardConfig
{
    public bool Enabled { get; init; } = true;

    /// <summary>Dollars a minute, two minutes in a row and not falling.</summary>
    public decimal SpendPerMinute { get; init; } = 10;

    /// <summary>Dollars in sixty minutes; 0 = no bound.</summary>
    public decimal SpendPerHour { get; init; }

    /// <summary>The same request, nothing else in between.</summary>
    public int IdenticalRequests { get; init; } = 10;

    /// <summary>The same large request failing again and again.</summary>
    public int ErrorLoop { get; init; } = 5;

    /// <summary>Stop heartbeats that nobody reads once they have cost <see cref="LoopSpend"/>.</summary>
    public bool Heartbeat { get; init; } = true;

    /// <summary>The same tool call, or the same cycle of up to four, with the same results.</summary>
    public int ToolLoop { get; init; } = 10;

    /// <summary>Dollars that a loop may cost, whatever the counts say; 0 = only the counts.</summary>
    public decimal LoopSpend { get; init; } = 0.9m;

    /// <summary>How long a session is stopped the first time; doubled each time it goes on as before.</summary>
    public TimeSpan Cooldown { get; init; } = TimeSpan.FromMinutes(10);
}
