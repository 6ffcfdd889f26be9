namespace OpenClaw.Kube.Control;

/// <summary>What a loop did since it was made. Thread-safe.</summary>
public sealed class ControllerCounters
{
    private readonly long[] _outcomes = new long[4];
    private long _panics;
    private long _ticks;

    /// <summary>Exceptions, each of them a bug.</summary>
    public long Panics => Interlocked.Read(ref _panics);

    /// <summary>Time spent in all looks together.</summary>
    public TimeSpan Busy => TimeSpan.FromTicks(Interlocked.Read(ref _ticks));

    public long Of(ReconcileOutcome outcome) => Interlocked.Read(ref _outcomes[(int)outcome]);

    internal void Ended(ReconcileOutcome outcome) => Interlocked.Increment(ref _outcomes[(int)outcome]);

    internal void Panicked() => Interlocked.Increment(ref _panics);

    internal void Took(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
}
