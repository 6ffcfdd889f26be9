using System.Collections.Immutable;

namespace OpenClaw.Config;

/// <summary>Where a session's name is looked for, and how long and how large sessions are kept.</summary>
public sealed record SessionsConfig
{
    /// <summary>Every place that may name a session, in the order of the default.</summary>
    public static readonly ImmutableArray<string> Sources = ["header", "user_id", "user", "prompt_cache_key"];

    /// <summary>
    /// Looked at in this order: <c>header</c> (<c>x-openclaw-session</c>, always looked at first), <c>user_id</c> (Anthropic's
    /// <c>metadata.user_id</c>), <c>user</c> and <c>prompt_cache_key</c> (OpenAI).
    /// </summary>
    public ImmutableArray<string> From { get; init; } = Sources;

    /// <summary>A session that was not used for this long is forgotten, transcript and all.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Bytes of one conversation that the gateway holds; beyond this its oldest turns are dropped.</summary>
    public int MaxTranscript { get; init; } = 192 * 1024;

    /// <summary>Sessions kept; beyond this the one that was not used for the longest time is forgotten.</summary>
    public int Max { get; init; } = 10_000;

    /// <summary>False: slash commands go to the model as text.</summary>
    public bool Commands { get; init; } = true;
}
