using System.Runtime.CompilerServices;
using OpenClaw.Config;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Providers;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>How one attempt is made.</summary>
/// <param name="Prefill">Ask the target to go on with the text already sent.</param>
/// <param name="Sanitize">Leave out reasoning of earlier turns, whose signatures the target refused.</param>
/// <param name="Fresh">Over a new connection.</param>
internal sealed record AttemptOptions(AttemptGoal Goal, bool Prefill, bool Sanitize, bool Fresh = false)
{
    /// <summary>Do not ask the target to think: it said that it cannot.</summary>
    public bool WithoutThinking { get; init; }

    /// <summary>With <see cref="WithoutThinking"/>: tell it not to.</summary>
    public bool SayNoThinking { get; init; }

    /// <summary>The target takes <c>max_completion_tokens</c> only.</summary>
    public bool NewLimitName { get; init; }

    /// <summary>The target takes <c>max_tokens</c> only.</summary>
    public bool OldLimitName { get; init; }

    /// <summary>The other name was tried: a target that refuses both is not asked in turns.</summary>
    public bool HasRenamedLimit { get; init; }

    /// <summary>Fields that the target has refused.</summary>
    public RequestFields LeftOut { get; init; }

    /// <summary>How the same target is asked again at once after a failure, something left out or done otherwise; null: that was not it.</summary>
    /// <param name="isTranslated">The request is written anew: something can be left out of it.</param>
    public AttemptOptions? After(UpstreamFailure failure, in FailureDisposition disposition, bool isTranslated)
    {
        // Whatever a target dislikes about a prefill, the request itself is not to blame for it.
        if (Prefill && (disposition.WithoutPrefill || failure.Reason is FailureReason.BadRequest or FailureReason.Unsupported)) return this with { Prefill = false };
        if (disposition.SanitizeAndRetry && !Sanitize) return this with { Sanitize = true };
        if (disposition.WithoutThinking && !WithoutThinking && isTranslated) return this with { WithoutThinking = true, SayNoThinking = disposition.SayNoThinking };
        if (disposition.NewLimitName && !NewLimitName && !HasRenamedLimit) return this with { NewLimitName = true, OldLimitName = false, HasRenamedLimit = true };
        if (disposition.OldLimitName && !OldLimitName && !HasRenamedLimit) return this with { NewLimitName = false, OldLimitName = true, HasRenamedLimit = true };
        // Of a request that passes as it came only what was put into it can be left out.
        var without = isTranslated ? disposition.WithoutFields : disposition.WithoutFields & RequestFields.StreamOptions;
        if ((without & ~LeftOut) != 0) return this with { LeftOut = LeftOut | without };
        return disposition.OnFreshConnection && !Fresh ? this with { Fresh = true } : null;
    }
}

/// <summary>Makes one attempt: body, key, call, and the first meaningful frame (or the whole body) in hand. Stateless.</summary>
internal sealed class Attempts(Upstream upstream, Drain drain, TimeProvider time)
{
    /// <summary>Bytes of an answer that comes at once, and of a piece of one that streams: a picture is one.</summary>
    public const int MaxWholeAnswer = 64 * 1024 * 1024;

    private static readonly TimeSpan s_connect = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_closing = TimeSpan.FromSeconds(2);

    /// <summary>Cancelled when the gateway stops and waits no longer for its answers.</summary>
    public CancellationToken Stopped => drain.Over;

