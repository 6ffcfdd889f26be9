using System.Text.Json.Nodes;
using OpenClaw.Operator.Build;
using OpenClaw.Operator.Running;

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

    /// <param name="namespaces">Those that are watched; none: all. With names, what a namespace can give is given there and nowhere else.</param>
    public static IEnumerable<JsonObject> Access(IReadOnlyCollection<string> namespaces)
    {
        yield return Object("v1", "ServiceAccount", PackageNames.Operator, isNamespaced: true);
        var manager = Object(Rbac + "/v1", "ClusterRole", PackageNames.Operator);
        manager["rules"] = List(namespaces.Count == 0 ? [.. OperatorRights.ClusterWide(), .. OperatorRights.Namespaced()] : OperatorRights.ClusterWide());
        yield return manager;
        yield return Binding("ClusterRoleBinding", "ClusterRole", PackageNames.Operator);
        foreach (var granted in namespaces.SelectMany(AccessIn)) yield return granted;
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

    /// <summary>The rights in one watched namespace.</summary>
    public static IEnumerable<JsonObject> AccessIn(string name)
    {
        var role = Object(Rbac + "/v1", "Role", PackageNames.Operator);
        role["rules"] = List(OperatorRights.Namespaced());
        var binding = Binding("RoleBinding", "Role", PackageNames.Operator);
        foreach (var granted in (JsonObject[])[role, binding])
        {
            ((JsonObject)granted["metadata"]!).Insert(1, "namespace", name);
            yield return granted;
        }
    }

    /// <summary>Where a scraper finds the metrics.</summary>
    public static JsonObject MetricsService()
    {
        var service = Object("v1", "Service", PackageNames.Operator + "-metrics", isNamespaced: true);
        service["spec"] = new JsonObject
        {
            ["selector"] = Selector(),
            ["ports"] = new JsonArray(new JsonObject { ["name"] = "metrics", ["port"] = PackageNames.HttpPort, ["targetPort"] = "http", ["protocol"] = "TCP" }),
        };
        return service;
    }

    /// <summary>For a chart with several replicas: of one there is nothing to spare.</summary>
    public static JsonObject DisruptionBudget()
    {
        var budget = Object("policy/v1", "PodDisruptionBudget", PackageNames.Operator, isNamespaced: true);
        budget["spec"] = new JsonObject { ["maxUnavailable"] = 1, ["selector"] = new JsonObject { ["matchLabels"] = Selector() } };
        return budget;
    }

    public static JsonObject ServiceMonitor()
    {
        var monitor = Object("monitoring.coreos.com/v1", "ServiceMonitor", PackageNames.Operator, isNamespaced: true);
        monitor["spec"] = new JsonObject
        {
            ["selector"] = new JsonObject { ["matchLabels"] = Selector() },
            ["endpoints"] = new JsonArray(new JsonObject { ["port"] = "metrics", ["path"] = "/metrics" }),
        };
        return monitor;
    }

    /// <param name="version">The image's tag.</param>
    /// <param name="namespaces">Those that are watched; none: all.</param>
    public static JsonObject Deployment(string version, IReadOnlyCollection<string> namespaces)
    {
        var deployment = Object("apps/v1", "Deployment", PackageNames.Operator, isNamespaced: true);
        deployment["spec"] = new JsonObject
        {
            ["replicas"] = 1,
            ["selector"] = new JsonObject { ["matchLabels"] = Selector() },
            ["template"] = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = Labels() }, ["spec"] = Pod(version, namespaces) },
        };
        return deployment;
    }

    private static JsonObject Pod(string version, IReadOnlyCollection<string> namespaces) => new()
    {
        ["serviceAccountName"] = PackageNames.Operator,
        ["enableServiceLinks"] = false,
        ["terminationGracePeriodSeconds"] = PackageNames.GraceSeconds,
        ["securityContext"] = new JsonObject
        {
            ["runAsNonRoot"] = true, ["runAsUser"] = 65532, ["runAsGroup"] = 65532, ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
        },
        ["containers"] = new JsonArray(new JsonObject
        {
            ["name"] = "operator",
            ["image"] = $"{Images.OwnRepository}:{version}",
            ["args"] = namespaces.Count == 0 ? new JsonArray("operator", "run") : new JsonArray("operator", "run", OperatorSettings.WatchNamespaces, string.Join(',', namespaces)),
            ["env"] = new JsonArray(new JsonObject { ["name"] = "POD_NAMESPACE", ["valueFrom"] = new JsonObject { ["fieldRef"] = new JsonObject { ["fieldPath"] = "metadata.namespace" } } }),
            ["ports"] = new JsonArray(new JsonObject { ["name"] = "http", ["containerPort"] = PackageNames.HttpPort, ["protocol"] = "TCP" }),
            ["livenessProbe"] = Probe("/healthz", 20),
            ["readinessProbe"] = Probe("/readyz", 10),
            ["resources"] = new JsonObject
            {
                ["requests"] = new JsonObject { ["cpu"] = "100m", ["memory"] = "128Mi" },
                ["limits"] = new JsonObject { ["cpu"] = "500m", ["memory"] = "512Mi" },
            },
            ["securityContext"] = Draw.Restricted(),
            ["volumeMounts"] = new JsonArray(Draw.Mount("tmp", "/tmp")),
        }),
        ["volumes"] = new JsonArray(new JsonObject { ["name"] = "tmp", ["emptyDir"] = new JsonObject() }),
    };

    private static JsonObject Probe(string path, int period) =>
        new() { ["httpGet"] = new JsonObject { ["path"] = path, ["port"] = "http" }, ["periodSeconds"] = period };

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
