using OpenClaw.Gateway.Dialects;

namespace OpenClaw.Gateway.Routing;

/// <summary>What a failure parks.</summary>
internal enum CooldownScope
{
    None,

    /// <summary>The key, for every model.</summary>
    Key,

    /// <summary>The key, for this model only.</summary>
    KeyAndModel,

    /// <summary>The target, by its breaker.</summary>
    Target,
}

/// <summary>What may be done about a failure. Facts for the dispatcher, which also has the attempts left and the deadline.</summary>
internal readonly record struct FailureDisposition
{
    /// <summary>Try this target once more before any other, after <see cref="Wait"/> (or a backoff, when that is null).</summary>
    public bool RetrySameTarget { get; init; }

    /// <summary>Trying this target again is worth it when no other is left, after a backoff, within <c>routing.retries</c>.</summary>
    public bool RetryWhenLast { get; init; }

    /// <summary>What the provider asks to wait: a floor for any retry here.</summary>
    public TimeSpan? Wait { get; init; }

    /// <summary>Another key of the same provider may do: tried before a retry and before the next target.</summary>
    public bool RotateKey { get; init; }

    public bool NextTarget { get; init; }

    public CooldownScope Cooldown { get; init; }

    /// <summary>Only targets with a larger context window come next.</summary>
    public bool LargerContextOnly { get; init; }

    /// <summary>Only a chain configured for refused content (<c>models.contentPolicyFallbacks</c>) comes next.</summary>
    public bool PolicyChainOnly { get; init; }

    /// <summary>Try this target once more at once, without the reasoning blocks of other issuers; where they are left out already, it is a failure.</summary>
    public bool SanitizeAndRetry { get; init; }

    /// <summary>Try this target once more at once, restarting instead of continuing the assistant's message; where it was not to continue, it is a failure.</summary>
    public bool WithoutPrefill { get; init; }

    /// <summary>Try this target once more at once, over a new connection: the old one had rested too long, and nothing is known of the target.</summary>
    public bool OnFreshConnection { get; init; }

    /// <summary>Try this target once more at once, without asking it to think: it has no such ability (Ollama).</summary>
    public bool WithoutThinking { get; init; }

    /// <summary>With <see cref="WithoutThinking"/>: say in so many words that it need not think. It does so by default, and refuses tools for it (OpenAI's).</summary>
    public bool SayNoThinking { get; init; }

    /// <summary>Try this target once more at once, without these fields: it refuses them.</summary>
    public RequestFields WithoutFields { get; init; }

    /// <summary>The target refuses <see cref="WithoutFields"/> whatever their value: they are left out of later requests too.</summary>
    public bool NeverTakesThem { get; init; }

    /// <summary>Try this target once more at once, the limit of the answer under its new name: it refuses the old one (OpenAI's models, wherever they are served).</summary>
    public bool NewLimitName { get; init; }

    /// <summary>Try this target once more at once, the limit of the answer under its old name: it does not know the new one (Mistral).</summary>
    public bool OldLimitName { get; init; }

    private const string OldLimit = "max_tokens";
    private const string NewLimit = "max_completion_tokens";

    /// <summary>A wait up to this long is spent on the same target.</summary>
    public static readonly TimeSpan ShortWait = TimeSpan.FromSeconds(3);

    /// <summary>The one switch over failure classes.</summary>
    /// <param name="failure">The latest failure on the target.</param>
    /// <param name="failuresHere">Failed attempts on this target in this request, this one included; 1 is the first.</param>
    public static FailureDisposition Of(UpstreamFailure failure, int failuresHere = 1) => failure.IsHearsay
        ? OfReason(failure, failuresHere) with { Cooldown = failure.Status >= 500 ? CooldownScope.Target : CooldownScope.None, RotateKey = false }
        : OfReason(failure, failuresHere);

    private static FailureDisposition OfReason(UpstreamFailure failure, int failuresHere)
    {
        var first = failuresHere <= 1;
        var refusesRetry = failure.Retryable == false;
        var asksLong = failure.RetryAfter > ShortWait;
        var next = new FailureDisposition { NextTarget = true, Wait = failure.RetryAfter };
        return failure.Reason switch
        {
            FailureReason.ServerError or FailureReason.Overloaded or FailureReason.Reset or FailureReason.Empty => next with
            {
                RetrySameTarget = first && !asksLong && !refusesRetry,
                RetryWhenLast = !refusesRetry,
                OnFreshConnection = failure.IsStaleConnection,
                Cooldown = CooldownScope.Target,
            },
            FailureReason.Connect or FailureReason.Dns or FailureReason.Tls or FailureReason.Malformed or FailureReason.Cut => next with
            {
                RetryWhenLast = !refusesRetry,
                Cooldown = CooldownScope.Target,
            },

            // Whoever was silent once costs another whole clock to ask again.
            FailureReason.HeadersTimeout or FailureReason.FirstTokenTimeout or FailureReason.IdleTimeout or FailureReason.Redirect
                or FailureReason.ModelGone => next with { Cooldown = CooldownScope.Target },
            FailureReason.RateLimited => next with
            {
                RetrySameTarget = first && failure.RetryAfter is not null && !asksLong && !refusesRetry,
                RetryWhenLast = !refusesRetry,
                RotateKey = true,
                Cooldown = CooldownScope.KeyAndModel,
            },
            FailureReason.QuotaExhausted => next with
            {
                RotateKey = true,
                Cooldown = IsQuotaOfOneModel(failure) ? CooldownScope.KeyAndModel : CooldownScope.Key,
            },
            FailureReason.Credential => next with
            {
                RotateKey = true,
                Cooldown = IsPermission(failure) ? CooldownScope.KeyAndModel : CooldownScope.Key,
            },
            FailureReason.ContextTooLong => next with { LargerContextOnly = true },
            FailureReason.Unsupported => OfRefusal(failure, next),
            FailureReason.Policy => next with { PolicyChainOnly = true },
            FailureReason.Signature => next with { SanitizeAndRetry = true },
            FailureReason.PrefillRefused => next with { WithoutPrefill = true },

            // The provider itself says that the same request may do better.
            FailureReason.BadRequest when failure.Retryable == true => new() { RetrySameTarget = first, Wait = failure.RetryAfter },
            _ => default,
        };
    }

    /// <summary>What the target cannot is asked for no more, where it names it and it can be left out.</summary>
    private static FailureDisposition OfRefusal(UpstreamFailure failure, FailureDisposition next)
    {
        var words = failure.Message;
        var namesEffort = failure.Param == "reasoning_effort" || words.Contains("reasoning_effort", StringComparison.Ordinal) || words.Contains("reasoningEffort", StringComparison.Ordinal);
        var refused = RefusedName(failure);
        var fields = RequestFieldNames.Of(refused);
        return next with
        {
            WithoutThinking = namesEffort || words.Contains("does not support thinking", StringComparison.Ordinal),
            SayNoThinking = namesEffort && words.Contains("unction tools", StringComparison.Ordinal),
            NewLimitName = refused is null or OldLimit && words.Contains(OldLimit, StringComparison.Ordinal) && words.Contains(NewLimit, StringComparison.Ordinal),
            OldLimitName = refused == NewLimit && failure.OwnCode != "unsupported_value",
            WithoutFields = fields,
            NeverTakesThem = (fields & RequestFields.Sampling) != 0 || failure.OwnCode != "unsupported_value",
        };
    }

    private static string? RefusedName(UpstreamFailure failure)
    {
        if (failure.Forbidden is not null) return failure.Forbidden;
        if (failure.OwnCode is "unsupported_parameter" or "unsupported_value" or "unknown_parameter") return failure.Param;
        // OpenAI's older words, which other servers keep: "Unrecognized request argument supplied: top_k".
        const string Supplied = "argument supplied: ";
        var at = failure.Message.IndexOf(Supplied, StringComparison.Ordinal);
        return at < 0 ? null : failure.Message[(at + Supplied.Length)..].TrimEnd(' ', '.', '\'');
    }

    /// <summary>A key that is valid but may not use this model: 403 with the type of a permission.</summary>
    private static bool IsPermission(UpstreamFailure failure) =>
        failure is { Status: 403, Code: { } code } && code.StartsWith("permission", StringComparison.OrdinalIgnoreCase);

    /// <summary>Google counts days per model; OpenRouter's free models have a day of their own.</summary>
    private static bool IsQuotaOfOneModel(UpstreamFailure failure) =>
        (failure.Code is { } code && code.Contains("PerModel", StringComparison.Ordinal))
        || failure.Message.Contains("free-models-per-day", StringComparison.Ordinal);
}
