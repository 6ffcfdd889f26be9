namespace OpenClaw.Gateway.Routing;

/// <summary>Why an attempt failed: a closed set, each with one disposition in the classifier.</summary>
internal enum FailureReason
{
    /// <summary>No failure.</summary>
    None,

    /// <summary>TCP refused, unreachable, or the connect clock ran out.</summary>
    Connect,

    /// <summary>The name does not resolve.</summary>
    Dns,

    /// <summary>The TLS handshake failed.</summary>
    Tls,

    /// <summary>The connection died before the first meaningful frame.</summary>
    Reset,

    /// <summary>5xx, 408, 409 (Anthropic), in-band api_error.</summary>
    ServerError,

    /// <summary>503, 529, overloaded_error: the provider is there but full, or its model is loading.</summary>
    Overloaded,

    /// <summary>No headers within the headers clock.</summary>
    HeadersTimeout,

    /// <summary>Headers, but no meaningful frame within the first-token clock.</summary>
    FirstTokenTimeout,

    /// <summary>Silence in mid-answer for longer than the idle clock.</summary>
    IdleTimeout,

    /// <summary>The whole request's clock ran out.</summary>
    TotalTimeout,

    /// <summary>429 that a wait cures.</summary>
    RateLimited,

    /// <summary>Money or a long quota is out: 402, insufficient_quota, per-day quotas. Never retried.</summary>
    QuotaExhausted,

    /// <summary>401, or 403 for the key.</summary>
    Credential,

    /// <summary>The prompt does not fit the model.</summary>
    ContextTooLong,

    /// <summary>Refused for content.</summary>
    Policy,

    /// <summary>The request itself is wrong: nobody else will like it better.</summary>
    BadRequest,

    /// <summary>The request is fine, this target cannot do it (parameter, modality).</summary>
    Unsupported,

    /// <summary>404 for the model.</summary>
    ModelGone,

    /// <summary>A replayed reasoning block carries another issuer's signature.</summary>
    Signature,

    /// <summary>An answer that ends with an assistant message to continue was refused.</summary>
    PrefillRefused,

    /// <summary>Not the protocol: HTML, a wrong content type, a frame that does not parse.</summary>
    Malformed,

    /// <summary>A 3xx: never followed, a key would travel with it.</summary>
    Redirect,

    /// <summary>A body that ended properly without an answer in it.</summary>
    Empty,

    /// <summary>The stream ended after its first token without its finish.</summary>
    Cut,

    /// <summary>The caller left. Not a failure of the target.</summary>
    ClientGone,

    /// <summary>The gateway stopped, and its drain time was over before the answer was. Not a failure of the target.</summary>
    ShuttingDown,

    /// <summary>A bug or a limit of ours.</summary>
    Internal,
}

/// <summary>What a provider's failure amounts to; safe to show: no key, no URL with credentials, no prompt.</summary>
/// <param name="Reason">The class.</param>
/// <param name="Message">The provider's own words, shortened and cleaned, or ours.</param>
/// <param name="Status">HTTP status, or null when there was none.</param>
/// <param name="Code">The provider's own machine-readable code or type, or null.</param>
/// <param name="RetryAfter">How long the provider asks to wait, or null.</param>
/// <param name="Retryable">The provider's own word on retrying (<c>x-should-retry</c>), or null.</param>
internal sealed record UpstreamFailure(
    FailureReason Reason,
    string Message,
    int? Status = null,
    string? Code = null,
    TimeSpan? RetryAfter = null,
    bool? Retryable = null)
{
    /// <summary>The field of the request that the provider finds at fault, as it names it (OpenAI's <c>param</c>).</summary>
    public string? Param { get; init; }

    /// <summary>The field of the request that the target does not know, where a server that checks what it is sent names one (pydantic's <c>extra_forbidden</c>: Mistral, FastAPI).</summary>
    public string? Forbidden { get; init; }

    /// <summary>The provider's own word for the error (OpenAI's <c>code</c>), where it has one.</summary>
    public string? OwnCode { get; init; }

    /// <summary>Anthropic's <c>error.details.error_code</c>, where there is one.</summary>
    public string? DetailCode { get; init; }

    /// <summary>It failed before there was a connection to send the request on.</summary>
    public bool IsUnsent { get; init; }

    /// <summary>A connection that had rested ended without a byte of an answer: most likely the other side was closing it when the request came.</summary>
    public bool IsStaleConnection { get; init; }

    /// <summary>It was given up sooner than its own clock says, because others had used up the deadline: that says nothing of the target.</summary>
    public bool IsCutShort { get; init; }

    /// <summary>
    /// Only words say it, somewhere in an error that may be about the request and repeat it: another is asked, but no key and no
    /// target is set aside for what may be a caller's own text.
    /// </summary>
    public bool IsHearsay { get; init; }

    /// <summary>The call carried no key: a refusal for a key or for its money says something about this target alone.</summary>
    public bool IsWithoutKey { get; init; }
}
