using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>
/// What one call used and cost: as its provider reported it, else as far as that can be known from outside. Once a hop, so that
/// header, decision, budgets and ledger have the same figures.
/// </summary>
internal static class HopBill
{
    /// <summary>For an answer that has begun.</summary>
    /// <param name="isBroken">We closed the connection before the answer was at its end.</param>
    public static void Measure(Exchange x, OpenedAnswer opened, bool isBroken)
    {
        var usage = opened.UsageOr(x.Envelope.EstimatedTokens, isBroken, x.Money.Tier);
        if (x.Envelope.SearchesAlways && usage.WebSearches == 0 && opened.Target.Dialect.Kind == x.Dialect.Kind) usage = usage with { WebSearches = 1 };
        opened.Record.Usage = usage;
        opened.Record.Cost = opened.Target.Price.CostOf(opened.Record.Usage, x.Decision.Time);
    }

    /// <summary>Settles what was held for the call.</summary>
    public static void Charge(Exchange x, Target target, AttemptRecord record)
    {
        x.Money.HopEnded(target, record.Usage, record.Cost);
        x.Decision.Usage += record.Usage;
        x.Decision.Cost += record.Cost;
        Warn(x);
        if (record.Served) x.OfThisHold = null;
    }

    /// <summary>What the budgets have to say goes to the caller, once: held for anew after a call that was charged, they say the same.</summary>
    public static void Warn(Exchange x)
    {
        foreach (var warning in x.Money.Warnings ?? [])
        {
            if (x.Decision.Warnings.Contains(warning)) continue;
            x.Decision.Warnings.Add(warning);
            (x.OfThisHold ??= []).Add(warning);
        }
    }

    /// <summary>What was said of a hold whose call came to nothing is not true of the next one: how long its answer may be, that it is not counted.</summary>
    public static void Unwarn(Exchange x)
    {
        foreach (var warning in x.OfThisHold ?? []) x.Decision.Warnings.Remove(warning);
        x.OfThisHold = null;
    }

    /// <summary>
    /// The latest call came to nothing. True: it was charged all the same, and nothing is held any more. That is so where its
    /// provider reported what it used, and where it was at work on the prompt when it was given up or broke off; an error and a
    /// connection that never was are not billed.
    /// </summary>
    public static bool ChargeFailed(Exchange x, Target target, UpstreamFailure failure)
    {
        var record = x.Decision.Attempts[^1];
        if (!record.Usage.IsBilled && !MayBeBilled(failure)) return false;
        record.Usage = WithUnseen(x, target, record);
        record.Cost = target.Price.CostOf(record.Usage, x.Decision.Time);
        Charge(x, target, record);
        return true;
    }

    /// <summary>The provider had the prompt and no error to tell.</summary>
    public static bool MayBeBilled(UpstreamFailure failure) => !failure.IsUnsent && failure.Reason switch
    {
        FailureReason.HeadersTimeout or FailureReason.FirstTokenTimeout or FailureReason.IdleTimeout or FailureReason.TotalTimeout or FailureReason.Cut or FailureReason.ClientGone or FailureReason.ShuttingDown => true,
        // A whole answer that broke off after its head; one without a head was never begun.
        FailureReason.Reset => failure.Status is >= 200 and < 300,
        _ => false,
    };

    // The prompt, and of an answer that nobody sees grow as much as the target writes in the time that it had.
    private static Usage WithUnseen(Exchange x, Target target, AttemptRecord record)
    {
        var (usage, tokens) = (record.Usage, target.Health.Tokens);
        if (!usage.IsBilled) usage = new Usage { Input = tokens.Prompt(x.Envelope.EstimatedTokens), Tier = x.Money.Tier, Estimated = true };
        if (!usage.Estimated || usage.Output > 0 || (x.Envelope.Stream && !target.ThinksUnseen)) return usage;
        var took = (record.EndedMs ?? record.StartedMs) - record.StartedMs;
        return usage with { Output = Math.Min(tokens.OutputIn(took), x.Money.LongestAnswer) };
    }
}
