using System.Collections.Concurrent;
using OpenClaw.Kube;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// How often an object was put right, or made anew after somebody deleted it. The first few times at once; who fights for it with
/// somebody who answers every write gets ever longer breaks, so that two programs of different minds do not keep the API server
/// busy. Thread-safe.
/// </summary>
internal sealed class Contests(TimeProvider time)
{
    private const int AtOnce = 5;
    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(1);

    /// <summary>After so long without one, the next counts as the first.</summary>
    private static readonly TimeSpan s_peace = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<ObjectKey, ConcurrentDictionary<Contested, (int Count, long At)>> _rounds = [];

    /// <summary>Counts one more, or says how long it must wait.</summary>
    public TimeSpan? Hold(ObjectKey instance, Contested what)
    {
        var rounds = _rounds.GetOrAdd(instance, static _ => []);
        var now = time.GetTimestamp();
        var (count, at) = rounds.TryGetValue(what, out var known) && time.GetElapsedTime(known.At, now) < s_peace ? known : (0, now);
        if (count > AtOnce)
        {
            var left = Backoff.Exponential(s_first, s_longest, count - AtOnce - 1) - time.GetElapsedTime(at, now);
            if (left > TimeSpan.Zero) return left;
        }
        rounds[what] = (count + 1, now);
        return null;
    }

    /// <summary>It was there and is not any more: to make it anew counts from now on.</summary>
    public void Vanished(ObjectKey instance, Contested what) => _rounds.GetOrAdd(instance, static _ => []).TryAdd(what, (0, time.GetTimestamp()));

    /// <summary>The same as <see cref="Hold"/> for one that is not there; what never vanished is made at once and not counted.</summary>
    public TimeSpan? HoldMaking(ObjectKey instance, Contested what) => _rounds.TryGetValue(instance, out var rounds) && rounds.ContainsKey(what) ? Hold(instance, what) : null;

    /// <summary>While it is contested: how long it must be left in peace to count as settled.</summary>
    public TimeSpan? Lasts(ObjectKey instance, Contested what) =>
        _rounds.TryGetValue(instance, out var rounds) && rounds.TryGetValue(what, out var known) && known.Count > AtOnce && time.GetElapsedTime(known.At) is var since && since < s_peace ? s_peace - since : null;

    /// <summary>The instance is gone.</summary>
    public void Forget(ObjectKey instance) => _rounds.TryRemove(instance, out _);
}

/// <summary>An object of an instance, in its namespace.</summary>
internal readonly record struct Contested(ResourceKind Kind, string Name);
