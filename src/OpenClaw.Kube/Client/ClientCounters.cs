namespace OpenClaw.Kube.Client;

/// <summary>What a client did since it was made. Thread-safe.</summary>
public sealed class ClientCounters
{
    private long _requests;
    private long _failures;
    private long _retries;
    private long _pending;

    /// <summary>Requests that were sent, each attempt for itself.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Attempts without an answer, or with one that is no success.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>Calls that are under way now, without their waits.</summary>
    public long Pending => Interlocked.Read(ref _pending);

    internal void Began() => Interlocked.Increment(ref _pending);

    internal void Ended() => Interlocked.Decrement(ref _pending);

    internal void Sent() => Interlocked.Increment(ref _requests);

    internal void Failed() => Interlocked.Increment(ref _failures);

    internal void Retried() => Interlocked.Increment(ref _retries);
}
