using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OpenClaw.Config;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Build;

namespace OpenClaw.Operator.Judge;

/// <summary>
/// The checks of an instance, in two chains: what its shape says by itself, and what comes out when everything is decided. Each
/// finding says what is so and what to write.
/// </summary>
internal static class InstanceChecks
{
    public static List<Finding> OfShape(InstanceFacts facts)
    {
        if (facts.Instance["spec"] is not null and not JsonObject) return [Finding.Refuse("WrongType", "spec", "it is no object", "write fields below it, such as config: {raw: {defaultModel: anthropic/claude-sonnet-4-20250514}}")];
        var spec = facts.Instance["spec"] as JsonObject ?? [];
        var findings = SchemaCheck.Of(spec, InstanceFields.Spec);
        var name = SpecView.Name(facts.Instance["metadata"]) ?? "";
        if (name.Length is 0 or > ApiKinds.LongestName || !Regex.IsMatch(name, ApiKinds.NamePattern))
        {
            findings.Add(Finding.Refuse("NameInvalid", "metadata.name", name.Length == 0 ? "the instance has no name" : $"\"{name}\" cannot be the name of a Service and of a StatefulSet's pods", $"write at most {ApiKinds.LongestName} lower-case letters, digits and dashes, a letter first"));
        }
        if (findings.Any(static f => f.Severity == FindingSeverity.Refused)) return findings;
        var view = new SpecView(spec);
        findings.AddRange(InstanceRules.All.Where(r => r.Holds is { } holds && !holds(view)).Select(static r => Finding.Refuse("RuleBroken", ("spec." + r.Path).TrimEnd('.'), r.Message, "")));
        return findings;
    }

    public static IEnumerable<Finding> OfPlan(InstancePlan plan) =>
        Containers(plan).Concat(Mounts(plan)).Concat(Hardening(plan)).Concat(Image(plan)).Concat(Secrets(plan)).Concat(Providers(plan)).Concat(Scaling(plan)).Concat(Kinds(plan)).Concat(Reach(plan)).Concat(WithoutEffect(plan)).Concat(Original(plan)).Concat(BesideChecks.Of(plan))
            .Concat(PortChecks.Of(plan)).Concat(FormChecks.Of(plan)).Concat(MountChecks.Of(plan)).Concat(OvershadowChecks.Of(plan)).Concat(OfCluster(plan)).Concat(SwitchedOff.Of(plan.Spec.Json));

