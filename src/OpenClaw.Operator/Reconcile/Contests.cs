using System.Collections.Concurrent;
using OpenClaw.Kube;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// How often an object was put right. The first few times at once; who fights for it with somebody who answers every write gets
/// ever longer breaks, so that two programs of different minds do not keep the API server busy. Thread-safe.
/// </summary>
internal sealed class Contests(TimeProvider time)
{
    private const int AtOnce = 5;
    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(1);

    /// <summary>After so long without one, the next counts as the first.</summary>
    private static readonly TimeSpan s_peace = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<(ResourceKind Kind, ObjectKey Key), (int Count, long At)> _rounds = [];

    /// <summary>Counts one more, or says how long it must wait.</summary>
    public TimeSpan? Hold((ResourceKind Kind, ObjectKey Key) id)
    {
        var now = time.GetTimestamp();
        var (count, at) = _rounds.TryGetValue(id, out var known) && time.GetElapsedTime(known.At, now) < s_peace ? known : (0, now);
        if (count > AtOnce)
        {
            var left = Backoff.Exponential(s_first, s_longest, count - AtOnce - 1) - time.GetElapsedTime(at, now);
            if (left > TimeSpan.Zero) return left;
        }
        _rounds[id] = (count + 1, now);
        return null;
    }

    /// <summary>While it is contested: how long it must be left in peace to count as settled.</summary>
    public TimeSpan? Lasts((ResourceKind Kind, ObjectKey Key) id) =>
        _rounds.TryGetValue(id, out var known) && known.Count > AtOnce && time.GetElapsedTime(known.At) is var since && since < s_peace ? s_peace - since : null;

    public void Forget((ResourceKind Kind, ObjectKey Key) id) => _rounds.TryRemove(id, out _);
}
