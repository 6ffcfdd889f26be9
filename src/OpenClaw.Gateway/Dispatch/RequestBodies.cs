using System.Buffers;
using System.Text;
using OpenClaw.Config;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Anthropic;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Dialects.OpenAiChat;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>
/// The workshop: the body for one target, always from the caller's original bytes. Same dialect: patched, every unknown
/// byte kept. Another: understood, then written anew; what the target cannot carry is reported.
/// </summary>
internal static class RequestBodies
{
    public static (OutgoingBody? Body, UpstreamFailure? Refused) Build(Exchange x, Target target, AttemptOptions options, bool stream)
    {
        var body = new OutgoingBody(x.Envelope.Body.Length + 256) { ClientHeaders = x.Http.Request.Headers };
        // Chat's own patch puts the vendor fields in as it goes.
        var extras = target.Dialect.Kind == DialectKind.OpenAiChat ? null : target.ExtraBodyJson;
        var plain = extras is null ? null : new ArrayBufferWriter<byte>(x.Envelope.Body.Length + 256);
        var output = plain ?? body.Output;
        var prefill = options.Prefill ? PrefillText(options.Goal.Continuation!) : null;
        var refused = target.Dialect.Kind != x.Dialect.Kind ? Translate(x, target, options, prefill, stream, output)
            : WhyNotRouted(x, target) is { } why ? why
            : Patch(x, target, options, prefill, output) ? null
            : new UpstreamFailure(FailureReason.BadRequest, "the request body is not a JSON object", 400);
        if (refused is null)
        {
            if (plain is not null) ExtraMembers.Merge(plain.WrittenSpan, extras!, body.Output);
            if (target.Dialect.Kind == DialectKind.Anthropic) WarnOfFlags(x, target);
            return (body, null);
        }
        body.Dispose();
        return (null, refused);
    }

    private static UpstreamFailure? WhyNotRouted(Exchange x, Target target)
    {
        if (!IsRouted(x, target)) return null;
        var said = $"is not sent {x.Unrouted.Names}: {CallerRouting.Because}";
        if (x.State.Config.Routing.Unsupported == UnsupportedMode.Reject) return new UpstreamFailure(FailureReason.Unsupported, said, 400);
        if (!x.Decision.Warnings.Contains($"{target.Name} {said}")) x.Decision.Warnings.Add($"{target.Name} {said}");
        return null;
    }

    private static bool IsRouted(Exchange x, Target target) => x.Envelope.NamesModels && CallerRouting.IsFollowedBy(target);

    private static ReadOnlyMemory<byte> BodyFor(Exchange x, Target target) => IsRouted(x, target) ? x.Unrouted.Body : x.Envelope.Body;

    // Other servers of the protocol refuse flags that they do not know: theirs stand in the configuration.
    private static void WarnOfFlags(Exchange x, Target target)
    {
        if (!x.Http.Request.Headers.TryGetValue(AnthropicHeaders.Beta, out var flags) || flags.ToString().Trim().Length == 0) return;
        if (AnthropicHeaders.MayForward(AnthropicHeaders.Beta, target.Provider.Config.Preset ?? "") || target.Provider.Config.Headers.Keys.Contains(AnthropicHeaders.Beta, StringComparer.OrdinalIgnoreCase)) return;
        var warning = $"{target.Name} is not sent anthropic-beta; flags that it knows go into the headers of its provider";
        if (!x.Decision.Warnings.Contains(warning)) x.Decision.Warnings.Add(warning);
    }

    private static void WriteWithExtras(ChatRequest request, Target target, AttemptOptions options, IBufferWriter<byte> output, List<string> unsupported)
    {
        var to = options.NewLimitName || options.LeftOut != 0 ? target.Request with { NewLimitName = options.NewLimitName, LeftOut = options.LeftOut } : target.Request;
        if (options.OldLimitName) to = to with { Quirks = to.Quirks & ~TargetQuirks.MaxCompletionTokens };
        if (target.Dialect.Kind != DialectKind.OpenAiChat || (target.RoutingPreferencesJson ?? target.ExtraBodyJson) is null)
        {
            target.Dialect.WriteRequest(request, to, output, unsupported);
            return;
        }
        var plain = new ArrayBufferWriter<byte>(4096);
        target.Dialect.WriteRequest(request, to, plain, unsupported);
        OpenAiChatPatch.TryPatch(plain.WrittenMemory, new PatchOptions(target.Ref.Model) { NewLimitName = options.NewLimitName, OldLimitName = options.OldLimitName, ProviderJson = target.RoutingPreferencesJson, ExtraBodyJson = target.ExtraBodyJson }, output);
    }

    // Another issuer's signatures: the provider has refused them, and without them the blocks are worth nothing to it.
    private static void DropReasoning(ChatRequest request)
    {
        foreach (var turn in request.Turns)
        {
            turn.Parts.RemoveAll(static p => p is ReasoningPart);
            for (var i = 0; i < turn.Parts.Count; i++)
            {
                if (turn.Parts[i] is ToolCallPart { Signature: not null } call) turn.Parts[i] = call with { Signature = null };
            }
        }
    }

    // Some targets refuse a prefill that ends in white space; the aligner knows that it was left out.
    private static string PrefillText(Continuation continuation) => Encoding.UTF8.GetString(continuation.Sent.Span.TrimEnd(" \t\r\n"u8));

