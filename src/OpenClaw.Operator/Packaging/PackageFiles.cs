using System.Collections.Immutable;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;
using OpenClaw.Kube.Yaml;

namespace OpenClaw.Operator.Packaging;

/// <summary>One file of <c>deploy/</c>: its path below that folder, with forward slashes, and its text.</summary>
internal sealed record PackageFile(string Path, string Text);

/// <summary>Everything that installs the operator, from one source. <c>openclaw operator manifests --out deploy</c> writes it.</summary>
internal static class PackageFiles
{
    public const string Head = "# Written by: openclaw operator manifests --out deploy\n";

    /// <param name="version">The version whose image is named.</param>
    /// <param name="namespaces">Those that are watched; none: all. The chart has a value for it.</param>
    public static ImmutableArray<PackageFile> All(string version, IReadOnlyCollection<string> namespaces) =>
    [
        .. ApiKinds.Definitions().Select(static d => Yaml($"crds/{Plural(d)}.yaml", d)),
        Yaml("crds/kustomization.yaml", Kustomization([.. ApiKinds.Definitions().Select(static d => Plural(d) + ".yaml")])),
        Yaml("operator/namespace.yaml", OperatorObjects.Namespace()),
        Yaml("operator/rbac.yaml", [.. OperatorObjects.Access(namespaces)]),
        Yaml("operator/deployment.yaml", OperatorObjects.Deployment(version, namespaces)),
        Yaml("operator/service.yaml", OperatorObjects.MetricsService()),
        Yaml("operator/kustomization.yaml", Kustomization("namespace.yaml", "rbac.yaml", "deployment.yaml", "service.yaml")),
        Yaml("admission/policy.yaml", [.. AdmissionPolicy.All()]),
        Yaml("admission/kustomization.yaml", Kustomization("policy.yaml")),
        Yaml("kustomization.yaml", Kustomization("crds", "operator")),
        .. HelmChart.Files(version),
    ];

    /// <summary>Definitions, namespace, rights and Deployment, for <c>kubectl apply -f -</c>.</summary>
    public static string Manifests(string version, IReadOnlyCollection<string> namespaces) => YamlWriter.Write(
    [
        .. ApiKinds.Definitions(), OperatorObjects.Namespace(), .. OperatorObjects.Access(namespaces),
        OperatorObjects.Deployment(version, namespaces), OperatorObjects.MetricsService(),
    ]);

    public static string Definitions() => YamlWriter.Write(ApiKinds.Definitions());

    private static PackageFile Yaml(string path, params JsonObject[] documents) => new(path, Head + YamlWriter.Write(documents));

    private static JsonObject Kustomization(params string[] resources) => new()
    {
        ["apiVersion"] = "kustomize.config.k8s.io/v1beta1",
        ["kind"] = "Kustomization",
        ["resources"] = new JsonArray([.. resources.Select(static r => (JsonNode)r)]),
    };

    private static string Plural(JsonObject definition) => (string)definition["spec"]!["names"]!["plural"]!;
}
