namespace OpenClaw.Config;

public enum ContinuationMode
{
    /// <summary>An answer cut after its first token is finished by the next target.</summary>
    Auto,

    /// <summary>A cut answer ends with the protocol's error event.</summary>
    Off,
}

public enum UnsupportedMode
{
    /// <summary>What a target cannot carry is left out and reported.</summary>
    Warn,

    /// <summary>A target that cannot carry everything is skipped; none left is a 400.</summary>
    Reject,
}

public sealed record RoutingConfig
{
    public TimeoutsConfig Timeouts { get; init; } = new();

    /// <summary>Further tries on the same target after a failure that a wait may cure.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>All attempts before the first token, together.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>True when the file sets <see cref="Deadline"/>: then it also bounds slow local targets.</summary>
    public bool DeadlineIsExplicit { get; init; }

    public TimeSpan CooldownBase { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan CooldownMax { get; init; } = TimeSpan.FromMinutes(5);

    public ContinuationMode Continuation { get; init; } = ContinuationMode.Auto;

    public UnsupportedMode Unsupported { get; init; } = UnsupportedMode.Warn;

    /// <summary><c>off</c>, or hedging settings of a later version; only <c>off</c> is accepted today.</summary>
    public bool Hedging { get; init; }
}

/// <summary>The clocks of one attempt. Null: not written, the default for the kind of target holds.</summary>
public sealed record TimeoutsConfig
{
    /// <summary>TCP and TLS. Default 5 s.</summary>
    public TimeSpan? Connect { get; init; }

    /// <summary>To the answer's headers when it streams. Default 30 s, local servers 120 s.</summary>
    public TimeSpan? Headers { get; init; }

    /// <summary>To the first meaningful frame of a stream, counted from the request. Default 30 s, local servers 120 s.</summary>
    public TimeSpan? FirstToken { get; init; }

    /// <summary>Silence between two reads of a stream. Default 30 s.</summary>
    public TimeSpan? Idle { get; init; }

    /// <summary>To the end of an answer that does not stream, while another target is left to try. Default 90 s.</summary>
    public TimeSpan? Answer { get; init; }

    /// <summary>The whole request. Default 10 min.</summary>
    public TimeSpan? Total { get; init; }
}
