namespace OpenClaw.Gateway.Providers;

/// <summary>What a model can do, as far as a server says so. <see cref="Unknown"/> = it does not.</summary>
[Flags]
internal enum ModelAbilities
{
    Unknown = 0,
    Chat = 1,
    Tools = 2,
    Vision = 4,
    Reasoning = 8,
    Embedding = 16,
}

/// <summary>A model as a provider's own listing describes it.</summary>
/// <param name="Id">The name to ask for.</param>
/// <param name="ContextWindow">Tokens, or null when the listing does not say.</param>
/// <param name="MaxOutput">Tokens, or null.</param>
internal sealed record DiscoveredModel(string Id, int? ContextWindow = null, int? MaxOutput = null, ModelAbilities Abilities = ModelAbilities.Unknown)
{
    /// <summary>Changes when the model behind the name does (Ollama); null when not said.</summary>
    public string? Digest { get; init; }

    /// <summary>The listing's <c>owned_by</c>: servers name themselves there.</summary>
    public string? Owner { get; init; }

    /// <summary>True or false when the server says what the model takes; null when it does not.</summary>
    public bool? TakesImages =>
        Abilities.HasFlag(ModelAbilities.Vision) ? true : (Abilities & (ModelAbilities.Chat | ModelAbilities.Embedding)) != 0 ? false : null;

    /// <summary>True or false when the server says what the model can do; null when it does not.</summary>
    public bool? Thinks => Abilities == ModelAbilities.Unknown ? null : Abilities.HasFlag(ModelAbilities.Reasoning);

    /// <summary>For example <c>8.0B</c> (Ollama).</summary>
    public string? ParameterSize { get; init; }

    /// <summary>For example <c>Q4_K_M</c> (Ollama).</summary>
    public string? Quantization { get; init; }

    /// <summary>Bytes on disk, or null.</summary>
    public long? SizeBytes { get; init; }
}
