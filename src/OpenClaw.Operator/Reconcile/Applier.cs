using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// Makes one object as it is drawn, by one server-side apply, and by none when it is so already. An object that is not this
/// instance's is never touched. Thread-safe for different instances.
/// </summary>
internal sealed class Applier(KubeClient client, ClusterView view, InstanceCounters counters, Contests contests, TimeProvider time)
{
    /// <summary>So long what is seen may lag behind what was written.</summary>
    private static readonly TimeSpan s_lag = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<(ResourceKind Kind, ObjectKey Key), Done> _done = [];

    /// <summary>True when this is what the last apply left: the echo of an own write.</summary>
    public bool IsOwnEcho(ChildSeen seen) => _done.TryGetValue((seen.Kind, seen.Key), out var done) && done.Print == seen.Print;

    /// <summary>It is gone, so nothing that was done to it counts.</summary>
    public void Forget(ChildSeen seen) => _done.TryRemove((seen.Kind, seen.Key), out _);

    public async Task<Applied> ApplyAsync(InstanceSeen instance, JsonObject drawn, CancellationToken cancel)
    {
        var kind = WatchedKinds.Of((string)drawn["apiVersion"]!, (string)drawn["kind"]!);
        var key = new ObjectKey(instance.Key.Namespace, (string)drawn["metadata"]!["name"]!);
        var done = await MakeAsync(instance, kind, key, drawn, cancel).ConfigureAwait(false);
        return contests.Lasts(instance.Key, new Contested(kind, key.Name)) is { } left ? done with { IsContested = true, Again = done.Again ?? left } : done;
    }

    private async Task<Applied> MakeAsync(InstanceSeen instance, ResourceKind kind, ObjectKey key, JsonObject drawn, CancellationToken cancel)
    {
        var hash = PrintOf(drawn);
        var seen = view.Child(kind, key);
        if (IsLagging((kind, key), seen, hash) is { } left) return Applied.InPlace with { Again = left };
        if (seen is null)
        {
            // What is watched is what carries the label; anything may have the name.
            var found = await client.GetMetaAsync(kind, key, cancel).ConfigureAwait(false);
            if (found.Problem is { Kind: not KubeProblemKind.NotFound } problem) return Applied.Failed(problem, $"the {kind.Kind} {key.Name} cannot be read");
            if (found.IsSuccess) seen = OnlyMeta(ChildSeen.Read(kind, found.Value.Json));
        }
        var contested = new Contested(kind, key.Name);
        if (seen is null && contests.HoldMaking(instance.Key, contested) is { } wait)
        {
            return new Applied(ApplyOutcome.Waits, $"the {kind.Kind} {key.Name} is deleted again and again, so it is made anew once a minute at most") { Again = wait };
        }
        if (seen is not null)
        {
            if (Refusal(seen, instance) is { } refusal) return refusal;
            if (IsInPlace(seen, hash, drawn)) return Applied.InPlace;
            if (_done.TryGetValue((kind, key), out var done) && done.Hash == hash && contests.Hold(instance.Key, contested) is { } held)
            {
                return Applied.InPlace with { Again = held };
            }
            if (IsOrphan(seen, instance, drawn) && await LeavingAsync(instance, cancel).ConfigureAwait(false) is { } leaving) return leaving;
            if (seen.DrawnMark.Length == 0 && await TakeOverAsync(seen, cancel).ConfigureAwait(false) is { } failed) return failed;
        }
        return await SendAsync(kind, key, drawn, hash, seen, cancel).ConfigureAwait(false);
    }

