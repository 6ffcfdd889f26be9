namespace OpenClaw.Gateway.Routing;

internal enum PermitKind
{
    /// <summary>Through a closed breaker.</summary>
    Normal,

    /// <summary>The one probe of a half-open breaker.</summary>
    Probe,

    /// <summary>Past an open breaker, for want of anything better.</summary>
    Forced,
}

/// <summary>
/// The right to call a target once, retries included. Ended by exactly one of <see cref="Success"/>, <see cref="Failure"/>
/// and <see cref="Abandon"/>; what comes after the first is ignored. Disposing abandons what was not ended.
/// </summary>
internal sealed class TargetPermit(TargetState target, PermitKind kind, int epoch) : IDisposable
{
    private int _ended;

    public PermitKind Kind => kind;

    internal int Epoch => epoch;

    /// <summary>The first meaningful frame is here: a probed target takes other requests again, though the answer may still break.</summary>
    public void Answering()
    {
        if (kind != PermitKind.Normal && Volatile.Read(ref _ended) == 0) target.Answering(this);
    }

    /// <summary>The answer came to its end.</summary>
    public void Success()
    {
        if (Ends()) target.Succeeded(this);
    }

    /// <summary>The target failed, retries included. Failures that are not the target's (the request's, the key's) count as <see cref="Abandon"/>.</summary>
    public void Failure(UpstreamFailure failure, DateTimeOffset now)
    {
        if (Ends()) target.Failed(this, failure, now);
    }

    /// <summary>Neither: the caller left, or the attempt never came to be.</summary>
    public void Abandon()
    {
        if (Ends()) target.Abandoned(this);
    }

    public void Dispose() => Abandon();

    private bool Ends() => Interlocked.Exchange(ref _ended, 1) == 0;
}
