using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Build;
using OpenClaw.Kube.Yaml;

namespace OpenClaw.Tests.Operator.Build;

/// <summary>What starts a pod anew, and what does not.</summary>
public class PodHashesTests
{
    private const string Spec = """
        config: {raw: {defaultModel: openai/gpt-4o}}
        envFrom: [{secretRef: {name: s-envfrom}}, {configMapRef: {name: m-envfrom}}]
        env: [{name: OPENAI_API_KEY, valueFrom: {secretKeyRef: {name: s-env, key: k}}}, {name: X, valueFrom: {configMapKeyRef: {name: m-env, key: k}}}]
        image: {pullSecrets: [{name: s-pull}]}
        security: {caBundle: {configMapName: m-ca}}
        extraVolumes: [{name: a, secret: {secretName: s-volume}}, {name: b, projected: {sources: [{secret: {name: s-projected}}, {configMap: {name: m-projected}}]}}]
        sidecarVolumes: [{name: c, configMap: {name: m-sidecar-volume}}]
        sidecars: [{name: side, image: i, envFrom: [{secretRef: {name: s-sidecar}}]}]
        initContainers: [{name: first, image: i, env: [{name: A, valueFrom: {secretKeyRef: {name: s-init, key: k}}}]}]
        gateway: {existingSecret: s-token}
        """;

    private static readonly string[] s_secrets = ["s-envfrom", "s-env", "s-pull", "s-volume", "s-projected", "s-sidecar", "s-init", "s-token"];
    private static readonly string[] s_maps = ["m-envfrom", "m-env", "m-ca", "m-projected", "m-sidecar-volume"];

    public static TheoryData<string> Sources => [.. s_secrets, .. s_maps];

    [Theory]
    [MemberData(nameof(Sources))]
    public void Any_byte_that_the_pod_reads_at_its_start_starts_it_anew(string source)
    {
        Assert.NotEqual(Annotation(Facts(Spec), PodHashes.SecretKey), Annotation(Facts(Spec, source), PodHashes.SecretKey));
    }

    [Theory]
    [InlineData("s-envfrom")]
    [InlineData("s-token")]
    public void A_source_that_cannot_be_read_just_now_changes_nothing(string source)
    {
        var facts = Facts(Spec) with { PodAnnotations = ImmutableDictionary<string, string>.Empty.Add(PodHashes.SecretKey, "as-it-was") };
        Assert.NotEqual("as-it-was", Annotation(facts, PodHashes.SecretKey));
        Assert.Equal("as-it-was", Annotation(facts with { Secrets = facts.Secrets.SetItem(source, SourceFacts.Unknown) }, PodHashes.SecretKey));
    }

    [Theory]
    [InlineData("config: {raw: {defaultModel: openai/gpt-4o}}", "config: {raw: {defaultModel: openai/o1}}", false)]
    [InlineData("config: {raw: {budgets: []}}", "config: {raw: {limits: []}}", false)]
    [InlineData("config: {raw: {gateway: {port: 18789}}}", "config: {raw: {gateway: {port: 18790}}}", true)]
    [InlineData("config: {raw: {storage: {url: \"sqlite:a.db\"}}}", "config: {raw: {storage: {url: \"sqlite:b.db\"}}}", true)]
    [InlineData("config: {mergeMode: merge, raw: {defaultModel: openai/gpt-4o}}", "config: {mergeMode: merge, raw: {defaultModel: openai/o1}}", true)]
    [InlineData("{runtime: original, config: {raw: {defaultModel: openai/gpt-4o}}}", "{runtime: original, config: {raw: {defaultModel: openai/o1}}}", true)]
    public void What_the_gateway_takes_up_while_it_runs_starts_nothing_anew(string one, string other, bool isNew)
    {
        Assert.Equal(isNew, Annotation(Facts(one), PodHashes.ConfigKey) != Annotation(Facts(other), PodHashes.ConfigKey));
    }

