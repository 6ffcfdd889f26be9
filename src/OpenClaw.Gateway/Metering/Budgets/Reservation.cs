using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Metering.Budgets;

/// <summary>Who asks for what, as far as money is concerned.</summary>
/// <param name="Id">The decision's id.</param>
/// <param name="PromptTokens">Estimated.</param>
/// <param name="MaxTokens">What the caller allows for the answer, or null.</param>
/// <param name="MaxCost">The caller's own bound for this request (<c>x-openclaw-max-cost</c>), dollars, or null.</param>
internal sealed record RequestFacts(string Id, string Client, string? Session, string? Alias, System.Collections.Immutable.ImmutableArray<string> Tags, string Protocol, int PromptTokens, int? MaxTokens, bool Stream, decimal? MaxCost);

/// <summary>
/// The money of one request, from before its first call to its last hop. Used by one request at a time; disposing gives back
/// whatever is still held, on every path.
/// </summary>
internal sealed class Reservation(RequestFacts facts) : IDisposable
{
    public RequestFacts Facts { get; } = facts;

    /// <summary>Output tokens that the next call may be allowed to generate; null = no bound of ours (write the caller's own).</summary>
    public int? OutputLimit { get; private set; }

    /// <summary>Holds what a call to <paramref name="target"/> may cost; null = held, else why not. Call before every attempt.</summary>
    public ValueTask<BudgetFinding?> HoldAsync(Target target, CancellationToken cancel) => new((BudgetFinding?)null);

    /// <summary>The answer has grown to this many output tokens. False: the money ends here, end the answer.</summary>
    public bool MayGoOn(long outputTokens) => true;

    /// <summary>The call is over and used this much; frees what was held for it.</summary>
    public void HopEnded(Target target, in Usage usage, in Cost cost)
    {
    }

    /// <summary>What this request adds to the counters.</summary>
    public System.Collections.Immutable.ImmutableArray<Ledger.LedgerCharge> Charges => [];

    public void Dispose()
    {
    }
}
