namespace OpenClaw.Kube.Client;

/// <summary>What a client did since it was made. Thread-safe.</summary>
public sealed class ClientCounters
{
    private long _requests;
    private long _failures;
    private long _retries;

    /// <summary>Requests that were sent, each attempt for itself.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Attempts without an answer, or with one that is no success.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    public long Retries => Interlocked.Read(ref _retries);

    internal void Sent() => Interlocked.Increment(ref _requests);

    internal void Failed() => Interlocked.Increment(ref _failures);

    internal void Retried() => Interlocked.Increment(ref _retries);
}
