using System.Collections.Immutable;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Yaml;

namespace OpenClaw.Operator.Packaging;

/// <summary>One file of <c>deploy/</c>: its path below that folder, with forward slashes, and its text.</summary>
internal sealed record PackageFile(string Path, string Text);

/// <summary>Everything that installs the operator, from one source. <c>openclaw operator manifests --out deploy</c> writes it.</summary>
internal static class PackageFiles
{
    private const string Head = "# Written by: openclaw operator manifests --out deploy\n";

    public static ImmutableArray<PackageFile> All { get; } =
    [
        .. ApiKinds.Definitions().Select(static d => Yaml($"crds/{Name(d)}.yaml", d)),
        Yaml("crds/kustomization.yaml", Kustomization([.. ApiKinds.Definitions().Select(static d => Name(d) + ".yaml")])),
    ];

    /// <summary>The objects themselves, for <c>kubectl apply -f -</c>.</summary>
    public static string Manifests() => YamlWriter.Write(ApiKinds.Definitions());

    private static PackageFile Yaml(string path, params JsonObject[] documents) => new(path, Head + YamlWriter.Write(documents));

    private static JsonObject Kustomization(IEnumerable<string> resources) => new()
    {
        ["apiVersion"] = "kustomize.config.k8s.io/v1beta1",
        ["kind"] = "Kustomization",
        ["resources"] = new JsonArray([.. resources.Select(static r => (JsonNode)r)]),
    };

    private static string Name(JsonObject definition) => (string)definition["spec"]!["names"]!["plural"]!;
}
