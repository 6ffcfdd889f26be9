using System.Collections.Concurrent;
using System.Collections.Immutable;
using OpenClaw.Kube;

namespace OpenClaw.Operator.Reconcile;

/// <summary>What the loop did since it was made, for metrics. Thread-safe.</summary>
internal sealed class InstanceCounters
{
    /// <summary>Upper bounds of the durations, in seconds.</summary>
    public static ImmutableArray<double> Bounds { get; } = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private readonly ConcurrentDictionary<(string Kind, string Verb, bool Ok), long> _writes = [];
    private readonly long[] _durations = new long[Bounds.Length + 1];
    private long _ticks;
    private long _count;

    /// <summary>Writes by kind, verb (<c>apply</c>, <c>create</c>, <c>patch</c>, <c>delete</c>, <c>status</c>) and whether they were taken.</summary>
    public IReadOnlyDictionary<(string Kind, string Verb, bool Ok), long> Writes => _writes;

    /// <summary>Passes, of whatever outcome.</summary>
    public long Passes => Interlocked.Read(ref _count);

    /// <summary>Time of all passes together.</summary>
    public TimeSpan Busy => TimeSpan.FromTicks(Interlocked.Read(ref _ticks));

    /// <summary>Passes that took at most as long as each of <see cref="Bounds"/>, and behind them those that took longer; not added up.</summary>
    public ImmutableArray<long> Durations => [.. _durations.Select((_, i) => Interlocked.Read(ref _durations[i]))];

    internal void Wrote(ResourceKind kind, string verb, bool ok) => _writes.AddOrUpdate((kind.Kind, verb, ok), 1, static (_, n) => n + 1);

    internal void Took(TimeSpan time)
    {
        Interlocked.Add(ref _ticks, time.Ticks);
        Interlocked.Increment(ref _count);
        var at = 0;
        while (at < Bounds.Length && time.TotalSeconds > Bounds[at]) at++;
        Interlocked.Increment(ref _durations[at]);
    }
}
