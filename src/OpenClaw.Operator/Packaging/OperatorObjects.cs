using System.Text.Json.Nodes;
using OpenClaw.Operator.Build;

namespace OpenClaw.Operator.Packaging;

/// <summary>The objects that install the operator.</summary>
internal static class OperatorObjects
{
    private const string Rbac = "rbac.authorization.k8s.io";

    public static JsonObject Namespace() => new()
    {
        ["apiVersion"] = "v1", ["kind"] = "Namespace",
        ["metadata"] = new JsonObject
        {
            ["name"] = PackageNames.Namespace,
            ["labels"] = new JsonObject { ["app.kubernetes.io/name"] = PackageNames.Operator, ["pod-security.kubernetes.io/enforce"] = "restricted" },
        },
    };

    public static IEnumerable<JsonObject> Access()
    {
        yield return Object("v1", "ServiceAccount", PackageNames.Operator, isNamespaced: true);
        var manager = Object(Rbac + "/v1", "ClusterRole", PackageNames.Operator);
        manager["rules"] = List([.. OperatorRights.ClusterWide(), .. OperatorRights.Namespaced()]);
        yield return manager;
        yield return Binding("ClusterRoleBinding", "ClusterRole", PackageNames.Operator);
        var leader = Object(Rbac + "/v1", "Role", PackageNames.Operator + "-leader", isNamespaced: true);
        leader["rules"] = List(OperatorRights.Leadership());
        yield return leader;
        yield return Binding("RoleBinding", "Role", PackageNames.Operator + "-leader", isNamespaced: true);
        foreach (var (name, aggregate, rule) in OperatorRights.ForPeople())
        {
            var role = Object(Rbac + "/v1", "ClusterRole", name);
            var labels = (JsonObject)role["metadata"]!["labels"]!;
            labels[$"{Rbac}/aggregate-to-{aggregate}"] = "true";
            if (aggregate == "edit") labels[Rbac + "/aggregate-to-admin"] = "true";
            role["rules"] = List([rule]);
            yield return role;
        }
    }

    /// <param name="version">The image's tag.</param>
    public static JsonObject Deployment(string version)
    {
        var deployment = Object("apps/v1", "Deployment", PackageNames.Operator, isNamespaced: true);
        deployment["spec"] = new JsonObject
        {
            ["replicas"] = 1,
            ["selector"] = new JsonObject { ["matchLabels"] = Selector() },
            ["template"] = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = Labels() }, ["spec"] = Pod(version) },
        };
        return deployment;
    }

    private static JsonObject Pod(string version) => new()
    {
        ["serviceAccountName"] = PackageNames.Operator,
        ["enableServiceLinks"] = false,
        ["terminationGracePeriodSeconds"] = 15,
        ["securityContext"] = new JsonObject
        {
            ["runAsNonRoot"] = true, ["runAsUser"] = 65532, ["runAsGroup"] = 65532, ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
        },
        ["containers"] = new JsonArray(new JsonObject
        {
            ["name"] = "operator",
            ["image"] = $"{Images.OwnRepository}:{version}",
            ["args"] = new JsonArray("operator", "run"),
            ["env"] = new JsonArray(new JsonObject { ["name"] = "POD_NAMESPACE", ["valueFrom"] = new JsonObject { ["fieldRef"] = new JsonObject { ["fieldPath"] = "metadata.namespace" } } }),
            ["ports"] = new JsonArray(
                new JsonObject { ["name"] = "health", ["containerPort"] = PackageNames.HealthPort, ["protocol"] = "TCP" },
                new JsonObject { ["name"] = "metrics", ["containerPort"] = PackageNames.MetricsPort, ["protocol"] = "TCP" }),
            ["livenessProbe"] = Probe("/healthz", 20),
            ["readinessProbe"] = Probe("/readyz", 10),
            ["resources"] = new JsonObject
            {
                ["requests"] = new JsonObject { ["cpu"] = "100m", ["memory"] = "128Mi" },
                ["limits"] = new JsonObject { ["cpu"] = "500m", ["memory"] = "256Mi" },
            },
            ["securityContext"] = Draw.Restricted(),
            ["volumeMounts"] = new JsonArray(Draw.Mount("tmp", "/tmp")),
        }),
        ["volumes"] = new JsonArray(new JsonObject { ["name"] = "tmp", ["emptyDir"] = new JsonObject() }),
    };

    private static JsonObject Probe(string path, int period) =>
        new() { ["httpGet"] = new JsonObject { ["path"] = path, ["port"] = "health" }, ["periodSeconds"] = period };

    public static JsonObject Selector() => new() { ["app.kubernetes.io/name"] = PackageNames.Operator };

    private static JsonObject Labels()
    {
        var labels = Selector();
        labels["app.kubernetes.io/part-of"] = "openclaw";
        return labels;
    }

    public static JsonObject Object(string api, string kind, string name, bool isNamespaced = false)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (isNamespaced) metadata["namespace"] = PackageNames.Namespace;
        metadata["labels"] = Labels();
        return new JsonObject { ["apiVersion"] = api, ["kind"] = kind, ["metadata"] = metadata };
    }

    private static JsonObject Binding(string kind, string roleKind, string name, bool isNamespaced = false)
    {
        var binding = Object(Rbac + "/v1", kind, name, isNamespaced);
        binding["roleRef"] = new JsonObject { ["apiGroup"] = Rbac, ["kind"] = roleKind, ["name"] = name };
        binding["subjects"] = new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["name"] = PackageNames.Operator, ["namespace"] = PackageNames.Namespace });
        return binding;
    }

    private static JsonArray List(IEnumerable<JsonObject> items) => new([.. items.Select(static i => (JsonNode)i)]);
}
