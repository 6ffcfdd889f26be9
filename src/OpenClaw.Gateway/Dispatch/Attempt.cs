using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Prices;
using OpenClaw.Gateway.Providers;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>
/// One answer of one target, opened far enough to be trusted: a stream with its first meaningful frame in hand, or a whole
/// body that was read and understood.
/// </summary>
internal sealed class OpenedAnswer : IDisposable
{
    public required Target Target { get; init; }

    public required AttemptRecord Record { get; init; }

    public required AnswerTracker Tracker { get; init; }

    /// <summary>Null for a whole answer.</summary>
    public ResponsePump? Pump { get; init; }

    /// <summary>Null where frames pass as they are.</summary>
    public RelaySink? Relay { get; init; }

    public DialectStreamWriter? Writer { get; init; }

    public UpstreamAnswer? Upstream { get; init; }

    /// <summary>A whole answer in the caller's dialect.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>What <see cref="Body"/> lies in.</summary>
    public PooledBytes? Memory { get; init; }

    /// <summary>The answer is in the client's buffer to its end already (a provider that does not stream).</summary>
    public bool IsComplete { get; init; }

    /// <summary>Ends the target's permit: success, failure or neither.</summary>
    public required TargetPermit Permit { get; init; }

    public required KeyLease Key { get; init; }

    /// <summary>What this answer used: as reported, or estimated where the provider never got to say.</summary>
    /// <param name="isBroken">We closed the connection before the answer was at its end.</param>
    /// <param name="tier">How it was to be served, where the provider does not say.</param>
    public Usage UsageOr(int estimatedPrompt, bool isBroken, PriceTier tier)
    {
        var usage = Tracker.UsageSoFar;
        var isOver = Tracker.Finished != FinishReason.None;
        // A zero that was reported stays a zero: what a provider does not bill is not guessed at.
        var unsaid = isOver ? Tracker.Unsaid : UsageSides.Output | (usage.TotalInput > 0 ? 0 : UsageSides.Input);
        if (unsaid == UsageSides.None) return usage with { Unsaid = UsageSides.None };
        var (tokens, pieces) = (Target.Health.Tokens, Pump is null ? 0 : Tracker.Pieces);
        return usage with
        {
            Input = unsaid.HasFlag(UsageSides.Input) ? Math.Max(usage.Input, tokens.Prompt(estimatedPrompt, Tracker.GeneratedBytes, pieces) - usage.CacheRead - usage.CacheWrite - usage.CacheWrite1h) : usage.Input,
            Output = Tracker.UsageIsRunning || !unsaid.HasFlag(UsageSides.Output) ? usage.Output : Math.Max(usage.Output, tokens.Output(Tracker.GeneratedBytes, pieces, isBroken)),
            Tier = usage.Tier == PriceTier.Standard ? tier : usage.Tier,
            Estimated = true,
            Unsaid = UsageSides.None,
        };
    }

    /// <summary>A whole answer whose provider said what it used teaches how the model counts.</summary>
    /// <param name="estimatedPrompt">0 = the prompt cannot be compared with its estimate.</param>
    /// <param name="facts">What was asked for.</param>
    public void TeachTokens(int estimatedPrompt, RequestFacts facts)
    {
        var usage = Tracker.UsageSoFar;
        Target.Health.Tokens.Served(usage.Tier, Target.Dialect.Kind == facts.Dialect ? facts.ServiceTier : null);
        if (usage.Output <= 0 || usage.Unsaid != UsageSides.None) return;
        Target.Health.Tokens.Took(usage.Output, ((Pump is null ? Record.FirstTokenMs : Record.EndedMs) ?? Record.StartedMs) - Record.StartedMs);
        var shown = Tracker.HasReasoning ? usage.Output : usage.Output - usage.Reasoning;
        // What a search found was not in the prompt that was sent.
        var isComparable = Record.Kind != AttemptKind.Prefill && usage.WebSearches == 0;
        Target.Health.Tokens.Learn(isComparable ? estimatedPrompt : 0, usage.TotalInput, Tracker.GeneratedBytes, Pump is null ? 0 : Tracker.Pieces, shown, facts.PromptMost ?? 0);
    }

    /// <summary>What of the answer the caller did not get, in words. What passed as it came lacks nothing, whether it is understood here or not.</summary>
    /// <param name="caller">What the caller speaks.</param>
    public IEnumerable<string> LeftOut(DialectKind caller)
    {
        var isTranslated = Target.Dialect.Kind != caller;
        if (Tracker.UnmappedParts is null || (!isTranslated && Relay is null)) return [];
        var why = isTranslated ? "has no counterpart in the caller's protocol" : "is left out where an answer is continued";
        return Tracker.UnmappedParts.Select(what => $"{Target.Name}: {what} {why}");
    }

    public void Dispose()
    {
        Pump?.Dispose();
        Upstream?.Dispose();
        Tracker.Dispose();
        Memory?.Dispose();
    }
}

/// <summary>What an attempt is for.</summary>
/// <param name="Kind">For the decision.</param>
/// <param name="Continuation">Null for an answer from its beginning.</param>
internal sealed record AttemptGoal(AttemptKind Kind, Continuation? Continuation = null);

/// <summary>An answer that was cut and must be finished by another hop.</summary>
/// <param name="Sent">The text that the caller has, UTF-8.</param>
/// <param name="Writer">Stands where the caller's stream stands.</param>
/// <param name="Earlier">Usage of the hops before.</param>
/// <param name="IsFresh">The caller has headers and nothing else: the next answer is written from its beginning.</param>
internal sealed record Continuation(ReadOnlyMemory<byte> Sent, DialectStreamWriter Writer, Usage Earlier, bool IsFresh);

/// <summary>Until when the first token of a stream must be in hand.</summary>
/// <param name="Ends">A timestamp.</param>
/// <param name="Whole">How long it is from its beginning.</param>
internal readonly record struct Deadline(long Ends, TimeSpan Whole);
