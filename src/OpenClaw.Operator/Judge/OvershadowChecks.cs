using OpenClaw.Operator.Api;
using OpenClaw.Operator.Build;

namespace OpenClaw.Operator.Judge;

/// <summary>Fields that are built and stand in the shadow of another one: what is written there changes nothing.</summary>
internal static class OvershadowChecks
{
    public static IEnumerable<Finding> Of(InstancePlan plan) => Images(plan.Spec).Concat(Claims(plan)).Concat(Accounts(plan.Spec)).Concat(Metrics(plan)).Concat(Marks(plan)).Concat(Others(plan));

    private static IEnumerable<Finding> Images(SpecView spec)
    {
        foreach (var path in (string[])["image", "ollama.image", "tailscale.image", "webTerminal.image", "chromium.image"])
        {
            if (spec.Has(path + ".tag") && spec.Text(path + ".digest") is { Length: > 0 }) yield return Finding.Tell("TagNotRead", $"spec.{path}.tag", "a digest is given, and stands over the tag");
        }
    }

    private static IEnumerable<Finding> Claims(InstancePlan plan)
    {
        const string Field = "storage.persistence";
        var spec = plan.Spec;
        if (!spec.Flag(Field + ".enabled"))
        {
            if (spec.Has(Field + ".existingClaim")) yield return Finding.Warn("WithoutEffect", $"spec.{Field}.existingClaim", "persistence is off, so the claim is not mounted and the data dies with the pod", "write enabled: true, or remove existingClaim");
            else yield return Finding.Tell("DataDiesWithPod", $"spec.{Field}.enabled", "sessions, budgets and the ledger die with the pod");
        }
        else if (spec.Has(Field + ".existingClaim"))
        {
            var unread = ((string[])["size", "storageClass", "accessModes", "orphan"]).Where(n => IsWritten(spec, $"{Field}.{n}")).ToList();
            if (unread.Count > 0) yield return Finding.Warn("WithoutEffect", $"spec.{Field}", $"the claim {spec.Text(Field + ".existingClaim")} is yours and stays as it is, so {string.Join(", ", unread)} {(unread.Count == 1 ? "is" : "are")} not read", "remove what is not read, or existingClaim");
        }
        else if (spec.Has(Field + ".orphan") && !spec.Flag(Field + ".orphan"))
        {
            yield return plan.IsScaled
                ? Finding.Warn("WithoutEffect", $"spec.{Field}.orphan", "claims of a scaled instance always outlive it", "remove it, or autoScaling")
                : Finding.Tell("DataGoesAlong", $"spec.{Field}.orphan", "whoever deletes the instance deletes its data");
        }
        if (spec.Has("ollama.storage.existingClaim") && IsWritten(spec, "ollama.storage.sizeLimit")) yield return Finding.Warn("WithoutEffect", "spec.ollama.storage.sizeLimit", "the claim is yours and has its own size", "remove it, or existingClaim");
        if (spec.Has("chromium.persistence.existingClaim") && (IsWritten(spec, "chromium.persistence.size") || spec.Has("chromium.persistence.storageClass"))) yield return Finding.Warn("WithoutEffect", "spec.chromium.persistence", "the claim is yours and stays as it is, so size and storageClass are not read", "remove them, or existingClaim");
    }

    private static IEnumerable<Finding> Accounts(SpecView spec)
    {
        if (spec.Flag("security.rbac.createServiceAccount")) yield break;
        if (spec.List("security.rbac.additionalRules").Count > 0) yield return Finding.Warn("WithoutEffect", "spec.security.rbac.additionalRules", "ServiceAccount, Role and RoleBinding are yours (createServiceAccount: false), so no Role is made of these rules; the token is mounted", "write createServiceAccount: true, or a Role of your own");
        if (spec.Map("security.rbac.serviceAccountAnnotations") is { Count: > 0 }) yield return Finding.Warn("WithoutEffect", "spec.security.rbac.serviceAccountAnnotations", "the ServiceAccount is yours (createServiceAccount: false)", "put them on it yourself, or write createServiceAccount: true");
        if (!spec.Has("security.rbac.serviceAccountName")) yield return Finding.Tell("AccountIsYours", "spec.security.rbac", "no ServiceAccount is made: one named like the instance must be there, or no pod starts");
    }

    private static IEnumerable<Finding> Metrics(InstancePlan plan)
    {
        var spec = plan.Spec;
        if (IsWritten(spec, "observability.metrics.port") && (plan.IsOriginal || !plan.HasMetrics)) yield return Finding.Warn("WithoutEffect", "spec.observability.metrics.port", plan.IsOriginal ? "upstream's program has no such port" : "metrics are off", "remove it");
        if (!plan.HasMetrics || !spec.Flag("observability.metrics.serviceMonitor.enabled")) yield break;
        if (BuildServices.MetricsPort(plan) is null) yield return Finding.Warn("MetricsNotInService", "spec.networking.service.ports", $"no port of the Service leads to the gateway, so Prometheus finds no metrics", $"write {{name: metrics, port: 9090, targetPort: {plan.Config.Port}}} among them");
    }

    /// <summary>Labels and annotations that are the operator's own on a pod.</summary>
    private static IEnumerable<Finding> Marks(InstancePlan plan)
    {
        var labels = Draw.Labels(plan).Select(static l => l.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var (key, _) in plan.Spec.TextMap("podLabels").Where(l => labels.Contains(l.Key))) yield return Finding.Warn("WithoutEffect", $"spec.podLabels.{key}", "the operator finds its pods by this label, and its own stands over yours", "write another label");
        foreach (var (key, _) in plan.Spec.TextMap("podAnnotations").Where(static a => a.Key is PodHashes.ConfigKey or PodHashes.SecretKey)) yield return Finding.Warn("WithoutEffect", $"spec.podAnnotations.{key}", "the operator starts pods anew by this annotation, and its own stands over yours", "write another annotation");
    }

    private static IEnumerable<Finding> Others(InstancePlan plan)
    {
        var spec = plan.Spec;
        if (plan.Config.HasOwnToken && spec.Has("gateway.existingSecret")) yield return Finding.Warn("WithoutEffect", "spec.gateway.existingSecret", "OPENCLAW_GATEWAY_TOKEN in the environment, or gateway.auth in the file, stands over it", "keep one of them");
        const string Auth = "networking.ingress.security.basicAuth";
        if (spec.Has(Auth + ".existingSecret") && IsWritten(spec, Auth + ".username")) yield return Finding.Warn("WithoutEffect", $"spec.{Auth}.username", "the Secret is yours and names its own users", "remove it, or existingSecret");
        if (plan.IsScaled && spec.Has("availability.autoScaling.targetMemoryUtilization") && BuildAvailability.Served(plan, "HorizontalPodAutoscaler", "autoscaling/v2", "autoscaling/v2beta2") is null) yield return Finding.Warn("WithoutEffect", "spec.availability.autoScaling.targetMemoryUtilization", "this cluster's autoscaler looks at cpu only", "remove it");
        if (plan.IsScaled && BuildAvailability.Served(plan, "HorizontalPodAutoscaler", "autoscaling/v2", "autoscaling/v2beta2", "autoscaling/v1") is null) yield return Finding.Warn("KindNotServed", "spec.availability.autoScaling", "the cluster serves no HorizontalPodAutoscaler, so it is left out", "write autoScaling.enabled: false");
    }

    /// <summary>True when it is written and says something else than would hold anyway.</summary>
    private static bool IsWritten(SpecView spec, string path) => spec.Has(path) && spec.Differs(path);
}