    private static IEnumerable<Finding> Containers(InstancePlan plan)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { "openclaw" };
        if (plan.HasOllama) seen.Add("ollama");
        seen.UnionWith(BesideChecks.Containers(plan));
        foreach (var model in plan.HasOllama ? plan.Spec.Texts("ollama.models").Select(static (m, i) => BuildOllama.PullName(i, m)) : []) seen.Add(model);
        foreach (var (list, field) in new[] { (plan.Spec.Objects("sidecars"), "spec.sidecars"), (plan.Spec.Objects("initContainers"), "spec.initContainers") })
        {
            for (var i = 0; i < list.Count; i++)
            {
                var path = $"{field}[{i}]";
                var name = SpecView.Name(list[i]);
                if (name is not null && !seen.Add(name)) yield return Finding.Refuse("ContainerNameTaken", path + ".name", $"the pod has a container {name} already", name == "ollama" && plan.HasOllama ? "remove the sidecar, or spec.ollama" : "write another name");
                if (name is not null && !Regex.IsMatch(name, Row.LabelPattern)) yield return Finding.Refuse("ContainerNameInvalid", path + ".name", $"\"{name}\" cannot be a container's name", "write lower-case letters, digits and dashes");
                if (list[i]["image"] is null) yield return Finding.Refuse("ContainerWithoutImage", path, $"the container {name} has no image", "write image");
                if (Sidecars.NeedsRoot(list[i]) && field == "spec.sidecars") yield return Finding.Tell("SidecarAsRoot", path, $"{name} keeps data below /root and says nothing of its user, so it runs as root without capabilities; namespaces that enforce the restricted standard refuse that, and spec.ollama does the same without root");
                else if (list[i]["securityContext"] is null) yield return Finding.Tell("SidecarUnconfined", path, $"{name} has no securityContext; namespaces that enforce the restricted standard want allowPrivilegeEscalation: false and capabilities.drop: [ALL]");
            }
        }
    }

    private static IEnumerable<Finding> Mounts(InstancePlan plan)
    {
        var own = plan.Spec.Objects("sidecarVolumes").Concat(plan.Spec.Objects("extraVolumes")).Select(static v => SpecView.Name(v)).OfType<string>().ToList();
        var volumes = own.Concat(["data", "config", "tmp"]).ToHashSet(StringComparer.Ordinal);
        if (plan.Spec.Has("security.caBundle")) volumes.Add("ca-bundle");
        if (plan.HasOllama) volumes.Add("ollama-models");
        var beside = BuildBeside.Volumes(plan).Select(static v => SpecView.Name(v)!).ToHashSet(StringComparer.Ordinal);
        volumes.UnionWith(beside);
        foreach (var name in own.GroupBy(static n => n).Where(g => g.Count() > 1 || beside.Contains(g.Key) || g.Key is "data" or "config" or "tmp" or "ca-bundle" || (g.Key == "ollama-models" && plan.HasOllama)).Select(static g => g.Key))
        {
            yield return Finding.Refuse("VolumeNameTaken", "spec.sidecarVolumes", $"the pod has a volume {name} already", "write another name");
        }
        foreach (var (mounts, path) in plan.Spec.Objects("sidecars").Select(static (c, i) => (c["volumeMounts"], $"spec.sidecars[{i}]"))
            .Concat(plan.Spec.Objects("initContainers").Select(static (c, i) => (c["volumeMounts"], $"spec.initContainers[{i}]")))
            .Append((plan.Spec.Json["extraVolumeMounts"], "spec.extraVolumeMounts")))
        {
            foreach (var mount in (mounts as JsonArray ?? []).OfType<JsonObject>())
            {
                if (SpecView.Name(mount) is { } name && !volumes.Contains(name)) yield return Finding.Refuse("VolumeMissing", path, $"it mounts the volume {name}, and there is none of this name", "add it to spec.sidecarVolumes");
            }
        }
    }

    private static IEnumerable<Finding> Hardening(InstancePlan plan)
    {
        var spec = plan.Spec;
        if (!spec.Flag("security.podSecurityContext.runAsNonRoot")) yield return Finding.Warn("RootAllowed", "spec.security.podSecurityContext.runAsNonRoot", "root is not refused", "write true");
        if (spec.Flag("security.containerSecurityContext.allowPrivilegeEscalation")) yield return Finding.Warn("EscalationAllowed", "spec.security.containerSecurityContext.allowPrivilegeEscalation", "the gateway may gain rights", "write false");
        if (!spec.Flag("security.containerSecurityContext.readOnlyRootFilesystem")) yield return Finding.Warn("RootWritable", "spec.security.containerSecurityContext.readOnlyRootFilesystem", "the gateway can change its own program", "write true, and mount a volume where it must write");
        if (spec.Has("security.containerSecurityContext.runAsNonRoot") && !spec.Flag("security.containerSecurityContext.runAsNonRoot")) yield return Finding.Warn("RootAllowed", "spec.security.containerSecurityContext.runAsNonRoot", "root is not refused", "write true");
        if (spec.Map("security.containerSecurityContext.capabilities") is { } capabilities && (capabilities["add"] is JsonArray { Count: > 0 } || (capabilities["drop"] as JsonArray ?? []).All(static d => (string?)d != "ALL")))
        {
            yield return Finding.Warn("CapabilitiesKept", "spec.security.containerSecurityContext.capabilities", "the gateway needs none, and namespaces that enforce the restricted standard refuse it", "remove it, or write drop: [ALL]");
        }
        if (!spec.Flag("networking.ingress.enabled")) yield break;
        if (spec.List("networking.ingress.tls").Count == 0) yield return Finding.Warn("IngressWithoutTls", "spec.networking.ingress.tls", "tokens and prompts travel without encryption to the ingress", "write tls with a certificate's Secret");
        if (!spec.Flag("networking.ingress.security.forceHTTPS")) yield return Finding.Warn("PlainHttpAllowed", "spec.networking.ingress.security.forceHTTPS", "plain HTTP is answered", "write true");
        foreach (var finding in Password(plan)) yield return finding;
    }

    private static IEnumerable<Finding> Password(InstancePlan plan)
    {
        const string Field = "networking.ingress.security.basicAuth";
        if (!BuildBasicAuth.IsGenerated(plan.Spec)) yield break;
        var name = BuildBasicAuth.Name(plan.Name);
        var made = plan.Facts.Secret(name);
        if (made.Text("username") is { } user && user != plan.Spec.Text(Field + ".username")) yield return Finding.Tell("UsernameKept", $"spec.{Field}.username", $"the password of the Secret {name} was made for {user}; delete that Secret, and one is made anew");
        else if (made.State != SourceState.Found && !plan.Facts.IsComplete) yield return Finding.Tell("PasswordNotMade", "spec." + Field, $"a password is made when the instance is first applied; printed here, the Secret {name} has no keys");
    }

    private static IEnumerable<Finding> Image(InstancePlan plan)
    {
        var image = plan.Images.Gateway;
        if (image.EndsWith(":latest", StringComparison.Ordinal)) yield return Finding.Warn("ImageMoves", "spec.image.tag", "latest is another image tomorrow, and pods of one instance may differ", "write a version in image.tag, or image.digest");
        foreach (var (field, isUsed) in new[] { ("ollama", plan.HasOllama), ("tailscale", plan.HasTailscale), ("webTerminal", plan.HasTerminal) })
        {
            if (isUsed && plan.Spec.Text(field + ".image.tag") == "latest" && string.IsNullOrEmpty(plan.Spec.Text(field + ".image.digest"))) yield return Finding.Tell("ImageMoves", $"spec.{field}.image", "latest is another image tomorrow; a version in tag, or a digest, stays");
        }
        if (!plan.IsOriginal && (plan.Spec.Text("image.repository") ?? "").EndsWith("ghcr.io/openclaw/openclaw", StringComparison.Ordinal))
        {
            yield return Finding.Warn("ImageIsTheOriginal", "spec.image.repository", "this is upstream's image, which does not understand this gateway's files", "write runtime: original, or leave image.repository out");
        }
    }

    private static IEnumerable<Finding> Secrets(InstancePlan plan)
    {
        if (plan.Environment.UnknownSources is { IsEmpty: false } unknown)
        {
            yield return Finding.Tell("SourcesNotGiven", "spec.envFrom", $"not known here, so nothing is concluded from what is or is not in it: {string.Join(", ", unknown)}");
        }
        if (plan.Spec.Text("gateway.existingSecret") is { } name)
        {
            var secret = plan.Facts.Secret(name);
            if (secret.State == SourceState.Missing) yield return Finding.Refuse("TokenSecretMissing", "spec.gateway.existingSecret", $"there is no Secret {name} in the namespace", "make it with a key token");
            else if (secret.State == SourceState.Found && !secret.Data.ContainsKey("token")) yield return Finding.Refuse("TokenKeyMissing", "spec.gateway.existingSecret", $"the Secret {name} has no key token", "add it");
        }
        else if (plan.GeneratesToken && !plan.Facts.IsComplete && plan.Facts.Secret(plan.GeneratedTokenSecret).State != SourceState.Found)
        {
            yield return Finding.Tell("TokenNotMade", "spec.gateway", $"a token is made when the instance is first applied; printed here, the Secret {plan.GeneratedTokenSecret} has no key, and a pod waits for it");
        }
        if (plan.Config.HasOwnToken) yield return Finding.Tell("TokenIsYours", "spec.gateway", "the gateway token is the one that you give (OPENCLAW_GATEWAY_TOKEN or gateway.auth), so none is generated");
    }

    /// <summary>A provider in the chain whose key nobody gives: the first request would tell, too late.</summary>
    private static IEnumerable<Finding> Providers(InstancePlan plan)
    {
        if (plan.Config.Config is not { } config) yield break;
        if (config.Models.Chain.IsEmpty)
        {
            yield return Finding.Warn("NoDefaultModel", plan.Config.Path, "no default model: a request for \"default\" fails", plan.HasOllama && plan.Spec.Texts("ollama.models") is [var first, ..] ? $"write defaultModel: ollama/{first}" : "write defaultModel: PROVIDER/MODEL, or llmConfig");
        }
        foreach (var id in config.Models.Chain.Select(static r => r.Provider).Distinct())
        {
            if (config.FindProvider(id) is not { } provider) continue;
            var preset = provider.Preset is null ? null : ProviderCatalog.Find(provider.Preset);
            if (!provider.Keys.IsEmpty)
            {
                yield return Finding.Tell("ProviderKey", plan.Config.Path, $"provider {id} has {(provider.Keys.Length == 1 ? "a key" : $"{provider.Keys.Length} keys")}: {string.Join(", ", provider.Keys.Select(k => Origin(plan, k)).Distinct())}");
                continue;
            }
            if (preset is not { NeedsKey: true } || provider.IsLocal) continue;
            var variable = preset.EnvPrefix + "_API_KEY";
            if (plan.Environment.HasUnknown) yield return Finding.Tell("ProviderKeyNotSeen", plan.Config.Path, $"provider {id} has no key in what is known here; {variable} may be in {string.Join(", ", plan.Environment.UnknownSources)}");
            else yield return Finding.Warn("ProviderKeyMissing", plan.Config.Path, $"provider {id} is in the chain and has no key: it is passed over", $"put {variable} into a Secret and name that in spec.envFrom");
        }
    }

    public static string Origin(InstancePlan plan, SecretConfig key)
    {
        var name = key.Source == SecretSource.Env ? key.Value : key.FromVariable;
        return name is null ? key.ToString() : plan.Environment.Origins.TryGetValue(name, out var origin) ? $"{name} of {origin}" : name;
    }

    private static IEnumerable<Finding> Scaling(InstancePlan plan)
    {
        var isShared = plan.Config.Config?.Storage.Url.StartsWith("postgres", StringComparison.Ordinal) == true;
        if (plan.IsScaled && !isShared) yield return Finding.Warn("ReplicasDoNotShare", "spec.availability.autoScaling", "each replica has its own volume: what is spent and said at one is not known to the others", "set storage.url to a PostgreSQL in the configuration, or leave one replica");
        if (plan.IsScaled && plan.Spec.Has("storage.persistence.existingClaim")) yield return Finding.Refuse("ClaimOfOne", "spec.storage.persistence.existingClaim", "one claim cannot serve several replicas", "remove it, or autoScaling");
        if (!plan.IsScaled && plan.Spec.Flag("availability.podDisruptionBudget.enabled") && plan.Spec.Number("availability.podDisruptionBudget.maxUnavailable") == 0)
        {
            yield return Finding.Warn("DrainBlocked", "spec.availability.podDisruptionBudget.maxUnavailable", "with one pod and none that may be down, no node can be drained", "write 1");
        }
    }

    private static IEnumerable<Finding> Kinds(InstancePlan plan)
    {
        (string Field, bool IsWanted, string Api, string Kind)[] kinds =
        [
            ("networking.httpRoute", plan.Spec.Flag("networking.httpRoute.enabled"), "gateway.networking.k8s.io/v1", "HTTPRoute"),
            ("observability.metrics.serviceMonitor", plan.Spec.Flag("observability.metrics.serviceMonitor.enabled"), "monitoring.coreos.com/v1", "ServiceMonitor"),
            ("observability.metrics.prometheusRule", plan.Spec.Flag("observability.metrics.prometheusRule.enabled"), "monitoring.coreos.com/v1", "PrometheusRule"),
        ];
        foreach (var (field, _, api, kind) in kinds.Where(k => k.IsWanted && !plan.Facts.Serves(k.Api, k.Kind)))
        {
            yield return Finding.Warn("KindNotServed", "spec." + field, $"the cluster does not serve {kind} of {api}, so it is left out", "install what serves it; it is then made by itself");
        }
        if (plan.Spec.Flag("availability.podDisruptionBudget.enabled") && BuildAvailability.Served(plan, "PodDisruptionBudget", "policy/v1", "policy/v1beta1") is null)
        {
            yield return Finding.Warn("KindNotServed", "spec.availability.podDisruptionBudget", "the cluster serves no PodDisruptionBudget, so it is left out", "");
        }
    }

    /// <summary>What the instance asks for and its own network policy would keep away.</summary>
    private static IEnumerable<Finding> Reach(InstancePlan plan)
    {
        var spec = plan.Spec;
        if (!spec.Flag("security.networkPolicy.enabled")) yield break;
        var isClosed = spec.List("security.networkPolicy.allowedIngressNamespaces").Count + spec.List("security.networkPolicy.allowedIngressCIDRs").Count == 0;
        if (isClosed && (spec.Flag("networking.ingress.enabled") || spec.Flag("networking.httpRoute.enabled")))
        {
            yield return Finding.Warn("RouteCannotReach", "spec.security.networkPolicy.allowedIngressNamespaces", "the ingress controller, if it runs in another namespace, cannot reach the gateway", "write the controller's namespace");
        }
        if (isClosed && spec.Flag("observability.metrics.serviceMonitor.enabled"))
        {
            yield return Finding.Warn("PrometheusCannotReach", "spec.security.networkPolicy.allowedIngressNamespaces", "Prometheus, if it runs in another namespace, cannot reach the metrics", "write Prometheus' namespace");
        }
        if (spec.Text("networking.service.type") != "ClusterIP" && spec.List("security.networkPolicy.allowedIngressCIDRs").Count == 0)
        {
            yield return Finding.Warn("OutsideCannotReach", "spec.security.networkPolicy.allowedIngressCIDRs", $"a Service of type {spec.Text("networking.service.type")} is called from outside, and no address range may call", "write the callers' ranges");
        }
        if (plan.HasOllama && spec.List("ollama.models").Count > 0 && !spec.Flag("security.networkPolicy.allowHTTPS") && spec.List("security.networkPolicy.allowedEgressCIDRs").Count + spec.List("security.networkPolicy.additionalEgress").Count == 0)
        {
            yield return Finding.Warn("ModelsCannotBePulled", "spec.security.networkPolicy.allowHTTPS", "models are pulled over port 443, which is closed", "write allowHTTPS: true, or bring the models in ollama.storage.existingClaim and leave ollama.models out");
        }
    }

    /// <summary>Fields that are built and do nothing in the company of others.</summary>
    private static IEnumerable<Finding> WithoutEffect(InstancePlan plan)
    {
        var spec = plan.Spec;
        if (!plan.IsOriginal && spec.List("gateway.controlUiOrigins").Count > 0) yield return Finding.Tell("Needless", "spec.gateway.controlUiOrigins", "it has no effect: this gateway's own control UI is served from the gateway itself");
        if (!plan.IsOriginal && !spec.Flag("observability.metrics.enabled"))
        {
            foreach (var name in (string[])["serviceMonitor", "prometheusRule", "grafanaDashboard"])
            {
                if (spec.Flag($"observability.metrics.{name}.enabled")) yield return Finding.Warn("WithoutEffect", $"spec.observability.metrics.{name}", "metrics are off, so there is nothing to watch", "write observability.metrics.enabled: true");
            }
        }
        var ingress = spec.Text("networking.ingress.className") ?? "";
        if (!spec.Flag("networking.ingress.enabled") || ingress.Contains("nginx", StringComparison.OrdinalIgnoreCase)) yield break;
        foreach (var name in (string[])["rateLimiting", "basicAuth"])
        {
            if (spec.Has("networking.ingress.security." + name) && spec.Flag($"networking.ingress.security.{name}.enabled")) yield return Finding.Warn("WithoutEffect", "spec.networking.ingress.security." + name, $"how a controller of the class \"{ingress}\" is told is not known", "write its own annotations in networking.ingress.annotations");
        }
        if (!ingress.Contains("traefik", StringComparison.OrdinalIgnoreCase) && spec.Has("networking.ingress.security.forceHTTPS")) yield return Finding.Warn("WithoutEffect", "spec.networking.ingress.security.forceHTTPS", $"how a controller of the class \"{ingress}\" is told is not known", "write its own annotations in networking.ingress.annotations");
    }

    /// <summary>What the cluster's defaults ask of every instance and nobody does.</summary>
    private static IEnumerable<Finding> OfCluster(InstancePlan plan) => plan.Facts.ClusterDefaults is { } defaults
        ? SchemaCheck.Of(defaults, OtherFields.ClusterDefaults).Where(static f => f.Severity == FindingSeverity.Warning).Select(static f => f with { Path = "OpenClawClusterDefaults." + f.Path })
        : [];

    private static IEnumerable<Finding> Original(InstancePlan plan)
    {
        if (!plan.IsOriginal) yield break;
        foreach (var name in (string[])["serviceMonitor", "prometheusRule", "grafanaDashboard"])
        {
            if (plan.Spec.Flag($"observability.metrics.{name}.enabled")) yield return Finding.Warn("NotBuilt", $"spec.observability.metrics.{name}", "it tells of this gateway's metrics, which upstream's program does not have", "write enabled: false");
        }
    }
}
