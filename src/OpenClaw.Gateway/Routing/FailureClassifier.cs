using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using OpenClaw.Config;

namespace OpenClaw.Gateway.Routing;

/// <summary>What a provider's failure amounts to. Pure: the same bytes always give the same class.</summary>
internal static partial class FailureClassifier
{
    private const int MostOfBeginning = 60;

    /// <summary>Classifies an answer that is not a success (or is one, but without an answer in it).</summary>
    /// <param name="header">An answer header's first value by lower-case name, or null.</param>
    /// <param name="body">The body as far as it was read.</param>
    public static UpstreamFailure FromResponse(
        ApiKind api, string providerId, int status, Func<string, string?> header, ReadOnlySpan<byte> body, string contentType, DateTimeOffset now)
    {
        var facts = ErrorFacts.Read(body);
        if (contentType.Contains("html", StringComparison.OrdinalIgnoreCase)) facts = facts with { IsHtml = true };
        var reason = Reason(api, status, facts, body.IsEmpty);
        return Failure(reason, status, facts, providerId) with
        {
            RetryAfter = RetryHint(reason, facts, now, IsAboutRates(reason) ? RetryAfter.Read(header, now) : RetryAfter.Asked(header, now)),
            Retryable = header("x-should-retry")?.Trim() switch
            {
                "true" => true,
                "false" => false,
                _ => null,
            },
        };
    }

    /// <inheritdoc cref="FromResponse(ApiKind, string, int, Func{string, string?}, ReadOnlySpan{byte}, string, DateTimeOffset)"/>
    public static UpstreamFailure FromResponse(
        ApiKind api, string providerId, int status, HttpHeaders headers, ReadOnlySpan<byte> body, string contentType, DateTimeOffset now) =>
        FromResponse(api, providerId, status, RetryAfter.Lookup(headers), body, contentType, now);

    /// <summary>
    /// Classifies an error inside an answer that began with 200: the whole frame's payload, in any provider's shape, or
    /// only its error object. Without a signal it is the provider's error; what is not JSON is malformed.
    /// </summary>
    public static UpstreamFailure FromStreamError(ReadOnlySpan<byte> errorJson) => FromStreamError(errorJson, DateTimeOffset.UnixEpoch);

    /// <inheritdoc cref="FromStreamError(ReadOnlySpan{byte})"/>
    /// <param name="now">For errors that name a moment (OpenRouter's resets).</param>
    public static UpstreamFailure FromStreamError(ReadOnlySpan<byte> errorJson, DateTimeOffset now)
    {
        var facts = ErrorFacts.Read(errorJson);
        if (!facts.IsJson) return Failure(FailureReason.Malformed, null, facts, "the provider");
        var reason = Signal(facts.Number ?? 0, facts);
        if (reason == FailureReason.None) reason = facts.Number is { } number ? FailureSignals.OfStatus(ApiKind.OpenAiChat, number) : FailureReason.ServerError;
        return Failure(reason, facts.Number, facts, "the provider") with { RetryAfter = RetryHint(reason, facts, now, null) };
    }

    private static FailureReason Reason(ApiKind api, int status, ErrorFacts facts, bool isEmpty)
    {
        if (status is >= 300 and <= 399) return FailureReason.Redirect;
        if (facts.IsHtml) return OfPage(api, status);
        var told = status is >= 200 and <= 299 ? facts.Number ?? 0 : status;
        var signal = Signal(told, facts);
        if (signal != FailureReason.None) return signal;
        if (told >= 400) return FailureSignals.OfStatus(api, told);
        return facts.HasError ? FailureReason.ServerError : isEmpty ? FailureReason.Empty : FailureReason.Malformed;
    }

    /// <summary>A web page: a proxy spoke. Its 403 or 404 is about the way, not about the key or the model.</summary>
    private static FailureReason OfPage(ApiKind api, int status) => status switch
    {
        401 => FailureReason.Credential,
        407 => FailureReason.Connect,
        408 or 429 => FailureSignals.OfStatus(api, status),

        // A proxy in front of this one target has a lower limit than ours: another target may take the request.
        413 => FailureReason.Unsupported,
        >= 500 => FailureSignals.OfStatus(api, status),
        _ => FailureReason.Malformed,
    };

