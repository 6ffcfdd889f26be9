using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Status;

/// <summary>Why a pod is not up: a word for programs and a sentence for people.</summary>
internal sealed record PodTrouble(string Reason, string Sentence)
{
    /// <summary>The first trouble of a pod, or what it is busy with; null when there is nothing to say.</summary>
    public static PodTrouble? Of(JsonObject pod)
    {
        var name = SpecView.Name(pod["metadata"]) ?? "the pod";
        var status = pod["status"] as JsonObject ?? [];
        foreach (var condition in Items(status["conditions"]))
        {
            if (Text(condition, "type") == "PodScheduled" && Text(condition, "status") == "False") return new PodTrouble("Unschedulable", $"{name} has no node: {Text(condition, "message")}");
        }
        foreach (var container in Items(status["initContainerStatuses"]).Concat(Items(status["containerStatuses"])))
        {
            if (OfContainer(name, container) is { } trouble) return trouble;
        }
        return null;
    }

    private static PodTrouble? OfContainer(string pod, JsonObject container)
    {
        var name = SpecView.Name(container);
        var ended = Last(container);
        if (container["state"]?["waiting"] is JsonObject waiting && Text(waiting, "reason") is { } reason and not ("PodInitializing" or "ContainerCreating"))
        {
            return reason == "CrashLoopBackOff" && ended is not null
                ? new PodTrouble(reason, $"{name} in {pod} ends again and again, {ended}")
                : new PodTrouble(reason, $"{name} in {pod} waits: {Text(waiting, "message") ?? reason}");
        }
        if (container["state"]?["terminated"] is JsonObject dead && SpecView.Integer(dead["exitCode"]) is not (null or 0)) return new PodTrouble("ContainerFailed", $"{name} in {pod} failed, {End(dead)}");
        // A pull takes minutes, and that is no trouble: say what is going on.
        if (name?.StartsWith("pull-", StringComparison.Ordinal) == true && container["state"]?["running"] is not null) return new PodTrouble("PullingModel", $"{name} in {pod} is pulling its model; kubectl logs {pod} -c {name} shows how far it is");
        return null;
    }

    private static string? Last(JsonObject container) => container["lastState"]?["terminated"] is JsonObject dead ? End(dead) : null;

    private static string End(JsonObject dead)
    {
        if (Text(dead, "reason") == "OOMKilled") return "because it needed more memory than its limit";
        var message = Text(dead, "message")?.Trim().Split('\n')[^1];
        return $"with code {SpecView.Integer(dead["exitCode"])}" + (string.IsNullOrEmpty(message) ? "" : ": " + message);
    }

    private static IEnumerable<JsonObject> Items(JsonNode? list) => (list as JsonArray ?? []).OfType<JsonObject>();

    private static string? Text(JsonObject map, string name) => map[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
