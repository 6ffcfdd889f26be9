using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Status;

/// <summary>Why one container of a pod is not up, from what the kubelet tells of it and from the pod's warnings.</summary>
internal sealed class ContainerTrouble(JsonObject pod, string podName, IReadOnlyCollection<JsonObject> warnings)
{
    private const int LongestQuote = 600;

    private static readonly string[] s_mounting = ["FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox", "NetworkNotReady"];

    /// <param name="isFirst">True for an init container.</param>
    public PodTrouble? Of(JsonObject container, bool isFirst)
    {
        var name = SpecView.Name(container) ?? "a container";
        return container["state"] switch
        {
            JsonObject state when state["waiting"] is JsonObject waiting => Waiting(name, container, waiting),
            JsonObject state when state["terminated"] is JsonObject dead => SpecView.Integer(dead["exitCode"]) is null or 0 ? null : new PodTrouble("ContainerFailed", $"{name} in {podName} failed, {End(name, dead)}"),
            JsonObject state when state["running"] is JsonObject => Running(name, container, isFirst),
            _ => null,
        };
    }

    private PodTrouble? Waiting(string name, JsonObject container, JsonObject waiting)
    {
        var reason = PodTrouble.Text(waiting, "reason");
        var message = PodTrouble.Text(waiting, "message");
        switch (reason)
        {
            case null or "PodInitializing":
                return null;
            case "ContainerCreating":
                // The kubelet says why only in an event.
                return warnings.LastOrDefault(static w => s_mounting.Contains(PodTrouble.Text(w, "reason"))) is { } warning
                    ? new PodTrouble(PodTrouble.Text(warning, "reason")!, $"{name} in {podName} waits: {Quote(PodTrouble.Text(warning, "message"))}") : null;
            case "CrashLoopBackOff":
                return new PodTrouble(reason, $"{name} in {podName} ends again and again" + (Last(name, container) is { } ended ? ", " + ended : ""));
            case "ErrImagePull" or "ImagePullBackOff" or "InvalidImageName" or "ErrImageNeverPull" or "ImageInspectError" or "RegistryUnavailable":
                return new PodTrouble(reason, $"{name} in {podName} cannot get its image {PodTrouble.Text(container, "image")}".TrimEnd() + $": {Quote(message) ?? reason}{OfImage(message)}");
            case "RunContainerError" or "CreateContainerError":
                return new PodTrouble(reason, $"{name} in {podName} cannot be started: {Quote(message) ?? reason}");
            default:
                return new PodTrouble(reason, $"{name} in {podName} waits: {Quote(message) ?? reason}");
        }
    }

    private PodTrouble? Running(string name, JsonObject container, bool isFirst)
    {
        // A pull takes minutes, and that is no trouble: say what is going on.
        if (name.StartsWith("pull-", StringComparison.Ordinal)) return new PodTrouble("PullingModel", $"{name} in {podName} is pulling its model; kubectl logs {podName} -c {name} shows how far it is" + Before(name, container));
        if (isFirst && !IsSidecar(name)) return new PodTrouble("Initializing", $"{name} in {podName} runs first, the gateway starts after it" + Before(name, container));
        if (container["ready"]?.GetValueKind() != JsonValueKind.False) return null;
        // What a probe heard is told by an event alone.
        var probe = warnings.LastOrDefault(static w => PodTrouble.Text(w, "reason") == "Unhealthy") is { } unhealthy ? ": " + Quote(PodTrouble.Text(unhealthy, "message")) : "";
        if (container["started"]?.GetValueKind() == JsonValueKind.False) return new PodTrouble("Starting", $"{name} in {podName} is starting and does not answer its start-up probe yet" + probe + Before(name, container));
        return new PodTrouble("NotReady", $"{name} in {podName} runs and is not ready" + (probe.Length > 0 ? probe : ": its readiness probe fails") + Before(name, container));
    }

    /// <summary>How earlier starts of it ended; empty for the first.</summary>
    private string Before(string name, JsonObject container) =>
        SpecView.Integer(container["restartCount"]) is > 0 and var count && Last(name, container) is { } ended
            ? string.Create(CultureInfo.InvariantCulture, $"; it was started anew {(count == 1 ? "once" : $"{count} times")}, before that it ended {ended}") : "";

    private string? Last(string name, JsonObject container) => container["lastState"]?["terminated"] is JsonObject dead ? End(name, dead) : null;

    private string End(string name, JsonObject dead)
    {
        if (PodTrouble.Text(dead, "reason") == "OOMKilled")
        {
            var limit = Spec(name)?["resources"]?["limits"]?["memory"] is JsonValue memory ? " of " + SpecView.Scalar(memory) : "";
            return $"because it needed more memory than its limit{limit}";
        }
        var code = SpecView.Integer(dead["exitCode"]);
        return $"with code {code}" + (LastWords(PodTrouble.Text(dead, "message")) is { } words ? ": " + words : code == 137 ? ", killed from outside" : "");
    }

    /// <summary>The last error line with its hint, else the last line.</summary>
    private static string? LastWords(string? message)
    {
        var lines = (message ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0) return null;
        var at = Array.FindLastIndex(lines, static l => l.StartsWith("error:", StringComparison.Ordinal));
        if (at < 0) return Quote(lines[^1]);
        return Quote(lines[at] + (at + 1 < lines.Length && lines[at + 1].StartsWith("hint:", StringComparison.Ordinal) ? "; " + lines[at + 1] : ""));
    }

    private static string OfImage(string? message)
    {
        bool Says(params string[] words) => words.Any(w => message?.Contains(w, StringComparison.OrdinalIgnoreCase) == true);
        if (Says("unauthorized", "denied", "authentication required", "403 Forbidden")) return "; the registry wants credentials: name a Secret with them in spec.image.pullSecrets";
        if (Says("not found", "manifest unknown")) return "; there is no such image: correct spec.image, or spec.registry";
        return Says("no such host", "i/o timeout", "connection refused", "dial tcp") ? "; the node does not reach the registry: spec.registry names another" : "";
    }

    private JsonObject? Spec(string name) => PodTrouble.Items(pod["spec"]?["containers"]).Concat(PodTrouble.Items(pod["spec"]?["initContainers"])).FirstOrDefault(c => SpecView.Name(c) == name);

    private bool IsSidecar(string name) => Spec(name) is { } spec && PodTrouble.Text(spec, "restartPolicy") == "Always";

    private static string? Quote(string? text)
    {
        text = text?.Trim().ReplaceLineEndings(" ");
        return text is null || text.Length <= LongestQuote ? text : text[..LongestQuote] + "…";
    }
}
