using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Packaging;

/// <summary>
/// What the operator may do, one row a group of kinds. Nothing is a wildcard; a Secret and a claim can be made and
/// changed, never deleted; what is only seen is only seen. Each right is held against what an API server was really asked.
/// </summary>
internal static class OperatorRights
{
    private static readonly string[] s_own = ["get", "list", "watch", "create", "patch", "delete"];
    private static readonly string[] s_watch = ["list", "watch"];
    private static readonly string[] s_read = ["get", "list", "watch"];

    /// <summary>Rights in every namespace that is watched.</summary>
    public static IEnumerable<JsonObject> Namespaced() =>
    [
        // Patched for one thing: upstream's finalizer, which nobody else would take away. No user's field is ever written.
        Rule("openclaw.rocks", ["openclawinstances"], [.. s_watch, "patch"]),
        Rule("openclaw.rocks", ["openclawinstances/status"], ["patch"]),
        // Asked for where OwnerReferencesPermissionEnforcement is on, as in OpenShift, before an object may name its instance as its owner.
        Rule("openclaw.rocks", ["openclawinstances/finalizers"], ["update"]),
        Rule("", ["configmaps", "services", "serviceaccounts"], s_own),
        // Data and keys are nobody's to throw away.
        Rule("", ["persistentvolumeclaims", "secrets"], ["get", "list", "watch", "create", "patch"]),
        Rule("", ["pods"], s_watch),
        Rule("", ["events"], ["create", "patch", "list"]),
        Rule("apps", ["statefulsets"], s_own),
        Rule("networking.k8s.io", ["networkpolicies", "ingresses"], s_own),
        Rule("policy", ["poddisruptionbudgets"], s_own),
        Rule("autoscaling", ["horizontalpodautoscalers"], s_own),
        // It can hand on only what it holds itself: the API server refuses more.
        Rule("rbac.authorization.k8s.io", ["roles", "rolebindings"], s_own),
        Rule("gateway.networking.k8s.io", ["httproutes"], s_own),
        Rule("monitoring.coreos.com", ["servicemonitors", "prometheusrules"], s_own),
    ];

    /// <summary>Rights that no namespace can give.</summary>
    public static IEnumerable<JsonObject> ClusterWide() => [Rule("openclaw.rocks", ["openclawclusterdefaults"], s_watch)];

    /// <summary>In the operator's own namespace: one lease, by name where a name can be said.</summary>
    public static IEnumerable<JsonObject> Leadership() =>
    [
        Rule("coordination.k8s.io", ["leases"], ["create"]),
        Named("coordination.k8s.io", ["leases"], [PackageNames.Lease], ["get", "update"]),
    ];

    /// <summary>For people: who may edit a namespace may edit its instances.</summary>
    public static IEnumerable<(string Name, string Aggregate, JsonObject Rule)> ForPeople() =>
    [
        ("openclaw-edit", "edit", Rule("openclaw.rocks", ["openclawinstances", "openclawselfconfigs"], ["get", "list", "watch", "create", "update", "patch", "delete"])),
        ("openclaw-view", "view", Rule("openclaw.rocks", ["openclawinstances", "openclawselfconfigs"], s_read)),
    ];

    private static JsonObject Rule(string group, string[] resources, string[] verbs) =>
        new() { ["apiGroups"] = new JsonArray(group), ["resources"] = List(resources), ["verbs"] = List(verbs) };

    private static JsonObject Named(string group, string[] resources, string[] names, string[] verbs) =>
        new() { ["apiGroups"] = new JsonArray(group), ["resources"] = List(resources), ["resourceNames"] = List(names), ["verbs"] = List(verbs) };

    private static JsonArray List(IEnumerable<string> words) => new([.. words.Select(static w => (JsonNode)w)]);
}
