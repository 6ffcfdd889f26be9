using System.Collections.Immutable;
using OpenClaw.Kube;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Reconcile;

/// <summary>The kinds that the loop reads and writes.</summary>
internal static class WatchedKinds
{
    public static ResourceKind Instance { get; } = new(ApiKinds.Group, ApiKinds.Version, "OpenClawInstance", "openclawinstances");

    public static ResourceKind ClusterDefaults { get; } = new(ApiKinds.Group, ApiKinds.Version, "OpenClawClusterDefaults", "openclawclusterdefaults", false);

    /// <summary>What an instance may become and every cluster serves. Secrets are not among it: they are seen by their metadata alone.</summary>
    public static ImmutableArray<ResourceKind> Children { get; } =
    [
        Kinds.ServiceAccount, Kinds.Role, Kinds.RoleBinding, Kinds.NetworkPolicy, Kinds.ConfigMap, Kinds.PersistentVolumeClaim,
        Kinds.Service, Kinds.StatefulSet, Kinds.Ingress,
    ];

    /// <summary>What a cluster may serve, in the versions that can be drawn.</summary>
    public static ImmutableArray<ResourceKind> Optional { get; } =
    [
        Kinds.PodDisruptionBudget, Kinds.PodDisruptionBudget with { Version = "v1beta1" },
        Kinds.HorizontalPodAutoscaler, Kinds.HorizontalPodAutoscaler with { Version = "v2beta2" }, Kinds.HorizontalPodAutoscaler with { Version = "v1" },
        Kinds.HttpRoute, Kinds.ServiceMonitor, Kinds.PrometheusRule,
    ];

    private static readonly ImmutableDictionary<string, ResourceKind> s_byName =
        Children.Concat(Optional).Append(Kinds.Secret).ToImmutableDictionary(static k => Name(k.ApiVersion, k.Kind), StringComparer.Ordinal);

    public static string Name(string apiVersion, string kind) => $"{apiVersion}/{kind}";

    /// <summary>The kind of something drawn; one that this table lacks is a bug.</summary>
    public static ResourceKind Of(string apiVersion, string kind) =>
        s_byName.TryGetValue(Name(apiVersion, kind), out var found) ? found : throw new InvalidOperationException($"the loop does not know {kind} of {apiVersion}");
}
