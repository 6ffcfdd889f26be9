using System.Collections.Immutable;
using System.Text.Json;

namespace OpenClaw.Kube.Resources;

/// <summary>An Ingress, as far as it says where it is reached.</summary>
public sealed record Ingress(ObjectMeta Meta, string ClassName, ImmutableArray<string> Hosts, ImmutableArray<string> Addresses)
{
    public static Ingress Read(JsonElement json) => new(
        ObjectMeta.Read(json), json.Field("spec").Text("ingressClassName"),
        json.Field("spec").Items("rules", static r => r.Text("host")),
        json.Field("status", "loadBalancer").Items("ingress", static i => i.TextOrNull("hostname") ?? i.Text("ip")));
}

public sealed record NetworkPolicy(ObjectMeta Meta, ImmutableArray<string> PolicyTypes)
{
    public static NetworkPolicy Read(JsonElement json) => new(ObjectMeta.Read(json), json.Field("spec").Texts("policyTypes"));
}

/// <summary>One rule of a Role or a ClusterRole.</summary>
public sealed record PolicyRule(ImmutableArray<string> ApiGroups, ImmutableArray<string> Resources, ImmutableArray<string> ResourceNames, ImmutableArray<string> Verbs)
{
    public static PolicyRule Read(JsonElement json) =>
        new(json.Texts("apiGroups"), json.Texts("resources"), json.Texts("resourceNames"), json.Texts("verbs"));
}

/// <summary>A Role or a ClusterRole.</summary>
public sealed record Role(ObjectMeta Meta, ImmutableArray<PolicyRule> Rules)
{
    public static Role Read(JsonElement json) => new(ObjectMeta.Read(json), json.Items("rules", PolicyRule.Read));
}

public sealed record RoleSubject(string Kind, string Namespace, string Name)
{
    public static RoleSubject Read(JsonElement json) => new(json.Text("kind"), json.Text("namespace"), json.Text("name"));
}

/// <summary>A RoleBinding or a ClusterRoleBinding.</summary>
public sealed record RoleBinding(ObjectMeta Meta, string RoleKind, string RoleName, ImmutableArray<RoleSubject> Subjects)
{
    public static RoleBinding Read(JsonElement json) => new(
        ObjectMeta.Read(json), json.Field("roleRef").Text("kind"), json.Field("roleRef").Text("name"), json.Items("subjects", RoleSubject.Read));
}

/// <summary>A CustomResourceDefinition, as far as one waits for it.</summary>
public sealed record CustomResourceDefinition(ObjectMeta Meta, string Group, string Kind, ImmutableArray<string> ServedVersions, ImmutableArray<Condition> Conditions)
{
    public bool IsEstablished => Conditions.Any(static c => c is { Type: "Established", IsTrue: true });

    public static CustomResourceDefinition Read(JsonElement json)
    {
        var spec = json.Field("spec");
        return new CustomResourceDefinition(
            ObjectMeta.Read(json), spec.Text("group"), spec.Field("names").Text("kind"),
            [.. spec.Items("versions").Where(static v => v.Flag("served")).Select(static v => v.Text("name"))],
            json.Field("status").Items("conditions", Condition.Read));
    }
}
