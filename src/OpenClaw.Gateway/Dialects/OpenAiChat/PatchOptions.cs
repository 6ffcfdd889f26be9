namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>What to change in a request that goes on in its own dialect.</summary>
/// <param name="Model">The model's name at the provider.</param>
internal readonly record struct PatchOptions(string Model)
{
    /// <summary>Ask for usage when the request streams (not with <see cref="TargetQuirks.PlainCore"/>).</summary>
    public bool EnsureUsage { get; init; }

    public TargetQuirks Quirks { get; init; }

    /// <summary>Text of an assistant message to go on from, put at the end of the messages; null or empty = none.</summary>
    public string? Prefill { get; init; }

    /// <summary>The most that the answer may be: lowers the client's own limit; null = the client's stays.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Money is held for no more than the client's own limit: it must stand under a name that the target reads.</summary>
    public bool BindsLimit { get; init; }

    /// <summary>The target refuses <c>max_tokens</c>.</summary>
    public bool NewLimitName { get; init; }

    /// <summary>The target refuses <c>max_completion_tokens</c>.</summary>
    public bool OldLimitName { get; init; }

    /// <summary>
    /// Take reasoning and signatures out of the messages (<c>reasoning_content</c>, <c>reasoning</c>, <c>reasoning_details</c>,
    /// and <c>extra_content</c> of calls): another provider's signatures are refused, and strict servers (Groq, Mistral)
    /// refuse the fields as such.
    /// </summary>
    public bool RemoveReasoning { get; init; }

    /// <summary>A JSON object whose members are added to the request's <c>provider</c> (OpenRouter); the client's own win. Null = none.</summary>
    public string? ProviderJson { get; init; }

    /// <summary>A JSON object whose members are added to the request; the client's own win. Null = none.</summary>
    public string? ExtraBodyJson { get; init; }
}
