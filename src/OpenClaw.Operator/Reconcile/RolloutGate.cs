using OpenClaw.Kube;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// At most so many healthy instances restart at the same time because of what concerns all of them: a new operator, the cluster's defaults. One that does not come
/// up again keeps its place: a version that breaks instances stops after the first few, and a process that was started meanwhile
/// finds these places taken, since the sets say so themselves. Thread-safe.
/// </summary>
/// <param name="wake">Called for an instance that may try again.</param>
internal sealed class RolloutGate(int bound, Action<ObjectKey> wake)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Place> _inside = new(StringComparer.Ordinal);
    private readonly HashSet<ObjectKey> _waiting = [];

    public int Bound => bound;

    /// <summary>Instances that restart now.</summary>
    public int Inside
    {
        get
        {
            lock (_lock) return _inside.Count;
        }
    }

    /// <summary>Instances that keep their old pods until others are done.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock) return _waiting.Count;
        }
    }

    public bool TryEnter(string uid, ObjectKey instance)
    {
        lock (_lock)
        {
            if (!_inside.ContainsKey(uid) && _inside.Count >= bound)
            {
                _waiting.Add(instance);
                return false;
            }
            _waiting.Remove(instance);
            _inside.TryAdd(uid, new Place(long.MaxValue, IsFound: false));
            return true;
        }
    }

    /// <summary>It was written: its place is free when this generation is up.</summary>
    public void Follow(string uid, SetSeen written)
    {
        if (written.IsRolledOut)
        {
            Leave(uid);
            return;
        }
        lock (_lock)
        {
            if (_inside.ContainsKey(uid)) _inside[uid] = new Place(written.Set.Meta.Generation, IsFound: false);
        }
    }

    /// <summary>A set as it is now; called for every change.</summary>
    public void Look(string uid, SetSeen set)
    {
        lock (_lock)
        {
            if (!_inside.TryGetValue(uid, out var place))
            {
                // Begun by the process before this one.
                if (set.IsUnderOperatorsRollout) _inside.Add(uid, new Place(0, IsFound: true));
                return;
            }
            if (place.IsFound ? set.IsUnderOperatorsRollout : set.Set.Meta.Generation < place.Generation || !set.IsRolledOut) return;
        }
        Leave(uid);
    }

    public void Leave(string uid)
    {
        ObjectKey[] next;
        lock (_lock)
        {
            if (!_inside.Remove(uid)) return;
            next = [.. _waiting.Take(Math.Max(0, bound - _inside.Count))];
            foreach (var instance in next) _waiting.Remove(instance);
        }
        foreach (var instance in next) wake(instance);
    }

    /// <summary>The instance is gone, or waits for nothing any more.</summary>
    public void Forget(ObjectKey instance)
    {
        lock (_lock) _waiting.Remove(instance);
    }

    /// <param name="Generation">What must be up for it to be free.</param>
    /// <param name="IsFound">It was not begun here: it is taken for as long as the set says so.</param>
    private readonly record struct Place(long Generation, bool IsFound);
}