    /// <summary>What the body's own words say, or None.</summary>
    private static FailureReason Signal(int status, ErrorFacts facts)
    {
        if (OfLimitSource(facts) is var limit and not FailureReason.None) return limit;
        if (facts.IsModeration && status is 0 or 400 or 403) return FailureReason.Policy;

        // OpenRouter passes on what the provider behind it said of OpenRouter's own key: that is not our key.
        if (facts.UpstreamName is not null && status is 401 or 402 or 403 && facts.ErrorType is null or "provider_unavailable" or "server")
        {
            return FailureReason.ServerError;
        }
        if (OfQuota(facts) is var quota and not FailureReason.None) return quota;
        var words = facts.Raw.Length > 0 ? facts.Message + " " + facts.Raw : facts.Message;
        var lower = words.ToLowerInvariant();
        if (FailureSignals.IsForeignReasoning(lower) && Fits(FailureReason.Signature, status)) return FailureReason.Signature;
        if (Codes(facts, FailureSignals.OfCode) is var code and not FailureReason.None) return Weighed(code, status, facts);

        var phrase = OfWords(words, lower);
        // Values of the request stand in quotation marks: what they say is not said of a key or a model.
        if (SetsAside(phrase) && MayQuote(status)) phrase = OfWords(OwnWords(facts));
        if (phrase != FailureReason.None && Fits(phrase, status)) return phrase;

        return Codes(facts, FailureSignals.OfType) is var type and not FailureReason.None ? WeighedType(type, status) : FailureReason.None;
    }

    private static FailureReason OfWords(string words, string? lower = null)
    {
        var phrase = FailureSignals.OfText(lower ?? words.ToLowerInvariant());
        return phrase == FailureReason.None && IsMissingModel(words) ? FailureReason.ModelGone : phrase;
    }

    // What another provider said comes as the text of its own error.
    private static string OwnWords(ErrorFacts facts)
    {
        var inner = facts.Raw.Length == 0 ? null : ErrorFacts.Read(Encoding.UTF8.GetBytes(facts.Raw));
        return QuotedContent.RemoveQuotes(facts.Message) + " " + QuotedContent.RemoveQuotes(inner is { IsJson: true, Message.Length: > 0 } ? inner.Message : facts.Raw);
    }

    /// <summary>A class for which a key or a target is set aside, for everybody.</summary>
    private static bool SetsAside(FailureReason reason) =>
        reason is FailureReason.Credential or FailureReason.QuotaExhausted or FailureReason.ModelGone or FailureReason.RateLimited or FailureReason.Overloaded;

    /// <summary>An error with this status may be about the request, and repeat what is in it.</summary>
    private static bool MayQuote(int status) => status is 0 or 400 or 422 or 500;

    /// <summary>Neither a code nor the beginning of the message says it, where a provider's own words stand (xAI's 400 "Incorrect API key provided", Anthropic's "Your credit balance is too low").</summary>
    private static bool IsHearsay(FailureReason reason, int status, ErrorFacts facts)
    {
        if (!SetsAside(reason) || !MayQuote(status) || facts.IsHtml || OfLimitSource(facts) == reason || OfQuota(facts) == reason) return false;
        if (Codes(facts, FailureSignals.OfCode) == reason || Codes(facts, FailureSignals.OfType) == reason) return false;
        if (status == 500 && reason == FailureSignals.OfStatus(ApiKind.OpenAiChat, status)) return false;
        return !Begins(facts.Message, reason) && !(facts.Raw.Length > 0 && Begins(OwnWords(facts with { Message = "" }), reason));
    }

    private static bool Begins(string message, FailureReason reason)
    {
        var own = QuotedContent.RemoveQuotesWhole(message).Trim();
        return OfWords(own.Length > MostOfBeginning ? own[..MostOfBeginning] : own) == reason;
    }

