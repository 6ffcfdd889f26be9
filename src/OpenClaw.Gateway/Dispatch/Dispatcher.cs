using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OpenClaw.Config;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>
/// Answers a request from the first target of its plan that can.
/// <list type="number">
/// <item><see cref="AnswerAsync"/>: a <c>for</c> over the plan; targets that are known to be down are passed over</item>
/// <item><see cref="OpenAsync"/>: one target, its keys and its retries</item>
/// <item><see cref="Attempts.TryAsync"/>: one call, up to the first meaningful frame (the commit rule: until then the caller has nothing)</item>
/// <item><see cref="DeliverAsync"/>: the answer goes out; cut in the middle, the next target finishes it</item>
/// </list>
/// Stateless; one instance a process.
/// </summary>
internal sealed class Dispatcher(Attempts attempts, TimeProvider time, Backoff backoff)
{
    // An answer that was cut this often is not worth a further hop.
    private const int MaxHops = 5;

    // Failed keys are parked, so this is met only when a provider's keys come back faster than they are tried.
    private const int MaxRotations = 16;

    // Timers count coarse milliseconds and may be a few early; in what is left then nobody answers.
    private static readonly TimeSpan s_leastTime = TimeSpan.FromMilliseconds(10);

    private static readonly UpstreamFailure s_noTime = new(FailureReason.TotalTimeout, "no time was left to ask it", Code: "deadline");

    // A local server loads its model on the first call, and some models think before they say a word; the default deadline must not cut that off.
    private static readonly TimeSpan s_patientDeadline = TimeSpan.FromSeconds(180);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask AnswerAsync(Exchange x)
    {
        using var client = new ClientAnswer(x.Http, x);
        var deadline = NewDeadline(x, x.Received);
        var targets = x.Plan.Targets;
        (Target Target, UpstreamFailure Failure)? last = null;
        Target? tooSmall = null;
        BudgetFinding? outOfMoney = null;
        GatewayError? limited = null;
        var downgraded = false;
        List<Target>? passedOver = null;
        for (var i = 0; i < targets.Length; i++)
        {
            var target = targets[i];
            if (tooSmall is not null && target.ContextWindow <= tooSmall.ContextWindow) continue;
            var (permit, finding) = await EnterAsync(x, target).ConfigureAwait(false);
            if (permit is null && finding is null)
            {
                (passedOver ??= []).Add(target);
                // Where the whole chain rests, a budget that sends elsewhere is asked before one of them is woken.
                if (i + 1 < targets.Length || downgraded || last is not null || limited is not null || outOfMoney is not null) continue;
                target = FirstBack(passedOver);
                finding = await HoldAsync(x, target).ConfigureAwait(false);
                if (finding is null) continue;
                passedOver.Remove(target);
            }
            if (finding is not null)
            {
                // Of several that lack money the caller is told of the one that was asked for.
                outOfMoney = finding.TargetOnly ? outOfMoney ?? finding : finding;
                if (finding.TargetOnly) continue;
                if (downgraded) break;
                var (cheaper, refused) = Downgrade(x, finding);
                if (cheaper.IsEmpty)
                {
                    outOfMoney = refused;
                    break;
                }
                // Whoever was passed over is of the dearer chain, and what that lacked is not the cheaper one's affair.
                (downgraded, targets, i, passedOver, outOfMoney) = (true, cheaper, -1, null, null);
                continue;
            }
            if (x.Admitted.MayCall(target, x.Decision) is { } full)
            {
                permit!.Abandon();
                limited = Sooner(limited, full);
                continue;
            }
            var goal = new AttemptGoal(x.Decision.Attempts.Count == 0 ? AttemptKind.First : AttemptKind.Fallback);
            var (opened, failure) = await OpenAsync(x, client, target, permit!, goal, deadline, hasNext: RoutePlan.HasAvailable(targets.AsSpan((i + 1)..), tooSmall, time.GetUtcNow())).ConfigureAwait(false);
            if (opened is not null)
            {
                await DeliverAsync(x, client, opened, targets, i, tooSmall).ConfigureAwait(false);
                return;
            }
            if (failure is null)
            {
                last ??= (target, s_noTime);
                break;
            }
            if (failure.Reason == FailureReason.ClientGone)
            {
                x.Decision.Outcome = "cancelled";
                return;
            }
            var isStandIn = DoesNotTakeIt(x, target, failure);
            // What a stand-in does not take is not what the caller waits for.
            if (!isStandIn || last is null) last = (target, failure);
            var disposition = FailureDisposition.Of(failure);
            if (disposition.LargerContextOnly) tooSmall = target;
            if (disposition.PolicyChainOnly)
            {
                if (targets == x.Plan.PolicyTargets) break;
                // Whoever was passed over is not of that chain and must not get what was refused.
                (targets, i, passedOver) = (x.Plan.PolicyTargets, -1, null);
                continue;
            }
            if (!disposition.NextTarget && !disposition.LargerContextOnly && !isStandIn) break;
            if (IsOver(x, deadline)) break;
        }
        if (tooSmall is not null) passedOver?.RemoveAll(t => t.ContextWindow <= tooSmall.ContextWindow);
        if (passedOver is { Count: > 0 } && !(last is not null && IsOver(x, deadline)) && outOfMoney is not { TargetOnly: false } && (last is not var (failed, why) || FailureDisposition.Of(why).NextTarget || DoesNotTakeIt(x, failed, why)))
        {
            last = await TryPassedOverAsync(x, client, targets, passedOver, last, tooSmall, deadline).ConfigureAwait(false);
            if (last is null) return;
        }
        if (last is { } tried) await RefuseAsync(x, tried.Target, tried.Failure).ConfigureAwait(false);
        else await WriteErrorAsync(x, limited ?? outOfMoney!.Error).ConfigureAwait(false);
    }

