using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Control;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// Lets an instance go that upstream's operator held by its finalizer. This operator needs none: what belongs to an instance
/// names it as its owner and goes with it, and a claim that is to stay does not.
/// </summary>
internal sealed class InstanceRelease(KubeClient client, ClusterView view, InstanceCounters counters)
{
    public static bool IsHeld(InstanceSeen seen) => seen.Finalizers.Contains(Marks.UpstreamFinalizer);

    /// <summary>Null when nothing holds it any more.</summary>
    public async Task<KubeProblem?> ReleaseAsync(InstanceSeen seen, CancellationToken cancel)
    {
        if (!IsHeld(seen)) return null;
        if (await KeepClaimAsync(seen, cancel).ConfigureAwait(false) is { } kept) return kept;
        var left = new JsonArray([.. seen.Finalizers.Where(static f => f != Marks.UpstreamFinalizer).Select(static f => (JsonNode)f)]);
        return await PatchAsync(WatchedKinds.Instance, seen.Key, seen.ResourceVersion, "finalizers", left, cancel).ConfigureAwait(false);
    }

    /// <summary>The last pass gives what follows when it is deleted.</summary>
    public async Task<ReconcileResult> LetGoAsync(InstanceSeen seen, CancellationToken cancel) =>
        await ReleaseAsync(seen, cancel).ConfigureAwait(false) is { } problem ? ReconcileResult.Of(problem) : ReconcileResult.Done;

    /// <summary>Upstream's claims name the instance as their owner: one that is to outlive it must not.</summary>
    private async Task<KubeProblem?> KeepClaimAsync(InstanceSeen seen, CancellationToken cancel)
    {
        var spec = new SpecView(seen.ToJson()["spec"] as JsonObject ?? []);
        if (!spec.Flag("storage.persistence.orphan")) return null;
        var key = seen.Key with { Name = seen.Key.Name + "-data" };
        if (view.Child(Kinds.PersistentVolumeClaim, key) is not { } claim || claim.Owners.All(o => o.Uid != seen.Uid)) return null;
        var others = new JsonArray([.. claim.Owners.Where(o => o.Uid != seen.Uid).Select(static o => (JsonNode)o.Write())]);
        return await PatchAsync(Kinds.PersistentVolumeClaim, key, claim.ResourceVersion, "ownerReferences", others, cancel).ConfigureAwait(false);
    }

    private async Task<KubeProblem?> PatchAsync(ResourceKind kind, ObjectKey key, string version, string field, JsonArray value, CancellationToken cancel)
    {
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = version, [field] = value } };
        var result = await client.MergePatchAsync(kind, key, patch, null, cancel).ConfigureAwait(false);
        counters.Wrote(kind, "patch", result.IsSuccess);
        return result.Is(KubeProblemKind.NotFound) ? null : result.Problem;
    }
}
