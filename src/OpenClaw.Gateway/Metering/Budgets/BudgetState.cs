using OpenClaw.Config;

namespace OpenClaw.Gateway.Metering.Budgets;

/// <summary>Every budget's counters: what is spent, what is reserved. Thread-safe, outlives snapshots.</summary>
internal sealed class BudgetState
{
    /// <summary>Opens the money side of a request under the budgets of <paramref name="config"/>.</summary>
    public Reservation Open(OpenClawConfig config, RequestFacts facts) => new(facts);
}
