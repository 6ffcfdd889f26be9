using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Kube.Resources;
using OpenClaw.Operator.Build;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// An object of an instance as it was last seen. Its content is kept only until somebody has compared it with what is drawn;
/// after that its print stands for it.
/// </summary>
internal sealed class ChildSeen
{
    private volatile byte[]? _content;

    private ChildSeen(ResourceKind kind, JsonElement json, byte[] content)
    {
        Kind = kind;
        var meta = json.Field("metadata");
        Key = new ObjectKey(meta.Text("namespace"), meta.Text("name"));
        Uid = meta.Text("uid");
        ResourceVersion = meta.Text("resourceVersion");
        IsBeingDeleted = meta.Has("deletionTimestamp");
        Owners = meta.Items("ownerReferences", OwnerReference.Read);
        var labels = meta.Field("labels");
        Instance = labels.Text(Marks.InstanceLabel);
        IsLabelled = labels.Text(Marks.ManagedByLabel) == Draw.ManagedBy;
        DrawnMark = meta.Field("annotations").Text(Marks.Drawn);
        _content = content;
        Print = ObjectBytes.Print(content);
    }

    public ResourceKind Kind { get; }

    public ObjectKey Key { get; }

    public string Uid { get; }

    public string ResourceVersion { get; }

    public bool IsBeingDeleted { get; }

    public ImmutableArray<OwnerReference> Owners { get; }

    /// <summary>The instance that its label names; empty when none.</summary>
    public string Instance { get; }

    /// <summary>It carries the operator's label.</summary>
    public bool IsLabelled { get; }

    /// <summary>What <see cref="Marks.Drawn"/> says; empty on what the operator never applied.</summary>
    public string DrawnMark { get; }

    /// <summary>The same while nothing but status and versions change.</summary>
    public string Print { get; }

    /// <summary>A StatefulSet's pods; null of other kinds.</summary>
    public SetSeen? Set { get; private init; }

    /// <summary>What a claim asks for; null of other kinds.</summary>
    public ClaimSeen? Claim { get; private init; }

    /// <summary>The same while the part of the status that is told is; of StatefulSets and claims only.</summary>
    public string StatusPrint { get; private init; } = "";

    /// <summary>Null once <see cref="Forget"/> was called.</summary>
    public byte[]? Content => _content;

    public void Forget() => _content = null;

    public static ChildSeen Read(ResourceKind kind, JsonElement json)
    {
        var set = kind.Plural == "statefulsets" ? SetSeen.Read(json) : null;
        var claim = kind.Plural == "persistentvolumeclaims" ? ClaimSeen.Read(json) : null;
        return new ChildSeen(kind, json, ObjectBytes.Of(json, withStatus: false)) { Set = set, Claim = claim, StatusPrint = set?.Status.ToJsonString() ?? claim?.Status ?? "" };
    }

    public override string ToString() => $"{Kind.Kind} {Key.Name}";
}

/// <summary>A StatefulSet, as far as a rollout is followed and told.</summary>
internal sealed record SetSeen(StatefulSet Set, JsonObject Status, string TemplateMark, string InputsMark, string RolloutMark)
{
    public bool IsRolledOut => Set.IsRolledOut;

    /// <summary>
    /// Its pods are being replaced by the operator alone. Ones that come down later, of a template that was up once, are not: its
    /// controller makes the new revision the current one when all pods of it are ready.
    /// </summary>
    public bool IsUnderOperatorsRollout => RolloutMark.Length > 0 && RolloutMark == TemplateMark && Set.Replicas > 0 && !IsRolledOut
        && (Set.ObservedGeneration < Set.Meta.Generation || Set.CurrentRevision != Set.UpdateRevision);

    public static SetSeen Read(JsonElement json)
    {
        var set = StatefulSet.Read(json);
        var status = new JsonObject();
        foreach (var name in (string[])["replicas", "readyReplicas", "updatedReplicas"]) status[name] = json.Field("status").Int(name);
        // Until its controller has looked at what was written last, what it says is of what was before.
        if (set.ObservedGeneration < set.Meta.Generation) status["updatedReplicas"] = 0;
        var marks = json.Field("metadata", "annotations");
        // The metadata is kept once, in the child.
        var kept = set with { Meta = new ObjectMeta { Generation = set.Meta.Generation } };
        return new SetSeen(kept, status, marks.Text(Marks.Template), marks.Text(Marks.Inputs), marks.Text(Marks.Rollout));
    }
}

/// <summary>What of a claim cannot be changed freely.</summary>
/// <param name="Status">Its phase, size and conditions, as JSON.</param>
internal sealed record ClaimSeen(string Name, string Size, string? StorageClass, ImmutableArray<string> AccessModes, string Status)
{
    /// <summary>As it is told.</summary>
    public JsonObject ToJson()
    {
        var spec = new JsonObject { ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = Size } } };
        if (StorageClass is not null) spec["storageClassName"] = StorageClass;
        return new JsonObject { ["metadata"] = new JsonObject { ["name"] = Name }, ["spec"] = spec, ["status"] = JsonNode.Parse(Status) };
    }

    public static ClaimSeen Read(JsonElement json)
    {
        var spec = json.Field("spec");
        var status = json.Field("status");
        return new ClaimSeen(
            json.Field("metadata").Text("name"), spec.Field("resources", "requests").TextOrNumber("storage"), spec.TextOrNull("storageClassName"), spec.Texts("accessModes"),
            status.ValueKind == JsonValueKind.Object ? status.GetRawText() : "{}");
    }
}
