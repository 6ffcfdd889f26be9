using System.Collections.Immutable;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Judge;
using OpenClaw.Kube.Yaml;

namespace OpenClaw.Operator.Build;

/// <summary>What is wrong with a file itself.</summary>
internal sealed record FileProblem(string File, int Line, string Message)
{
    public override string ToString() => $"{File}{(Line > 0 ? $" line {Line}" : "")}: {Message}";
}

/// <summary>
/// Instances out of files, and facts out of what is given with them: Secrets, ConfigMaps, Services, cluster defaults. What is
/// not given is not known, rather than not there.
/// </summary>
internal sealed class InstanceFile
{
    private readonly List<JsonObject> _documents = [];
    private readonly List<FileProblem> _problems = [];

    public IReadOnlyList<FileProblem> Problems => _problems;

    public IEnumerable<JsonObject> Instances => Of("OpenClawInstance");

    public void Add(string file, string text)
    {
        var result = YamlReader.Read(text);
        if (result.Problem is { } problem) _problems.Add(new FileProblem(file, problem.Line, problem.Message));
        foreach (var document in result.Documents) Add(file, document.Line, document.Content);
    }

    private void Add(string file, int line, JsonNode? content)
    {
        if (content is not JsonObject map || Word(map, "kind") is not { } kind)
        {
            _problems.Add(new FileProblem(file, line, "this is no Kubernetes object: it has no kind"));
            return;
        }
        if (kind == "List" && map["items"] is JsonArray items)
        {
            foreach (var item in items) Add(file, line, item?.DeepClone());
            return;
        }
        if (ApiKinds.All.Any(k => k.Kind == kind) && Word(map, "apiVersion") is var version && version != ApiKinds.ApiVersion)
        {
            _problems.Add(new FileProblem(file, line, $"apiVersion is {version ?? "not written"}; write {ApiKinds.ApiVersion}"));
            return;
        }
        if (kind == "OpenClawClusterDefaults" && Name(map) != "cluster") _problems.Add(new FileProblem(file, line, $"cluster defaults are called {Name(map) ?? "nothing"}, and only those called cluster count"));
        if (kind == "OpenClawClusterDefaults" && map["spec"] is JsonObject defaults) _problems.AddRange(SchemaCheck.Of(defaults, OtherFields.ClusterDefaults).Where(static f => f.Severity == FindingSeverity.Refused).Select(f => new FileProblem(file, line, f.ToString())));
        if (kind == "OpenClawSelfConfig") _problems.Add(new FileProblem(file, line, "an OpenClawSelfConfig is accepted by the cluster and not built yet; change the instance itself"));
        if (kind == "OpenClawInstance" && Instances.Any(i => Name(i) == Name(map) && (Namespace(i) ?? "") == (Namespace(map) ?? ""))) _problems.Add(new FileProblem(file, line, $"the instance {Name(map)} is written twice; keep one"));
        _documents.Add(map);
    }

    /// <summary>What is known of an instance. Objects without a namespace are in everybody's.</summary>
    public InstanceFacts FactsOf(JsonObject instance, string operatorVersion)
    {
        var space = Namespace(instance) ?? "default";
        return new InstanceFacts
        {
            Instance = instance,
            OperatorVersion = operatorVersion,
            Secrets = Sources("Secret", space),
            ConfigMaps = Sources("ConfigMap", space),
            Services = Of("Service").Where(static s => Name(s) is not null)
                .GroupBy(s => $"{Namespace(s) ?? space}/{Name(s)}").ToImmutableDictionary(static g => g.Key, static g => ServiceFacts.Of(g.Last())),
            ClusterDefaults = Of("OpenClawClusterDefaults").FirstOrDefault(static d => Name(d) == "cluster")?["spec"] as JsonObject,
        };
    }

    private ImmutableDictionary<string, SourceFacts> Sources(string kind, string space) =>
        Of(kind).Where(s => Name(s) is not null && (Namespace(s) ?? space) == space)
            .GroupBy(static s => Name(s)!).ToImmutableDictionary(static g => g.Key, static g => SourceFacts.Of(g.Last()));

    private IEnumerable<JsonObject> Of(string kind) => _documents.Where(d => Word(d, "kind") == kind);

    private static string? Name(JsonObject document) => SpecView.Name(document["metadata"]);

    private static string? Namespace(JsonObject document) => document["metadata"] is JsonObject metadata ? Word(metadata, "namespace") : null;

    private static string? Word(JsonObject map, string name) => map[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
