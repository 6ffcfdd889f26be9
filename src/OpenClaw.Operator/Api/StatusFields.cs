using System.Collections.Immutable;
using static OpenClaw.Operator.Api.Row;

namespace OpenClaw.Operator.Api;

/// <summary>What the operator tells of an object.</summary>
internal static class StatusFields
{
    private static readonly string[] s_managed =
    [
        "statefulSet", "deployment", "service", "configMap", "pvc", "chromiumPVC", "networkPolicy", "podDisruptionBudget", "serviceAccount", "role", "roleBinding",
        "gatewayTokenSecret", "basicAuthSecret", "tailscaleStateSecret", "horizontalPodAutoscaler", "httpRoute", "ingress", "serviceMonitor", "prometheusRule",
        "grafanaDashboardOperator", "grafanaDashboardInstance", "backupCronJob",
    ];

    public static ImmutableArray<ApiField> Instance { get; } =
    [
        Text("phase", "Derived from the conditions.", null, "Pending", "Provisioning", "Running", "Degraded", "Failed", "Terminating", "BackingUp", "Restoring", "Updating", "Suspended"),
        .. Conditions(),
        Number("observedGeneration", "The generation that this status tells of."),
        Time("lastReconcileTime", "When it was last reconciled."),
        Text("gatewayEndpoint", "Where the gateway is reached in the cluster."),
        Text("canvasEndpoint", "Upstream's; not served here."),
        Texts("endpoints", "Every address it has: in the cluster, and those of Ingress and HTTPRoute."),
        Groups("providers", "Each configured provider.", null, "name"),
        Text("providers[].name", "Its name in the configuration.") with { IsRequired = true },
        Flag("providers[].ready", "It has its key and a way to it."),
        Flag("providers[].inChain", "The default chain may come to it."),
        Text("providers[].address", "Scheme, host and port."),
        Text("providers[].place", "Where it is, seen from the pod.", null, "pod", "cluster", "private", "outside", "none"),
        Text("providers[].key", "Whether it has a key.", null, "present", "missing", "unknown", "needless"),
        Text("providers[].keyFrom", "Variable and source of its key, never the key."),
        Text("providers[].egress", "Whether the network policy lets the gateway out to it.", null, "open", "closed", "needless"),
        Text("providers[].container", "The container of the pod that serves it."),
        Text("providers[].message", "All of it in a sentence."),
        Texts("egress", "Each rule of the network policy, in a sentence."),
        Texts("notBuilt", "Fields that are written and not built yet."),
        Text("image", "The image that runs."),
        Text("backupJobName", "Upstream's."), Text("lastBackupPath", "Upstream's."), Time("lastBackupTime", "Upstream's."), Time("backingUpSince", "Upstream's."),
        Text("restoreJobName", "Upstream's."), Text("restoredFrom", "Upstream's."),
        Group("autoUpdate", "Upstream's."),
        .. new[] { "currentVersion", "latestVersion", "pendingVersion", "previousVersion", "failedVersion" }.Select(static n => Text("autoUpdate." + n, "Upstream's.")),
        Text("autoUpdate.updatePhase", "Upstream's.", null, "", "BackingUp", "ApplyingUpdate", "HealthCheck", "RollingBack"),
        Time("autoUpdate.lastCheckTime", "Upstream's."), Time("autoUpdate.lastUpdateTime", "Upstream's."),
        Text("autoUpdate.lastUpdateError", "Upstream's."), Text("autoUpdate.preUpdateBackupPath", "Upstream's."), Number("autoUpdate.rollbackCount", "Upstream's."),
        Group("managedResources", "Names of what belongs to this instance."),
        .. s_managed.Select(static n => Text("managedResources." + n, "Its name.")),
    ];

    public static ImmutableArray<ApiField> SelfConfig { get; } =
    [
        Text("phase", "How it went.", null, "Pending", "Applied", "Failed", "Denied"),
        Text("message", "Why."),
        Time("completionTime", "When it was done."),
    ];

    public static ImmutableArray<ApiField> ClusterDefaults { get; } = [.. Conditions(), Number("observedGeneration", "The generation that this status tells of.")];

    private static IEnumerable<ApiField> Conditions() =>
    [
        Groups("conditions", "What is so, and why.", null, "type"),
        Text("conditions[].type", "What it tells of.") with { IsRequired = true, MaxLength = 316 },
        Text("conditions[].status", "Whether it is so.", null, "True", "False", "Unknown") with { IsRequired = true },
        Number("conditions[].observedGeneration", "The generation it tells of.", min: 0),
        Time("conditions[].lastTransitionTime", "Since when.") with { IsRequired = true },
        Text("conditions[].reason", "One word.") with { IsRequired = true, MaxLength = 1024 },
        Text("conditions[].message", "A sentence.") with { IsRequired = true, MaxLength = 32768 },
    ];

    private static ApiField Time(string path, string does) => Text(path, does) with { Format = "date-time" };
}
