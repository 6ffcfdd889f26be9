using System.Globalization;

namespace OpenClaw.Gateway.Routing;

/// <summary>A target's health at one moment, for status pages and decisions. Safe to show.</summary>
/// <param name="Until">When the rest ends; null while closed.</param>
/// <param name="FailuresInARow">Since the last success.</param>
/// <param name="IsProbed">A request is finding out right now.</param>
internal sealed record TargetSnapshot(
    string Name,
    BreakerState State,
    DateTimeOffset? Until,
    int FailuresInARow,
    bool IsProbed,
    UpstreamFailure? LastFailure,
    DateTimeOffset? LastFailureAt,
    long Successes,
    long Failures,
    long Abandoned)
{
    /// <summary>Why it is not closed; None while it is.</summary>
    public FailureReason Reason => State == BreakerState.Closed || LastFailure is null ? FailureReason.None : LastFailure.Reason;

    /// <summary>One phrase: <c>healthy</c>, <c>resting 4.2 s more after Connect: connection refused</c>.</summary>
    public string Describe(DateTimeOffset now) => State switch
    {
        BreakerState.Closed => "healthy",
        _ when IsProbed => $"another request is trying it after {Cause}",
        BreakerState.Open when Until > now =>
            string.Create(CultureInfo.InvariantCulture, $"resting {(Until.Value - now).TotalSeconds:0.#} s more after {Cause}"),
        _ => $"to be tried again after {Cause}",
    };

    private string Cause => LastFailure is null ? "a failure" : $"{LastFailure.Reason}: {LastFailure.Message}";
}
