using OpenClaw.Config;

namespace OpenClaw.Gateway.Routing;

/// <summary>
/// The providers' own words for each class of failure, as tables. Asked in this order: codes that mean one thing only,
/// phrases, general types, the status. Sources: the API descriptions of OpenAI, Anthropic, Google and OpenRouter, the
/// sources of vLLM, llama.cpp and Ollama, and recorded answers.
/// </summary>
internal static class FailureSignals
{
    /// <summary>A code that means one thing, whatever the status. Lower case. None: no such code.</summary>
    public static FailureReason OfCode(string code) => code switch
    {
        "insufficient_quota" or "billing_error" or "billing_hard_limit_reached" or "billing_not_active" or "insufficient_credits"
            or "credit_balance_exhausted" or "enforced_spend_limit_reached" or "payment_required" or "insufficient_balance"
            or "exceeded_current_quota_error" or "usage_limit_reached" => FailureReason.QuotaExhausted,

        "invalid_api_key" or "api_key_invalid" or "api_key_expired" or "authentication_error" or "authentication" or "account_deactivated"
            or "unauthenticated" or "invalid_authentication_error" or "token_expired" => FailureReason.Credential,

        "context_length_exceeded" or "exceed_context_size_error" or "model_context_window_exceeded" or "token_limit_exceeded"
            or "string_too_long" or "string_above_max_length" => FailureReason.ContextTooLong,

        "content_policy_violation" or "content_filter" or "refusal" or "moderation_blocked" or "responsibleaipolicyviolation"
            or "data_inspection_failed" or "cyber_policy_violation" => FailureReason.Policy,

        "unsupported_parameter" or "unsupported_value" or "unknown_parameter" or "not_supported_error" or "unsupported_image_format"
            or "image_too_large" or "max_tokens_exceeded" or "unimplemented" => FailureReason.Unsupported,

        // Where a provider does not serve a region, another key does not help, and neither does waiting a little.
        "model_not_found" or "model_decommissioned" or "model_not_available" or "deployment_not_found" or "deploymentnotfound"
            or "unsupported_country_region_territory" => FailureReason.ModelGone,

        "invalid_encrypted_content" => FailureReason.Signature,
        "invalid_prefill" => FailureReason.PrefillRefused,
        "previous_response_not_found" or "thread_not_found" or "thread_already_continued" or "thread_continue_in_flight"
            or "thread_unsupported_request" => FailureReason.BadRequest,

        "rate_limit_exceeded" or "rate_limited" or "rate_limit_reached_error" => FailureReason.RateLimited,
        "overloaded_error" or "overloaded" or "provider_overloaded" or "unavailable_error" or "server_is_overloaded" or "slow_down"
            or "engine_overloaded_error" => FailureReason.Overloaded,
        _ => FailureReason.None,
    };

    /// <summary>A type that fits several failures: believed only when no phrase says more. Lower case.</summary>
    public static FailureReason OfType(string type) => type switch
    {
        "rate_limit_error" or "resource_exhausted" or "too_many_requests" or "ratelimiterror" => FailureReason.RateLimited,
        "unavailable" or "serviceunavailableerror" => FailureReason.Overloaded,
        "server_error" or "api_error" or "internal_error" or "internal" or "internal_server_error" or "internalservererror" or "server"
            or "provider_unavailable" or "timeout" or "timeout_error" or "deadline_exceeded" or "conflict_error" or "unmapped"
            or "aborted" or "unknown" => FailureReason.ServerError,
        "not_found_error" or "notfounderror" or "not_found" => FailureReason.ModelGone,
        "permission_error" or "permission_denied" or "permissiondeniederror" => FailureReason.Credential,
        "invalid_request_error" or "invalid_request" or "invalid_argument" or "failed_precondition" or "badrequesterror" or "invalid_prompt"
            or "bad_request" or "request_too_large" or "payload_too_large" or "precondition_failed" or "unprocessable" or "out_of_range"
            or "unprocessable_entity_error" or "invalid_image" or "image_too_small" or "image_not_found" or "image_download_failed"
            => FailureReason.BadRequest,
        _ => FailureReason.None,
    };

    /// <summary>The status alone.</summary>
    public static FailureReason OfStatus(ApiKind api, int status) => status switch
    {
        >= 300 and <= 399 => FailureReason.Redirect,
        401 or 403 => FailureReason.Credential,
        402 => FailureReason.QuotaExhausted,
        404 or 410 => FailureReason.ModelGone,

        // The proxy on the way, not the provider: another target may be reached without it.
        407 => FailureReason.Connect,
        408 or 425 => FailureReason.ServerError,

        // Anthropic's conflict_error, and OpenAI's clients retry it: a lock at the provider. Elsewhere it speaks of the request.
        409 => api is ApiKind.Anthropic or ApiKind.OpenAiChat ? FailureReason.ServerError : FailureReason.BadRequest,
        429 => FailureReason.RateLimited,
        499 => FailureReason.ServerError,
        501 => FailureReason.Unsupported,
        503 or 529 => FailureReason.Overloaded,
        >= 500 => FailureReason.ServerError,
        >= 400 => FailureReason.BadRequest,
        _ => FailureReason.Malformed,
    };