    /// <summary>OpenRouter names which of its own limits refused.</summary>
    private static FailureReason OfLimitSource(ErrorFacts facts) => facts.LimitSource switch
    {
        null => FailureReason.None,
        "openrouter_in_flight_budget" => facts.LimitReason == "weight_exceeds_budget" ? FailureReason.QuotaExhausted : FailureReason.RateLimited,
        "upstream_provider_shared_pool" => FailureReason.RateLimited,
        _ when facts.LimitSource.StartsWith("openrouter_", StringComparison.Ordinal) => FailureReason.QuotaExhausted,
        _ => FailureReason.None,
    };

    /// <summary>Google: a quota of a day is out for long, whatever its RetryInfo says; a quota of a minute is a rate.</summary>
    private static FailureReason OfQuota(ErrorFacts facts)
    {
        if (facts.QuotaIds.IsEmpty) return FailureReason.None;
        return LongQuota(facts) is not null || facts.Message.Contains("limit: 0", StringComparison.OrdinalIgnoreCase)
            ? FailureReason.QuotaExhausted : FailureReason.RateLimited;
    }

    private static string? LongQuota(ErrorFacts facts)
    {
        foreach (var id in facts.QuotaIds)
        {
            if (id.Contains("PerDay", StringComparison.OrdinalIgnoreCase) || id.Contains("PerMonth", StringComparison.OrdinalIgnoreCase)) return id;
        }
        return null;
    }

    /// <summary>The first of the body's codes that the table knows, the most special first.</summary>
    private static FailureReason Codes(ErrorFacts facts, Func<string, FailureReason> table)
    {
        foreach (var code in (ReadOnlySpan<string?>)[facts.DetailCode, facts.Code, facts.ErrorType, facts.Type, facts.RpcStatus])
        {
            if (code is not null && table(code.ToLowerInvariant()) is var reason and not FailureReason.None) return reason;
        }
        return FailureReason.None;
    }

    /// <summary>"Too large for the tier" comes with a rate limit's code (Groq 413, OpenAI 429), and a spent tier with a rate limit's type.</summary>
    private static FailureReason Weighed(FailureReason code, int status, ErrorFacts facts)
    {
        if (code == FailureReason.ContextTooLong && IsOtherText(facts)) return FailureReason.Unsupported;
        if (code != FailureReason.RateLimited) return code;
        var phrase = FailureSignals.OfText(facts.Message.ToLowerInvariant());
        return phrase is FailureReason.Unsupported or FailureReason.QuotaExhausted ? phrase : status is 401 or 403 ? FailureReason.Credential : code;
    }

    /// <summary>What is too long is not what anybody said, but a name or an id that another provider takes.</summary>
    private static bool IsOtherText(ErrorFacts facts) =>
        facts.Code is { } code && code.StartsWith("string_", StringComparison.OrdinalIgnoreCase) && facts.Param is { Length: > 0 } param
        && !(param.StartsWith("messages", StringComparison.Ordinal) && (!param.Contains('.') || param.Contains("].content", StringComparison.Ordinal)));

    /// <summary>A general type yields to a status that says more.</summary>
    private static FailureReason WeighedType(FailureReason type, int status) => (type, status) switch
    {
        (FailureReason.BadRequest, 401 or 402 or 403 or 404 or 408 or 409 or 410 or 429 or >= 500) => FailureReason.None,
        (FailureReason.ServerError, 401 or 402 or 403 or 404 or 429 or 503 or 529) => FailureReason.None,
        (FailureReason.ModelGone or FailureReason.Credential, >= 500 or 429) => FailureReason.None,
        _ => type,
    };

    /// <summary>A phrase is believed where its status makes sense: a key's refusal that mentions "context window" stays one.</summary>
    private static bool Fits(FailureReason phrase, int status) => phrase switch
    {
        FailureReason.ContextTooLong or FailureReason.Signature or FailureReason.PrefillRefused or FailureReason.BadRequest =>
            status is 0 or 400 or 404 or 413 or 422 or 500,
        FailureReason.Unsupported => status is not (401 or 402),
        FailureReason.Credential => status is 0 or 400 or 401 or 403 or 422,
        FailureReason.Policy => status is 0 or 400 or 403 or 422 or 451 or 500,
        FailureReason.ModelGone => status is 0 or 400 or 403 or 404 or 410 or 422 or 500 or 503,
        FailureReason.Overloaded or FailureReason.RateLimited => status is 0 or 429 or >= 500,
        FailureReason.QuotaExhausted => status is 0 or 400 or 402 or 403 or 429,
        _ => true,
    };

