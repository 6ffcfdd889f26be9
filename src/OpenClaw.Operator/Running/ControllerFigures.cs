using System.Collections.Immutable;
using OpenClaw.Kube.Control;
using OpenClaw.Operator.Reconcile;

namespace OpenClaw.Operator.Running;

/// <summary>What controllers did, added up over the terms of one process: a counter does not fall when the lease is lost. Immutable.</summary>
internal sealed record ControllerFigures
{
    public static ControllerFigures None { get; } = new();

    public ImmutableDictionary<ReconcileOutcome, long> Outcomes { get; init; } = ImmutableDictionary<ReconcileOutcome, long>.Empty;

    /// <summary>By bucket, as <see cref="InstanceCounters.Durations"/>.</summary>
    public ImmutableArray<long> Durations { get; init; } = [.. Enumerable.Repeat(0L, InstanceCounters.Bounds.Length + 1)];

    public TimeSpan Busy { get; init; }

    public ImmutableDictionary<(string Kind, string Verb, bool Ok), long> Writes { get; init; } = ImmutableDictionary<(string Kind, string Verb, bool Ok), long>.Empty;

    public static ControllerFigures Of(InstanceController controller) => new()
    {
        Outcomes = Enum.GetValues<ReconcileOutcome>().ToImmutableDictionary(static o => o, controller.Reconciles),
        Durations = controller.Counters.Durations,
        Busy = controller.Counters.Busy,
        Writes = controller.Counters.Writes.ToImmutableDictionary(),
    };

    public ControllerFigures Plus(ControllerFigures other) => new()
    {
        Outcomes = Sum(Outcomes, other.Outcomes),
        Durations = [.. Durations.Zip(other.Durations, static (a, b) => a + b)],
        Busy = Busy + other.Busy,
        Writes = Sum(Writes, other.Writes),
    };

    private static ImmutableDictionary<TKey, long> Sum<TKey>(ImmutableDictionary<TKey, long> some, ImmutableDictionary<TKey, long> others)
        where TKey : notnull =>
        others.Aggregate(some, static (sum, pair) => sum.SetItem(pair.Key, sum.GetValueOrDefault(pair.Key) + pair.Value));
}
