using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// Takes away what an instance became before and does not become now. Only what names the instance as its controller, in the
/// version in which it was seen to; never a Secret, and never a claim, since data is nobody's to throw away.
/// </summary>
internal sealed class Pruner(KubeClient client, ClusterView view, InstanceCounters counters)
{
    /// <returns>What could not be taken away, in sentences.</returns>
    public async Task<IReadOnlyList<Applied>> PruneAsync(InstanceSeen instance, IEnumerable<JsonObject> drawn, CancellationToken cancel)
    {
        // By group and kind: a cluster may serve one object in several versions.
        var kept = drawn.Select(static d => (Kind: WatchedKinds.Of((string)d["apiVersion"]!, (string)d["kind"]!), Name: (string)d["metadata"]!["name"]!))
            .Select(static d => (d.Kind.Group, d.Kind.Kind, d.Name)).ToHashSet();
        var failures = new List<Applied>();
        foreach (var child in view.OwnedBy(instance).Where(c => IsTakenAway(c, instance) && !kept.Contains((c.Kind.Group, c.Kind.Kind, c.Key.Name))))
        {
            var query = new DeleteQuery { Uid = child.Uid, ResourceVersion = child.ResourceVersion };
            var gone = await client.DeleteAsync(child.Kind, child.Key, query, cancel).ConfigureAwait(false);
            counters.Wrote(child.Kind, "delete", gone.IsSuccess);
            if (gone.Problem is { } problem) failures.Add(Applied.Failed(problem, $"the {child} was not taken away"));
        }
        return failures;
    }

    private static bool IsTakenAway(ChildSeen child, InstanceSeen instance) =>
        !child.IsBeingDeleted && child.Kind.Plural is not ("secrets" or "persistentvolumeclaims") && child.Owners.Any(o => o.IsController && o.Uid == instance.Uid);
}