    /// <summary>The first phrase of the table that is in the words. <paramref name="lower"/> is lower case.</summary>
    public static FailureReason OfText(string lower)
    {
        foreach (var (phrase, reason) in s_phrases)
        {
            if (lower.Contains(phrase, StringComparison.Ordinal)) return reason;
        }
        return FailureReason.None;
    }

    /// <summary>A strict server (Groq, Mistral) refuses the fields in which another provider's thoughts stand in the history.</summary>
    public static bool IsForeignReasoning(string lower) =>
        Contains(lower, "messages")
        && (Contains(lower, "reasoning_content") || Contains(lower, "extra_content") || Contains(lower, "reasoning_details") || Contains(lower, "'reasoning'") || Contains(lower, "\"reasoning\""))
        && (Contains(lower, "is unsupported") || Contains(lower, "inputs are not permitted") || Contains(lower, "unknown parameter"));

    private static bool Contains(string lower, string phrase) => lower.Contains(phrase, StringComparison.Ordinal);

    /// <summary>Order matters: what is more specific stands first.</summary>
    private static readonly (string Phrase, FailureReason Reason)[] s_phrases =
    [
        // Reasoning of another issuer in the history.
        ("invalid `signature` in `thinking`", FailureReason.Signature),
        ("invalid signature in thinking", FailureReason.Signature),
        ("in `redacted_thinking` block", FailureReason.Signature),
        ("first block must be `thinking`", FailureReason.Signature),
        ("thought_signature", FailureReason.Signature),
        ("thought signature", FailureReason.Signature),
        ("thoughtsignature", FailureReason.Signature),
        ("`thinking` or `redacted_thinking` blocks", FailureReason.Signature),
        ("expected `thinking` or `redacted_thinking`", FailureReason.Signature),
        ("thinking blocks cannot be modified", FailureReason.Signature),
        ("encrypted content could not be", FailureReason.Signature),
        ("could not be decrypted or parsed", FailureReason.Signature),

        // An assistant message at the end.
        ("assistant message prefill", FailureReason.PrefillRefused),
        ("assistant response prefill", FailureReason.PrefillRefused),
        ("prefill is not supported", FailureReason.PrefillRefused),
        ("does not support prefill", FailureReason.PrefillRefused),
        ("prefilling assistant", FailureReason.PrefillRefused),
        ("pre-filling the assistant", FailureReason.PrefillRefused),
        ("must end with a user", FailureReason.PrefillRefused),
        ("end with a user role", FailureReason.PrefillRefused),
        ("cannot have 2 or more assistant messages at the end", FailureReason.PrefillRefused),
        ("expected last role user", FailureReason.PrefillRefused),
        ("continue_final_message", FailureReason.PrefillRefused),

        // One request larger than the key's whole minute (OpenAI, Groq): no wait cures it, a smaller tier elsewhere may.
        ("request too large for", FailureReason.Unsupported),

        // The answer asked for is longer than this model writes.
        ("maximum allowed number of output tokens", FailureReason.Unsupported),
        ("max_tokens is too large", FailureReason.Unsupported),
        ("supports at most", FailureReason.Unsupported),

        // The prompt does not fit.
        ("prompt is too long", FailureReason.ContextTooLong),
        ("maximum context length", FailureReason.ContextTooLong),
        ("maximum prompt length", FailureReason.ContextTooLong),
        ("context window", FailureReason.ContextTooLong),
        ("context length", FailureReason.ContextTooLong),
        ("context limit", FailureReason.ContextTooLong),
        ("context size", FailureReason.ContextTooLong),
        ("exceeds the maximum number of tokens", FailureReason.ContextTooLong),
        ("exceeds maximum number of tokens", FailureReason.ContextTooLong),
        ("input is too long", FailureReason.ContextTooLong),
        ("input length exceeds", FailureReason.ContextTooLong),
        ("reduce the length of the messages", FailureReason.ContextTooLong),
        ("too large for model with", FailureReason.ContextTooLong),
        ("exceeded model token limit", FailureReason.ContextTooLong),
        ("is too large to process", FailureReason.ContextTooLong),
        ("longer than the model's context", FailureReason.ContextTooLong),
        ("max_model_len", FailureReason.ContextTooLong),
        ("`inputs` tokens + `max_new_tokens` must be", FailureReason.ContextTooLong),
        ("`inputs` must have less than", FailureReason.ContextTooLong),

        // Money and long quotas.
        ("credit balance is too low", FailureReason.QuotaExhausted),
        ("api usage limits", FailureReason.QuotaExhausted),
        ("billing hard limit", FailureReason.QuotaExhausted),
        ("insufficient balance", FailureReason.QuotaExhausted),
        ("insufficient credits", FailureReason.QuotaExhausted),
        ("requires more credits", FailureReason.QuotaExhausted),
        ("doesn't have any credits", FailureReason.QuotaExhausted),
        ("used all available credits", FailureReason.QuotaExhausted),
        ("monthly spending limit", FailureReason.QuotaExhausted),
        ("key limit exceeded", FailureReason.QuotaExhausted),
        ("free-models-per-day", FailureReason.QuotaExhausted),
        ("limit: 0,", FailureReason.QuotaExhausted),
        ("enforced_spend_limit_reached", FailureReason.QuotaExhausted),
        ("weekly usage limit", FailureReason.QuotaExhausted),
        ("monthly usage limit", FailureReason.QuotaExhausted),

        // The key.
        ("api key not valid", FailureReason.Credential),
        ("api key expired", FailureReason.Credential),
        ("incorrect api key", FailureReason.Credential),
        ("invalid api key", FailureReason.Credential),
        ("invalid x-api-key", FailureReason.Credential),
        ("invalid bearer token", FailureReason.Credential),
        ("no auth credentials found", FailureReason.Credential),
        ("api key was reported as leaked", FailureReason.Credential),

        // Content.
        ("content filtering policy", FailureReason.Policy),
        ("content management policy", FailureReason.Policy),
        ("content policy", FailureReason.Policy),
        ("flagged as potentially violating", FailureReason.Policy),
        ("your input was flagged", FailureReason.Policy),
        ("requires moderation", FailureReason.Policy),
        ("blocked by a guardrail", FailureReason.Policy),
        ("prohibited_content", FailureReason.Policy),
        ("violates our usage polic", FailureReason.Policy),
        ("content_filter", FailureReason.Policy),
        ("safety system", FailureReason.Policy),

        // What another model left in the history, and what it did not: ids of calls in a form of one's own (Mistral), thoughts
        // of one's own before every call (DeepSeek, Kimi).
        ("tool call id was", FailureReason.Unsupported),
        ("with a length of 9", FailureReason.Unsupported),
        ("in the thinking mode must be passed back", FailureReason.Unsupported),
        ("reasoning_content is missing", FailureReason.Unsupported),
        ("missing `reasoning_content` field", FailureReason.Unsupported),

        // This target cannot, another may.
        ("does not support ", FailureReason.Unsupported),
        ("is not a multimodal model", FailureReason.Unsupported),
        ("is not supported with this model", FailureReason.Unsupported),
        ("is not supported for this model", FailureReason.Unsupported),
        ("is not supported by this model", FailureReason.Unsupported),
        ("are not supported for this model", FailureReason.Unsupported),
        ("thinking may not be enabled when tool_choice", FailureReason.Unsupported),
        ("not supported on this model", FailureReason.Unsupported),
        ("image input is not supported", FailureReason.Unsupported),
        ("audio input is not supported", FailureReason.Unsupported),
        ("are not supported for ", FailureReason.Unsupported),
        ("unsupported parameter", FailureReason.Unsupported),
        ("unrecognized request argument", FailureReason.Unsupported),
        ("response_format type is unavailable", FailureReason.Unsupported),
        ("unsupported value", FailureReason.Unsupported),
        ("extra inputs are not permitted", FailureReason.Unsupported),
        ("that support tool use", FailureReason.Unsupported),
        ("that support image input", FailureReason.Unsupported),
        ("can handle the requested parameters", FailureReason.Unsupported),
        ("tool choice requires", FailureReason.Unsupported),
        ("is not enabled for models/", FailureReason.Unsupported),
        ("penalty is not enabled", FailureReason.Unsupported),
        ("unsupported mime type", FailureReason.Unsupported),
        ("user location is not supported", FailureReason.ModelGone),

        // The model.
        ("no such file object", FailureReason.BadRequest),
        ("file not found: file_", FailureReason.BadRequest),
        ("previous response", FailureReason.BadRequest),
        ("try pulling it", FailureReason.ModelGone),
        ("is not a valid model id", FailureReason.ModelGone),
        ("no endpoints found", FailureReason.ModelGone),
        ("has been decommissioned", FailureReason.ModelGone),
        ("model not found", FailureReason.ModelGone),
        ("model not exist", FailureReason.ModelGone),
        ("no access to model", FailureReason.ModelGone),
        ("not have access to model", FailureReason.ModelGone),
        ("not have access to the model", FailureReason.ModelGone),

        // llama.cpp blames itself with a 500 for messages it cannot parse.
        ("failed to parse messages", FailureReason.BadRequest),

        // Full.
        ("loading model", FailureReason.Overloaded),
        ("requires more system memory", FailureReason.Overloaded),
        ("server busy", FailureReason.Overloaded),
        ("currently overloaded", FailureReason.Overloaded),
        ("model is overloaded", FailureReason.Overloaded),
        ("at capacity", FailureReason.Overloaded),
        ("no available workers", FailureReason.Overloaded),
        ("rate limit reached", FailureReason.RateLimited),
        ("rate-limited upstream", FailureReason.RateLimited),
        ("too many requests", FailureReason.RateLimited),
    ];
}
