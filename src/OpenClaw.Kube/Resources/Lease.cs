using System.Text.Json;
using System.Text.Json.Nodes;

namespace OpenClaw.Kube.Resources;

/// <summary>A Lease of <c>coordination.k8s.io/v1</c>: who leads, for how long, since when.</summary>
/// <param name="Holder">Empty when nobody holds it.</param>
/// <param name="Transitions">How often it went to another holder; together with the holder it names a term.</param>
public sealed record Lease(string Holder, int DurationSeconds, DateTimeOffset? AcquiredAt, DateTimeOffset? RenewedAt, int Transitions)
{
    public ObjectMeta Meta { get; init; } = new();

    public static Lease Read(JsonElement json)
    {
        var spec = json.Field("spec");
        return new Lease(
            spec.Text("holderIdentity"), spec.Int("leaseDurationSeconds"), spec.Time("acquireTime"), spec.Time("renewTime"), spec.Int("leaseTransitions"))
        {
            Meta = ObjectMeta.Read(json),
        };
    }

    /// <summary>The whole object. What an existing one says beyond the spec is kept, its resource version too: a write that comes late is refused.</summary>
    public JsonObject Write(ObjectKey key, KubeObject? existing)
    {
        var json = existing is null ? KubeJson.NewObject(Kinds.Lease, key) : JsonObject.Create(existing.Json)!;
        var spec = new JsonObject { ["holderIdentity"] = Holder, ["leaseDurationSeconds"] = DurationSeconds, ["leaseTransitions"] = Transitions };
        if (AcquiredAt is { } acquired) spec["acquireTime"] = KubeJson.WriteMicro(acquired);
        if (RenewedAt is { } renewed) spec["renewTime"] = KubeJson.WriteMicro(renewed);
        json["spec"] = spec;
        return json;
    }
}
