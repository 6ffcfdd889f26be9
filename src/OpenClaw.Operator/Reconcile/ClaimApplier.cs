using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Operator.Build;
using OpenClaw.Operator.Judge;

namespace OpenClaw.Operator.Reconcile;

/// <summary>
/// A claim that is there keeps what cannot change of it, and only grows. What was written otherwise is said, and keeps nothing
/// else from being done.
/// </summary>
internal sealed class ClaimApplier(Applier applier, ClusterView view)
{
    private const string Path = "spec.storage.persistence";

    public async Task<Applied> ApplyAsync(InstanceSeen instance, JsonObject drawn, List<Finding> findings, CancellationToken cancel)
    {
        var key = new ObjectKey(instance.Key.Namespace, (string)drawn["metadata"]!["name"]!);
        var seen = view.Child(Kinds.PersistentVolumeClaim, key);
        if (seen?.Claim is { } claim) Keep(claim, key.Name, (JsonObject)drawn["spec"]!, findings);
        var done = await applier.ApplyAsync(instance, drawn, cancel).ConfigureAwait(false);
        if (done is not { Outcome: ApplyOutcome.Failed, Problem: { } problem } || seen is null) return done;
        if (problem.Kind is not (KubeProblemKind.Forbidden or KubeProblemKind.Invalid or KubeProblemKind.Rejected)) return done;
        findings.Add(Finding.Warn("ClaimCannotGrow", Path + ".size", $"the claim {key.Name} stays as it is: {problem.Message}", $"write size: {seen.Claim?.Size}, or make a larger claim, copy the data, and name it in existingClaim"));
        return Applied.InPlace;
    }

    private static void Keep(ClaimSeen claim, string name, JsonObject spec, List<Finding> findings)
    {
        var requests = (JsonObject)spec["resources"]!["requests"]!;
        var size = (string?)requests["storage"] ?? "";
        if (QuantityText.TryParse(size, out var wanted) && QuantityText.TryParse(claim.Size, out var there) && wanted < there)
        {
            findings.Add(Finding.Warn("ClaimCannotShrink", Path + ".size", $"the claim {name} has {claim.Size}, and a claim never gets smaller", $"write size: {claim.Size}, or make another claim and name it in existingClaim"));
            requests["storage"] = claim.Size;
        }
        if ((string?)spec["storageClassName"] is { } wantedClass && wantedClass != claim.StorageClass)
        {
            findings.Add(Finding.Warn("ClaimCannotChange", Path + ".storageClass", $"the claim {name} is of the class {claim.StorageClass ?? "(none)"}, which cannot change", $"write storageClass: {claim.StorageClass}, or make another claim and name it in existingClaim"));
            spec.Remove("storageClassName");
        }
        var modes = ((JsonArray)spec["accessModes"]!).Select(static m => (string?)m ?? "").ToList();
        if (!modes.ToHashSet(StringComparer.Ordinal).SetEquals(claim.AccessModes))
        {
            findings.Add(Finding.Warn("ClaimCannotChange", Path + ".accessModes", $"the claim {name} has the modes {string.Join(", ", claim.AccessModes)}, which cannot change", "write these, or make another claim and name it in existingClaim"));
            spec["accessModes"] = new JsonArray([.. claim.AccessModes.Select(static m => (JsonNode)m)]);
        }
    }
}
