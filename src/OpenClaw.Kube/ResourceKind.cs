namespace OpenClaw.Kube;

/// <summary>A kind as the API serves it. Immutable.</summary>
/// <param name="Group">Empty for the core group.</param>
/// <param name="Plural">The path's word, for example <c>statefulsets</c>.</param>
public sealed record ResourceKind(string Group, string Version, string Kind, string Plural, bool IsNamespaced = true)
{
    /// <summary><c>v1</c> or <c>apps/v1</c>.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The path of all objects, of one namespace or (null) of all.</summary>
    public string Path(string? ns = null)
    {
        var root = Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}";
        return ns is null || !IsNamespaced ? $"{root}/{Plural}" : $"{root}/namespaces/{Uri.EscapeDataString(ns)}/{Plural}";
    }

    /// <summary>The path of one object.</summary>
    public string PathOf(ObjectKey key, string? subresource = null)
    {
        if (key.Name.Length == 0) throw new ArgumentException($"a {Kind} needs a name", nameof(key));
        if (IsNamespaced && key.Namespace.Length == 0) throw new ArgumentException($"a {Kind} needs a namespace", nameof(key));
        var path = $"{Path(key.Namespace)}/{Uri.EscapeDataString(key.Name)}";
        return subresource is null ? path : $"{path}/{subresource}";
    }

    public override string ToString() => Group.Length == 0 ? $"{Kind} {Version}" : $"{Kind}.{Group} {Version}";
}

/// <summary>Namespace and name; the namespace of a cluster-wide object is empty.</summary>
public readonly record struct ObjectKey(string Namespace, string Name)
{
    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}

/// <summary>The kinds that controllers of this house read or write.</summary>
public static class Kinds
{
    public static ResourceKind Namespace { get; } = new("", "v1", "Namespace", "namespaces", false);

    public static ResourceKind Node { get; } = new("", "v1", "Node", "nodes", false);

    public static ResourceKind Pod { get; } = new("", "v1", "Pod", "pods");

    public static ResourceKind Service { get; } = new("", "v1", "Service", "services");

    public static ResourceKind Secret { get; } = new("", "v1", "Secret", "secrets");

    public static ResourceKind ConfigMap { get; } = new("", "v1", "ConfigMap", "configmaps");

    public static ResourceKind PersistentVolumeClaim { get; } = new("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims");

    public static ResourceKind ServiceAccount { get; } = new("", "v1", "ServiceAccount", "serviceaccounts");

    public static ResourceKind Event { get; } = new("", "v1", "Event", "events");

    public static ResourceKind StatefulSet { get; } = new("apps", "v1", "StatefulSet", "statefulsets");

    public static ResourceKind Deployment { get; } = new("apps", "v1", "Deployment", "deployments");

    public static ResourceKind Job { get; } = new("batch", "v1", "Job", "jobs");

    public static ResourceKind CronJob { get; } = new("batch", "v1", "CronJob", "cronjobs");

    public static ResourceKind NetworkPolicy { get; } = new("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies");

    public static ResourceKind Ingress { get; } = new("networking.k8s.io", "v1", "Ingress", "ingresses");

    public static ResourceKind PodDisruptionBudget { get; } = new("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets");

    public static ResourceKind HorizontalPodAutoscaler { get; } = new("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers");

    public static ResourceKind Role { get; } = new("rbac.authorization.k8s.io", "v1", "Role", "roles");

    public static ResourceKind RoleBinding { get; } = new("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings");

    public static ResourceKind ClusterRole { get; } = new("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false);

    public static ResourceKind ClusterRoleBinding { get; } = new("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", false);

    public static ResourceKind Lease { get; } = new("coordination.k8s.io", "v1", "Lease", "leases");

    public static ResourceKind CustomResourceDefinition { get; } =
        new("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false);

    public static ResourceKind SubjectAccessReview { get; } = new("authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", false);

    public static ResourceKind SelfSubjectAccessReview { get; } =
        new("authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", false);

    public static ResourceKind TokenReview { get; } = new("authentication.k8s.io", "v1", "TokenReview", "tokenreviews", false);

    public static ResourceKind HttpRoute { get; } = new("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes");

    public static ResourceKind ServiceMonitor { get; } = new("monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors");

    public static ResourceKind PrometheusRule { get; } = new("monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules");
}
