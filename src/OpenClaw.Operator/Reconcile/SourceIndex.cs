using System.Collections.Immutable;
using OpenClaw.Kube;

namespace OpenClaw.Operator.Reconcile;

/// <summary>Something outside an instance that it depends on.</summary>
/// <param name="Kind"><c>Secret</c>, <c>ConfigMap</c> or <c>Service</c>.</param>
internal readonly record struct SourceKey(string Kind, string Namespace, string Name);

/// <summary>The way back from a Secret, a ConfigMap or a Service to the instances that depend on it. Thread-safe.</summary>
internal sealed class SourceIndex
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ObjectKey, ImmutableHashSet<SourceKey>> _bySeeker = [];
    private readonly Dictionary<SourceKey, HashSet<ObjectKey>> _bySource = [];

    /// <summary>From now on these, and no others. Said before they are read, so that no change falls in between.</summary>
    public void Set(ObjectKey instance, IEnumerable<SourceKey> sources)
    {
        var next = sources.ToImmutableHashSet();
        lock (_lock)
        {
            var known = _bySeeker.GetValueOrDefault(instance) ?? [];
            foreach (var gone in known.Except(next)) RemoveNeedsLock(instance, gone);
            foreach (var fresh in next.Except(known))
            {
                if (!_bySource.TryGetValue(fresh, out var seekers)) _bySource[fresh] = seekers = [];
                seekers.Add(instance);
            }
            if (next.IsEmpty) _bySeeker.Remove(instance);
            else _bySeeker[instance] = next;
        }
    }

    public void Remove(ObjectKey instance) => Set(instance, []);

    public ImmutableArray<ObjectKey> SeekersOf(SourceKey source)
    {
        lock (_lock) return _bySource.TryGetValue(source, out var seekers) ? [.. seekers] : [];
    }

    private void RemoveNeedsLock(ObjectKey instance, SourceKey source)
    {
        if (!_bySource.TryGetValue(source, out var seekers)) return;
        seekers.Remove(instance);
        if (seekers.Count == 0) _bySource.Remove(source);
    }
}
