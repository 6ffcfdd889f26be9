using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Admission;

/// <summary>
/// The bouncer. What a request passes between its token and its first call, in this order; the first finding becomes the
/// caller's error, in the caller's protocol, and every request that is refused leaves its decision all the same:
/// <list type="number">
/// <item>size: <see cref="RequestEnvelope.ReadAsync"/>, while the body is read</item>
/// <item>allowlist, the gateway's and the client's: <see cref="RoutePlanner"/>, while the chain is planned</item>
/// <item>rate of the gateway and of the client: <see cref="RateLimits.Enter"/>, here</item>
/// <item>runaway guard of the session: <see cref="RunawayGuard.Admit"/>, here</item>
/// <item>for each target of the chain: whether it rests (<see cref="TargetState.TryEnter"/>), the budgets (<see cref="Metering.Budgets.Reservation.HoldAsync"/>), then its rate (<see cref="Admitted.MayCall"/>); a target that fails one of them is passed over</item>
/// </list>
/// </summary>
internal sealed class AdmissionChain(RateLimits rates, RunawayGuard guard, TimeProvider time)
{
    /// <summary>Steps 3 and 4. What was taken is settled by <see cref="Admitted.Leave"/>.</summary>
    public (Admitted? Admitted, GatewayError? Error) Enter(GatewayState state, RequestEnvelope envelope, RoutePlan plan, Decision decision, HttpResponse response, DialectKind dialect)
    {
        var hold = state.Config.Limits.IsEmpty ? null : new RateHold { Weight = rates.Weight };
        if (hold is not null)
        {
            var refusal = rates.Enter(state.Config.Limits, decision.Caller, envelope.EstimatedTokens, envelope.MaxTokens, hold);
            hold.WriteHeaders(response.Headers, dialect, time.GetUtcNow());
            if (refusal is not null) return (null, refusal);
        }
        var (visit, stopped) = Guard(state, envelope, plan, decision);
        if (stopped is null) return (new Admitted(state.Config, rates, hold, guard, visit, envelope), null);
        // What is not sent is not counted: a stopped session must not use up its client's rate.
        hold?.GiveBack();
        return (null, stopped);
    }

    private (GuardVisit?, GatewayError?) Guard(GatewayState state, RequestEnvelope envelope, RoutePlan plan, Decision decision)
    {
        var rules = state.Config.Guard;
        if (!rules.Enabled) return (null, null);
        var sign = RequestSign.Read(envelope.Body.Span);
        var priced = GuardPrice.OfPrompt(plan.Targets[0], envelope.EstimatedTokens, decision.Time);
        var (visit, error) = guard.Admit(rules, decision.Caller, RunawayGuard.KeyOf(decision.Session, sign), sign, envelope.EstimatedTokens, priced);
        if (error is not null) decision.Notes.Add("refused by the runaway guard");
        return (visit, error);
    }
}
