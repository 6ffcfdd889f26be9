using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Build;

/// <summary>Something outside that the pod reads.</summary>
/// <param name="Source"><c>Secret/NAME</c> or <c>ConfigMap/NAME</c>.</param>
/// <param name="Key">The one key that is read; null for all.</param>
internal readonly record struct PodSource(string Source, string? Key)
{
    /// <summary>All that is written, in the gateway's container and in those beside it; without the gateway token.</summary>
    public static IEnumerable<PodSource> Of(SpecView spec, Images images, PodEnvironment environment)
    {
        var bundle = spec.Text("security.caBundle.key");
        if (spec.Text("security.caBundle.configMapName") is { Length: > 0 } map) yield return new PodSource("ConfigMap/" + map, bundle);
        else if (spec.Text("security.caBundle.secretName") is { Length: > 0 } secret) yield return new PodSource("Secret/" + secret, bundle);
        foreach (var pull in images.PullSecrets.OfType<JsonObject>())
        {
            if (SpecView.Name(pull) is { } name) yield return new PodSource("Secret/" + name, null);
        }
        foreach (var source in OfContainer(environment.EnvFrom.OfType<JsonObject>(), environment.Env)) yield return source;
        foreach (var container in spec.Objects("sidecars").Concat(spec.Objects("initContainers")))
        {
            foreach (var source in OfContainer((container["envFrom"] as JsonArray ?? []).OfType<JsonObject>(), (container["env"] as JsonArray ?? []).OfType<JsonObject>())) yield return source;
        }
        foreach (var source in spec.Objects("sidecarVolumes").Concat(spec.Objects("extraVolumes")).SelectMany(OfVolume)) yield return source;
        foreach (var source in OfBeside(spec)) yield return source;
    }

    private static IEnumerable<PodSource> OfBeside(SpecView spec)
    {
        if (spec.Flag("webTerminal.enabled") && spec.Text("webTerminal.credential.secretRef.name") is { Length: > 0 } terminal)
        {
            yield return new PodSource("Secret/" + terminal, "username");
            yield return new PodSource("Secret/" + terminal, "password");
        }
        if (spec.Flag("tailscale.enabled") && spec.Text("tailscale.authKeySecretRef.name") is { Length: > 0 } tailscale) yield return new PodSource("Secret/" + tailscale, spec.Text("tailscale.authKeySecretKey"));
        if (spec.Text("runtime") != "original") yield break;
        foreach (var map in Workspace.All(spec).Select(static w => w.ConfigMap).OfType<string>()) yield return new PodSource("ConfigMap/" + map, null);
        if (!spec.Flag("chromium.enabled")) yield break;
        foreach (var source in OfContainer([], spec.Objects("chromium.extraEnv"))) yield return source;
    }

    private static IEnumerable<PodSource> OfContainer(IEnumerable<JsonObject> envFrom, IEnumerable<JsonObject> env)
    {
        foreach (var item in envFrom)
        {
            if (SpecView.Name(item["secretRef"]) is { } secret) yield return new PodSource("Secret/" + secret, null);
            if (SpecView.Name(item["configMapRef"]) is { } map) yield return new PodSource("ConfigMap/" + map, null);
        }
        foreach (var item in env)
        {
            if (SpecView.Name(item["valueFrom"]?["secretKeyRef"]) is { } secret) yield return new PodSource("Secret/" + secret, KeyOf(item["valueFrom"]!["secretKeyRef"]));
            if (SpecView.Name(item["valueFrom"]?["configMapKeyRef"]) is { } map) yield return new PodSource("ConfigMap/" + map, KeyOf(item["valueFrom"]!["configMapKeyRef"]));
        }
    }

    private static IEnumerable<PodSource> OfVolume(JsonObject volume)
    {
        if (volume["secret"] is JsonObject secret && (string?)secret["secretName"] is { } secretName)
        {
            foreach (var source in Items("Secret/" + secretName, secret)) yield return source;
        }
        if (SpecView.Name(volume["configMap"]) is { } map)
        {
            foreach (var source in Items("ConfigMap/" + map, volume["configMap"])) yield return source;
        }
        foreach (var projected in (volume["projected"]?["sources"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var inner = SpecView.Name(projected["secret"]) is { } name ? Items("Secret/" + name, projected["secret"]) : [];
            if (SpecView.Name(projected["configMap"]) is { } innerMap) inner = inner.Concat(Items("ConfigMap/" + innerMap, projected["configMap"]));
            foreach (var source in inner) yield return source;
        }
    }

    /// <summary>The keys that a volume picks out; without a choice it has them all.</summary>
    private static IEnumerable<PodSource> Items(string source, JsonNode? volume) =>
        volume?["items"] is JsonArray { Count: > 0 } items ? items.Select(i => new PodSource(source, KeyOf(i))) : [new PodSource(source, null)];

    private static string? KeyOf(JsonNode? reference) => reference is JsonObject map && map["key"] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
