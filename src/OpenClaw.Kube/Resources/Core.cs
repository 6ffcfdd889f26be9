using System.Collections.Immutable;
using System.Text.Json;

namespace OpenClaw.Kube.Resources;

public sealed record Namespace(ObjectMeta Meta, bool IsTerminating)
{
    public static Namespace Read(JsonElement json) => new(ObjectMeta.Read(json), json.Field("status").Text("phase") == "Terminating");
}

public sealed record Node(ObjectMeta Meta, bool IsReady, ImmutableDictionary<string, string> Allocatable)
{
    public static Node Read(JsonElement json) => new(
        ObjectMeta.Read(json),
        json.Field("status").Items("conditions", Condition.Read).Any(static c => c is { Type: "Ready", IsTrue: true }),
        json.Field("status").Map("allocatable"));
}

/// <param name="Number">The Service's own port.</param>
/// <param name="TargetPort">A number or the name of a container's port.</param>
public sealed record ServicePort(string Name, int Number, string TargetPort, string Protocol)
{
    public static ServicePort Read(JsonElement json) =>
        new(json.Text("name"), json.Int("port"), json.TextOrNumber("targetPort"), json.TextOrNull("protocol") ?? "TCP");
}

public sealed record Service(ObjectMeta Meta, string Type, string ClusterIp, ImmutableDictionary<string, string> Selector, ImmutableArray<ServicePort> Ports)
{
    public string ExternalName { get; init; } = "";

    public static Service Read(JsonElement json)
    {
        var spec = json.Field("spec");
        return new Service(ObjectMeta.Read(json), spec.Text("type"), spec.Text("clusterIP"), spec.Map("selector"), spec.Items("ports", ServicePort.Read))
        {
            ExternalName = spec.Text("externalName"),
        };
    }
}

/// <summary>A Secret. Its values are bytes and never part of its text; keep it no longer than it is needed.</summary>
public sealed class Secret
{
    private Secret(ObjectMeta meta, string type, ImmutableDictionary<string, byte[]> data)
    {
        Meta = meta;
        Type = type;
        Data = data;
    }

    public ObjectMeta Meta { get; }

    public string Type { get; }

    public ImmutableDictionary<string, byte[]> Data { get; }

    public static Secret Read(JsonElement json)
    {
        var data = ImmutableDictionary.CreateBuilder<string, byte[]>(StringComparer.Ordinal);
        var field = json.Field("data");
        if (field.ValueKind == JsonValueKind.Object)
        {
            foreach (var item in field.EnumerateObject())
            {
                if (KubeJson.BytesOf(item.Value) is { } bytes && KubeJson.NameOf(item) is { } name) data[name] = bytes;
            }
        }
        return new Secret(ObjectMeta.Read(json), json.Text("type"), data.ToImmutable());
    }

    public override string ToString() => $"Secret {Meta.Key} ({Data.Count} keys)";
}

public sealed record ConfigMap(ObjectMeta Meta, ImmutableDictionary<string, string> Data)
{
    public static ConfigMap Read(JsonElement json) => new(ObjectMeta.Read(json), json.Map("data"));
}

public sealed record ServiceAccount(ObjectMeta Meta)
{
    public static ServiceAccount Read(JsonElement json) => new(ObjectMeta.Read(json));
}

/// <param name="Phase"><c>Pending</c>, <c>Bound</c> or <c>Lost</c>.</param>
/// <param name="Requested">A quantity, for example <c>10Gi</c>.</param>
/// <param name="Capacity">A quantity; empty until it is bound.</param>
public sealed record PersistentVolumeClaim(ObjectMeta Meta, string Phase, string StorageClass, string Requested, string Capacity)
{
    public ImmutableArray<Condition> Conditions { get; init; } = [];

    public static PersistentVolumeClaim Read(JsonElement json)
    {
        var (spec, status) = (json.Field("spec"), json.Field("status"));
        return new PersistentVolumeClaim(
            ObjectMeta.Read(json), status.Text("phase"), spec.Text("storageClassName"),
            spec.Field("resources", "requests").Text("storage"), status.Field("capacity").Text("storage"))
        {
            Conditions = status.Items("conditions", Condition.Read),
        };
    }
}

/// <summary>An Event of <c>v1</c>.</summary>
public sealed record ClusterEvent(ObjectMeta Meta, string Type, string Reason, string Message, int Count, string InvolvedUid)
{
    public static ClusterEvent Read(JsonElement json) => new(
        ObjectMeta.Read(json), json.Text("type"), json.Text("reason"), json.Text("message"), json.Int("count", 1), json.Field("involvedObject").Text("uid"));
}
