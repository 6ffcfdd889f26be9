using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Sessions;

/// <summary>One budget that applies to a session, at one moment. In dollars or in tokens.</summary>
/// <param name="IsPerRequest">Each request has it anew: nothing is spent of it in between.</param>
/// <param name="Ends">When its window ends and it starts anew; null = never.</param>
internal sealed record BudgetLine(string Name, bool IsTokens, decimal Limit, decimal Spent, decimal Reserved, bool IsPerRequest, DateTimeOffset? Ends)
{
    /// <summary>The ledger has not said what is spent.</summary>
    public bool IsUnknown { get; init; }

    public decimal Left => Math.Max(0, Limit - Spent - Reserved);
}

/// <summary>What slash commands ask of budgets and of the guard against runaway sessions.</summary>
/// <param name="LinesAsync">The budgets that apply to a caller and a session (null = none).</param>
/// <param name="WhyStopped">Why a session was stopped, or null.</param>
/// <param name="Resume">Lets a stopped session go on; false when it was not stopped.</param>
/// <param name="ResumeUnnamed">Lets a caller's own conversation without a session (<c>~1a2b3c4d</c>) go on; false when it has none of that name that was stopped.</param>
internal sealed record SpendingView(Func<GatewayState, Caller, string?, CancellationToken, ValueTask<IReadOnlyList<BudgetLine>>> LinesAsync, Func<string, string?> WhyStopped, Func<string, bool> Resume, Func<string, string, bool> ResumeUnnamed);
