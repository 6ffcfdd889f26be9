using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OpenClaw.Kube.Resources;

/// <summary>What every object says of itself. A metadata-only answer has nothing else.</summary>
public sealed record ObjectMeta
{
    public string Name { get; init; } = "";

    /// <summary>Empty for a cluster-wide object.</summary>
    public string Namespace { get; init; } = "";

    public string Uid { get; init; } = "";

    public string ResourceVersion { get; init; } = "";

    public long Generation { get; init; }

    public ImmutableDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;

    public ImmutableDictionary<string, string> Annotations { get; init; } = ImmutableDictionary<string, string>.Empty;

    public ImmutableArray<OwnerReference> Owners { get; init; } = [];

    public ImmutableArray<string> Finalizers { get; init; } = [];

    public ImmutableArray<FieldOwner> FieldOwners { get; init; } = [];

    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Deletion was asked for at this time; finalizers keep the object.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    public ObjectKey Key => new(Namespace, Name);

    public bool IsBeingDeleted => DeletedAt is not null;

    public OwnerReference? Controller => Owners.FirstOrDefault(static o => o.IsController);

    public bool IsOwnedBy(string uid) => Owners.Any(o => o.Uid == uid);

    /// <summary>The metadata of a whole object.</summary>
    public static ObjectMeta Read(JsonElement json)
    {
        var meta = json.Field("metadata");
        return new ObjectMeta
        {
            Name = meta.Text("name"),
            Namespace = meta.Text("namespace"),
            Uid = meta.Text("uid"),
            ResourceVersion = meta.Text("resourceVersion"),
            Generation = meta.Number("generation") ?? 0,
            Labels = meta.Map("labels"),
            Annotations = meta.Map("annotations"),
            Owners = meta.Items("ownerReferences", OwnerReference.Read),
            Finalizers = meta.Texts("finalizers"),
            FieldOwners = meta.Items("managedFields", FieldOwner.Read),
            CreatedAt = meta.Time("creationTimestamp"),
            DeletedAt = meta.Time("deletionTimestamp"),
        };
    }
}

/// <summary>Who an object belongs to, for garbage collection and for finding the way back.</summary>
public sealed record OwnerReference(string ApiVersion, string Kind, string Name, string Uid)
{
    public bool IsController { get; init; }

    public bool BlocksDeletion { get; init; }

    public static OwnerReference Read(JsonElement json) =>
        new(json.Text("apiVersion"), json.Text("kind"), json.Text("name"), json.Text("uid"))
        {
            IsController = json.Flag("controller"),
            BlocksDeletion = json.Flag("blockOwnerDeletion"),
        };

    public JsonObject Write()
    {
        var json = new JsonObject { ["apiVersion"] = ApiVersion, ["kind"] = Kind, ["name"] = Name, ["uid"] = Uid };
        if (IsController) json["controller"] = true;
        if (BlocksDeletion) json["blockOwnerDeletion"] = true;
        return json;
    }
}

/// <summary>A field manager of an object; the fields themselves are not read.</summary>
public sealed record FieldOwner(string Manager, string Operation, string Subresource)
{
    public static FieldOwner Read(JsonElement json) => new(json.Text("manager"), json.Text("operation"), json.Text("subresource"));
}
