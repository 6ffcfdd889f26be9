using System.Collections.Frozen;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Status;

/// <summary>Why a pod is not up: a word for programs and a sentence for people.</summary>
internal sealed record PodTrouble(string Reason, string Sentence)
{
    private static readonly FrozenSet<string> s_busy = FrozenSet.Create(StringComparer.Ordinal, "PullingModel", "Initializing", "Starting", "Ending");

    /// <summary>True when it is on its way and nobody has to do anything.</summary>
    public bool IsBusy => IsBusyWith(Reason);

    /// <summary>True of the word for a pod that is on its way.</summary>
    public static bool IsBusyWith(string reason) => s_busy.Contains(reason);

    /// <summary>The first trouble of a pod, or what it is busy with; null when there is nothing to say.</summary>
    /// <param name="events">Events of the namespace; what only they tell (a volume that cannot be mounted, a probe's answer) is left out without them.</param>
    public static PodTrouble? Of(JsonObject pod, IReadOnlyCollection<JsonObject>? events = null)
    {
        var name = SpecView.Name(pod["metadata"]) ?? "the pod";
        var heard = Heard("Pod", name, events).ToList();
        if (OfPod(name, pod) is { } whole) return whole;
        var status = pod["status"] as JsonObject ?? [];
        PodTrouble? busy = null;
        foreach (var (list, isFirst) in new[] { (status["initContainerStatuses"], true), (status["containerStatuses"], false) })
        {
            foreach (var container in Items(list))
            {
                var trouble = new ContainerTrouble(pod, name, heard).Of(container, isFirst);
                if (trouble is { IsBusy: false }) return trouble;
                busy ??= trouble;
            }
        }
        return busy ?? NotReady(name, pod, status);
    }

    /// <summary>Why a StatefulSet makes no pod: a quota, a namespace that enforces a standard, a webhook. Only an event tells.</summary>
    public static PodTrouble? OfSet(string set, IReadOnlyCollection<JsonObject> events) =>
        Heard("StatefulSet", set, events).LastOrDefault(static e => Text(e, "reason") == "FailedCreate") is { } failed
            ? new PodTrouble("FailedCreate", $"no pod is made: {Text(failed, "message")}") : null;

    /// <summary>Warnings about one object, the newest last.</summary>
    public static IEnumerable<JsonObject> Heard(string kind, string name, IReadOnlyCollection<JsonObject>? events) =>
        (events ?? []).Where(e => Text(e, "type") == "Warning" && e["involvedObject"] is JsonObject about && Text(about, "kind") == kind && Text(about, "name") == name)
            .OrderBy(static e => Text(e["series"] as JsonObject ?? [], "lastObservedTime") ?? Text(e, "lastTimestamp") ?? Text(e, "eventTime") ?? "", StringComparer.Ordinal);

    private static PodTrouble? OfPod(string name, JsonObject pod)
    {
        var status = pod["status"] as JsonObject ?? [];
        var node = pod["spec"] is JsonObject spec ? Text(spec, "nodeName") : null;
        if (Text(status, "reason") == "NodeLost") return new PodTrouble("NodeLost", $"the node {node} of {name} does not answer any more: {Text(status, "message")}");
        if (Text(status, "phase") == "Failed")
        {
            var reason = Text(status, "reason") ?? "PodFailed";
            return new PodTrouble(reason, $"{name} was ended{(node is null ? "" : " on " + node)}: {Text(status, "message") ?? reason}");
        }
        if (Condition(status, "DisruptionTarget") is { } disruption && Text(disruption, "status") == "True")
        {
            return new PodTrouble(Text(disruption, "reason") ?? "Disrupted", $"{name} has to leave {node ?? "its node"}: {Text(disruption, "message")}");
        }
        if (pod["metadata"]?["deletionTimestamp"] is not null) return new PodTrouble("Ending", $"{name} is ending{(node is null ? "" : $" on {node}; while that node does not answer, no other takes its place")}");
        return Condition(status, "PodScheduled") is { } scheduled && Text(scheduled, "status") == "False" ? new PodTrouble("Unschedulable", $"{name} has no node: {Text(scheduled, "message")}") : null;
    }

    /// <summary>Every container is well in the kubelet's last word and the pod is not: somebody else says so.</summary>
    private static PodTrouble? NotReady(string name, JsonObject pod, JsonObject status)
    {
        if (Condition(status, "Ready") is not { } ready || Text(ready, "status") == "True") return null;
        if (Text(ready, "reason") == "ReadinessGatesNotReady") return new PodTrouble("ReadinessGatesNotReady", $"{name} waits for a readiness gate: {Text(ready, "message")}");
        var containers = Items(status["containerStatuses"]).ToList();
        if (containers.Count == 0 || containers.Any(static c => c["ready"]?.GetValueKind() != System.Text.Json.JsonValueKind.True)) return null;
        return new PodTrouble("NodeNotReady", $"{name} was well when its node {Text(pod["spec"] as JsonObject ?? [], "nodeName")} last told of it, and that node does not answer now");
    }

    private static JsonObject? Condition(JsonObject status, string type) => Items(status["conditions"]).FirstOrDefault(c => Text(c, "type") == type);

    public static IEnumerable<JsonObject> Items(JsonNode? list) => (list as JsonArray ?? []).OfType<JsonObject>();

    public static string? Text(JsonObject map, string name) => map[name] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;
}
