using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Build;
using OpenClaw.Operator.Judge;

namespace OpenClaw.Operator.Status;

/// <summary>What was seen of an instance's objects.</summary>
internal sealed record ObservedFacts
{
    /// <summary>The StatefulSet's <c>status</c>; null when there is none yet.</summary>
    public JsonObject? StatefulSet { get; init; }

    public ImmutableArray<JsonObject> Pods { get; init; } = [];

    /// <summary>The instance's PersistentVolumeClaims; empty when they were not looked at.</summary>
    public ImmutableArray<JsonObject> Claims { get; init; } = [];

    /// <summary>Warnings about its pods, its StatefulSet and its claims; empty when they were not looked at.</summary>
    public ImmutableArray<JsonObject> Events { get; init; } = [];

    /// <summary>Why the last pass did not end, in a sentence; null when it did.</summary>
    public string? Failure { get; init; }

    /// <summary>What must end before the next pass can go on, in a sentence; null when nothing must.</summary>
    public string? Waiting { get; init; }
}

/// <summary>
/// What is told of an instance, from findings and what was seen. Nothing is stored beside it: the phase is derived from the
/// conditions, and a condition keeps its time while it says the same.
/// </summary>
internal static class InstanceStatus
{
    public static JsonObject Of(InstanceFacts facts, InstanceDrawing drawing, ObservedFacts observed, DateTimeOffset now)
    {
        var spec = new SpecView(facts.Instance["spec"] as JsonObject ?? []);
        var generation = SpecView.Integer(facts.Instance["metadata"]?["generation"]) ?? 0;
        var conditions = Conditions(facts, spec, drawing, observed).ToList();
        var known = (facts.Instance["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>().ToDictionary(static c => (string?)c["type"] ?? "", StringComparer.Ordinal);
        var name = SpecView.Name(facts.Instance["metadata"]) ?? "";
        var space = (string?)facts.Instance["metadata"]?["namespace"] ?? "default";
        var status = new JsonObject
        {
            ["phase"] = Phase(conditions),
            ["observedGeneration"] = generation,
            ["conditions"] = new JsonArray([.. conditions.Select(c => (JsonNode)c.Write(generation, known.GetValueOrDefault(c.Type), now))]),
        };
        status["lastReconcileTime"] = Since(facts.Instance["status"] as JsonObject, generation, now);
        StatusNames.Put(status, drawing, name, space, facts.Instance["status"] as JsonObject);
        if (drawing.Plan is { } plan && ProviderFinding.Of(plan) is { IsEmpty: false } providers) status["providers"] = new JsonArray([.. providers.Select(static p => (JsonNode)p.Write())]);
        Put(status, "egress", drawing.Findings.Where(static f => f.Reason == "EgressRule").Select(static f => f.Sentence["out: ".Length..]));
        Put(status, "notBuilt", drawing.Findings.Where(static f => f.Reason == "NotBuilt").Select(static f => f.Path));
        return status;
    }

    private static IEnumerable<InstanceCondition> Conditions(InstanceFacts facts, SpecView spec, InstanceDrawing drawing, ObservedFacts observed)
    {
        var refused = drawing.Findings.FirstOrDefault(static f => f.Severity == FindingSeverity.Refused);
        yield return From("ConfigValid", drawing, "Valid", "openclaw.json is complete and valid", IsOfConfig);
        yield return From("SecretsReady", drawing, "AllFound", "every Secret and ConfigMap that is named is there", IsOfSecrets);
        yield return From("ProvidersReady", drawing, "Reachable", "every provider has its key and a way to it", IsOfProviders);
        yield return Applied(drawing, observed);
        yield return From("UpToDate", drawing, "UpToDate", "the pods are as they are drawn now", static f => f.Reason == "RolloutWaits");
        yield return From("FieldsBuilt", drawing, "AllBuilt", Built(drawing), IsOfFields);
        yield return From("AsMeant", drawing, "NothingDoubtful", "nothing that is written looks unintended", static f => !IsOfAnother(f));
        var set = refused is not null ? null : StatefulSet(SpecView.Name(facts.Instance["metadata"]) ?? "", spec, drawing, observed);
        if (set is not null) yield return set;
        var claim = From("StorageReady", drawing, "", "", IsOfClaims);
        if (!claim.IsTrue && !claim.IsUnknown) yield return claim;
        else if (ClaimCondition.Of(observed) is { } claims) yield return claims;
        yield return Ready(spec, refused, set, observed);
    }

    private static bool IsOfFields(Finding finding) => finding.Reason is "NotBuilt" or "KindNotServed" or "WithoutEffect" or "SwitchedOff" or "NotInOriginal";

    private static bool IsOfConfig(Finding finding) => finding.Reason.StartsWith("Config", StringComparison.Ordinal);

    private static bool IsOfSecrets(Finding finding) => finding.Reason is "SourceMissing" or "KeyMissing" or "TokenSecretMissing" or "TokenKeyMissing";

    private static bool IsOfProviders(Finding finding) => finding.Reason is "ProviderUnreachable" or "ProviderKeyMissing" or "NothingListens" or "ServicePortMissing" or "NoDefaultModel";

    private static bool IsOfObjects(Finding finding) => finding.Reason is "ObjectNotOurs" or "ObjectContested";

    private static bool IsOfClaims(Finding finding) => finding.Reason.StartsWith("Claim", StringComparison.Ordinal);

    /// <summary>True for what another condition says; what is refused, Ready says.</summary>
    private static bool IsOfAnother(Finding finding) =>
        finding.Severity == FindingSeverity.Refused || finding.Reason == "RolloutWaits" || IsOfFields(finding) || IsOfConfig(finding) || IsOfSecrets(finding) || IsOfProviders(finding) || IsOfObjects(finding) || IsOfClaims(finding);

    /// <summary>What is accepted and needs nothing to be done is named where all is well.</summary>
    private static string Built(InstanceDrawing drawing)
    {
        var needless = drawing.Findings.Where(static f => f.Reason == "Needless").Select(static f => f.Path).ToList();
        return "everything that is written is built" + (needless.Count == 0 ? "" : "; without effect: " + string.Join(", ", needless));
    }

    /// <summary>False with the first of the findings that match, and how many there are.</summary>
    private static InstanceCondition From(string type, InstanceDrawing drawing, string reason, string sentence, Func<Finding, bool> matches)
    {
        var found = drawing.Findings.Where(f => f.Severity != FindingSeverity.Told && matches(f)).ToList();
        // Nothing was concluded from an instance whose own shape is refused.
        if (found.Count == 0 && drawing is { IsRefused: true, Plan: null } && type != "FieldsBuilt") return new InstanceCondition(type, false, "NotChecked", "the instance itself is to be corrected first") { IsUnknown = true };
        if (found.Count == 0) return new InstanceCondition(type, true, reason, sentence);
        return new InstanceCondition(type, false, found[0].Reason, string.Join(". ", found.Select(static f => $"{f.Path}: {f.Sentence}{(f.Write.Length == 0 ? "" : "; " + f.Write.TrimEnd('.'))}")));
    }

    private static InstanceCondition Applied(InstanceDrawing drawing, ObservedFacts observed)
    {
        const string Type = "ObjectsApplied";
        if (observed.Failure is { } failure) return new InstanceCondition(Type, false, "ReconcileFailed", failure);
        // A fight is told as one for as long as it lasts, and not as what its rounds wait for.
        return observed.Waiting is { } waiting && drawing.Findings.All(static f => f.Reason != "ObjectContested")
            ? new InstanceCondition(Type, false, "Waiting", waiting)
            : From(Type, drawing, "AllApplied", "every object is as it is drawn", IsOfObjects);
    }

    private static InstanceCondition StatefulSet(string name, SpecView spec, InstanceDrawing drawing, ObservedFacts observed)
    {
        const string Type = "StatefulSetReady";
        if (spec.Flag("suspended")) return new InstanceCondition(Type, true, "StatefulSetSuspended", "no pod runs while the instance is suspended");
        long Count(string of) => SpecView.Integer(observed.StatefulSet?[of]) ?? 0;
        var (wanted, ready, updated) = (Math.Max(1, Count("replicas")), Count("readyReplicas"), Count("updatedReplicas"));
        if (ready >= wanted && updated >= wanted) return new InstanceCondition(Type, true, "StatefulSetReady", string.Create(CultureInfo.InvariantCulture, $"{ready} of {wanted} pods are ready"));
        var trouble = Trouble(name, drawing, observed);
        return trouble is not null
            ? new InstanceCondition(Type, false, trouble.Reason, trouble.Sentence)
            : new InstanceCondition(Type, false, "StatefulSetNotReady", string.Create(CultureInfo.InvariantCulture, $"{ready} of {wanted} pods are ready, {updated} are of the newest template"));
    }

    /// <summary>What holds the pods up, before what they are only busy with.</summary>
    private static PodTrouble? Trouble(string name, InstanceDrawing drawing, ObservedFacts observed)
    {
        if (observed.Pods.IsEmpty && PodTrouble.OfSet(name, observed.Events) is { } unmade) return unmade;
        var troubles = observed.Pods.Select(p => PodTrouble.Of(p, observed.Events)).OfType<PodTrouble>().ToList();
        var first = troubles.Find(static t => !t.IsBusy) ?? troubles.FirstOrDefault();
        // The scheduler says that a claim has no volume, the claim why.
        if (first is { Reason: "Unschedulable" } && observed.Claims.Select(c => ClaimCondition.Trouble(c, observed)).FirstOrDefault(static t => t is not null) is { } claim) return first with { Sentence = $"{first.Sentence}; {claim.Sentence}" };
        if (first is not null || observed.Pods.IsEmpty) return first;
        // A volume of a Secret that is not there holds the pod up without a word in its status.
        return drawing.Findings.FirstOrDefault(static f => f.Reason is "SourceMissing" or "KeyMissing") is { } missing ? new PodTrouble(missing.Reason, $"{missing.Path}: {missing.Sentence}; {missing.Write}") : null;
    }

    /// <summary>Moves only with a new generation: a time of its own would be a write without end.</summary>
    private static string Since(JsonObject? known, long generation, DateTimeOffset now) =>
        SpecView.Integer(known?["observedGeneration"]) == generation && (string?)known?["lastReconcileTime"] is { } time ? time : now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static InstanceCondition Ready(SpecView spec, Finding? refused, InstanceCondition? set, ObservedFacts observed)
    {
        if (refused is not null) return new InstanceCondition("Ready", false, refused.Reason, $"{refused.Path}: {refused.Sentence}{(refused.Write.Length == 0 ? "" : "; " + refused.Write)}");
        // Pods that run go on, whatever the operator cannot do: ObjectsApplied says that.
        if (observed.Failure is { } failure && set is not { IsTrue: true }) return new InstanceCondition("Ready", false, "ReconcileFailed", failure);
        if (observed.Waiting is { } waiting && set is not { IsTrue: true }) return new InstanceCondition("Ready", false, "Waiting", waiting);
        if (spec.Flag("suspended")) return new InstanceCondition("Ready", false, "Suspended", "the instance is suspended");
        return set is { IsTrue: true } ? new InstanceCondition("Ready", true, "ReconcileSucceeded", "the gateway answers") : new InstanceCondition("Ready", false, set!.Reason, set.Sentence);
    }

    /// <summary>One switch over the conditions; there is no other source of a phase.</summary>
    private static string Phase(List<InstanceCondition> conditions)
    {
        var ready = conditions.Single(static c => c.Type == "Ready");
        return ready switch
        {
            { Reason: "Suspended" } => "Suspended",
            { IsTrue: true } => conditions.All(static c => c.IsTrue || c.Type is "FieldsBuilt" or "AsMeant" or "UpToDate" || c.Reason == "Waiting") ? "Running" : "Degraded",
            _ when conditions.All(static c => c.Type != "StatefulSetReady") || ready.Reason == "ReconcileFailed" => "Failed",
            _ => "Provisioning",
        };
    }

    private static void Put(JsonObject status, string name, IEnumerable<string> words)
    {
        var list = new JsonArray([.. words.Select(static w => (JsonNode)w)]);
        if (list.Count > 0) status[name] = list;
    }
}
