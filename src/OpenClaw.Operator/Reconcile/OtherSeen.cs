using System.Text.Json;
using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Operator.Build;

namespace OpenClaw.Operator.Reconcile;

/// <summary>A Secret or ConfigMap that somebody may refer to: that it is there, and in which version. Not even its annotations
/// are kept, since kubectl puts whole Secrets into one.</summary>
internal sealed record SourceSeen(string ResourceVersion)
{
    public static SourceSeen Read(JsonElement json) => new(json.Field("metadata").Text("resourceVersion"));
}

/// <summary>A pod of an instance: what tells why it does not run, and nothing else of it.</summary>
internal sealed record PodSeen(string Name, string Instance, string Print, byte[] Bytes)
{
    public static PodSeen Read(JsonElement json)
    {
        var meta = new JsonObject { ["name"] = json.Field("metadata").Text("name") };
        if (json.Field("metadata").Has("deletionTimestamp")) meta["deletionTimestamp"] = json.Field("metadata").Text("deletionTimestamp");
        var spec = new JsonObject { ["nodeName"] = json.Field("spec").Text("nodeName"), ["containers"] = Containers(json, "containers"), ["initContainers"] = Containers(json, "initContainers") };
        var pod = new JsonObject { ["metadata"] = meta, ["spec"] = spec, ["status"] = Copy(json.Field("status")) };
        var bytes = System.Text.Encoding.UTF8.GetBytes(pod.ToJsonString());
        return new PodSeen((string)meta["name"]!, json.Field("metadata", "labels").Text(Marks.InstanceLabel), ObjectBytes.Print(bytes), bytes);
    }

    public JsonObject ToJson() => (JsonObject)JsonNode.Parse(Bytes)!;

    private static JsonArray Containers(JsonElement pod, string list)
    {
        var kept = new JsonArray();
        foreach (var container in pod.Field("spec").Items(list))
        {
            var one = new JsonObject { ["name"] = container.Text("name"), ["resources"] = Copy(container.Field("resources")) };
            if (container.TextOrNull("restartPolicy") is { } policy) one["restartPolicy"] = policy;
            kept.Add((JsonNode)one);
        }
        return kept;
    }

    private static JsonNode? Copy(JsonElement json) => json.ValueKind == JsonValueKind.Undefined ? null : JsonNode.Parse(json.GetRawText());
}

/// <summary>A Service: what it leads to.</summary>
internal sealed record ServiceSeen(ServiceFacts Facts, string Print)
{
    public static ServiceSeen Read(JsonElement json)
    {
        var spec = json.Field("spec");
        var bytes = spec.ValueKind == JsonValueKind.Object ? ObjectBytes.Of(spec, withStatus: true) : [];
        return new ServiceSeen(ServiceFacts.Of(JsonObject.Create(json.Clone())!), ObjectBytes.Print(bytes));
    }
}

/// <summary>The defaults of the cluster, if they are called by the right name.</summary>
internal sealed record DefaultsSeen(string Name, byte[]? Spec)
{
    public static DefaultsSeen Read(JsonElement json) => new(
        json.Field("metadata").Text("name"),
        json.Field("spec").ValueKind == JsonValueKind.Object ? ObjectBytes.Of(json.Field("spec"), withStatus: true) : null);
}
