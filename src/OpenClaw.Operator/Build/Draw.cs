using System.Text.Json.Nodes;

namespace OpenClaw.Operator.Build;

/// <summary>What every object of an instance has in common.</summary>
internal static class Draw
{
    public const string ManagedBy = "openclaw-operator";

    /// <summary>An object of the instance's own namespace: name, labels, and an owner so that it goes with the instance.</summary>
    public static JsonObject Object(InstancePlan plan, string apiVersion, string kind, string name, IEnumerable<KeyValuePair<string, string>>? annotations = null, bool isOwned = true)
    {
        var metadata = new JsonObject { ["name"] = name, ["namespace"] = plan.Namespace, ["labels"] = Labels(plan) };
        if (annotations is not null && Map(annotations) is { Count: > 0 } map) metadata["annotations"] = map;
        if (isOwned && plan.Uid is { } uid)
        {
            metadata["ownerReferences"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = Api.ApiKinds.ApiVersion, ["kind"] = "OpenClawInstance", ["name"] = plan.Name, ["uid"] = uid,
                ["controller"] = true, ["blockOwnerDeletion"] = true,
            });
        }
        return new JsonObject { ["apiVersion"] = apiVersion, ["kind"] = kind, ["metadata"] = metadata };
    }

    public static JsonObject Labels(InstancePlan plan)
    {
        var labels = Selector(plan);
        labels["app.kubernetes.io/managed-by"] = ManagedBy;
        return labels;
    }

    /// <summary>What tells this instance's pods from others; it can never change.</summary>
    public static JsonObject Selector(InstancePlan plan) => new() { ["app.kubernetes.io/name"] = "openclaw", ["app.kubernetes.io/instance"] = plan.Name };

    public static JsonObject MatchLabels(InstancePlan plan) => new() { ["matchLabels"] = Selector(plan) };

    public static JsonObject Map(IEnumerable<KeyValuePair<string, string>> entries) =>
        new(entries.GroupBy(static e => e.Key, StringComparer.Ordinal).Select(static g => KeyValuePair.Create(g.Key, (JsonNode?)g.Last().Value)));

    public static JsonArray List(IEnumerable<JsonNode> items) => new([.. items.Select(static i => (JsonNode?)(i.Parent is null ? i : i.DeepClone()))]);

    public static JsonObject Variable(string name, string value) => new() { ["name"] = name, ["value"] = value };

    public static JsonObject SecretVariable(string name, string secret, string key) =>
        new() { ["name"] = name, ["valueFrom"] = new JsonObject { ["secretKeyRef"] = new JsonObject { ["name"] = secret, ["key"] = key } } };

    public static JsonObject Mount(string name, string path, bool isReadOnly = false, string? subPath = null)
    {
        var mount = new JsonObject { ["name"] = name, ["mountPath"] = path };
        if (subPath is not null) mount["subPath"] = subPath;
        if (isReadOnly) mount["readOnly"] = true;
        return mount;
    }

    /// <summary>The security context that the restricted Pod Security Standard wants of a container.</summary>
    public static JsonObject Restricted() => new()
    {
        ["allowPrivilegeEscalation"] = false,
        ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
        ["readOnlyRootFilesystem"] = true,
        ["runAsNonRoot"] = true,
        ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
    };
}
