using static OpenClaw.Operator.Api.Row;

namespace OpenClaw.Operator.Api;

internal static partial class InstanceFields
{
    private const string SkillPattern = "^[A-Za-z0-9@][A-Za-z0-9_/.@:-]*$";

    /// <summary>What belongs to the agent of upstream's OpenClaw; this gateway has no agent, and says so where one is asked for.</summary>
    private static IEnumerable<ApiField> OfTheOriginal() =>
    [
        Group("workspace", "Files of the agent's workspace; with runtime original."),
        .. Workspace("workspace"),
        Group("workspace.bootstrap", "The agent's first-run files."),
        Flag("workspace.bootstrap.enabled", "false: the agent gets none but those written here.", true),
        Groups("workspace.additionalWorkspaces", "Further workspaces.", 10, "name"),
        Name("workspace.additionalWorkspaces[].name", "Its folder is workspace-NAME.") with { MaxLength = 63, Pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", Form = "lower-case letters, digits and dashes" },
        .. Workspace("workspace.additionalWorkspaces[]"),
        .. NotYet("It is fetched from the net at every start; bring it in an image of yours, or with an init container.",
        [
            Texts("workspace.additionalWorkspaces[].skills", "Skills of this workspace.", 20, isSet: true) with { Pattern = SkillPattern, MaxLength = 128, Form = "a name such as @owner/name or npm:name" },
            Texts("skills", "Skills to install: ClawHub's, npm:NAME, pack:OWNER/REPO/PATH.", 20, isSet: true) with { Pattern = SkillPattern, MaxLength = 128, Form = "a name such as @owner/name or npm:name" },
            Text("skillPackUpdatePolicy", "Whether packs replace what is there.", "Replace", "Replace", "CreateOnly"),
            Texts("plugins", "Plugins to install.", 20) with { Pattern = SkillPattern, MaxLength = 128, Form = "a name such as @owner/name or npm:name" },
            Group("runtimeDeps", "Tools for the agent."),
            Flag("runtimeDeps.pnpm", "pnpm."),
            Flag("runtimeDeps.python", "Python 3.12."),
        ]),
        .. NotYet("Change the instance itself; an agent with rights on its own instance could give itself more.",
        [
            Group("selfConfigure", "The agent may ask for changes of its own instance."),
            Flag("selfConfigure.enabled", "Whether it may.", false),
            Texts("selfConfigure.allowedActions", "What it may ask for.", 4) with { Words = ["skills", "config", "workspaceFiles", "envVars"] },
        ]),
        Group("chromium", "A browser for the agent, in the pod; with runtime original."),
        Flag("chromium.enabled", "Whether it runs.", false),
        .. Image("chromium.image", "docker.io/chromedp/headless-shell", "stable"),
        .. Resources("chromium.resources", "cpu: 250m, memory: 512Mi", "cpu: \"1\", memory: 2Gi"),
        Group("chromium.persistence", "Its profile."),
        Flag("chromium.persistence.enabled", "It is kept.", false),
        Quantity("chromium.persistence.size", "Size of its claim.", "1Gi"),
        Text("chromium.persistence.storageClass", "The claim's class."),
        Text("chromium.persistence.existingClaim", "A claim of yours."),
        Texts("chromium.extraArgs", "Further flags; one that is there already is replaced."),
        AnyList("chromium.extraEnv", "Further environment."),
    ];

    private static IEnumerable<ApiField> Workspace(string path) =>
    [
        Map(path + ".initialFiles", "Path to text. Put there once: a file that is there stays.", 50),
        Texts(path + ".initialDirectories", "Folders.", 20) with { Pattern = @"^[^/\\][^\\]*$", MaxLength = 253, Form = "a path below the workspace, such as notes/today" },
        Group(path + ".configMapRef", "Files from a ConfigMap, a key each, below those of initialFiles."),
        Name(path + ".configMapRef.name", "The ConfigMap."),
    ];

    /// <summary>Containers beside the gateway.</summary>
    private static IEnumerable<ApiField> Beside() =>
    [
        Group("tailscale", "The gateway in a tailnet."),
        Flag("tailscale.enabled", "Whether it is.", false),
        .. Image("tailscale.image", "ghcr.io/tailscale/tailscale", "latest"),
        .. Resources("tailscale.resources", "cpu: 50m, memory: 64Mi", "cpu: 200m, memory: 256Mi"),
        Text("tailscale.mode", "serve: in the tailnet. funnel: public.", "serve", "serve", "funnel"),
        Group("tailscale.authKeySecretRef", "The Secret with the auth key."),
        Text("tailscale.authKeySecretRef.name", "Its name."),
        Text("tailscale.authKeySecretKey", "Its key.", "authkey"),
        Text("tailscale.hostname", "The machine's name; default: the instance's."),
        .. NotYet("The gateway asks for its own token; upstream's program would need Tailscale's client in its container to know who calls.",
            [Flag("tailscale.authSSO", "Tailscale's identity is accepted.", false)]),
        Group("webTerminal", "A shell in the browser, on the gateway's data."),
        Flag("webTerminal.enabled", "Whether it runs.", false),
        .. Image("webTerminal.image", "docker.io/tsl0922/ttyd", "latest"),
        .. Resources("webTerminal.resources", "cpu: 50m, memory: 64Mi", "cpu: 200m, memory: 128Mi"),
        Flag("webTerminal.readOnly", "Only to look.", false),
        Group("webTerminal.credential", "User and password; without them the terminal is reached with kubectl port-forward only."),
        Group("webTerminal.credential.secretRef", "The Secret, with keys username and password.") with { IsRequired = true },
        Text("webTerminal.credential.secretRef.name", "Its name."),
    ];

    private static IEnumerable<ApiField> Later() =>
    [
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
