using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Metering;

/// <summary>Where every request's money is opened and settled: budgets before, the ledger after.</summary>
internal sealed class Till(BudgetState budgets, LedgerState ledger)
{
    public Reservation Open(GatewayState state, RequestFacts facts) => budgets.Open(state.Config, facts);

    /// <summary>Writes the request down. Once this returns, not even the end of the process forgets it.</summary>
    public void Close(Decision decision, Reservation money, TimeSpan took)
    {
        if (!ledger.IsOff) ledger.Settled(EntryOf(decision, money, took));
    }

    private static LedgerEntry EntryOf(Decision decision, Reservation money, TimeSpan took) => new()
    {
        Id = decision.Id,
        At = decision.Time,
        Client = decision.Caller,
        Session = decision.Session,
        Tags = money.Facts.Tags,
        Protocol = decision.Protocol,
        Requested = decision.Requested,
        Alias = money.Facts.Alias,
        Answered = decision.Answered,
        Outcome = decision.Outcome.Length > 0 ? decision.Outcome : "cancelled",
        Status = decision.Status != 0 ? decision.Status : decision.Outcome is "" or "cancelled" ? 499 : 200,
        TotalMs = took.TotalMilliseconds,
        FirstTokenMs = decision.FirstTokenMs,
        Hops = LedgerHops.Of(decision.Attempts),
        Charges = money.Charges,
    };
}
