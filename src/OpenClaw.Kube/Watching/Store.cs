using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace OpenClaw.Kube.Watching;

/// <summary>What an informer keeps of one object.</summary>
internal sealed record Stored<T>(ObjectKey Key, string Uid, string ResourceVersion, ImmutableArray<string> Owners, T Value)
    where T : class
{
    public static Stored<T> Read(JsonElement json, Func<JsonElement, T> project)
    {
        var meta = json.Field("metadata");
        return new Stored<T>(
            new ObjectKey(meta.Text("namespace"), meta.Text("name")), meta.Text("uid"), meta.Text("resourceVersion"),
            meta.Items("ownerReferences", static o => o.Text("uid")), project(json));
    }
}

/// <summary>The objects an informer knows, by name and by owner. Thread-safe; readers see the state before or after a change, never in between.</summary>
internal sealed class Store<T>
    where T : class
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ObjectKey, Stored<T>> _byKey = [];
    private readonly Dictionary<string, HashSet<ObjectKey>> _byOwner = new(StringComparer.Ordinal);

    public int Count
    {
        get
        {
            lock (_lock) return _byKey.Count;
        }
    }

    public bool TryGet(ObjectKey key, [MaybeNullWhen(false)] out T value)
    {
        lock (_lock)
        {
            var found = _byKey.TryGetValue(key, out var stored);
            value = stored?.Value;
            return found;
        }
    }

    public ImmutableArray<T> All()
    {
        lock (_lock) return [.. _byKey.Values.Select(static s => s.Value)];
    }

    public ImmutableArray<(ObjectKey Key, T Value)> Pairs()
    {
        lock (_lock) return [.. _byKey.Values.Select(static s => (s.Key, s.Value))];
    }

    public ImmutableArray<T> OwnedBy(string uid)
    {
        lock (_lock) return _byOwner.TryGetValue(uid, out var keys) ? [.. keys.Select(k => _byKey[k].Value)] : [];
    }

    /// <summary>Puts one in; says what follows from it.</summary>
    public IEnumerable<InformerChange<T>> Put(Stored<T> stored)
    {
        lock (_lock) return PutNeedsLock(stored);
    }

    public IEnumerable<InformerChange<T>> Remove(ObjectKey key, T? last)
    {
        lock (_lock)
        {
            return RemoveNeedsLock(key) is { } old ? [new InformerChange<T>(ChangeKind.Deleted, key, last ?? old.Value, null)] : [];
        }
    }

    /// <summary>What is listed is all there is: the rest was deleted while nobody looked.</summary>
    public IEnumerable<InformerChange<T>> Replace(ImmutableArray<Stored<T>> listed)
    {
        lock (_lock)
        {
            var changes = new List<InformerChange<T>>();
            var there = listed.Select(static s => s.Key).ToHashSet();
            foreach (var key in _byKey.Keys.Where(k => !there.Contains(k)).ToArray())
            {
                changes.Add(new InformerChange<T>(ChangeKind.Deleted, key, RemoveNeedsLock(key)!.Value, null));
            }
            foreach (var stored in listed) changes.AddRange(PutNeedsLock(stored));
            return changes;
        }
    }

    private InformerChange<T>[] PutNeedsLock(Stored<T> stored)
    {
        _byKey.TryGetValue(stored.Key, out var old);
        if (old is not null && old.Uid == stored.Uid && old.ResourceVersion == stored.ResourceVersion) return [];
        RemoveNeedsLock(stored.Key);
        _byKey[stored.Key] = stored;
        foreach (var owner in stored.Owners)
        {
            if (!_byOwner.TryGetValue(owner, out var keys)) _byOwner[owner] = keys = [];
            keys.Add(stored.Key);
        }
        if (old is null) return [new InformerChange<T>(ChangeKind.Added, stored.Key, null, stored.Value)];
        if (old.Uid == stored.Uid) return [new InformerChange<T>(ChangeKind.Updated, stored.Key, old.Value, stored.Value)];
        // Deleted and made again under the same name while nobody looked: two objects, not one that changed.
        return [new InformerChange<T>(ChangeKind.Deleted, stored.Key, old.Value, null), new InformerChange<T>(ChangeKind.Added, stored.Key, null, stored.Value)];
    }

    private Stored<T>? RemoveNeedsLock(ObjectKey key)
    {
        if (!_byKey.Remove(key, out var old)) return null;
        foreach (var owner in old.Owners)
        {
            if (!_byOwner.TryGetValue(owner, out var keys)) continue;
            keys.Remove(key);
            if (keys.Count == 0) _byOwner.Remove(owner);
        }
        return old;
    }
}
