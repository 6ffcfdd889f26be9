using System.Text;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Build;

namespace OpenClaw.Operator.Judge;

/// <summary>What is written of things beside the gateway (terminal, tailnet, browser, workspace, the disk's probe) and would not do what was meant.</summary>
internal static class BesideChecks
{
    private const int LargestConfigMap = 1024 * 1024;

    public static IEnumerable<Finding> Of(InstancePlan plan) => OfTheAgent(plan).Concat(Terminal(plan)).Concat(Tailscale(plan)).Concat(Chromium(plan)).Concat(Workspaces(plan)).Concat(Disk(plan));

    /// <summary>Names of the pod's containers that are the operator's own.</summary>
    public static IEnumerable<string> Containers(InstancePlan plan) => BuildBeside.InitContainers(plan).Concat(BuildBeside.Containers(plan)).Select(static c => SpecView.Name(c)!);

    /// <summary>Built, and only for upstream's program.</summary>
    private static IEnumerable<Finding> OfTheAgent(InstancePlan plan)
    {
        if (plan.IsOriginal) yield break;
        foreach (var (field, isAsked) in new[] { ("workspace", SwitchedOff.Asks(plan.Spec, "workspace")), ("chromium", plan.Spec.Flag("chromium.enabled")) })
        {
            if (isAsked) yield return Finding.Warn("NotBuilt", "spec." + field, "it belongs to the agent of upstream's program, which this gateway does not have", "write runtime: original, or remove it");
        }
    }

    private static IEnumerable<Finding> Terminal(InstancePlan plan)
    {
        if (!plan.HasTerminal) yield break;
        if (BuildTerminal.CredentialSecret(plan) is not { } name)
        {
            yield return Finding.Tell("TerminalOnLoopback", "spec.webTerminal", $"without a credential the terminal listens inside the pod only: kubectl port-forward {plan.Name}-0 {BuildTerminal.Port} reaches it");
        }
        else
        {
            foreach (var key in (string[])["username", "password"])
            {
                if (Key(plan, name, key, "spec.webTerminal.credential.secretRef") is { } missing) yield return missing;
            }
            if (plan.Spec.Objects("networking.service.ports").Count > 0) yield return Finding.Tell("TerminalNotInService", "spec.networking.service.ports", $"the ports are yours, so the terminal is among them only if you write {BuildTerminal.Port}");
        }
        if (plan.Spec.Flag("shareProcessNamespace")) yield return Finding.Warn("TerminalSeesKeys", "spec.shareProcessNamespace", "a shell beside the gateway can read the gateway's environment, its keys too, and the terminal's own password", "write shareProcessNamespace: false");
    }

    private static IEnumerable<Finding> Tailscale(InstancePlan plan)
    {
        if (!plan.HasTailscale) yield break;
        if (BuildTailscale.AuthKeySecret(plan) is not { } name) yield return Finding.Tell("TailscaleWaitsForLogin", "spec.tailscale", $"there is no key to log in with, so a person must: kubectl logs {plan.Name}-0 -c tailscale shows the address");
        else if (Key(plan, name, plan.Spec.Text("tailscale.authKeySecretKey")!, "spec.tailscale.authKeySecretRef") is { } missing) yield return missing;
        if (!plan.Spec.Flag("storage.persistence.enabled")) yield return Finding.Warn("TailscaleForgets", "spec.storage.persistence.enabled", "without a volume each start is a new machine in the tailnet", "write enabled: true, or an ephemeral auth key");
        if (plan.Spec.Text("tailscale.mode") == "funnel") yield return Finding.Warn("FunnelIsPublic", "spec.tailscale.mode", "with funnel the whole internet reaches the gateway; only its token guards it", "write serve");
        var isOpen = plan.Spec.Flag("security.networkPolicy.allowHTTPS") || plan.Spec.List("security.networkPolicy.allowedEgressCIDRs").Count + plan.Spec.List("security.networkPolicy.additionalEgress").Count > 0;
        if (plan.Spec.Flag("security.networkPolicy.enabled") && !isOpen) yield return Finding.Warn("TailscaleCannotReach", "spec.security.networkPolicy.allowHTTPS", "Tailscale asks its control server over port 443, which is closed", "write allowHTTPS: true, or the server's addresses in allowedEgressCIDRs");
    }

    private static IEnumerable<Finding> Chromium(InstancePlan plan)
    {
        if (!plan.HasChromium) yield break;
        if (plan.Spec.Flag("security.networkPolicy.enabled")) yield return Finding.Tell("BrowserBehindPolicy", "spec.chromium", "the browser goes out as the gateway does: what the network policy closes it does not see, plain HTTP for one");
        if (plan.Spec.Flag("chromium.persistence.enabled") && plan.IsScaled) yield return Finding.Refuse("ClaimOfOne", "spec.chromium.persistence", "one claim cannot serve several replicas", "remove it, or autoScaling");
    }

    private static IEnumerable<Finding> Workspaces(InstancePlan plan)
    {
        var size = 0;
        foreach (var workspace in BuildWorkspace.All(plan))
        {
            foreach (var (path, text) in workspace.Files)
            {
                size += Encoding.UTF8.GetByteCount(text);
                if (IsOutside(path)) yield return Finding.Refuse("PathInvalid", $"{workspace.Field}.initialFiles", $"\"{path}\" does not stay in the workspace", "write a path below it, such as notes/today.md");
            }
            foreach (var path in workspace.Folders.Where(IsOutside)) yield return Finding.Refuse("PathInvalid", $"{workspace.Field}.initialDirectories", $"\"{path}\" does not stay in the workspace", "write a path below it, such as notes");
            if (workspace.ConfigMap is { } name && plan.Facts.ConfigMap(name).State == SourceState.Missing) yield return Finding.Warn("SourceMissing", $"{workspace.Field}.configMapRef", $"there is no ConfigMap {name} in the namespace, and the pod waits for it", "make it, or correct the name");
        }
        if (size > LargestConfigMap) yield return Finding.Refuse("WorkspaceTooLarge", "spec.workspace.initialFiles", "the texts are larger than a ConfigMap may be (1 MiB)", "move some into ConfigMaps of their own (configMapRef)");
    }

    private static IEnumerable<Finding> Disk(InstancePlan plan)
    {
        if (!plan.Spec.Flag("probes.diskReadiness.enabled") || plan.Spec.Flag("probes.readiness.enabled")) yield break;
        yield return Finding.Warn("WithoutEffect", "spec.probes.diskReadiness", "the readiness probe is off, so nobody asks", "write probes.readiness.enabled: true");
    }

    private static bool IsOutside(string path) => path.Length == 0 || path[0] == '/' || path.Contains('\\', StringComparison.Ordinal) || path.Split('/').Any(static p => p is "" or "." or "..");

    private static Finding? Key(InstancePlan plan, string secret, string key, string path)
    {
        var source = plan.Facts.Secret(secret);
        return source.State switch
        {
            SourceState.Missing => Finding.Warn("SourceMissing", path, $"there is no Secret {secret} in the namespace, and the pod waits for it", $"make it, with a key {key}"),
            SourceState.Found when !source.Data.ContainsKey(key) => Finding.Warn("KeyMissing", path, $"the Secret {secret} has no key {key}, and the pod waits for it", $"add {key} to it"),
            _ => null,
        };
    }
}
