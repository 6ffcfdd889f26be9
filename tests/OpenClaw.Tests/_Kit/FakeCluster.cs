using System.Text.Json;
using System.Text.Json.Nodes;
using OpenClaw.Kube;

namespace OpenClaw.Tests;

/// <summary>A change of an object, as a watch tells it.</summary>
internal sealed record FakeChange(long Version, string Type, ResourceKind Kind, JsonObject Object);

/// <summary>A refusal, as a Status.</summary>
internal sealed class FakeRefusal(int code, string reason, string message, JsonObject? details = null) : Exception(message)
{
    public int Code => code;

    public JsonObject Status => new()
    {
        ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["message"] = Message, ["reason"] = reason, ["code"] = code,
        ["details"] = details?.DeepClone() ?? new JsonObject(),
    };
}

/// <summary>
/// The objects of a cluster with the rules that a controller leans on: versions, preconditions, generations, finalizers, status
/// apart from spec, server-side apply. What it does not know (defaults, validation, garbage collection) the real API server is asked.
/// </summary>
internal sealed class FakeCluster
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string ApiVersion, string Plural), SortedDictionary<string, JsonObject>> _objects = [];
    private readonly FakeApply _apply = new();
    private readonly List<FakeChange> _history = [];
    private long _version = 100;
    private long _compacted;
    private long _uids;

    /// <summary>Called outside the lock's readers, in order, for every change.</summary>
    public event Action<FakeChange>? Changed;

    public Func<DateTimeOffset> Now { get; set; } = static () => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public long Version
    {
        get
        {
            lock (_lock) return _version;
        }
    }

    /// <summary>Everything before now is forgotten: a watch or a list from an older version gets 410.</summary>
    public void Compact()
    {
        lock (_lock)
        {
            _version++;
            _compacted = _version;
            _history.Clear();
        }
    }

    public bool Remembers(long version)
    {
        lock (_lock) return version >= _compacted;
    }

    /// <summary>The changes after a version, and what to call from now on; null when it is too old.</summary>
    public IReadOnlyList<FakeChange>? Since(long version, Action<FakeChange> listener)
    {
        lock (_lock)
        {
            if (version < _compacted) return null;
            Changed += listener;
            return [.. _history.Where(c => c.Version > version)];
        }
    }

    public void Unsubscribe(Action<FakeChange> listener)
    {
        lock (_lock) Changed -= listener;
    }

    public (IReadOnlyList<JsonObject> Items, long Version) List(ResourceKind kind, string? ns)
    {
        lock (_lock) return ([.. Of(kind).Values.Where(o => ns is null || Text(o, "namespace") == ns).Select(Copy)], _version);
    }

    public JsonObject Get(ResourceKind kind, ObjectKey key)
    {
        lock (_lock) return Copy(Find(kind, key));
    }

    public JsonObject? TryGet(ResourceKind kind, ObjectKey key)
    {
        lock (_lock) return Of(kind).TryGetValue(key.ToString(), out var found) ? Copy(found) : null;
    }

    public JsonObject Create(ResourceKind kind, string? ns, JsonObject given)
    {
        lock (_lock)
        {
            var json = Copy(given);
            var meta = Meta(json);
            if (kind.IsNamespaced) meta["namespace"] = ns ?? throw new FakeRefusal(400, "BadRequest", "a namespace is needed");
            if (meta["name"] is null && meta["generateName"]?.GetValue<string>() is { } prefix) meta["name"] = $"{prefix}{_version:x5}";
            var key = KeyOf(json);
            if (key.Name.Length == 0) throw new FakeRefusal(422, "Invalid", "name is required", Causes(("metadata.name", "FieldValueRequired", "Required value: name or generateName is required")));
            if (Of(kind).ContainsKey(key.ToString())) throw new FakeRefusal(409, "AlreadyExists", $"{kind.Plural} \"{key.Name}\" already exists", Details(kind, key.Name));
            meta["uid"] = $"uid-{++_uids}";
            meta["creationTimestamp"] = KubeJson.Write(Now());
            meta["generation"] = 1L;
            if (HasStatus(kind)) json.Remove("status");
            (json["apiVersion"], json["kind"]) = (kind.ApiVersion, kind.Kind);
            return Store(kind, json, "ADDED");
        }
    }

    public JsonObject Replace(ResourceKind kind, ObjectKey key, JsonObject given, string? subresource)
    {
        lock (_lock)
        {
            var old = Find(kind, key);
            if (Text(given, "resourceVersion") is { Length: > 0 } version && version != Text(old, "resourceVersion"))
            {
                throw new FakeRefusal(409, "Conflict", $"Operation cannot be fulfilled on {kind.Plural} \"{key.Name}\": the object has been modified", Details(kind, key.Name));
            }
            if (Text(given, "uid") is { Length: > 0 } uid && uid != Text(old, "uid")) throw new FakeRefusal(409, "Conflict", "the UID in the precondition does not match");
            return Put(kind, old, Copy(given), subresource);
        }
    }

    public JsonObject MergePatch(ResourceKind kind, ObjectKey key, JsonObject patch, string? subresource)
    {
        lock (_lock)
        {
            var json = Copy(Find(kind, key));
            FakeApply.Merge(json, patch);
            return Replace(kind, key, json, subresource);
        }
    }

    public JsonObject Apply(ResourceKind kind, ObjectKey key, JsonObject patch, string manager, bool force, string? subresource)
    {
        lock (_lock)
        {
            var wanted = Text(patch, "uid");
            var version = Text(patch, "resourceVersion");
            if (!Of(kind).TryGetValue(key.ToString(), out var old))
            {
                if (subresource is not null) throw NotFound(kind, key);
                if (wanted.Length > 0) throw new FakeRefusal(409, "Conflict", "uid mismatch: the provided object specified a uid, and no existing object was found", Details(kind, key.Name));
                var made = Create(kind, key.Namespace, patch);
                _apply.Remember(Text(made, "uid"), manager, patch);
                return made;
            }
            if (wanted.Length > 0 && wanted != Text(old, "uid")) throw new FakeRefusal(409, "Conflict", "Precondition failed: UID in precondition", Details(kind, key.Name));
            if (version.Length > 0 && version != Text(old, "resourceVersion")) throw new FakeRefusal(409, "Conflict", "the object has been modified", Details(kind, key.Name));
            patch = Copy(patch);
            Meta(patch).Remove("uid");
            Meta(patch).Remove("resourceVersion");
            var next = _apply.Apply(old, patch, manager, force);
            return Put(kind, old, next, subresource);
        }
    }

    /// <returns>The object when something keeps it, else null.</returns>
    public JsonObject? Delete(ResourceKind kind, ObjectKey key, JsonObject? options = null)
    {
        lock (_lock)
        {
            var old = Find(kind, key);
            foreach (var field in new[] { "uid", "resourceVersion" })
            {
                if (options?["preconditions"]?[field]?.GetValue<string>() is { } wanted && wanted != Text(old, field))
                {
                    throw new FakeRefusal(409, "Conflict", $"Precondition failed: {field}", Details(kind, key.Name));
                }
            }
            if (Meta(old)["finalizers"] is JsonArray { Count: > 0 })
            {
                if (Meta(old)["deletionTimestamp"] is not null) return Copy(old);
                var marked = Copy(old);
                Meta(marked)["deletionTimestamp"] = KubeJson.Write(Now());
                return Store(kind, marked, "MODIFIED");
            }
            Of(kind).Remove(key.ToString());
            Store(kind, Copy(old), "DELETED");
            return null;
        }
    }

    private JsonObject Put(ResourceKind kind, JsonObject old, JsonObject given, string? subresource)
    {
        var next = Copy(subresource == "status" ? old : given);
        if (subresource == "status") next["status"] = given["status"]?.DeepClone();
        else if (HasStatus(kind)) next["status"] = old["status"]?.DeepClone();
        if (next["status"] is null) next.Remove("status");
        foreach (var field in new[] { "uid", "creationTimestamp", "generation", "resourceVersion", "deletionTimestamp", "name", "namespace" })
        {
            if (Meta(old)[field] is { } value) Meta(next)[field] = value.DeepClone();
        }
        (next["apiVersion"], next["kind"]) = (kind.ApiVersion, kind.Kind);
        if (JsonNode.DeepEquals(old, next)) return Copy(old);
        if (!JsonNode.DeepEquals(old["spec"], next["spec"])) Meta(next)["generation"] = Meta(old)["generation"]!.GetValue<long>() + 1;
        if (Meta(next)["deletionTimestamp"] is not null && Meta(next)["finalizers"] is not JsonArray { Count: > 0 })
        {
            Of(kind).Remove(KeyOf(old).ToString());
            return Store(kind, next, "DELETED");
        }
        return Store(kind, next, "MODIFIED");
    }

    private JsonObject Store(ResourceKind kind, JsonObject json, string type)
    {
        var change = new FakeChange(++_version, type, kind, json);
        Meta(json)["resourceVersion"] = change.Version.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (type != "DELETED") Of(kind)[KeyOf(json).ToString()] = json;
        change = change with { Object = Copy(json) };
        _history.Add(change);
        Changed?.Invoke(change);
        return Copy(json);
    }

    private static bool HasStatus(ResourceKind kind) => kind.Plural is not ("leases" or "events" or "secrets" or "configmaps" or "serviceaccounts");

    private SortedDictionary<string, JsonObject> Of(ResourceKind kind)
    {
        if (!_objects.TryGetValue((kind.ApiVersion, kind.Plural), out var all)) _objects[(kind.ApiVersion, kind.Plural)] = all = new(StringComparer.Ordinal);
        return all;
    }

    private JsonObject Find(ResourceKind kind, ObjectKey key) => Of(kind).TryGetValue(key.ToString(), out var found) ? found : throw NotFound(kind, key);

    private static FakeRefusal NotFound(ResourceKind kind, ObjectKey key) => new(404, "NotFound", $"{kind.Plural} \"{key.Name}\" not found", Details(kind, key.Name));

    private static JsonObject Details(ResourceKind kind, string name) => new() { ["name"] = name, ["group"] = kind.Group, ["kind"] = kind.Plural };

    internal static JsonObject Causes(params (string Field, string Reason, string Message)[] causes) => new()
    {
        ["causes"] = new JsonArray([.. causes.Select(static c => (JsonNode)new JsonObject { ["field"] = c.Field, ["reason"] = c.Reason, ["message"] = c.Message })]),
    };

    private static JsonObject Meta(JsonObject json)
    {
        if (json["metadata"] is not JsonObject meta) json["metadata"] = meta = [];
        return meta;
    }

    internal static string Text(JsonObject json, string field) => json["metadata"]?[field]?.GetValue<string>() ?? "";

    internal static ObjectKey KeyOf(JsonObject json) => new(Text(json, "namespace"), Text(json, "name"));

    internal static JsonObject Copy(JsonObject json) => (JsonObject)json.DeepClone();
}
