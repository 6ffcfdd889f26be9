using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.Config;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Judge;

namespace OpenClaw.Operator.Build;

/// <summary>The file that the pod gets, and what it says. Complete and valid before a pod sees it.</summary>
/// <param name="Text">Indented JSON with a line end; null when there is none to give.</param>
/// <param name="Config">What the file says in the pod's environment; null when it is not valid.</param>
internal sealed record ConfigPlan(string? Text, OpenClawConfig? Config, int Port)
{
    private const int LargestConfigMap = 1024 * 1024;

    /// <summary>Where the file comes from, as a path of the spec.</summary>
    public string Path { get; init; } = "spec.config.raw";

    /// <summary>True when the token is the user's own: in the file, or in the environment that they give.</summary>
    public bool HasOwnToken { get; init; }

    public static ConfigPlan Of(SpecView spec, InstanceFacts facts, RuntimeKind runtime, PodEnvironment environment, List<Finding> findings)
    {
        var path = spec.Has("config.configMapRef") ? "spec.config.configMapRef" : "spec.config.raw";
        if (Source(spec, facts, findings) is not { } source) return new ConfigPlan(null, null, 18789) { Path = path };
        var (plain, problems) = PlainJson.Read(Encoding.UTF8.GetBytes(source));
        if (plain is null)
        {
            Report(problems, path, findings);
            return new ConfigPlan(null, null, 18789) { Path = path };
        }
        var file = (JsonObject)JsonNode.Parse(plain)!;
        GatewayEntry.Put(file, path, findings);
        var text = PrettyJson.Write(file);
        // The token is set in the pod, whichever Secret it comes from.
        var inPod = environment.Variables.SetItem("OPENCLAW_GATEWAY_TOKEN", environment.Variables.GetValueOrDefault("OPENCLAW_GATEWAY_TOKEN") ?? PodEnvironment.NotGiven);
        var result = ConfigReader.Read(Encoding.UTF8.GetBytes(text), ConfigEnvironment.Of(inPod));
        Report(result.Problems, path, findings, environment);
        if (result.Config is not { } config) return new ConfigPlan(null, null, 18789) { Path = path };
        if (runtime == RuntimeKind.Original && OriginalFile.Of(spec, text, path, findings) is var original)
        {
            if (original is null) return new ConfigPlan(null, null, 18789) { Path = path };
            text = original;
        }
        if (Encoding.UTF8.GetByteCount(text) > LargestConfigMap)
        {
            findings.Add(Finding.Refuse("ConfigTooLarge", path, "the file is larger than a ConfigMap may be (1 MiB)", "make it smaller"));
            return new ConfigPlan(null, config, config.Gateway.Port) { Path = path };
        }
        WarnOfSecrets(config, file, path, findings);
        return new ConfigPlan(text, config, config.Gateway.Port)
        {
            Path = path,
            HasOwnToken = config.Gateway.Token is { Source: SecretSource.File } or { Source: SecretSource.Literal, FromVariable: not "OPENCLAW_GATEWAY_TOKEN" } or { Source: SecretSource.Env, Value: not "OPENCLAW_GATEWAY_TOKEN" }
                || environment.Variables.ContainsKey("OPENCLAW_GATEWAY_TOKEN"),
        };
    }

    private static string? Source(SpecView spec, InstanceFacts facts, List<Finding> findings)
    {
        if (!spec.Has("config.configMapRef")) return spec.Map("config.raw") is { } raw ? PrettyJson.Write(raw) : "{}";
        var (name, key) = (spec.Text("config.configMapRef.name") ?? "", spec.Text("config.configMapRef.key")!);
        var source = facts.ConfigMap(name);
        if (source.State == SourceState.Found && source.Text(key) is { } text) return text;
        findings.Add(source.State switch
        {
            SourceState.Unknown => Finding.Warn("ConfigMapNotGiven", "spec.config.configMapRef", $"the ConfigMap {name} is not known here, so nothing can be said of its configuration", $"give it too: -f {name}.yaml"),
            SourceState.Missing => Finding.Refuse("ConfigMapNotFound", "spec.config.configMapRef.name", $"there is no ConfigMap {name} in the namespace", "make it, or correct the name"),
            _ => Finding.Refuse("ConfigMapKeyNotFound", "spec.config.configMapRef.key", $"the ConfigMap {name} has no key {key}; it has {string.Join(", ", source.Data.Keys)}", "correct the key"),
        });
        return null;
    }

    private static void Report(ImmutableArray<ConfigProblem> problems, string path, List<Finding> findings, PodEnvironment? environment = null)
    {
        foreach (var problem in problems)
        {
            // A variable that is missing may be in a Secret that was not given.
            if (environment is { HasUnknown: true } && problem.Severity == ProblemSeverity.Warning && problem.Message.StartsWith("the environment has no", StringComparison.Ordinal)) continue;
            var place = path + problem.Pointer.Replace('/', '.');
            findings.Add(problem.Severity == ProblemSeverity.Error
                ? Finding.Refuse("ConfigInvalid", place, problem.Message, problem.Instead)
                : Finding.Warn("ConfigDoubtful", place, problem.Message, problem.Instead));
        }
    }

    /// <summary>A ConfigMap is read by everyone who may view the namespace.</summary>
    private static void WarnOfSecrets(OpenClawConfig config, JsonObject file, string path, List<Finding> findings)
    {
        static bool IsLiteral(SecretConfig? secret) => secret is { Source: SecretSource.Literal, FromVariable: null };
        if (IsLiteral(config.Gateway.Token)) findings.Add(Finding.Warn("SecretInConfig", path + ".gateway.auth.token", "the token stands in a ConfigMap", "put it into a Secret and name that in spec.gateway.existingSecret"));
        if (file["storage"] is JsonObject storage && storage["url"] is JsonValue url && HasPassword(SpecView.Scalar(url))) findings.Add(Finding.Warn("SecretInConfig", path + ".storage.url", "the database's password stands in a ConfigMap", "put it into a Secret, name that in spec.envFrom, and write ${NAME}"));
        foreach (var provider in config.Providers.Where(static p => p.Keys.Any(IsLiteral)))
        {
            findings.Add(Finding.Warn("SecretInConfig", $"{path}.models.providers.{provider.Id}", "its key stands in a ConfigMap", "put it into a Secret, name that in spec.envFrom, and write ${NAME}"));
        }
    }

    /// <summary>True for <c>postgres://user:password@host</c> with the password itself, and not the name of a variable.</summary>
    private static bool HasPassword(string url)
    {
        var start = url.IndexOf("://", StringComparison.Ordinal);
        var end = start < 0 ? -1 : url.IndexOf('@', start);
        if (end < 0) return false;
        var person = url[(start + 3)..end];
        var colon = person.IndexOf(':', StringComparison.Ordinal);
        return colon >= 0 && colon < person.Length - 1 && !person[colon..].Contains("${", StringComparison.Ordinal);
    }
}
