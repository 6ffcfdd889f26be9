using System.Globalization;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Status;

/// <summary>The condition <c>StorageReady</c>: whether the instance's claims have their volumes, and why not.</summary>
internal static class ClaimCondition
{
    private const string Type = "StorageReady";

    /// <summary>Null when no claim was looked at.</summary>
    public static InstanceCondition? Of(ObservedFacts observed)
    {
        if (observed.Claims.IsDefaultOrEmpty) return null;
        foreach (var claim in observed.Claims)
        {
            if (Trouble(claim, observed) is { } trouble) return new InstanceCondition(Type, false, trouble.Reason, trouble.Sentence);
        }
        return new InstanceCondition(Type, true, "ClaimBound", string.Join(", ", observed.Claims.Select(Bound)));
    }

    public static PodTrouble? Trouble(JsonObject claim, ObservedFacts observed)
    {
        var name = SpecView.Name(claim["metadata"]) ?? "the claim";
        var status = claim["status"] as JsonObject ?? [];
        var asked = (claim["spec"]?["storageClassName"] is JsonValue written ? $"of class {SpecView.Scalar(written)}" : "of the cluster's standard class")
            + (claim["spec"]?["resources"]?["requests"]?["storage"] is JsonValue size ? ", " + SpecView.Scalar(size) : "");
        var failed = PodTrouble.Heard("PersistentVolumeClaim", name, observed.Events).LastOrDefault();
        switch (PodTrouble.Text(status, "phase"))
        {
            case "Lost":
                return new PodTrouble("ClaimLost", $"the volume of the claim {name} is gone, and its data with it; restore a copy into a new claim and name it in spec.storage.persistence.existingClaim");
            case "Bound":
                return Growing(name, status);
            default:
                var why = failed is null ? "" : ": " + PodTrouble.Text(failed, "message");
                return new PodTrouble("ClaimPending", string.Create(CultureInfo.InvariantCulture, $"the claim {name} waits for a volume {asked}{why}"));
        }
    }

    private static PodTrouble? Growing(string name, JsonObject status)
    {
        foreach (var condition in PodTrouble.Items(status["conditions"]).Where(static c => PodTrouble.Text(c, "status") == "True"))
        {
            if (PodTrouble.Text(condition, "type") is "ControllerResizeError" or "NodeResizeError") return new PodTrouble("ClaimResizeFailed", $"the claim {name} cannot grow: {PodTrouble.Text(condition, "message")}");
        }
        return null;
    }

    private static string Bound(JsonObject claim) =>
        $"the claim {SpecView.Name(claim["metadata"])} has its volume" + (claim["status"]?["capacity"]?["storage"] is JsonValue size ? $" of {SpecView.Scalar(size)}" : "");
}
