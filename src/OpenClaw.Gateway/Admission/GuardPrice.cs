using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Admission;

/// <summary>What the guard takes a call to have cost. A model whose price nobody knows is not free: it is taken for a middling one.</summary>
internal static class GuardPrice
{
    // Dollars a token; about what the large providers' middle models cost.
    private const decimal UnknownInput = 3m / 1_000_000;
    private const decimal UnknownOutput = 15m / 1_000_000;

    public static decimal OfPrompt(Target target, int tokens, DateTimeOffset at) =>
        target.Price.IsUnpriced ? tokens * UnknownInput : target.Price.CostOf(new Usage { Input = tokens }, at).Total;

    /// <summary>All calls of a request together, as they were charged: one that came to nothing too, where its provider is likely to bill it.</summary>
    public static GuardOutcome Of(Decision decision)
    {
        var (cost, wasted, output) = (0m, 0m, 0L);
        foreach (var attempt in decision.Attempts)
        {
            var usd = attempt.Cost.IsUnpriced ? (attempt.Usage.TotalInput * UnknownInput) + (attempt.Usage.Output * UnknownOutput) : attempt.Cost.Total;
            if (attempt.Reason == FailureReason.None || attempt.FirstTokenMs is not null) (cost, output) = (cost + usd, output + attempt.Usage.Output);
            else wasted += usd;
        }
        return new GuardOutcome(cost, wasted, output, cost + wasted == 0 && IsTurnedAway(decision) ? GuardEnd.Neither : EndOf(decision));
    }

    // Nothing was done and nothing is billed: providers say "later", and who comes later does as he is told.
    private static bool IsTurnedAway(Decision decision) =>
        decision.Attempts.Count > 0 && decision.Attempts.TrueForAll(static a => a.Reason is FailureReason.RateLimited or FailureReason.Overloaded);

    // A caller that gave up before the first token will ask again, as after any failure.
    private static GuardEnd EndOf(Decision decision) => decision.Outcome switch
    {
        "answered" or "healed" or "budget" => GuardEnd.Answered,
        "failed" or "interrupted" => GuardEnd.Failed,
        "cancelled" or "" when decision.FirstTokenMs is null && decision.Attempts.Count > 0 => GuardEnd.Failed,
        _ => GuardEnd.Neither,
    };
}
