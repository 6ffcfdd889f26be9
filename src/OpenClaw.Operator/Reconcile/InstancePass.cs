using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Kube.Control;
using OpenClaw.Operator.Build;
using OpenClaw.Operator.Status;

namespace OpenClaw.Operator.Reconcile;

/// <summary>One look at one instance: gathered, judged and drawn, applied, pruned, told. Never twice at once for the same one.</summary>
internal sealed class InstancePass(ClusterView view, Gatherer gatherer, PassWriter writer, InstanceRelease release, StatusTeller teller, WarningReader warnings, TimeProvider time)
{
    /// <summary>A failure that may pass is told only when it did not: conflicts and short outages are nobody's news.</summary>
    private const int ToldAfter = 3;

    private readonly ConcurrentDictionary<ObjectKey, int> _failures = [];

    public async Task<ReconcileResult> LookAsync(ObjectKey key, CancellationToken cancel)
    {
        if (view.Instance(key) is not { } seen)
        {
            _failures.TryRemove(key, out _);
            teller.Forget(key);
            gatherer.Forget(key);
            writer.Forget(key);
            warnings.Forget(key);
            return ReconcileResult.Done;
        }
        if (seen.IsBeingDeleted) return await release.LetGoAsync(seen, cancel).ConfigureAwait(false);
        var gathered = await gatherer.GatherAsync(seen, cancel).ConfigureAwait(false);
        var known = teller.Known(seen, gathered.Facts.Instance);
        gathered.Facts.Instance["status"] = known.DeepClone();
        var drawing = InstanceDrawing.Of(gathered.Facts);
        var report = new PassReport();
        if (gatherer.Follow(seen, drawing)) report.LookAgain(TimeSpan.Zero);
        if (!gathered.Unreadable.IsEmpty) report.Unread(gathered.Unreadable);
        else drawing = await writer.WriteAsync(seen, gathered, drawing, report, cancel).ConfigureAwait(false);
        if (report.IsOver || report.IsEnding) return report.IsOver ? ReconcileResult.Retry("this process may not write now") : ReconcileResult.Done;
        return await TellAsync(seen, gathered.Facts, drawing, known, report, cancel).ConfigureAwait(false);
    }

    private async Task<ReconcileResult> TellAsync(InstanceSeen seen, InstanceFacts facts, InstanceDrawing drawing, JsonObject known, PassReport report, CancellationToken cancel)
    {
        var failures = report.Failure is null ? 0 : _failures.GetValueOrDefault(seen.Key) + 1;
        _failures[seen.Key] = failures;
        if (failures == 0 || report.IsLasting || failures >= ToldAfter)
        {
            var said = drawing with { Findings = [.. drawing.Findings, .. report.Findings] };
            var observed = await ObserveAsync(seen, known, report, cancel).ConfigureAwait(false);
            var status = InstanceStatus.Of(facts, said, observed, time.GetUtcNow());
            if (await teller.TellAsync(seen, known, status, cancel).ConfigureAwait(false) is { } problem) return ReconcileResult.Of(problem);
        }
        if (report.Failure is { } failure) return ReconcileResult.Retry(failure);
        // Everything is this operator's now: upstream's hold on it is over.
        if (!drawing.IsRefused && report.Waiting is null && await release.ReleaseAsync(seen, cancel).ConfigureAwait(false) is { } held)
        {
            // What was told in this pass made another version of it.
            return held.Kind == KubeProblemKind.Conflict ? ReconcileResult.After(TimeSpan.FromSeconds(1)) : ReconcileResult.Of(held);
        }
        return report.Again is { } again ? ReconcileResult.After(again) : ReconcileResult.Done;
    }

    private async Task<ObservedFacts> ObserveAsync(InstanceSeen seen, JsonObject known, PassReport report, CancellationToken cancel)
    {
        var set = view.Child(Kinds.StatefulSet, seen.Key);
        if (set is not null && Owned.By(set, seen) != Ownership.Ours) set = null;
        ImmutableArray<JsonObject> pods = set is null ? [] : [.. view.PodsOf(set).Select(static p => p.ToJson())];
        var claims = Claims(seen, pods.Length).ToImmutableArray();
        var names = pods.Concat(claims).Select(static o => (string)o["metadata"]!["name"]!).Prepend(seen.Key.Name);
        return new ObservedFacts
        {
            // What was just written is not up because what was there before is.
            StatefulSet = report.SetWritten ? null : set?.Set?.Status,
            Pods = pods,
            Claims = claims,
            Events = await warnings.ReadAsync(seen.Key, set?.Set, names, known, report, cancel).ConfigureAwait(false),
            Failure = report.Failure,
            Waiting = report.Waiting,
        };
    }

    private IEnumerable<JsonObject> Claims(InstanceSeen seen, int pods) =>
        Enumerable.Range(0, pods).Select(i => $"data-{seen.Key.Name}-{i}").Prepend(seen.Key.Name + "-data")
            .Select(n => view.Child(Kinds.PersistentVolumeClaim, seen.Key with { Name = n })?.Claim?.ToJson()).OfType<JsonObject>();
}