    // A 400 of the target that was asked for speaks of the request. One of a stand-in may speak of what it is not used to: ids, fields
    // and histories of another provider. The next one is asked all the same; such a refusal costs nothing.
    private static bool DoesNotTakeIt(Exchange x, Target target, UpstreamFailure failure) =>
        failure.Reason == FailureReason.BadRequest && target != x.Plan.Targets[0];

    // Of several targets whose rate is used up, the caller is told of the one that has room first.
    private static GatewayError Sooner(GatewayError? one, GatewayError other) =>
        one is null || (other.RetryAfter is { } wait && !(one.RetryAfter <= wait)) ? other : one;

    // A target that rests is not held for: what it would cost must not refuse what another can be paid for. Neither: it rests.
    private ValueTask<(TargetPermit? Permit, BudgetFinding? Finding)> EnterAsync(Exchange x, Target target)
    {
        if (target.Health.TryEnter(time.GetUtcNow(), out var permit)) return HoldForAsync(x, target, permit, null);
        x.Decision.Notes.Add($"{target.Name}: passed over, {target.Health.Snapshot().Describe(time.GetUtcNow())}");
        return default;
    }

    // What is not held for ends its permit, also when the caller leaves while a database is asked: by the failure of the call before, if there was one.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(TargetPermit? Permit, BudgetFinding? Finding)> HoldForAsync(Exchange x, Target target, TargetPermit permit, UpstreamFailure? before)
    {
        var isHeld = false;
        try
        {
            var finding = await HoldAsync(x, target, isAgain: before is not null).ConfigureAwait(false);
            isHeld = finding is null;
            return (isHeld ? permit : null, finding);
        }
        finally
        {
            if (!isHeld && before is null) permit.Abandon();
            else if (!isHeld) permit.Failure(before!, time.GetUtcNow());
        }
    }

    // Money is held before every target: what the call may cost is nobody else's until it is settled.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<BudgetFinding?> HoldAsync(Exchange x, Target target, bool isAgain = false)
    {
        HopBill.Unwarn(x);
        var finding = await x.Money.HoldAsync(target, x.CallerLeft, isAgain).ConfigureAwait(false);
        if (finding is not null)
        {
            var leftOut = $"{target.Name}: left out, {finding.Error.Message}";
            x.Decision.Notes.Add(leftOut);
            // Another may answer: who asked for this one is to know why it does not.
            if (finding.TargetOnly && !x.Decision.Warnings.Contains(leftOut)) x.Decision.Warnings.Add(leftOut);
        }
        HopBill.Warn(x);
        return finding;
    }

