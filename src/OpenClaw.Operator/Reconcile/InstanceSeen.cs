using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Kube.Control;
using OpenClaw.Kube.Resources;

namespace OpenClaw.Operator.Reconcile;

/// <summary>An instance as it was last seen, kept as bytes. Immutable.</summary>
/// <param name="Wanted">The same while nothing but the status changes.</param>
internal sealed record InstanceSeen(ObjectKey Key, string Uid, string ResourceVersion, long Generation, bool IsBeingDeleted, ImmutableArray<string> Finalizers, string Phase, string Wanted, byte[] Bytes)
{
    public static InstanceSeen Read(JsonElement json)
    {
        var meta = json.Field("metadata");
        return new InstanceSeen(
            new ObjectKey(meta.Text("namespace"), meta.Text("name")), meta.Text("uid"), meta.Text("resourceVersion"), meta.Number("generation") ?? 0,
            meta.Has("deletionTimestamp"), meta.Texts("finalizers"), json.Field("status").Text("phase"), ObjectBytes.Print(ObjectBytes.Of(json, withStatus: false)), ObjectBytes.Of(json, withStatus: true))
        { SpecPrint = ObjectBytes.Print(SpecOf(json)) };
    }

    /// <summary>The same while the spec is.</summary>
    public required string SpecPrint { get; init; }

    public JsonObject ToJson()
    {
        var json = (JsonObject)JsonNode.Parse(Bytes)!;
        var metadata = (JsonObject)json["metadata"]!;
        metadata["generation"] = Generation;
        return json;
    }

    /// <summary>For events about it.</summary>
    public EventSubject Subject => new(WatchedKinds.Instance, new ObjectMeta { Name = Key.Name, Namespace = Key.Namespace, Uid = Uid, ResourceVersion = ResourceVersion });

    public override string ToString() => Key.ToString();

    private static byte[] SpecOf(JsonElement json)
    {
        var spec = json.Field("spec");
        return spec.ValueKind == JsonValueKind.Object ? ObjectBytes.Of(spec, withStatus: true) : [];
    }
}