    /// <summary><c>model 'x' not found</c>, <c>The model `x` does not exist</c>, <c>models/x is not found for API version</c>.</summary>
    private static bool IsMissingModel(string words)
    {
        var start = words.IndexOf("model", StringComparison.OrdinalIgnoreCase);
        if (start < 0) return false;
        var after = words.AsSpan(start, Math.Min(words.Length - start, 200));
        return after.Contains("not found", StringComparison.OrdinalIgnoreCase) || after.Contains("does not exist", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsAboutRates(FailureReason reason) =>
        reason is FailureReason.RateLimited or FailureReason.QuotaExhausted or FailureReason.Overloaded;

    private static TimeSpan? RetryHint(FailureReason reason, ErrorFacts facts, DateTimeOffset now, TimeSpan? fromHeaders)
    {
        if (!IsAboutRates(reason) && reason != FailureReason.ServerError) return fromHeaders;
        // A day's quota comes with a RetryInfo of seconds that is not true.
        var wait = reason == FailureReason.QuotaExhausted ? fromHeaders : RetryAfter.Later(fromHeaders, RetryAfter.Duration(facts.RetryDelay));
        if (now > DateTimeOffset.UnixEpoch) wait = RetryAfter.Later(wait, RetryAfter.Until(facts.ResetsAt, now));
        return reason == FailureReason.QuotaExhausted ? wait : RetryAfter.Later(wait, RetryAfter.FromText(facts.Message));
    }

    private static UpstreamFailure Failure(FailureReason reason, int? status, ErrorFacts facts, string who)
    {
        var words = facts.Raw.Length > 0 && !facts.Message.Contains(facts.Raw, StringComparison.Ordinal)
            ? $"{facts.Message} ({facts.UpstreamName ?? "upstream"}: {facts.Raw})" : facts.Message;
        var message = FailureText.Clean(words);
        if (facts.IsHtml) message = message.Length == 0 ? "a web page instead of an answer" : $"a web page instead of an answer: {message}";
        if (message.Length == 0) message = Silent(reason, status, who);
        return new UpstreamFailure(reason, FailureText.Clean(message), status, Code(facts))
        {
            IsHearsay = IsHearsay(reason, status ?? 0, facts),
            Forbidden = Forbidden().Match(facts.Message) is { Success: true } field ? field.Groups[1].Value : null,
            Param = facts.Param is null ? null : FailureText.Clean(facts.Param),
            OwnCode = facts.Code is null ? null : FailureText.Clean(facts.Code),
            DetailCode = facts.DetailCode is null ? null : FailureText.Clean(facts.DetailCode),
        };
    }

    // As JSON or as Python prints it. Only of the request itself: what is deeper stands in a message or a tool.
    [GeneratedRegex("""["']extra_forbidden["'],\s*["']loc["']:\s*[\[(]["']body["'],\s*["']([a-z_]{1,64})["']\s*[\])]""")]
    private static partial Regex Forbidden();

    private static string Silent(FailureReason reason, int? status, string who) => (reason, status) switch
    {
        (FailureReason.Redirect, _) => $"{who} answered with a redirect, which is not followed: check the base URL",
        (FailureReason.Empty, _) => $"{who} answered with nothing",
        (_, { } code) => string.Create(CultureInfo.InvariantCulture, $"{who} answered {code} without a message"),
        _ => $"{who} reported an error without a message",
    };

    /// <summary>The most telling of the body's own codes.</summary>
    private static string? Code(ErrorFacts facts)
    {
        if (LongQuota(facts) is { } quota) return FailureText.Clean(quota);
        var code = facts.LimitSource ?? facts.DetailCode ?? facts.Code ?? facts.ErrorType ?? facts.RpcStatus ?? facts.Type;
        return code is null ? null : FailureText.Clean(code);
    }
}
