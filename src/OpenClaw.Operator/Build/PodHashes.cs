using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Build;

/// <summary>
/// What makes a pod start anew: the final bytes of all that it reads only at its start. openclaw.json is not among it where the
/// gateway takes it up while it runs. A source that cannot be read just now changes nothing.
/// </summary>
internal static class PodHashes
{
    public const string ConfigKey = "openclaw.rocks/config-hash";
    public const string SecretKey = "openclaw.rocks/secret-hash";

    public static string Config(InstancePlan plan)
    {
        if (plan.Config.Text is not { } text) return plan.Facts.PodAnnotations.GetValueOrDefault(ConfigKey) ?? "none";
        // A file on the volume is written by an init container, so a new one needs a new start.
        if (plan.IsOriginal || plan.Merges) return Hash(text + "\n" + string.Join('\n', plan.Spec.Texts("config.forcePaths")));
        // Where it listens and where it keeps its books is settled at the start.
        var file = JsonNode.Parse(text) as JsonObject;
        return Hash($"{file?["gateway"]?.ToJsonString()}\n{file?["storage"]?.ToJsonString()}");
    }

    public static string Secrets(InstancePlan plan)
    {
        var sources = Sources(plan).Distinct().Order(StringComparer.Ordinal).ToList();
        var known = plan.Facts.PodAnnotations.GetValueOrDefault(SecretKey);
        if (known is not null && sources.Any(s => Find(plan, s).State == SourceState.Unknown)) return known;
        var text = new StringBuilder();
        foreach (var source in sources)
        {
            var facts = Find(plan, source);
            text.Append(source).Append(facts.State == SourceState.Found ? "" : " (none)").Append('\n');
            // Lengths keep the border between a key and its bytes where it is.
            foreach (var (key, bytes) in facts.Data) text.Append(CultureInfo.InvariantCulture, $"{key.Length}:{key}={Convert.ToHexString(SHA256.HashData(bytes))}\n");
        }
        return Hash(text.ToString());
    }

    private static SourceFacts Find(InstancePlan plan, string source) =>
        source.StartsWith("Secret/", StringComparison.Ordinal) ? plan.Facts.Secret(source[7..]) : plan.Facts.ConfigMap(source[10..]);

    /// <summary><c>Secret/NAME</c> and <c>ConfigMap/NAME</c> of everything the pod refers to.</summary>
    public static IEnumerable<string> Sources(InstancePlan plan) =>
        (plan.TokenSecret is { } token ? new[] { "Secret/" + token } : []).Concat(Named(plan.Spec, plan.Images, plan.Environment));

    /// <summary>The same but for the gateway token: what is written, whatever the sources hold.</summary>
    public static IEnumerable<string> Named(SpecView spec, Images images, PodEnvironment environment)
    {
        if (spec.Text("security.caBundle.configMapName") is { Length: > 0 } map) yield return "ConfigMap/" + map;
        else if (spec.Text("security.caBundle.secretName") is { Length: > 0 } secret) yield return "Secret/" + secret;
        foreach (var pull in images.PullSecrets.OfType<JsonObject>())
        {
            if (SpecView.Name(pull) is { } name) yield return "Secret/" + name;
        }
        foreach (var source in OfContainer(environment.EnvFrom.OfType<JsonObject>(), environment.Env)) yield return source;
        foreach (var container in spec.Objects("sidecars").Concat(spec.Objects("initContainers")))
        {
            foreach (var source in OfContainer((container["envFrom"] as JsonArray ?? []).OfType<JsonObject>(), (container["env"] as JsonArray ?? []).OfType<JsonObject>())) yield return source;
        }
        foreach (var source in spec.Objects("sidecarVolumes").Concat(spec.Objects("extraVolumes")).SelectMany(OfVolume)) yield return source;
        foreach (var source in OfBeside(spec)) yield return source;
    }

    private static IEnumerable<string> OfBeside(SpecView spec)
    {
        if (spec.Flag("webTerminal.enabled") && spec.Text("webTerminal.credential.secretRef.name") is { Length: > 0 } terminal) yield return "Secret/" + terminal;
        if (spec.Flag("tailscale.enabled") && spec.Text("tailscale.authKeySecretRef.name") is { Length: > 0 } tailscale) yield return "Secret/" + tailscale;
        if (spec.Text("runtime") != "original") yield break;
        foreach (var map in Workspace.All(spec).Select(static w => w.ConfigMap).OfType<string>()) yield return "ConfigMap/" + map;
    }

    private static IEnumerable<string> OfContainer(IEnumerable<JsonObject> envFrom, IEnumerable<JsonObject> env)
    {
        foreach (var item in envFrom)
        {
            if (SpecView.Name(item["secretRef"]) is { } secret) yield return "Secret/" + secret;
            if (SpecView.Name(item["configMapRef"]) is { } map) yield return "ConfigMap/" + map;
        }
        foreach (var item in env)
        {
            if (SpecView.Name(item["valueFrom"]?["secretKeyRef"]) is { } secret) yield return "Secret/" + secret;
            if (SpecView.Name(item["valueFrom"]?["configMapKeyRef"]) is { } map) yield return "ConfigMap/" + map;
        }
    }

    private static IEnumerable<string> OfVolume(JsonObject volume)
    {
        if (volume["secret"] is JsonObject secret && (string?)secret["secretName"] is { } secretName) yield return "Secret/" + secretName;
        if (SpecView.Name(volume["configMap"]) is { } map) yield return "ConfigMap/" + map;
        foreach (var source in (volume["projected"]?["sources"] as JsonArray ?? []).OfType<JsonObject>())
        {
            if (SpecView.Name(source["secret"]) is { } inner) yield return "Secret/" + inner;
            if (SpecView.Name(source["configMap"]) is { } innerMap) yield return "ConfigMap/" + innerMap;
        }
    }

    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8));
}
