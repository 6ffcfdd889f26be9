namespace OpenClaw.EndToEnd;

internal enum Verdict
{
    /// <summary>The ideal came, every check clean.</summary>
    Pass,

    /// <summary>The ideal came, an advisory check failed.</summary>
    Partial,

    /// <summary>A clear, bounded error came instead, every required check clean.</summary>
    Safe,

    /// <summary>A required check failed, a hang, a broken stream, or a part of an answer sold as the whole.</summary>
    Fail,
}

internal enum CheckLevel
{
    Required,
    Advisory,

    /// <summary>Beyond the catalogue: held by our tests, without weight in its verdict.</summary>
    Ours,
}

/// <param name="Problem">What is wrong, or null.</param>
internal sealed record FaultCheck(string Name, CheckLevel Level, Func<FaultResult, string?> Problem);

internal enum FaultIdeal
{
    /// <summary>The sixty words.</summary>
    Answer,

    /// <summary>The provider's refusal, passed on.</summary>
    Error,

    /// <summary>The tool call, whole.</summary>
    Tool,
}

/// <summary>Where the primary's address points.</summary>
internal enum FaultAddress
{
    Scripted,
    ClosedPort,
    NoSuchHost,
    UntrustedTls,
}

/// <summary>One row of the catalogue: what breaks, what must come of it.</summary>
/// <param name="Primary">The scripted model that fails.</param>
internal sealed record FaultScenario(string Id, string Title, string Primary)
{
    public string Fallback { get; init; } = "ok";

    public FaultIdeal Ideal { get; init; }

    public FaultAddress Address { get; init; }

    /// <summary>The fault strikes after the first token of a stream.</summary>
    public bool MidStream { get; init; }

    /// <summary>The fallback is told that it may be given the beginning of an answer.</summary>
    public bool GrantsPrefill { get; init; }

    /// <summary>Many requests through an outage instead of one.</summary>
    public bool IsSequence { get; init; }

    /// <summary>Ask once more afterwards, of a healthy model.</summary>
    public bool AskAfterwards { get; init; }

    /// <summary>The weakest verdict that our tests accept.</summary>
    public Verdict Floor { get; init; } = Verdict.Pass;

    public IReadOnlyList<FaultCheck> Checks { get; init; } = [];

    public bool WithTool => Ideal == FaultIdeal.Tool;
}
