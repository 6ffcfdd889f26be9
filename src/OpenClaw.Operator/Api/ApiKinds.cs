using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Api;

/// <summary>One kind of the API and all that its CustomResourceDefinition says.</summary>
internal sealed record ApiKind(string Kind, string Plural, ImmutableArray<string> ShortNames, bool IsNamespaced, string Does, ImmutableArray<ApiField> Spec, ImmutableArray<ApiField> Status)
{
    public ImmutableArray<ApiRule> Rules { get; init; } = [];

    /// <summary>Name, type and JSON path of each column of <c>kubectl get</c>; Age is added.</summary>
    public ImmutableArray<(string Name, string Type, string Path)> Columns { get; init; } = [];

    /// <summary>What an object may be called.</summary>
    public JsonObject? NameSchema { get; init; }
}

/// <summary>The group, its three kinds and their definitions.</summary>
internal static class ApiKinds
{
    public const string Group = "openclaw.rocks";
    public const string Version = "v1alpha1";
    public const string ApiVersion = Group + "/" + Version;

    /// <summary>A StatefulSet's pods carry its name and ten characters in a label of 63; its Service wants a letter first.</summary>
    public const int LongestName = 52;

    public const string NamePattern = "^[a-z]([-a-z0-9]*[a-z0-9])?$";

    public static ImmutableArray<ApiKind> All { get; } =
    [
        new("OpenClawInstance", "openclawinstances", ["oci"], true, "A gateway to model providers: one hardened pod, its configuration, its way to the providers.", InstanceFields.Spec, StatusFields.Instance)
        {
            Rules = InstanceRules.All,
            Columns =
            [
                ("Phase", "string", ".status.phase"),
                ("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status"),
                ("Gateway", "string", ".status.gatewayEndpoint"),
            ],
            NameSchema = new JsonObject { ["type"] = "string", ["maxLength"] = LongestName, ["pattern"] = NamePattern },
        },
        new("OpenClawClusterDefaults", "openclawclusterdefaults", ["occd"], false, "What holds for every instance of the cluster that does not say otherwise. Only the object named cluster counts.", OtherFields.ClusterDefaults, StatusFields.ClusterDefaults)
        {
            Rules = InstanceRules.ClusterDefaults,
            Columns = [("Registry", "string", ".spec.registry")],
            NameSchema = new JsonObject { ["type"] = "string", ["enum"] = new JsonArray("cluster") },
        },
        new("OpenClawSelfConfig", "openclawselfconfigs", ["ocsc"], true, "An agent's request to change its own instance. Accepted, not built yet.", OtherFields.SelfConfig, StatusFields.SelfConfig)
        {
            Columns = [("Instance", "string", ".spec.instanceRef"), ("Phase", "string", ".status.phase")],
        },
    ];

    public static IEnumerable<JsonObject> Definitions() => All.Select(Definition);

    private static JsonObject Definition(ApiKind kind) => new()
    {
        ["apiVersion"] = "apiextensions.k8s.io/v1",
        ["kind"] = "CustomResourceDefinition",
        ["metadata"] = new JsonObject { ["name"] = $"{kind.Plural}.{Group}" },
        ["spec"] = new JsonObject
        {
            ["group"] = Group,
            ["names"] = new JsonObject
            {
                ["kind"] = kind.Kind,
                ["listKind"] = kind.Kind + "List",
                ["plural"] = kind.Plural,
                ["singular"] = kind.Kind.ToLowerInvariant(),
                ["shortNames"] = new JsonArray([.. kind.ShortNames.Select(static n => (JsonNode)n)]),
                ["categories"] = new JsonArray("openclaw"),
            },
            ["scope"] = kind.IsNamespaced ? "Namespaced" : "Cluster",
            ["versions"] = new JsonArray(new JsonObject
            {
                ["name"] = Version,
                ["served"] = true,
                ["storage"] = true,
                ["subresources"] = new JsonObject { ["status"] = new JsonObject() },
                ["additionalPrinterColumns"] = Columns(kind),
                ["schema"] = new JsonObject { ["openAPIV3Schema"] = Schema(kind) },
            }),
        },
    };

    private static JsonArray Columns(ApiKind kind) => new(
    [
        .. kind.Columns.Select(static c => (JsonNode)new JsonObject { ["name"] = c.Name, ["type"] = c.Type, ["jsonPath"] = c.Path }),
        new JsonObject { ["name"] = "Age", ["type"] = "date", ["jsonPath"] = ".metadata.creationTimestamp" },
    ]);

    private static JsonObject Schema(ApiKind kind)
    {
        var metadata = new JsonObject { ["type"] = "object" };
        if (kind.NameSchema is { } name) metadata["properties"] = new JsonObject { ["name"] = name.DeepClone() };
        return new JsonObject
        {
            ["description"] = kind.Does,
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                ["apiVersion"] = new JsonObject { ["type"] = "string" },
                ["kind"] = new JsonObject { ["type"] = "string" },
                ["metadata"] = metadata,
                ["spec"] = SchemaWriter.Write(kind.Spec, kind.Rules, "What is wanted."),
                ["status"] = SchemaWriter.Write(kind.Status, [], "What is so; the operator writes it."),
            },
        };
    }
}
