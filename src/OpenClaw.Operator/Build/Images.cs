using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;

namespace OpenClaw.Operator.Build;

/// <summary>Which program an instance runs.</summary>
internal enum RuntimeKind
{
    /// <summary>This gateway.</summary>
    OpenClaw,

    /// <summary>Upstream's image.</summary>
    Original,
}

/// <summary>The images of a pod, with the registry that stands in for others.</summary>
internal sealed record Images(string Gateway, string PullPolicy, JsonArray PullSecrets, string Ollama)
{
    public const string OwnRepository = "ghcr.io/openclaw-dotnet/openclaw";
    public const string OriginalRepository = "ghcr.io/openclaw/openclaw";

    public static Images Of(SpecView spec, JsonObject? defaults, RuntimeKind runtime, string operatorVersion)
    {
        var image = defaults?["image"] as JsonObject;
        var registry = spec.Text("registry") ?? Text(defaults, "registry");
        var repository = spec.Text("image.repository") ?? Text(image, "repository") ?? (runtime == RuntimeKind.Original ? OriginalRepository : OwnRepository);
        var (tag, digest) = (spec.Text("image.tag"), spec.Text("image.digest"));
        if (string.IsNullOrEmpty(tag) && string.IsNullOrEmpty(digest)) (tag, digest) = (Text(image, "tag"), Text(image, "digest"));
        tag ??= runtime == RuntimeKind.Original ? "latest" : operatorVersion;
        var policy = spec.Has("image.pullPolicy") ? spec.Text("image.pullPolicy") : Text(image, "pullPolicy") ?? spec.Text("image.pullPolicy");
        var secrets = spec.Objects("image.pullSecrets");
        var pull = secrets.Count > 0 ? secrets : [.. (image?["pullSecrets"] as JsonArray ?? []).OfType<JsonObject>()];
        return new Images(
            Override(Join(repository, tag, digest), registry),
            policy!,
            new JsonArray([.. pull.Select(static p => (JsonNode)p.DeepClone())]),
            Override(Join(OllamaRepository(spec), spec.Text("ollama.image.tag")!, spec.Text("ollama.image.digest")), registry));
    }

    /// <summary>The image of a container beside the gateway, by its fields; repository and tag may be said otherwise.</summary>
    public static string Beside(InstancePlan plan, string field, string? repository = null, string? tag = null)
    {
        var registry = plan.Spec.Text("registry") ?? Text(plan.Facts.ClusterDefaults, "registry");
        repository ??= plan.Spec.Text(field + ".repository")!;
        // A name without a registry is Docker Hub's for some runtimes and nobody's for others.
        if (repository is "tsl0922/ttyd") repository = "docker.io/" + repository;
        return Override(Join(repository, tag ?? plan.Spec.Text(field + ".tag")!, plan.Spec.Text(field + ".digest")), registry);
    }

    /// <summary>
    /// The image at another registry: Docker Hub's own prefixes go, a host in front is replaced, anything else is put below.
    /// The rule is upstream's.
    /// </summary>
    public static string Override(string image, string? registry)
    {
        if (string.IsNullOrWhiteSpace(registry)) return image;
        foreach (var prefix in (string[])["docker.io/library/", "docker.io/"])
        {
            if (!image.StartsWith(prefix, StringComparison.Ordinal)) continue;
            image = image[prefix.Length..];
            break;
        }
        var slash = image.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? "" : image[..slash];
        if (first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal) || first.StartsWith('[')) image = image[(slash + 1)..];
        return registry.Trim().TrimEnd('/') + "/" + image;
    }

    private static string OllamaRepository(SpecView spec) => spec.Text("ollama.image.repository") is "ollama/ollama" ? "docker.io/ollama/ollama" : spec.Text("ollama.image.repository")!;

    private static string Join(string repository, string tag, string? digest) => string.IsNullOrEmpty(digest) ? $"{repository}:{tag}" : $"{repository}@{digest}";

    private static string? Text(JsonObject? map, string name) => map?[name] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;
}