    private static Target FirstBack(List<Target> resting) => resting.MinBy(static t => t.Health.Snapshot().Until ?? DateTimeOffset.MinValue)!;

    // The cheaper chain, or what the caller is told where there is none that may answer.
    private static (ImmutableArray<Target> Cheaper, BudgetFinding Refused) Downgrade(Exchange x, BudgetFinding finding)
    {
        if (finding.Downgrade is not { } to) return ([], finding);
        // Who wants one model and no other is not answered by another for money's sake either.
        if (!x.Plan.MayFallBack) return ([], Because(finding, $"{to} would answer instead, but this request wants {x.Plan.Targets[0].Name} only: take \"strict\" off with /model, or leave x-openclaw-fallback: off out"));
        var (cheaper, whyNone) = RoutePlanner.TargetsOf(x.State, x.Caller, to, x.Plan.Needs, x.Decision);
        if (cheaper.IsEmpty) return ([], Because(finding, $"{to} would answer instead, but {whyNone}"));
        x.Decision.Notes.Add($"budget {finding.Budget} has not enough left: answered from {to}");
        x.Decision.Warnings.Add($"budget {finding.Budget} has not enough left, {to} answers");
        return (cheaper, finding);
    }

    private static BudgetFinding Because(BudgetFinding finding, string why) => finding with { Error = finding.Error with { Message = $"{finding.Error.Message}; {why}" } };

    // Everything else failed or is known to be down: better one try than none, on the one that comes back first.
    private async Task<(Target, UpstreamFailure)?> TryPassedOverAsync(
        Exchange x, ClientAnswer client, ImmutableArray<Target> targets, List<Target> passedOver, (Target, UpstreamFailure)? last, Target? tooSmall, Deadline deadline)
    {
        var target = FirstBack(passedOver);
        // Nothing was held for it when it was passed over.
        if (await HoldAsync(x, target).ConfigureAwait(false) is { } finding)
        {
            if (last is not null) return last;
            await WriteErrorAsync(x, finding.Error).ConfigureAwait(false);
            return null;
        }
        if (x.Admitted.MayCall(target, x.Decision) is { } full)
        {
            await WriteErrorAsync(x, full).ConfigureAwait(false);
            return null;
        }
        x.Decision.Notes.Add($"{target.Name}: tried all the same, nothing else is left");
        var (opened, failure) = await OpenAsync(x, client, target, target.Health.EnterAnyway(), new AttemptGoal(x.Decision.Attempts.Count == 0 ? AttemptKind.First : AttemptKind.Fallback), deadline, hasNext: false).ConfigureAwait(false);
        if (opened is not null)
        {
            await DeliverAsync(x, client, opened, targets, targets.IndexOf(target), tooSmall).ConfigureAwait(false);
            return null;
        }
        if (failure is null) return last ?? (target, s_noTime);
        if (failure.Reason != FailureReason.ClientGone) return (target, failure);
        x.Decision.Outcome = "cancelled";
        return null;
    }

