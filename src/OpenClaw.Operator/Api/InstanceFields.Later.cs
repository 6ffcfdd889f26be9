using static OpenClaw.Operator.Api.Row;

namespace OpenClaw.Operator.Api;

internal static partial class InstanceFields
{
    private const string SkillPattern = "^[A-Za-z0-9@][A-Za-z0-9_/.@:-]*$";

    /// <summary>What belongs to the agent of upstream's OpenClaw; this gateway has no agent.</summary>
    private static IEnumerable<ApiField> OfTheOriginal() => NotYet("It belongs to the agent, which this gateway does not have; with runtime original, seed the volume with an init container of yours.",
    [
        Group("workspace", "Files of the agent's workspace."),
        .. Workspace("workspace"),
        Group("workspace.bootstrap", "The first-run script."),
        Flag("workspace.bootstrap.enabled", "Whether it is there.", true),
        Groups("workspace.additionalWorkspaces", "Further workspaces.", 10, "name"),
        Name("workspace.additionalWorkspaces[].name", "Directory and suffix.") with { MaxLength = 63, Pattern = "^[a-z0-9]+(-[a-z0-9]+)*$" },
        .. Workspace("workspace.additionalWorkspaces[]"),
        Texts("workspace.additionalWorkspaces[].skills", "Skills of this workspace.", 20, isSet: true) with { Pattern = SkillPattern, MaxLength = 128 },
        Texts("skills", "Skills to install: ClawHub's, npm:NAME, pack:OWNER/REPO/PATH.", 20, isSet: true) with { Pattern = SkillPattern, MaxLength = 128 },
        Text("skillPackUpdatePolicy", "Whether packs replace what is there.", "Replace", "Replace", "CreateOnly"),
        Texts("plugins", "Plugins to install.", 20) with { Pattern = SkillPattern, MaxLength = 128 },
        Group("runtimeDeps", "Tools for the agent."),
        Flag("runtimeDeps.pnpm", "pnpm."),
        Flag("runtimeDeps.python", "Python 3.12."),
        Group("selfConfigure", "The agent may ask for changes of its own instance."),
        Flag("selfConfigure.enabled", "Whether it may.", false),
        Texts("selfConfigure.allowedActions", "What it may ask for.", 4) with { Words = ["skills", "config", "workspaceFiles", "envVars"] },
    ]);

    private static IEnumerable<ApiField> Workspace(string path) =>
    [
        Map(path + ".initialFiles", "Path to text, written once.", 50),
        Texts(path + ".initialDirectories", "Directories.", 20) with { Pattern = @"^[^/\\][^\\]*$", MaxLength = 253 },
        Group(path + ".configMapRef", "Files from a ConfigMap."),
        Name(path + ".configMapRef.name", "The ConfigMap."),
    ];

    private static IEnumerable<ApiField> Later() =>
    [
        .. NotYet("Run it as a sidecar, and name it in the configuration (browser.cdpUrl).",
        [
            Group("chromium", "A browser for the agent."),
            Flag("chromium.enabled", "Whether it runs.", false),
            .. Image("chromium.image", "docker.io/chromedp/headless-shell", "stable"),
            .. Resources("chromium.resources", "cpu: 250m, memory: 512Mi", "cpu: \"1\", memory: 2Gi"),
            Group("chromium.persistence", "Its profile."),
            Flag("chromium.persistence.enabled", "Kept.", false),
            Quantity("chromium.persistence.size", "Size.", "1Gi"),
            Text("chromium.persistence.storageClass", "Class."),
            Text("chromium.persistence.existingClaim", "A claim of yours."),
            Texts("chromium.extraArgs", "Further arguments."),
            AnyList("chromium.extraEnv", "Further environment."),
        ]),
        .. NotYet("Use the Tailscale operator's annotations on networking.service, or a sidecar.",
        [
            Group("tailscale", "The gateway in a tailnet."),
            Flag("tailscale.enabled", "Whether it is.", false),
            .. Image("tailscale.image", "ghcr.io/tailscale/tailscale", "latest"),
            .. Resources("tailscale.resources", "cpu: 50m, memory: 64Mi", "cpu: 200m, memory: 256Mi"),
            Text("tailscale.mode", "serve: in the tailnet. funnel: public.", "serve", "serve", "funnel"),
            Group("tailscale.authKeySecretRef", "The Secret with the auth key."),
            Text("tailscale.authKeySecretRef.name", "Its name."),
            Text("tailscale.authKeySecretKey", "Its key.", "authkey"),
            Text("tailscale.hostname", "The host name."),
            Flag("tailscale.authSSO", "Tailscale's identity is accepted.", false),
        ]),
        .. NotYet("Use kubectl exec, or run it as a sidecar.",
        [
            Group("webTerminal", "A shell in the browser."),
            Flag("webTerminal.enabled", "Whether it runs.", false),
            .. Image("webTerminal.image", "docker.io/tsl0922/ttyd", "latest"),
            .. Resources("webTerminal.resources", "cpu: 50m, memory: 64Mi", "cpu: 200m, memory: 128Mi"),
            Flag("webTerminal.readOnly", "Only to look.", false),
            Group("webTerminal.credential", "User and password."),
            Group("webTerminal.credential.secretRef", "The Secret.") with { IsRequired = true },
            Text("webTerminal.credential.secretRef.name", "Its name."),
        ]),
        .. NotYet("Take snapshots of the claim with your storage's own means (VolumeSnapshot).",
        [
            Group("backup", "Copies of the data in S3."),
            Text("backup.schedule", "When, as cron has it."),
            Number("backup.historyLimit", "Jobs kept.", "3", 0),
            Number("backup.failedHistoryLimit", "Failed jobs kept.", "1", 0),
            Number("backup.retentionDays", "Days kept.", "7", 1, 365),
            Duration("backup.timeout", "Given up after.", "30m"),
            Text("backup.serviceAccountName", "ServiceAccount of the jobs."),
            Text("restoreFrom", "A path in S3 to start from."),
        ]),
        .. NotYet("Change image.tag or image.digest yourself, or let your GitOps tool do it.",
        [
            Group("autoUpdate", "New versions by themselves."),
            Flag("autoUpdate.enabled", "Whether they come.", false),
            Duration("autoUpdate.checkInterval", "How often it is looked for.", "24h"),
            Flag("autoUpdate.backupBeforeUpdate", "A backup first.", true),
            Flag("autoUpdate.rollbackOnFailure", "Back if it is not well.", true),
            Duration("autoUpdate.healthCheckTimeout", "How long it may take to be well.", "10m"),
        ]),
    ];
}
