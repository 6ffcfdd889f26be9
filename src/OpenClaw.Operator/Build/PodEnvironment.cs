using System.Collections.Immutable;
using System.Text.Json.Nodes;
using OpenClaw.Config;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Judge;

namespace OpenClaw.Operator.Build;

/// <summary>
/// The gateway's environment as Kubernetes will make it: <c>envFrom</c> in order, then <c>env</c> over it. Values are real
/// where they are known; a variable whose source was not given has <see cref="NotGiven"/>, so that it counts as set.
/// </summary>
internal sealed record PodEnvironment(ImmutableSortedDictionary<string, string> Variables, JsonArray EnvFrom, ImmutableArray<JsonObject> Env)
{
    public const string NotGiven = "(not given)";

    /// <summary>True when some source was not given, so that a variable that seems to be missing may come from there.</summary>
    public bool HasUnknown { get; init; }

    /// <summary>Names of the sources that were not given.</summary>
    public ImmutableArray<string> UnknownSources { get; init; } = [];

    /// <summary>Which Secret or ConfigMap a variable comes from, for sentences.</summary>
    public ImmutableDictionary<string, string> Origins { get; init; } = ImmutableDictionary<string, string>.Empty;

    public ConfigEnvironment ToConfigEnvironment() => ConfigEnvironment.Of(Variables);

    public static PodEnvironment Of(SpecView spec, InstanceFacts facts, List<Finding> findings)
    {
        var reading = new Reading(facts, findings);
        var envFrom = spec.Objects("envFrom");
        for (var i = 0; i < envFrom.Count; i++) reading.AddSource(envFrom[i], $"spec.envFrom[{i}]");
        // Cluster defaults come first and the instance's own entry takes their place.
        var env = new List<JsonObject>(DefaultEnv(facts));
        foreach (var own in spec.Objects("env"))
        {
            var at = env.FindIndex(e => SpecView.Name(e) == SpecView.Name(own));
            if (at >= 0) env[at] = own;
            else env.Add(own);
        }
        for (var i = 0; i < env.Count; i++) reading.AddVariable(env[i], $"spec.env[{i}]");
        return new PodEnvironment(
            reading.Variables.ToImmutableSortedDictionary(StringComparer.Ordinal),
            new JsonArray([.. envFrom.Select(static e => (JsonNode)e.DeepClone())]),
            [.. env.Select(static e => (JsonObject)e.DeepClone())])
        {
            HasUnknown = reading.Unknown.Count > 0,
            UnknownSources = [.. reading.Unknown.Distinct(StringComparer.Ordinal)],
            Origins = reading.Origins.ToImmutableDictionary(StringComparer.Ordinal),
        };
    }

    private static IEnumerable<JsonObject> DefaultEnv(InstanceFacts facts) => (facts.ClusterDefaults?["env"] as JsonArray ?? []).OfType<JsonObject>();

    private sealed class Reading(InstanceFacts facts, List<Finding> findings)
    {
        public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, string> Origins { get; } = new(StringComparer.Ordinal);

        public List<string> Unknown { get; } = [];

        public void AddSource(JsonObject item, string path)
        {
            var prefix = (string?)item["prefix"] ?? "";
            var isSecret = item["secretRef"] is JsonObject;
            if ((item["secretRef"] ?? item["configMapRef"]) is not JsonObject reference || (string?)reference["name"] is not { Length: > 0 } name)
            {
                findings.Add(Finding.Refuse("EnvFromWithoutSource", path, "it names no Secret and no ConfigMap", "write secretRef: {name: …}"));
                return;
            }
            var source = isSecret ? facts.Secret(name) : facts.ConfigMap(name);
            var word = (isSecret ? "Secret " : "ConfigMap ") + name;
            if (source.State == SourceState.Unknown) Unknown.Add(word);
            if (source.State == SourceState.Missing) Missing(reference, path, word, null);
            foreach (var (key, _) in source.Data)
            {
                Variables[prefix + key] = source.Text(key)!;
                Origins[prefix + key] = word;
            }
        }

        public void AddVariable(JsonObject item, string path)
        {
            if (SpecView.Name(item) is not { Length: > 0 } name) return;
            Variables.Remove(name);
            if (item["valueFrom"] is not JsonObject from)
            {
                Variables[name] = item["value"] is JsonValue value ? SpecView.Scalar(value) : "";
                Origins[name] = "the instance";
                return;
            }
            var isSecret = from["secretKeyRef"] is JsonObject;
            if ((from["secretKeyRef"] ?? from["configMapKeyRef"]) is not JsonObject reference)
            {
                // fieldRef and resourceFieldRef: Kubernetes fills them in.
                Variables[name] = NotGiven;
                return;
            }
            var (sourceName, key) = ((string?)reference["name"] ?? "", (string?)reference["key"] ?? "");
            var source = isSecret ? facts.Secret(sourceName) : facts.ConfigMap(sourceName);
            var word = (isSecret ? "Secret " : "ConfigMap ") + sourceName;
            Origins[name] = word;
            if (source.State == SourceState.Unknown) Variables[name] = NotGiven;
            else if (source.Text(key) is { } text) Variables[name] = text;
            else Missing(reference, path, word, source.State == SourceState.Found ? key : null);
        }

        private void Missing(JsonObject reference, string path, string word, string? key)
        {
            if (reference["optional"] is JsonValue optional && optional.TryGetValue<bool>(out var isOptional) && isOptional) return;
            findings.Add(key is null
                ? Finding.Warn("SourceMissing", path, $"there is no {word} in the namespace, and the pod waits for it", "make it, or write optional: true")
                : Finding.Warn("KeyMissing", path, $"the {word} has no key {key}, and the pod waits for it", $"add {key} to it, or write optional: true"));
        }
    }
}
