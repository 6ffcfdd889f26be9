using System.Collections.Immutable;

namespace OpenClaw.Operator.Api;

/// <summary>
/// The rules of an instance that the API server itself can hold. Each must stay cheap for CEL's cost estimate: no string
/// operation without a length bound, no list without an item bound.
/// </summary>
internal static class InstanceRules
{
    /// <summary>Names the operator gives to init containers, its own and upstream's.</summary>
    public static ImmutableArray<string> ReservedInitContainers { get; } =
        ["init-config", "init-ollama", "init-uv", "init-pip", "init-pnpm", "init-python", "init-skills", "init-plugins", "init-plugin-runtime-deps", "init-tailscale-bin", "init-workspace", "chromium"];

    public static ImmutableArray<string> ReservedContainers { get; } = ["openclaw", "ollama"];

    public static ImmutableArray<ApiRule> All { get; } =
    [
        new("", "!(has(self.suspended) && self.suspended && has(self.availability) && has(self.availability.autoScaling) && has(self.availability.autoScaling.enabled) && self.availability.autoScaling.enabled)",
            "suspended and availability.autoScaling exclude each other; write suspended: false, or autoScaling.enabled: false",
            static s => !(s.Flag("suspended") && s.Flag("availability.autoScaling.enabled"))),
        new("image", ImageCel, ImageMessage, static s => HasTagOrDigest(s)),
        new("config", "!(has(self.raw) && has(self.configMapRef))",
            "config.raw and config.configMapRef exclude each other; write only one of them",
            static s => !(s.Has("config.raw") && s.Has("config.configMapRef"))),
        new("config", "!(has(self.raw) && has(self.format) && self.format == 'json5')",
            "config.raw is already an object; format: json5 is for config.configMapRef, so write format: json or leave it out",
            static s => !(s.Has("config.raw") && s.Text("config.format") == "json5")),
        new("config", "!has(self.forcePaths) || size(self.forcePaths) == 0 || (has(self.mergeMode) && self.mergeMode == 'merge')",
            "config.forcePaths works with a merge only; write config.mergeMode: merge, or remove it",
            static s => s.List("config.forcePaths").Count == 0 || s.Text("config.mergeMode") == "merge"),
        new("security.podSecurityContext", "!has(self.runAsUser) || self.runAsUser != 0",
            "the pod cannot run as root; write another runAsUser, such as 1000",
            static s => s.Number("security.podSecurityContext.runAsUser") != 0),
        new("security.containerSecurityContext", "!has(self.runAsUser) || self.runAsUser != 0",
            "the gateway cannot run as root; write another runAsUser, such as 1000",
            static s => s.Number("security.containerSecurityContext.runAsUser") != 0),
        new("security.caBundle", "(has(self.configMapName) && self.configMapName != '') != (has(self.secretName) && self.secretName != '')",
            "caBundle has both configMapName and secretName, or neither; write exactly one of them",
            static s => !s.Has("security.caBundle") || string.IsNullOrEmpty(s.Text("security.caBundle.configMapName")) != string.IsNullOrEmpty(s.Text("security.caBundle.secretName"))),
        new("availability.autoScaling", "(has(self.minReplicas) ? self.minReplicas : 1) <= (has(self.maxReplicas) ? self.maxReplicas : 5)",
            "autoScaling.minReplicas is more than maxReplicas; write a larger maxReplicas, or fewer minReplicas",
            static s => s.Number("availability.autoScaling.minReplicas") <= s.Number("availability.autoScaling.maxReplicas")),
        new("storage.persistence", "!has(oldSelf.storageClass) || (has(self.storageClass) && self.storageClass == oldSelf.storageClass)",
            "the class of a claim cannot change; make a new claim and name it in existingClaim", null),
        new("autoUpdate", Within("checkInterval", "1h", "168h"), "autoUpdate.checkInterval is out of bounds; write one between 1h and 168h", static s => Within(s.Text("autoUpdate.checkInterval"), 1, 168)),
        new("autoUpdate", Within("healthCheckTimeout", "2m", "30m"), "autoUpdate.healthCheckTimeout is out of bounds; write one between 2m and 30m", static s => Within(s.Text("autoUpdate.healthCheckTimeout"), 2 / 60.0, 0.5)),
        new("", $"!has(self.initContainers) || self.initContainers.all(c, !(c.name in [{string.Join(", ", ReservedInitContainers.Select(static n => $"'{n}'"))}]))",
            $"an init container has a name that the operator uses itself; write another than {string.Join(", ", ReservedInitContainers)}",
            static s => s.List("initContainers").All(static c => !ReservedInitContainers.Contains(SpecView.Name(c) ?? ""))),
    ];

    public static ImmutableArray<ApiRule> ClusterDefaults { get; } = [new("image", ImageCel, ImageMessage, null)];

    private const string ImageCel = "!has(self.tag) || self.tag != '' || (has(self.digest) && self.digest != '')";
    private const string ImageMessage = "image.tag is empty and there is no digest; write one of them, or leave tag out";

    private static bool HasTagOrDigest(SpecView spec) =>
        !spec.Has("image.tag") || spec.Text("image.tag") is { Length: > 0 } || spec.Text("image.digest") is { Length: > 0 };

    private static string Within(string field, string least, string most) =>
        $"!has(self.{field}) || (duration(self.{field}) >= duration('{least}') && duration(self.{field}) <= duration('{most}'))";

    private static bool Within(string? text, double leastHours, double mostHours) =>
        GoDuration.TryParse(text ?? "", out var span) && span.TotalHours >= leastHours && span.TotalHours <= mostHours;
}
