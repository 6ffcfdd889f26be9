using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// The StatefulSet: pods restart through it. A template that is another though nobody changed the instance waits at
/// the <see cref="RolloutGate"/>; a change that cannot be made in place makes the set anew, and its pods stay meanwhile.
/// </summary>
internal sealed class SetApplier(KubeClient client, Applier applier, ClusterView view, RolloutGate gate, InstanceCounters counters)
{
    private static readonly TimeSpan s_again = TimeSpan.FromMinutes(1);

    /// <param name="inputs">The same while nothing was changed by anybody but the operator itself.</param>
    public async Task<Applied> ApplyAsync(InstanceSeen instance, JsonObject drawn, string inputs, CancellationToken cancel)
    {
        var template = Applier.PrintOf(drawn["spec"]!["template"]!);
        var seen = view.Child(Kinds.StatefulSet, instance.Key);
        var isByOperator = seen is not null && Owned.By(seen, instance) == Ownership.Ours && IsByOperatorAlone(seen, template, inputs);
        // A set that is not well anyway need not wait.
        var isGated = isByOperator && seen!.Set is { IsRolledOut: true } && Replicas(drawn) != 0;
        Mark(drawn, template, inputs, isGated || (isByOperator && seen!.Set!.IsUnderOperatorsRollout) ? template : seen?.Set?.RolloutMark ?? "");
        // As it is drawn, and up: nothing restarts here, whatever became of the write that began it.
        if (seen?.Set is { IsRolledOut: true } settled && settled.TemplateMark == template) gate.Leave(seen.Uid);
        if (isGated && !gate.TryEnter(seen!.Uid, instance.Key))
        {
            return new Applied(ApplyOutcome.Waits, $"the operator or the cluster's defaults have changed what the pod is; it restarts when fewer than {gate.Bound} others do") { Again = s_again, IsByGate = true };
        }
        var done = await applier.ApplyAsync(instance, drawn, cancel).ConfigureAwait(false);
        if (isGated) Follow(seen!, done);
        return seen is not null && IsImmutable(done.Problem) ? await RemakeAsync(seen, cancel).ConfigureAwait(false) : done;
    }

    private static void Mark(JsonObject drawn, string template, string inputs, string rollout)
    {
        var metadata = (JsonObject)drawn["metadata"]!;
        if (metadata["annotations"] is not JsonObject annotations) metadata["annotations"] = annotations = [];
        annotations[Marks.Template] = template;
        annotations[Marks.Inputs] = inputs;
        if (rollout.Length > 0) annotations[Marks.Rollout] = rollout;
    }

    /// <summary>Nobody changed anything, and yet the template differs.</summary>
    private static bool IsByOperatorAlone(ChildSeen seen, string template, string inputs) =>
        seen.Set is { } set && set.TemplateMark != template && (set.InputsMark == inputs || seen.DrawnMark.Length == 0) && set.Set.Replicas > 0;

    private static int Replicas(JsonObject drawn) => drawn["spec"]!["replicas"] is JsonValue value && value.TryGetValue<int>(out var count) ? count : 1;

    private void Follow(ChildSeen seen, Applied done)
    {
        if (done is { Outcome: ApplyOutcome.Applied, Made.Set: { } set }) gate.Follow(seen.Uid, set);
        // A write without an answer may have been taken: it keeps its place until it is seen how it ended.
        else if (done.Outcome is ApplyOutcome.Failed or ApplyOutcome.NotOurs && done.Problem?.Kind is not (KubeProblemKind.Unreachable or KubeProblemKind.Malformed)) gate.Leave(seen.Uid);
        // It may have come up in between.
        if (view.Child(Kinds.StatefulSet, seen.Key)?.Set is { } now) gate.Look(seen.Uid, now);
    }

    // The server names no field in its causes, only what may be changed.
    private static bool IsImmutable(KubeProblem? problem) =>
        problem is { Kind: KubeProblemKind.Invalid } && problem.ToString().Contains("updates to statefulset spec", StringComparison.Ordinal);

    private async Task<Applied> RemakeAsync(ChildSeen seen, CancellationToken cancel)
    {
        var gone = await client.DeleteAsync(Kinds.StatefulSet, seen.Key, new DeleteQuery { Uid = seen.Uid, Propagation = Propagation.Orphan }, cancel).ConfigureAwait(false);
        counters.Wrote(Kinds.StatefulSet, "delete", gone.IsSuccess);
        return gone.Problem is { } problem
            ? Applied.Failed(problem, $"the {seen} was not deleted to be made anew")
            : new Applied(ApplyOutcome.Waits, $"the {seen} is made anew, because what changed cannot be changed in place; its pods stay meanwhile") { Again = TimeSpan.FromSeconds(5) };
    }
}