    /// <summary>An opened answer, or the failure and the key it befell.</summary>
    /// <param name="hasNext">Another target waits: a whole answer is given up early.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<(OpenedAnswer? Opened, UpstreamFailure? Failure, KeyLease? Key)> TryAsync(
        Exchange x, ClientAnswer client, Target target, TargetPermit permit, AttemptOptions options, Deadline deadline, TimeSpan waited, bool hasNext)
    {
        var lease = target.Provider.Keys.Take(target.Ref.Model, time.GetUtcNow());
        var goal = options.Goal;
        var kind = options.Prefill ? AttemptKind.Prefill : goal.Kind;
        var record = new AttemptRecord(target.Ref, lease.Alias, kind, Elapsed(x)) { WaitedMs = waited.TotalMilliseconds };
        x.Decision.Attempts.Add(record);
        if (lease.Missing is { } missing) return (null, Fail(x, record, missing), null);

        // A continuation is always a stream: that is what the caller has begun to read.
        var stream = x.Envelope.Stream;
        var (body, refused) = RequestBodies.Build(x, target, options, stream);
        if (refused is not null) return (null, Fail(x, record, refused), null);

        var times = target.TimesFor(x.Envelope.WantsReasoning);
        var left = time.GetElapsedTime(time.GetTimestamp(), deadline.Ends);
        var clock = AttemptClock.Open(time, TotalLeft(x, times), times.Call, x.CallerLeft, drain.Over);
        clock.Start(stream ? ClockPhase.Headers : ClockPhase.Answer, Shorter(stream ? times.Headers : hasNext ? times.Answer : times.Total, left, stream), stream && IsCutShort(times.Headers, left, deadline.Whole));
        var started = time.GetTimestamp();
        var (answer, failure) = await upstream.SendAsync(target, lease.Value, body!, stream, x.State.Config.Routing.Timeouts.Connect ?? s_connect, clock, options.Fresh).ConfigureAwait(false);
        if (failure is not null) return (null, Fail(x, record, failure), lease);
        record.Status = answer!.Status;
        if (stream && !IsWhole(answer))
        {
            clock.Start(ClockPhase.FirstToken, Shorter(times.FirstToken - time.GetElapsedTime(started), left - time.GetElapsedTime(started), true), IsCutShort(times.FirstToken, left, deadline.Whole));
            return await OpenStreamAsync(x, client, target, permit, lease, record, goal, options, answer).ConfigureAwait(false);
        }
        return await OpenWholeAsync(x, client, target, permit, lease, record, goal, answer).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(OpenedAnswer?, UpstreamFailure?, KeyLease?)> OpenStreamAsync(
        Exchange x, ClientAnswer client, Target target, TargetPermit permit, KeyLease lease, AttemptRecord record, AttemptGoal goal, AttemptOptions options, UpstreamAnswer answer)
    {
        var passing = goal.Continuation is null && target.Dialect.Kind == x.Dialect.Kind;
        var tracker = new AnswerTracker(keepText: passing) { Secrets = new CallSecrets(target.Provider, lease.Value), TakesOneCall = !passing && x.WantsFunctionCall };
        var times = new PumpTimes(target.Times.Idle, s_closing);
        var writer = passing ? null : goal.Continuation?.Writer ?? NewWriter(x, client, target);
        var relay = passing ? null : NewRelay(x, tracker, writer!, goal, options.Prefill);
        var pump = passing
            ? new ResponsePump(answer, target.Dialect, tracker, client, times, time, x.Money, Beginning(x, target), dropUsage: !x.Envelope.IncludeUsage, hold: x.Plan.MayContinue, x.Envelope.Choices, CutsUsage(x, target))
            : new ResponsePump(answer, target.Dialect, tracker, client, times, time, x.Money, relay!, writer!);
        var opened = new OpenedAnswer
        {
            Target = target, Record = record, Tracker = tracker, Pump = pump, Relay = relay, Writer = writer, Upstream = answer, Permit = permit, Key = lease,
        };
        PumpEnd end;
        try
        {
            end = await pump.PrimeAsync().ConfigureAwait(false);
        }
        catch
        {
            // A bug of ours must not keep the provider at work.
            opened.Dispose();
            throw;
        }
        if (end is PumpEnd.FirstContent or PumpEnd.Complete)
        {
            record.FirstTokenMs = Elapsed(x);
            x.Decision.FirstTokenMs ??= record.FirstTokenMs;
            return (opened, null, lease);
        }
        var failure = end == PumpEnd.ClientGone ? new UpstreamFailure(FailureReason.ClientGone, "the caller left") : pump.Failure!;
        if (tracker.HasUsage || tracker.HasContent || HopBill.MayBeBilled(failure)) record.Usage = opened.UsageOr(x.Envelope.EstimatedTokens, isBroken: false, x.Money.Tier);
        opened.Dispose();
        if (!client.IsCommitted) client.Discard();
        return (null, Fail(x, record, failure), lease);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(OpenedAnswer?, UpstreamFailure?, KeyLease?)> OpenWholeAsync(
        Exchange x, ClientAnswer client, Target target, TargetPermit permit, KeyLease lease, AttemptRecord record, AttemptGoal goal, UpstreamAnswer answer)
    {
        using (answer)
        {
            var body = new PooledBytes();
            var failure = await ReadAllAsync(answer, body).ConfigureAwait(false);
            if (failure is not null)
            {
                body.Dispose();
                return (null, Fail(x, record, failure), lease);
            }
            var tracker = new AnswerTracker(keepText: false) { Secrets = new CallSecrets(target.Provider, lease.Value), TakesOneCall = target.Dialect.Kind != x.Dialect.Kind && x.WantsFunctionCall };
            var opened = x.Envelope.Stream
                ? AsStream(x, client, target, permit, lease, record, goal, tracker, body)
                : AsWhole(x, target, permit, lease, record, tracker, body);
            if (opened is null || tracker.Failure is not null)
            {
                failure = tracker.Failure ?? Upstream.Without(tracker.Secrets, WhyNotAnAnswer(answer, body.Span));
                // No answer, but a bill: what a provider says that it used, it charges.
                record.Usage = tracker.UsageSoFar;
                tracker.Dispose();
                body.Dispose();
                if (!client.IsCommitted) client.Discard();
                return (null, Fail(x, record, failure), lease);
            }
            record.FirstTokenMs = Elapsed(x);
            x.Decision.FirstTokenMs ??= record.FirstTokenMs;
            return (opened, null, lease);
        }
    }

    // The provider does not stream though it was asked to: its whole answer becomes a stream of the caller's protocol.
    private static OpenedAnswer? AsStream(
        Exchange x, ClientAnswer client, Target target, TargetPermit permit, KeyLease lease, AttemptRecord record, AttemptGoal goal, AnswerTracker tracker, PooledBytes bytes)
    {
        // What is written to a caller who reads already cannot be taken back: only an answer that is one is written.
        if (client.IsCommitted && !IsAnswer(target.Dialect, bytes))
        {
            target.Dialect.ReadResponse(bytes.Memory, tracker);
            return null;
        }
        var writer = goal.Continuation?.Writer ?? NewWriter(x, client, target);
        var relay = NewRelay(x, tracker, writer, goal, prefill: false);
        if (!target.Dialect.ReadResponse(bytes.Memory, relay) || tracker.Failure is not null || tracker.Finished == FinishReason.None) return null;
        writer.End();
        return new OpenedAnswer
        {
            Target = target, Record = record, Tracker = tracker, Relay = relay, Writer = writer, Permit = permit, Key = lease, IsComplete = true, Memory = bytes,
        };
    }

    private static bool IsAnswer(IDialect dialect, PooledBytes bytes)
    {
        using var trial = new AnswerTracker(keepText: false);
        return dialect.ReadResponse(bytes.Memory, trial) && trial.Failure is null && trial.Finished != FinishReason.None;
    }

    private static OpenedAnswer? AsWhole(Exchange x, Target target, TargetPermit permit, KeyLease lease, AttemptRecord record, AnswerTracker tracker, PooledBytes bytes)
    {
        if (!target.Dialect.ReadResponse(bytes.Memory, tracker) || tracker.Failure is not null || tracker.Finished == FinishReason.None) return null;
        if (target.Dialect.Kind != x.Dialect.Kind)
        {
            var answer = new ChatAnswer { Created = x.Decision.Time.ToUnixTimeSeconds(), Id = x.Decision.Id, Model = target.Ref.Model, AsFunctionCall = x.WantsFunctionCall, ToolNames = x.ToolNames };
            target.Dialect.ReadResponse(bytes.Memory, answer);
            // What was understood may still lie in the provider's bytes: they go after the answer was written anew.
            var output = new PooledBytes();
            x.Dialect.WriteResponse(answer, output);
            bytes.Dispose();
            bytes = output;
        }
        return new OpenedAnswer { Target = target, Record = record, Tracker = tracker, Body = bytes.Memory, Memory = bytes, Permit = permit, Key = lease };
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<UpstreamFailure?> ReadAllAsync(UpstreamAnswer answer, PooledBytes body)
    {
        try
        {
            while (true)
            {
                if (body.Count >= MaxWholeAnswer) return new UpstreamFailure(FailureReason.Malformed, $"the answer is larger than {MaxWholeAnswer} bytes", answer.Status);
                var read = await answer.Body.ReadAsync(body.GetMemory(4096), answer.Clock.Token).ConfigureAwait(false);
                if (read == 0) return null;
                body.Advance(read);
            }
        }
        catch (OperationCanceledException)
        {
            return answer.Clock.CallerLeft ? new UpstreamFailure(FailureReason.ClientGone, "the caller left") : answer.Clock.Failure;
        }
        catch (Exception e) when (Upstream.IsOfBody(e))
        {
            return answer.Clock.CallerLeft
                ? new UpstreamFailure(FailureReason.ClientGone, "the caller left")
                : new UpstreamFailure(FailureReason.Reset, "the connection broke in the middle of the answer", answer.Status);
        }
    }

    // A 200 that is no answer: an error object, a page, nothing.
    private static UpstreamFailure WhyNotAnAnswer(UpstreamAnswer answer, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Trim(" \t\r\n"u8).IsEmpty) return new UpstreamFailure(FailureReason.Empty, "the answer is empty", answer.Status);
        if (bytes.TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..] start && start.IndexOf("\"error\""u8) >= 0)
        {
            var failure = FailureClassifier.FromStreamError(bytes);
            if (failure.Reason != FailureReason.None) return failure;
        }
        if (bytes.TrimStart(" \t\r\n"u8) is var text && (text.StartsWith("data:"u8) || text.StartsWith("event:"u8)))
        {
            return new UpstreamFailure(FailureReason.Malformed, "it streamed, although the whole answer at once was asked for", answer.Status);
        }
        return new UpstreamFailure(FailureReason.Malformed, $"the answer is not what the protocol allows (content type {(answer.ContentType.Length == 0 ? "missing" : answer.ContentType)})", answer.Status);
    }

    private static DialectStreamWriter NewWriter(Exchange x, ClientAnswer client, Target target)
    {
        var position = Beginning(x, target);
        position.AsFunctionCall = x.WantsFunctionCall;
        return x.Dialect.OpenWriter(client, position);
    }

    /// <summary>Where a stream of the caller's begins that is written here.</summary>
    public static StreamPosition Beginning(Exchange x, Target target) =>
        StreamPosition.Beginning(x.Decision.Id, target.Ref.Model, x.Decision.Time.ToUnixTimeSeconds(), x.Envelope.IncludeUsage);

    private static RelaySink NewRelay(Exchange x, AnswerTracker tracker, DialectStreamWriter writer, AttemptGoal goal, bool prefill) => new(
        tracker, writer,
        goal.Continuation is { IsFresh: false } continuation ? new TextAligner(continuation.Sent, prefill, x.Envelope.WantsStructure) : null,
        goal.Continuation?.Earlier ?? default,
        holdTools: x.Plan.MayContinue,
        x.ToolNames);

    private static bool CutsUsage(Exchange x, Target target) => target.Request.Quirks.HasFlag(TargetQuirks.ContinuousUsage) && !x.Envelope.WantsContinuousUsage;

    /// <summary>What is left of the whole request's time.</summary>
    public TimeSpan TotalLeft(Exchange x, in AttemptTimes times) => times.Total - time.GetElapsedTime(x.Arrived);

    private static TimeSpan Shorter(TimeSpan time, TimeSpan left, bool bounded) => bounded && left < time ? left : time;

    // Less than it would have had as the first one, and not only by what a hold or a quick failure took.
    private static bool IsCutShort(TimeSpan time, TimeSpan left, TimeSpan whole) => left < Shorter(time, whole, true) * 0.9;

    private static bool IsWhole(UpstreamAnswer answer) => answer.ContentType.Equals("application/json", StringComparison.OrdinalIgnoreCase);

    private double Elapsed(Exchange x) => time.GetElapsedTime(x.Arrived).TotalMilliseconds;

    private UpstreamFailure Fail(Exchange x, AttemptRecord record, UpstreamFailure failure)
    {
        record.Failed(failure, Elapsed(x));
        return failure;
    }
}
