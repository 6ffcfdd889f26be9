using OpenClaw.Config;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Admission;

/// <summary>A request that was let in: what it took from the rates, and its place in the guard's book. Used by one request at a time.</summary>
internal sealed class Admitted(OpenClawConfig config, RateLimits rates, RateHold? hold, RunawayGuard guard, GuardVisit? visit, RequestEnvelope envelope)
{
    /// <summary>Whether a target's own rate has room; null = it has, and the call is counted. Noted in the decision.</summary>
    public GatewayError? MayCall(Target target, Decision decision)
    {
        if (hold is null || rates.EnterTarget(config.Limits, target, envelope.EstimatedTokens, envelope.MaxTokens, hold) is not { } refusal) return null;
        decision.Notes.Add($"{target.Name}: passed over, {refusal.Message}");
        return refusal;
    }

    /// <summary>The same target is called once more.</summary>
    public void Again(Target target)
    {
        if (hold is not null) rates.Again(config.Limits, target);
    }

    /// <summary>The request is over. Call once, on every path.</summary>
    public void Leave(Decision decision)
    {
        hold?.Settle(decision);
        if (visit is not null) guard.Ended(config.Guard, visit, GuardPrice.Of(decision));
    }
}
