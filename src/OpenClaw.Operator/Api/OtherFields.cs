using System.Collections.Immutable;
using static OpenClaw.Operator.Api.Row;

namespace OpenClaw.Operator.Api;

/// <summary>The fields of <c>OpenClawClusterDefaults.spec</c> and <c>OpenClawSelfConfig.spec</c>.</summary>
internal static class OtherFields
{
    public static ImmutableArray<ApiField> ClusterDefaults { get; } =
    [
        Registry("registry", "For instances that name no registry."),
        Group("image", "For instances that do not say."),
        Repository("image.repository", "Registry and name."),
        Tag("image.tag", "The tag; for instances with neither tag nor digest."),
        Digest("image.digest", "The digest; for instances with neither tag nor digest."),
        Text("image.pullPolicy", "When the node asks the registry.", null, "Always", "IfNotPresent", "Never"),
        AnyList("image.pullSecrets", "Secrets with registry credentials; for instances that name none."),
        AnyList("env", "Environment of every gateway; an instance's own entry stands over it.", key: "name"),
        .. NotYet("It belongs to the agent, which this gateway does not have.",
            [Group("runtimeDeps", "Tools for the agent; an instance's own false stands over it."), Flag("runtimeDeps.pnpm", "pnpm."), Flag("runtimeDeps.python", "Python 3.12.")]),
    ];

    public static ImmutableArray<ApiField> SelfConfig { get; } = [.. NotYet("Change the instance itself.",
    [
        Text("instanceRef", "The instance.") with { IsRequired = true, MinLength = 1 },
        Texts("addSkills", "Skills to add.", 10),
        Texts("removeSkills", "Skills to remove.", 10),
        Any("configPatch", "Merged into spec.config.raw."),
        Map("addWorkspaceFiles", "Files to add.", 10),
        Texts("removeWorkspaceFiles", "Files to remove.", 10),
        Groups("addEnvVars", "Environment to add.", 10),
        Text("addEnvVars[].name", "Name.") with { IsRequired = true, MinLength = 1 },
        Text("addEnvVars[].value", "Value.") with { IsRequired = true },
        Texts("removeEnvVars", "Environment to remove.", 10),
    ])];
}
