namespace OpenClaw.Gateway.Providers;

/// <summary>What a model takes besides text.</summary>
[Flags]
internal enum InputModalities
{
    Text = 0,
    Image = 1,
    Document = 2,
    Audio = 4,
    Video = 8,
}

/// <summary>How a model goes on with an answer that it is given the beginning of.</summary>
internal enum PrefillGrant
{
    /// <summary>Refused, ignored, or not known.</summary>
    No,

    /// <summary>A last assistant message is continued.</summary>
    Yes,

    /// <summary>A last assistant message is continued when it is marked <c>prefix: true</c>.</summary>
    PrefixFlag,
}

/// <summary>What is known of a public model.</summary>
/// <param name="Provider">The provider's id in this configuration (<c>gemini</c>, not <c>google</c>).</param>
/// <param name="ContextWindow">Prompt and answer together, in tokens; null when not known.</param>
/// <param name="MaxInput">The most the prompt may take, where it is less than the window; null = the window.</param>
/// <param name="MaxOutput">The longest answer in tokens; null when not known.</param>
internal sealed record ModelFacts(
    string Provider,
    string Id,
    int? ContextWindow,
    int? MaxInput,
    int? MaxOutput,
    InputModalities Input,
    bool Reasoning,
    PrefillGrant Prefill)
{
    public bool TakesImages => Input.HasFlag(InputModalities.Image);
}
