using System.Collections.Immutable;

namespace OpenClaw.Config;

/// <summary>The wire protocol that a provider (or one of its models) speaks.</summary>
public enum ApiKind
{
    /// <summary><c>openai-completions</c>: POST {base}/chat/completions.</summary>
    OpenAiChat,

    /// <summary><c>anthropic-messages</c>: POST {base}/v1/messages.</summary>
    Anthropic,

    /// <summary><c>google-generative-ai</c>: POST {base}/v1beta/models/{m}:generateContent.</summary>
    Gemini,

    /// <summary><c>ollama</c>: POST {base}/api/chat.</summary>
    Ollama,

    /// <summary><c>scripted</c>: the embedded provider that plays faults on demand.</summary>
    Scripted,
}

/// <summary>One provider: an address, a protocol, keys. The id is the part of a reference before its first slash.</summary>
public sealed record ProviderConfig
{
    /// <summary>Lower-case id as in references; <c>google</c> is read as <c>gemini</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The entry of <see cref="ProviderCatalog"/> it stands for, or null for a provider of the user's own.</summary>
    public string? Preset { get; init; }

    public required ApiKind Api { get; init; }

    /// <summary>Absolute, without a trailing slash.</summary>
    public required string BaseUrl { get; init; }

    /// <summary>Keys in the order in which they are tried. Empty: the provider is called without one.</summary>
    public ImmutableArray<SecretConfig> Keys { get; init; } = [];

    /// <summary>Extra request headers; the value may be a secret.</summary>
    public ImmutableSortedDictionary<string, SecretConfig> Headers { get; init; } =
        ImmutableSortedDictionary<string, SecretConfig>.Empty;

    /// <summary>True: the key goes into <c>Authorization: Bearer</c> whatever the protocol's own header is. False: no authorization header is sent.</summary>
    public bool? AuthHeader { get; init; }

    /// <summary>Models with facts of their own. When <see cref="ModelsAreClosed"/>, the only ones served.</summary>
    public ImmutableArray<ModelConfig> Models { get; init; } = [];

    /// <summary>True when the user listed models under <c>models.providers.ID.models</c>: others are then unknown.</summary>
    public bool ModelsAreClosed { get; init; }

    /// <summary>True when the target is granted to continue an assistant message (prefill); null = what is known of the provider and model.</summary>
    public bool? Prefill { get; init; }

    /// <summary>Local servers may take long to load a model: they get longer first clocks and no key is needed.</summary>
    public bool IsLocal { get; init; }

    /// <summary>Raw JSON object merged into every request body under <c>provider</c> (OpenRouter's routing preferences), or null.</summary>
    public string? RoutingPreferencesJson { get; init; }

    /// <summary>Raw JSON object of vendor fields merged into every request body (<c>params</c>), or null.</summary>
    public string? ExtraBodyJson { get; init; }

    /// <summary>For <see cref="ApiKind.Scripted"/>: the provider's whole object as JSON, which is its script; null = not configured.</summary>
    public string? ScriptJson { get; init; }

    /// <summary>The provider's own limit for a call, over <see cref="TimeoutsConfig"/>; null = none.</summary>
    public TimeSpan? Timeout { get; init; }

    public ModelConfig? FindModel(string id)
    {
        foreach (var model in Models)
        {
            if (string.Equals(model.Id, id, StringComparison.Ordinal)) return model;
        }
        return null;
    }
}

/// <summary>What the user says of one model; null = not said, the catalogue's value holds.</summary>
public sealed record ModelConfig
{
    public required string Id { get; init; }

    public string? Name { get; init; }

    /// <summary>Overrides the provider's protocol for this model.</summary>
    public ApiKind? Api { get; init; }

    /// <summary>Overrides the provider's address for this model (the briefs' <c>llmConfig[].baseURL</c>).</summary>
    public string? BaseUrl { get; init; }

    /// <summary>Context window in tokens, prompt and answer together.</summary>
    public int? ContextWindow { get; init; }

    /// <summary>Largest answer in tokens.</summary>
    public int? MaxTokens { get; init; }

    /// <summary><c>text</c>, <c>image</c>, <c>audio</c>, <c>video</c>; empty = not said.</summary>
    public ImmutableArray<string> Input { get; init; } = [];

    public bool? Reasoning { get; init; }

    /// <summary>OpenRouter's routing preferences for this model, instead of the provider's; null = not said.</summary>
    public string? RoutingPreferencesJson { get; init; }

    /// <summary>Raw JSON object of vendor fields for this model, over the provider's; null = not said.</summary>
    public string? ExtraBodyJson { get; init; }

    public PriceConfig? Cost { get; init; }
}