    [Fact]
    public void A_secret_that_nobody_reads_changes_nothing()
    {
        var facts = Facts(Spec);
        Assert.Equal(Annotation(facts, PodHashes.SecretKey), Annotation(facts with { Secrets = facts.Secrets.Add("other", Source("x")) }, PodHashes.SecretKey));
    }

    [Theory]
    [InlineData("s-env", false)]
    [InlineData("m-env", false)]
    [InlineData("s-init", false)]
    [InlineData("m-ca", false)]
    [InlineData("s-token", false)]
    [InlineData("s-picked", false)]
    [InlineData("s-envfrom", true)]
    [InlineData("s-volume", true)]
    [InlineData("s-projected", true)]
    public void A_key_that_the_pod_does_not_read_starts_nothing_anew(string source, bool isRead)
    {
        var facts = Facts(Spec + "\nwebTerminal: {enabled: true, credential: {secretRef: {name: s-env}}}\n");
        facts = facts with { Instance = Picked(facts.Instance), Secrets = facts.Secrets.Add("s-picked", Source("old")) };
        var other = facts with { Secrets = With(facts.Secrets, source), ConfigMaps = With(facts.ConfigMaps, source) };
        Assert.Equal(isRead, Annotation(facts, PodHashes.SecretKey) != Annotation(other, PodHashes.SecretKey));
    }

    private static JsonObject Picked(JsonObject instance)
    {
        ((JsonArray)instance["spec"]!["extraVolumes"]!).Add((JsonNode)new JsonObject { ["name"] = "picked", ["secret"] = new JsonObject { ["secretName"] = "s-picked", ["items"] = new JsonArray(new JsonObject { ["key"] = "k", ["path"] = "k" }) } });
        return instance;
    }

    private static ImmutableDictionary<string, SourceFacts> With(ImmutableDictionary<string, SourceFacts> sources, string name) =>
        sources.TryGetValue(name, out var source) ? sources.SetItem(name, new SourceFacts(SourceState.Found, source.Data.Add("of-somebody-else", "x"u8.ToArray()))) : sources;

    [Fact]
    public void The_border_between_keys_and_bytes_is_part_of_it()
    {
        var facts = Facts(Spec);
        static SourceFacts Of(string key, string value) => new(SourceState.Found, ImmutableSortedDictionary<string, byte[]>.Empty.Add(key, Encoding.UTF8.GetBytes(value)));
        Assert.NotEqual(
            Annotation(facts with { Secrets = facts.Secrets.SetItem("s-envfrom", Of("A", "B=C")) }, PodHashes.SecretKey),
            Annotation(facts with { Secrets = facts.Secrets.SetItem("s-envfrom", Of("A=B", "C")) }, PodHashes.SecretKey));
    }

    private static string Annotation(InstanceFacts facts, string key)
    {
        var drawing = InstanceDrawing.Of(facts);
        Assert.False(drawing.IsRefused, string.Join("\n", drawing.Findings));
        return (string)drawing.Objects.Single(static o => (string?)o["kind"] == "StatefulSet")["spec"]!["template"]!["metadata"]!["annotations"]![key]!;
    }

    private static InstanceFacts Facts(string spec, string changed = "")
    {
        var instance = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "it" }, ["spec"] = YamlReader.Read(spec).Documents[0].Content };
        return new InstanceFacts
        {
            Instance = instance, OperatorVersion = "1", IsComplete = true, NewToken = "t",
            Secrets = s_secrets.ToImmutableDictionary(static n => n, n => Source(n == changed ? "new" : "old")),
            ConfigMaps = s_maps.ToImmutableDictionary(static n => n, n => Source(n == changed ? "new" : "old")),
        };
    }

    private static SourceFacts Source(string value) =>
        new(SourceState.Found, ImmutableSortedDictionary<string, byte[]>.Empty.Add("k", Encoding.UTF8.GetBytes(value)).Add("token", Encoding.UTF8.GetBytes(value)).Add("ca-bundle.crt", Encoding.UTF8.GetBytes(value)));
}