    /// <summary>One target until it answers, its tries are used up or no time is left; neither an answer nor a failure: there was none at all. Ends <paramref name="permit"/> where there is no answer.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(OpenedAnswer? Opened, UpstreamFailure? Failure)> OpenAsync(
        Exchange x, ClientAnswer client, Target target, TargetPermit permit, AttemptGoal goal, Deadline deadline, bool hasNext)
    {
        var (retries, rotations) = (0, 0);
        var waited = TimeSpan.Zero;
        var options = new AttemptOptions(goal, target.GrantsPrefill && CanPrefill(x, goal.Continuation), Sanitize: false) { NewLimitName = target.Health.WantsNewLimitName, OldLimitName = target.Health.WantsOldLimitName, LeftOut = target.Health.Refuses };
        UpstreamFailure? failure = null;
        var isCharged = false;
        try
        {
            while (true)
            {
                // What was held for a call that was charged is used up.
                if (isCharged && (await HoldForAsync(x, target, permit, failure).ConfigureAwait(false)).Permit is null) return (null, failure);
                // Nobody answers in that, and a call would be charged.
                if (LeftOf(x, target, deadline) < s_leastTime)
                {
                    if (failure is null) permit.Abandon();
                    else permit.Failure(failure, time.GetUtcNow());
                    return (null, failure);
                }
                var (before, begun) = (failure, time.GetTimestamp());
                (var opened, failure, var key) = await attempts.TryAsync(x, client, target, permit, options, deadline, waited, hasNext).ConfigureAwait(false);
                if (opened is not null && !IsRefused(x, goal, opened)) return (opened, null);
                if (opened is not null) failure = TakeRefusal(x, client, opened);
                isCharged = opened is not null || HopBill.ChargeFailed(x, target, failure!);
                if (failure!.Reason == FailureReason.ClientGone)
                {
                    permit.Abandon();
                    return (null, failure);
                }
                if (key is { IsKeyless: true }) failure = failure with { IsWithoutKey = true };
                var disposition = FailureDisposition.Of(failure, retries + 1);
                // What an attempt took of an answer that comes whole is not taken off the deadline, which is not for it; the waits are bounded by it all the same.
                var left = x.Envelope.Stream ? LeftOf(x, target, deadline) : Shorter(LeftOf(x, target, deadline), time.GetElapsedTime(begun, deadline.Ends));
                // The provider itself says that it is there: the same call goes out again, and nobody is kept away.
                var isAtOnce = disposition is { RetrySameTarget: true, Wait.Ticks: 0 } && permit.Kind != PermitKind.Probe && retries < x.State.Config.Routing.Retries && left >= s_leastTime
                    && !(disposition.RotateKey && key is not null && target.Provider.Keys.HasOtherThan(key.Alias, target.Ref.Model, time.GetUtcNow()));
                if (!isAtOnce) key?.Failed(failure, time.GetUtcNow());
                waited = TimeSpan.Zero;
                if (options.After(failure, disposition, isTranslated: target.Dialect.Kind != x.Dialect.Kind) is { } otherwise)
                {
                    if (otherwise.NewLimitName != options.NewLimitName || otherwise.OldLimitName != options.OldLimitName) (target.Health.WantsNewLimitName, target.Health.WantsOldLimitName) = (otherwise.NewLimitName, otherwise.OldLimitName);
                    if (disposition.NeverTakesThem) target.Health.Refuses |= disposition.WithoutFields;
                    options = otherwise;
                    continue;
                }
                if (disposition.RotateKey && !isAtOnce && !failure.IsWithoutKey && ++rotations <= MaxRotations && target.Provider.Keys.HasAnother(target.Ref.Model, time.GetUtcNow())) continue;
                var wait = isAtOnce ? TimeSpan.Zero : backoff.Delay(retries + 1, disposition.Wait);
                // A probe finds out whether the target is back; asking twice is not its business.
                var again = (disposition.RetrySameTarget && permit.Kind != PermitKind.Probe) || (disposition.RetryWhenLast && !hasNext);
                if (!again || retries >= x.State.Config.Routing.Retries || left - wait < s_leastTime)
                {
                    permit.Failure(failure.IsCutShort && before is not null ? before : failure, time.GetUtcNow());
                    return (null, failure);
                }
                retries++;
                x.Admitted.Again(target);
                waited = wait;
                goal = goal with { Kind = goal.Continuation is null ? AttemptKind.Retry : goal.Kind };
                options = options with { Goal = goal };
                if (wait > TimeSpan.Zero && await WaitAsync(wait, x.CallerLeft).ConfigureAwait(false) is { } ended)
                {
                    permit.Abandon();
                    return (null, ended);
                }
            }
        }
        catch
        {
            // A bug of ours is nothing against the target, and a probe must not stay without an end.
            permit.Abandon();
            throw;
        }
    }

    // An answer that says nothing but that the content was refused, and there is a chain for that.
    private static bool IsRefused(Exchange x, AttemptGoal goal, OpenedAnswer opened) =>
        goal.Continuation is null && !x.Plan.PolicyTargets.IsEmpty && !x.Plan.PolicyTargets.Contains(opened.Target)
        && !opened.Tracker.HasContent && opened.Tracker.Finished is FinishReason.ContentFilter or FinishReason.Refusal;

    // The provider has answered, and bills it.
    private UpstreamFailure TakeRefusal(Exchange x, ClientAnswer client, OpenedAnswer opened)
    {
        using (opened)
        {
            HopBill.Measure(x, opened, isBroken: false);
            HopBill.Charge(x, opened.Target, opened.Record);
            client.Discard();
            var failure = new UpstreamFailure(FailureReason.Policy, $"the content was refused (finish {EnumText.Camel(opened.Tracker.Finished)})", opened.Record.Status);
            opened.Record.Failed(failure, Elapsed(x));
            return failure;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask DeliverAsync(Exchange x, ClientAnswer client, OpenedAnswer opened, ImmutableArray<Target> targets, int at, Target? tooSmall)
    {
        try
        {
            x.Decision.Answered = opened.Target.Name;
            if (opened.Pump is null && !opened.IsComplete)
            {
                using (opened) await DeliverWholeAsync(x, opened).ConfigureAwait(false);
                return;
            }
            client.Commit(time, attempts.TotalLeft(x, opened.Target.TimesFor(x.Envelope.WantsReasoning)));
            opened.Permit.Answering();
            List<byte>? sent = null;
            var earlier = default(Usage);
            List<Target>? rest = null;
            for (var hop = 1; ; hop++)
            {
                var end = await PumpAsync(client, opened, x.CallerLeft).ConfigureAwait(false);
                HopBill.Measure(x, opened, isBroken: end is PumpEnd.ClientGone or PumpEnd.OutOfMoney);
                Settle(x, opened, end, ref earlier);
                if (end == PumpEnd.OutOfMoney) await EndAtBudgetAsync(x, client, opened, earlier).ConfigureAwait(false);
                if (end != PumpEnd.Failed)
                {
                    x.Decision.Outcome = end switch { PumpEnd.ClientGone => "cancelled", PumpEnd.OutOfMoney => "budget", _ => hop > 1 ? "healed" : "answered" };
                    opened.Dispose();
                    return;
                }
                var failure = opened.Pump!.Failure!;
                var writer = WriterOf(x, client, opened);
                (sent ??= []).AddRange(opened.Relay is { } relay ? relay.Emitted : opened.Tracker.TextBytes[..opened.Pump.SentText]);
                rest ??= OthersThan(x, targets, at, tooSmall);
                var next = hop < MaxHops && MayContinue(x, opened, failure)
                    ? await ContinueAsync(x, client, opened.Target, failure, new Continuation(sent.ToArray(), writer, earlier, IsFresh: opened.Writer is null && !opened.Pump.Position.Started), rest).ConfigureAwait(false)
                    : default;
                opened.Dispose();
                if (next.Opened is null)
                {
                    await InterruptAsync(x, client, writer, next.Failure ?? failure, next.OutOfMoney).ConfigureAwait(false);
                    return;
                }
                opened = next.Opened;
            }
        }
        catch
        {
            // Whatever went wrong here: the provider is not left at work, nor its probe without an end.
            opened.Permit.Abandon();
            opened.Dispose();
            throw;
        }
    }

    // Who may finish an answer that the target at this place began: those behind it, then those before it, of which some failed a
    // while ago and may be back. The one that failed now comes last: it may well answer a second time.
    private static List<Target> OthersThan(Exchange x, ImmutableArray<Target> targets, int at, Target? tooSmall)
    {
        List<Target> others = [];
        for (var i = 1; i < targets.Length; i++)
        {
            var target = targets[(at + i) % targets.Length];
            if (!(target.ContextWindow <= tooSmall?.ContextWindow) && !HasRefused(x, target)) others.Add(target);
        }
        others.Add(targets[at]);
        return others;
    }

    // It was asked, and its refusal was about the request: it would say the same again.
    private static bool HasRefused(Exchange x, Target target) => x.Decision.Attempts.FindLast(a => a.Called == target.Ref)?.Reason
        is FailureReason.Policy or FailureReason.ContextTooLong or FailureReason.Unsupported or FailureReason.BadRequest or FailureReason.Signature or FailureReason.PrefillRefused;

    // Asks the targets that are left, in order, to finish the answer; of those that lack money the caller is told of the first.
    private async Task<(OpenedAnswer? Opened, UpstreamFailure? Failure, BudgetFinding? OutOfMoney)> ContinueAsync(
        Exchange x, ClientAnswer client, Target from, UpstreamFailure why, Continuation continuation, List<Target> rest)
    {
        UpstreamFailure? last = null;
        BudgetFinding? outOfMoney = null;
        List<Target>? passedOver = null;
        x.Money.IsUnderWay = true;
        while (rest.Count > 0 && !x.CallerLeft.IsCancellationRequested)
        {
            var target = rest[0];
            rest.RemoveAt(0);
            var (permit, finding) = await EnterAsync(x, target).ConfigureAwait(false);
            if (permit is null)
            {
                outOfMoney ??= finding;
                // The one that was cut just now only where it is the only one.
                if (finding is null && (target != from || passedOver is null)) (passedOver ??= []).Add(target);
                // Half an answer is out: where nobody else is left, one try on a resting target beats giving up.
                if (rest.Count > 0 || last is not null || passedOver is null || await HoldAsync(x, target = FirstBack(passedOver)).ConfigureAwait(false) is not null) continue;
                permit = target.Health.EnterAnyway();
            }
            if (x.Admitted.MayCall(target, x.Decision) is not null)
            {
                permit.Abandon();
                continue;
            }
            continuation.Writer.Seam(SeamText.HandOver(from, target, why));
            var deadline = NewDeadline(x, time.GetTimestamp());
            var (opened, failure) = await OpenAsync(x, client, target, permit, new AttemptGoal(AttemptKind.Restart, continuation), deadline, RoutePlan.HasAvailable(CollectionsMarshal.AsSpan(rest), null, time.GetUtcNow())).ConfigureAwait(false);
            if (opened is not null)
            {
                // Should this one be cut too, those who rested are not forgotten.
                if (passedOver is not null) rest.AddRange(passedOver.Where(t => t != target));
                return (opened, null, null);
            }
            if (failure is null) break;
            if (failure.Reason == FailureReason.ClientGone) return (null, failure, null);
            last = failure;
            var disposition = FailureDisposition.Of(failure);
            // What one refuses to say the others of this chain are not asked for.
            if (disposition.PolicyChainOnly || failure.Reason == FailureReason.ShuttingDown) break;
            if (disposition.LargerContextOnly) rest.RemoveAll(t => t.ContextWindow <= target.ContextWindow);
        }
        return (null, last, outOfMoney);
    }

    // The deadline is for the first token. An answer that comes whole has none: it has a clock of its own for each target, and the total.
    private bool IsOver(Exchange x, Deadline deadline) => x.Envelope.Stream && time.GetElapsedTime(time.GetTimestamp(), deadline.Ends) < s_leastTime;

    private TimeSpan LeftOf(Exchange x, Target target, Deadline deadline)
    {
        var total = attempts.TotalLeft(x, target.TimesFor(x.Envelope.WantsReasoning));
        if (!x.Envelope.Stream) return total;
        var left = time.GetElapsedTime(time.GetTimestamp(), deadline.Ends);
        return Shorter(left, total);
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<PumpEnd> PumpAsync(ClientAnswer client, OpenedAnswer opened, CancellationToken callerLeft)
    {
        if (opened.Pump is { } pump) return await pump.FinishAsync().ConfigureAwait(false);
        await client.EndAsync(callerLeft).ConfigureAwait(false);
        return client.IsGone ? PumpEnd.ClientGone : PumpEnd.Complete;
    }

    private static void WarnOfLosses(Exchange x, OpenedAnswer opened)
    {
        foreach (var loss in opened.LeftOut(x.Dialect.Kind))
        {
            if (!x.Decision.Warnings.Contains(loss)) x.Decision.Warnings.Add(loss);
        }
    }

    private void Settle(Exchange x, OpenedAnswer opened, PumpEnd end, ref Usage earlier)
    {
        var now = time.GetUtcNow();
        var record = opened.Record;
        record.Served = true;
        record.EndedMs = Elapsed(x);
        HopBill.Charge(x, opened.Target, record);
        x.Reply?.Take(x, opened);
        earlier += record.Usage;
        if (SeamText.Words(opened.Relay?.Seam) is { } seam) x.Decision.Notes.Add($"{opened.Target.Name}: {seam}");
        WarnOfLosses(x, opened);
        switch (end)
        {
            case PumpEnd.Complete:
                if (record.Target != x.Decision.Answered) x.Decision.FinishedBy = record.Target;
                x.Decision.FinishReason = opened.Tracker.Finished.ToString();
                opened.TeachTokens(x.Envelope.HasImages || x.Envelope.Documents > 0 ? 0 : x.Envelope.EstimatedTokens, x.Money.Facts);
                opened.Permit.Success();
                opened.Key.Succeeded();
                break;
            case PumpEnd.OutOfMoney:
                record.Message = "ended at the limit of a budget";
                opened.Permit.Success();
                opened.Key.Succeeded();
                break;
            case PumpEnd.ClientGone:
                record.Reason = FailureReason.ClientGone;
                record.Message = "the caller left";
                opened.Permit.Abandon();
                break;
            default:
                record.Reason = opened.Pump!.Failure!.Reason;
                record.Message = opened.Pump.Failure.Message;
                opened.Permit.Failure(opened.Pump.Failure, now);
                break;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask DeliverWholeAsync(Exchange x, OpenedAnswer opened)
    {
        var (end, isSettled) = (PumpEnd.Complete, false);
        var none = default(Usage);
        HopBill.Measure(x, opened, isBroken: false);
        x.Money.Foretell(opened.Record.Usage, opened.Record.Cost);
        WarnOfLosses(x, opened);
        HopBill.Warn(x);
        try
        {
            AnswerHeaders.WriteWhole(x.Http.Response, x, opened.Body.Length, opened.Record.Cost);
            if (x.Session is { } session && !x.CallerLeft.IsCancellationRequested)
            {
                // The caller may ask for its session as soon as it has the last byte.
                Settle(x, opened, end, ref none);
                x.Decision.Outcome = "answered";
                isSettled = true;
                session.Write(time.GetElapsedTime(x.Arrived));
            }
            if (opened.Body.Length > ClientAnswer.LongEnd) await WriteLongAsync(x, opened).ConfigureAwait(false);
            else if (!x.CallerLeft.IsCancellationRequested)
            {
                // Before its head is written the server would keep the body aside, and copy it once more.
                await x.Http.Response.StartAsync(CancellationToken.None).ConfigureAwait(false);
                x.Http.Response.BodyWriter.Write(opened.Body.Span);
            }
            else end = PumpEnd.ClientGone;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            end = PumpEnd.ClientGone;
        }
        if (!isSettled) Settle(x, opened, end, ref none);
        else if (end == PumpEnd.ClientGone) (opened.Record.Reason, opened.Record.Message) = (FailureReason.ClientGone, "the caller left");
        x.Decision.Outcome = end == PumpEnd.ClientGone ? "cancelled" : "answered";
    }

    private async ValueTask WriteLongAsync(Exchange x, OpenedAnswer opened)
    {
        var writing = x.Http.Response.BodyWriter.WriteAsync(opened.Body, x.CallerLeft);
        using var patience = writing.IsCompleted ? null : ClientAnswer.AbortIn(attempts.TotalLeft(x, opened.Target.TimesFor(x.Envelope.WantsReasoning)), time, x.Http);
        await writing.ConfigureAwait(false);
    }

    private async Task RefuseAsync(Exchange x, Target target, UpstreamFailure failure)
    {
        var error = FailureReport.Of(x.Decision, target, failure);
        x.Decision.Outcome = "failed";
        await WriteErrorAsync(x, error).ConfigureAwait(false);
    }

    private async Task WriteErrorAsync(Exchange x, GatewayError error)
    {
        x.Session?.Write(time.GetElapsedTime(x.Arrived));
        await ErrorAnswer.WriteAsync(x.Http, x.Dialect, error, x.Decision).ConfigureAwait(false);
    }

    private static async Task InterruptAsync(Exchange x, ClientAnswer client, DialectStreamWriter writer, UpstreamFailure failure, BudgetFinding? outOfMoney)
    {
        if (failure.Reason == FailureReason.ClientGone)
        {
            x.Decision.Outcome = "cancelled";
            return;
        }
        var error = new GatewayError(GatewayErrorKind.AnswerInterrupted, $"the answer was interrupted and could not be finished: {failure.Message}{(outOfMoney is null ? "" : "; " + outOfMoney.Error.Message)}");
        x.Decision.Outcome = "interrupted";
        x.Decision.Error = error.Message;
        writer.Error(error, x.Decision.Id);
        await client.EndAsync(x.CallerLeft).ConfigureAwait(false);
    }

    // The money ends in mid-answer: the caller gets a proper end (length) with what was used, and the provider is cut off.
    private static async Task EndAtBudgetAsync(Exchange x, ClientAnswer client, OpenedAnswer opened, Usage used)
    {
        x.Decision.FinishReason = FinishReason.Length.ToString();
        var writer = WriterOf(x, client, opened);
        writer.Usage(used);
        writer.Finish(FinishReason.Length, default);
        writer.End();
        await client.EndAsync(x.CallerLeft).ConfigureAwait(false);
    }

    private static DialectStreamWriter WriterOf(Exchange x, ClientAnswer client, OpenedAnswer opened)
    {
        if (opened.Writer is { } writer) return writer;
        var position = opened.Pump!.Position;
        // What has passed does not name the answer yet (Azure's first chunk has neither id nor model): it gets the names it would begin with.
        if (!position.Started) position = Attempts.Beginning(x, opened.Target);
        position.IncludeUsage = x.Envelope.IncludeUsage;
        position.AsFunctionCall = x.WantsFunctionCall;
        return x.Dialect.OpenWriter(client, position);
    }

    private static bool MayContinue(Exchange x, OpenedAnswer opened, UpstreamFailure failure) =>
        x.Plan.MayContinue && !x.Envelope.WantsChoices && !opened.Pump!.IsUncontinuable && !opened.Tracker.HasRefusal
        && failure.Reason is not (FailureReason.Policy or FailureReason.TotalTimeout or FailureReason.ShuttingDown or FailureReason.ContextTooLong or FailureReason.BadRequest);

    // With reasoning on, with tools already decided, or behind a prefill of the client's own, providers refuse or misread it; a
    // structured output they begin anew.
    private static bool CanPrefill(Exchange x, Continuation? continuation) =>
        continuation is { Sent.IsEmpty: false } && !x.Envelope.WantsReasoning && !x.Envelope.WantsStructure && !x.Envelope.EndsWithAssistant
        && !continuation.Sent.Span.TrimEnd(" \t\r\n"u8).IsEmpty;

    private static TimeSpan DeadlineOf(Exchange x)
    {
        var routing = x.State.Config.Routing;
        if (routing.DeadlineIsExplicit) return routing.Deadline;
        return x.Envelope.WantsReasoning || x.Plan.Targets.Any(static t => t.Provider.Config.IsLocal || t.ThinksUnseen) ? s_patientDeadline : routing.Deadline;
    }

    private Deadline NewDeadline(Exchange x, long from)
    {
        var whole = DeadlineOf(x);
        return new Deadline(from + Ticks(whole), whole);
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    private double Elapsed(Exchange x) => time.GetElapsedTime(x.Arrived).TotalMilliseconds;

    // Null: it has waited.
    private async Task<UpstreamFailure?> WaitAsync(TimeSpan wait, CancellationToken callerLeft)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(callerLeft, attempts.Stopped);
        try
        {
            await Task.Delay(wait, time, either.Token).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException)
        {
            return callerLeft.IsCancellationRequested ? new UpstreamFailure(FailureReason.ClientGone, "the caller left") : AttemptClock.Stopped;
        }
    }
}