    /// <summary>The same for the same drawing.</summary>
    public static string PrintOf(JsonNode drawn)
    {
        using var stream = new MemoryStream();
        using (var writer = new System.Text.Json.Utf8JsonWriter(stream)) drawn.WriteTo(writer);
        return ObjectBytes.Print(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    private static Applied? Refusal(ChildSeen seen, InstanceSeen instance) => Owned.By(seen, instance) switch
    {
        Ownership.Foreign => new Applied(ApplyOutcome.NotOurs, $"there is a {seen.Kind.Kind} {seen.Key.Name} already, and {Owned.Owner(seen)}", Owned.Advice(seen, instance)),
        Ownership.Former => new Applied(ApplyOutcome.Waits, $"the {seen.Kind.Kind} {seen.Key.Name} of an earlier instance of this name is being taken away"),
        _ when seen.IsBeingDeleted => new Applied(ApplyOutcome.Waits, $"the {seen.Kind.Kind} {seen.Key.Name} is being deleted, and is made anew after that"),
        _ => null,
    };

    private async Task<Applied> SendAsync(ResourceKind kind, ObjectKey key, JsonObject drawn, string hash, ChildSeen? seen, CancellationToken cancel)
    {
        var marked = (JsonObject)drawn.DeepClone();
        var metadata = (JsonObject)marked["metadata"]!;
        if (metadata["annotations"] is not JsonObject annotations) metadata["annotations"] = annotations = [];
        annotations[Marks.Drawn] = hash;
        // An object of this life only: one that was deleted and made by somebody else since is not ours.
        if (seen is not null) metadata["uid"] = seen.Uid;
        // One that nobody had a moment ago is not taken from whoever made it since.
        var result = await client.ApplyAsync(kind, marked, seen is null ? FieldOwnership.Respect : FieldOwnership.Take, cancel).ConfigureAwait(false);
        counters.Wrote(kind, "apply", result.IsSuccess);
        if (!result.TryGet(out var answer, out var problem)) return Applied.Failed(problem, $"the {kind.Kind} {key.Name} was not taken");
        var made = ChildSeen.Read(kind, answer.Json);
        _done[(kind, key)] = new Done(hash, made.Print, seen?.ResourceVersion ?? "", time.GetTimestamp());
        return new Applied(ApplyOutcome.Applied) { Made = made };
    }

    private static bool IsOrphan(ChildSeen seen, InstanceSeen instance, JsonObject drawn) =>
        drawn["metadata"]!["ownerReferences"] is not null && seen.Owners.All(o => o.Uid != instance.Uid);

    /// <summary>
    /// Whoever deletes an instance and leaves what it became (<c>--cascade=orphan</c>) may be half done, and what is watched be of
    /// before: named as the owner once more, the instance would take the object with it. So the server is asked, as its own
    /// controllers do before they adopt. Null: the instance is there and stays.
    /// </summary>
    private async Task<Applied?> LeavingAsync(InstanceSeen instance, CancellationToken cancel)
    {
        var query = new ListQuery { Namespace = instance.Key.Namespace, Fields = "metadata.name=" + instance.Key.Name, MetadataOnly = true };
        var found = await client.ListAsync(WatchedKinds.Instance, query, cancel).ConfigureAwait(false);
        if (!found.TryGet(out var list, out var problem)) return Applied.Failed(problem, $"the instance {instance.Key.Name} cannot be read");
        return list.Items.Any(o => o.Meta.Uid == instance.Uid && !o.Meta.IsBeingDeleted) ? null : new Applied(ApplyOutcome.Waits, "the instance is being deleted");
    }

    private async Task<Applied?> TakeOverAsync(ChildSeen seen, CancellationToken cancel)
    {
        var live = await client.GetMetaAsync(seen.Kind, seen.Key, cancel).ConfigureAwait(false);
        if (live.Problem is { } unread) return Applied.Failed(unread, $"the {seen} cannot be read");
        if (Takeover.Patch(live.Value.Json) is not { } patch) return null;
        var result = await client.MergePatchAsync(seen.Kind, seen.Key, patch, null, cancel).ConfigureAwait(false);
        counters.Wrote(seen.Kind, "patch", result.IsSuccess);
        return result.Problem is { } problem ? Applied.Failed(problem, $"the {seen} was not handed over") : null;
    }

    private bool IsInPlace(ChildSeen seen, string hash, JsonObject drawn)
    {
        if (seen.DrawnMark != hash) return false;
        var id = (seen.Kind, seen.Key);
        if (_done.TryGetValue(id, out var done) && done.Hash == hash && done.Print == seen.Print)
        {
            seen.Forget();
            return true;
        }
        if (seen.Content is not { } content || !Containment.Holds(drawn, content)) return false;
        _done[id] = new Done(hash, seen.Print, seen.ResourceVersion, time.GetTimestamp());
        seen.Forget();
        return true;
    }

    /// <summary>How long to wait for what was written to be seen; null when what is seen can be believed.</summary>
    private TimeSpan? IsLagging((ResourceKind Kind, ObjectKey Key) id, ChildSeen? seen, string hash)
    {
        if (!_done.TryGetValue(id, out var done) || done.Hash != hash || done.Over != (seen?.ResourceVersion ?? "") || done.Print == seen?.Print) return null;
        var since = time.GetElapsedTime(done.At);
        return since < s_lag ? s_lag - since : null;
    }

    // There is nothing to compare in it.
    private static ChildSeen OnlyMeta(ChildSeen seen)
    {
        seen.Forget();
        return seen;
    }

    /// <param name="Over">The version that was written over; empty when there was none.</param>
    private sealed record Done(string Hash, string Print, string Over, long At);
}