    // What a target goes on from is a part of the answer, and of the length that the caller allows it. Null: the caller's own limit stays.
    private static int? OutputLimit(Exchange x, Target target, AttemptOptions options)
    {
        var limit = x.Money.OutputLimit;
        if (!options.Prefill || x.Envelope.MaxTokens is not { } asked) return limit;
        var left = (int)Math.Max(1, asked - target.Health.Tokens.Output(options.Goal.Continuation!.Sent.Length, pieces: 0));
        return limit < left ? limit : left;
    }

    // More than the target writes, or than its window leaves beside the prompt, it refuses, and most of it nobody needs.
    private static void FitLimit(Exchange x, Target target, ChatRequest request)
    {
        if (request.MaxTokens is not { } asked) return;
        var most = HoldSize.Writable(asked, x.Money.Facts, target);
        if (most >= asked) return;
        request.MaxTokens = most;
        var warning = $"{target.Name} is asked for at most {most} tokens of {asked}: {(most == target.MaxOutput ? "it writes no more" : "its window leaves no more")}";
        if (!x.Decision.Warnings.Contains(warning)) x.Decision.Warnings.Add(warning);
    }

    private static bool Patch(Exchange x, Target target, AttemptOptions options, string? prefill, IBufferWriter<byte> output)
    {
        if (target.Dialect.Kind == DialectKind.Anthropic)
        {
            var isWritten = AnthropicPatch.TryWrite(BodyFor(x, target).Span, new AnthropicChanges
            {
                Model = target.Ref.Model,
                AnswerSoFar = prefill,
                MaxTokens = OutputLimit(x, target, options),
                MaxSearches = x.Money.SearchLimit,
                Reasoning = options.Sanitize ? ReasoningRemoval.All : ReasoningRemoval.Marked,
            }, output, out var stoppedThinking);
            const string NoThinking = "thinking is switched off for this turn: the reasoning before its tool calls was another model's, or refused";
            if (stoppedThinking && !x.Decision.Warnings.Contains(NoThinking)) x.Decision.Warnings.Add(NoThinking);
            return isWritten;
        }
        return OpenAiChatPatch.TryPatch(BodyFor(x, target), new PatchOptions(target.Ref.Model)
        {
            EnsureUsage = x.Envelope.Stream && !options.LeftOut.HasFlag(RequestFields.StreamOptions),
            Quirks = target.Request.Quirks,
            Prefill = prefill,
            MaxTokens = OutputLimit(x, target, options),
            BindsLimit = x.Money.Binds,
            NewLimitName = options.NewLimitName,
            OldLimitName = options.OldLimitName,
            RemoveReasoning = options.Sanitize,
            ProviderJson = target.RoutingPreferencesJson,
            ExtraBodyJson = target.ExtraBodyJson,
        }, output);
    }

    private static UpstreamFailure? Translate(Exchange x, Target target, AttemptOptions options, string? prefill, bool stream, IBufferWriter<byte> output)
    {
        // Sanitizing changes the request; the next target starts from the original again.
        var (request, error) = options.Sanitize ? x.Read() : x.Understand();
        if (request is null) return NotUnderstood(x, error!);
        request.Stream = stream;
        var unsupported = new List<string>(request.Unmapped);
        ChatTurn? added = null;
        if (prefill is not null)
        {
            added = new ChatTurn(ChatRole.Assistant);
            added.Parts.Add(new TextPart(prefill));
            request.Turns.Add(added);
        }
        if (options.Sanitize) DropReasoning(request);
        var (asked, reasoning) = (request.MaxTokens, request.Reasoning);
        if (OutputLimit(x, target, options) is { } limit && !(asked <= limit)) request.MaxTokens = limit;
        FitLimit(x, target, request);
        if (options.WithoutThinking)
        {
            request.Reasoning = options.SayNoThinking ? new ReasoningRequest(Enabled: false, "none") : null;
            if (reasoning is not null) unsupported.Note("reasoning");
        }
        WriteWithExtras(request, target, options, output, unsupported);
        (request.MaxTokens, request.Reasoning) = (asked, reasoning);
        if (added is not null) request.Turns.Remove(added);
        if (unsupported.Count == 0) return null;
        var isSilent = unsupported.Remove(ChatRequest.NothingElse);
        if (isSilent) unsupported.Remove(ChatRequest.WithoutBeginning);
        var phrase = string.Join(", ", unsupported.Distinct());
        // Whatever it answered would answer nothing that was asked, and be paid for.
        if (isSilent) return new UpstreamFailure(FailureReason.Unsupported, $"cannot carry {phrase}, and {ChatRequest.NothingElse}", 400);
        if (x.State.Config.Routing.Unsupported == UnsupportedMode.Reject && !unsupported.TrueForAll(IsHint))
        {
            return new UpstreamFailure(FailureReason.Unsupported, $"cannot carry {phrase}", 400);
        }
        x.Decision.Warnings.Add($"{target.Name} cannot carry {phrase}");
        return null;
    }

    // Where to cache, how closely to look and what to draw lots with are hints, and thoughts of earlier answers are their own
    // model's: without them the request is the same.
    private static bool IsHint(string what) =>
        what is ChatRequest.CacheControlName or ChatRequest.CacheKeyName or ChatRequest.EarlierReasoning or "image detail" or "seed" or "seed of more than 32 bits";

    // A target of the caller's own protocol gets the bytes as they are, and may know what is not understood here.
    private static UpstreamFailure NotUnderstood(Exchange x, GatewayError error)
    {
        var reason = x.Plan.Targets.Any(t => t.Dialect.Kind == x.Dialect.Kind) ? FailureReason.Unsupported : FailureReason.BadRequest;
        return new UpstreamFailure(reason, error.Message, error.Status ?? 400) { Param = error.Param, DetailCode = error.DetailCode };
    }
}
