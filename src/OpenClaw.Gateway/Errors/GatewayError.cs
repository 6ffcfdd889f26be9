namespace OpenClaw.Gateway.Errors;

/// <summary>What a caller can be told went wrong. One row each in <see cref="GatewayErrorTable"/>.</summary>
internal enum GatewayErrorKind
{
    BadRequest,
    Unauthenticated,

    /// <summary>Known who it is, and it is not theirs to ask.</summary>
    Forbidden,
    NotFound,
    MethodNotAllowed,
    ModelNotAllowed,
    ModelUnknown,
    ContextTooLong,
    PolicyRefused,
    RequestTooLarge,
    RateLimited,

    /// <summary>The runaway guard stopped the session.</summary>
    RunawayStopped,
    BudgetExceeded,
    Overloaded,
    AllTargetsFailed,
    UpstreamTimeout,
    AnswerInterrupted,
    NotServed,
    Draining,
    Internal,
}

/// <summary>An error for the caller, before a dialect gives it its shape. <paramref name="Message"/> is public: nothing secret.</summary>
internal sealed record GatewayError(GatewayErrorKind Kind, string Message)
{
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The offending request field, or null.</summary>
    public string? Param { get; init; }

    /// <summary>The status to answer with when a provider's own is the truth (400 stays 400); null = the table's.</summary>
    public int? Status { get; init; }

    /// <summary>What Anthropic's clients go by beside the type (<c>error.details.error_code</c>), or null.</summary>
    public string? DetailCode { get; init; }

    /// <summary>A machine-readable code where the provider gave a better one than ours; null = the table's.</summary>
    public string? Code { get; init; }
}

/// <summary>Status and type names of every kind, in the words of OpenAI and Anthropic.</summary>
internal readonly record struct GatewayErrorRow(int Status, string OpenAiType, string OpenAiCode, string AnthropicType, string GoogleStatus);

internal static class GatewayErrorTable
{
    public static GatewayErrorRow Row(GatewayErrorKind kind) => kind switch
    {
        GatewayErrorKind.BadRequest => new(400, "invalid_request_error", "invalid_request", "invalid_request_error", "INVALID_ARGUMENT"),
        GatewayErrorKind.Unauthenticated => new(401, "authentication_error", "invalid_api_key", "authentication_error", "UNAUTHENTICATED"),
        GatewayErrorKind.Forbidden => new(403, "invalid_request_error", "forbidden", "permission_error", "PERMISSION_DENIED"),
        GatewayErrorKind.NotFound => new(404, "invalid_request_error", "not_found", "not_found_error", "NOT_FOUND"),
        GatewayErrorKind.MethodNotAllowed => new(405, "invalid_request_error", "method_not_allowed", "invalid_request_error", "INVALID_ARGUMENT"),
        GatewayErrorKind.ModelNotAllowed => new(403, "invalid_request_error", "model_not_allowed", "permission_error", "PERMISSION_DENIED"),
        GatewayErrorKind.ModelUnknown => new(404, "invalid_request_error", "model_not_found", "not_found_error", "NOT_FOUND"),
        GatewayErrorKind.ContextTooLong => new(400, "invalid_request_error", "context_length_exceeded", "invalid_request_error", "INVALID_ARGUMENT"),
        GatewayErrorKind.PolicyRefused => new(400, "invalid_request_error", "content_policy_violation", "invalid_request_error", "INVALID_ARGUMENT"),
        GatewayErrorKind.RequestTooLarge => new(413, "invalid_request_error", "request_too_large", "request_too_large", "INVALID_ARGUMENT"),
        GatewayErrorKind.RateLimited => new(429, "rate_limit_error", "rate_limit_exceeded", "rate_limit_error", "RESOURCE_EXHAUSTED"),
        GatewayErrorKind.RunawayStopped => new(429, "rate_limit_error", "runaway_stopped", "rate_limit_error", "RESOURCE_EXHAUSTED"),
        GatewayErrorKind.BudgetExceeded => new(402, "insufficient_quota", "budget_exceeded", "billing_error", "RESOURCE_EXHAUSTED"),
        GatewayErrorKind.Overloaded => new(503, "server_error", "overloaded", "overloaded_error", "UNAVAILABLE"),
        GatewayErrorKind.AllTargetsFailed => new(502, "server_error", "all_targets_failed", "api_error", "UNAVAILABLE"),
        GatewayErrorKind.UpstreamTimeout => new(504, "server_error", "upstream_timeout", "timeout_error", "DEADLINE_EXCEEDED"),
        GatewayErrorKind.AnswerInterrupted => new(502, "server_error", "answer_interrupted", "api_error", "UNAVAILABLE"),
        GatewayErrorKind.NotServed => new(501, "invalid_request_error", "not_served", "not_found_error", "UNIMPLEMENTED"),
        GatewayErrorKind.Draining => new(503, "server_error", "draining", "overloaded_error", "UNAVAILABLE"),
        GatewayErrorKind.Internal => new(500, "server_error", "internal_error", "api_error", "INTERNAL"),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
