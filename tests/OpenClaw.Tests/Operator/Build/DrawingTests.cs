using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.Config;
using OpenClaw.Operator.Build;
using OpenClaw.Operator.Judge;
using OpenClaw.Kube.Yaml;

namespace OpenClaw.Tests.Operator.Build;

public class DrawingTests
{
    [Theory]
    [InlineData("docker.io/library/busybox:1", "m.example.com/x/busybox:1")]
    [InlineData("docker.io/ollama/ollama:1", "m.example.com/x/ollama/ollama:1")]
    [InlineData("ollama/ollama:1", "m.example.com/x/ollama/ollama:1")]
    [InlineData("ghcr.io/a/b:1", "m.example.com/x/a/b:1")]
    [InlineData("localhost:5000/a@sha256:1", "m.example.com/x/a@sha256:1")]
    [InlineData("busybox", "m.example.com/x/busybox")]
    public void A_registry_stands_in_for_the_one_of_an_image(string image, string expected)
    {
        Assert.Equal(expected, Images.Override(image, "m.example.com/x/"));
    }

    [Fact]
    public void A_digest_stands_over_a_tag_and_the_instance_over_the_cluster()
    {
        var defaults = Map("{registry: r.example.com, image: {repository: a/b, digest: \"sha256:1\", pullPolicy: Always, pullSecrets: [{name: p}]}}");
        Assert.Equal("r.example.com/a/b@sha256:1", Image("{}", defaults));
        // A tag that someone wrote is not overruled by a digest that holds for everybody.
        Assert.Equal("r.example.com/a/b:2", Image("image: {tag: \"2\"}", defaults));
        Assert.Equal("r.example.com/c@sha256:3", Image("image: {repository: c, tag: \"2\", digest: \"sha256:3\"}", defaults));
        Assert.Equal("ghcr.io/openclaw-dotnet/openclaw:9.9", Image("{}", null));
        Assert.Equal("ghcr.io/openclaw/openclaw:latest", Image("runtime: original", null));
    }

    [Fact]
    public void No_token_is_made_up_where_there_is_no_cluster()
    {
        Assert.Null(One(Drawn("{}"), "Secret")["data"]);
        Assert.Equal("dA==", (string?)One(Drawn("{}", f => f with { NewToken = "t" }), "Secret")["data"]!["token"]);
    }

    [Fact]
    public void A_token_that_is_there_is_left_alone()
    {
        var drawing = Drawn("{}", f => f with { NewToken = "t", Secrets = f.Secrets.Add("it-gateway-token", Source("token", "x")) });
        Assert.DoesNotContain(drawing.Objects, static o => (string?)o["kind"] == "Secret");
    }

    [Theory]
    [InlineData("env: [{name: OPENCLAW_GATEWAY_TOKEN, value: x}]")]
    [InlineData("envFrom: [{secretRef: {name: mine}}]")]
    public void The_users_own_token_is_the_token(string spec)
    {
        var drawing = Drawn(spec, f => f with { Secrets = f.Secrets.Add("mine", Source("OPENCLAW_GATEWAY_TOKEN", "x")) });
        Assert.DoesNotContain(drawing.Objects, static o => (string?)o["kind"] == "Secret");
        var env = (JsonArray)Gateway(drawing)["env"]!;
        Assert.DoesNotContain(env, static e => (string?)e!["valueFrom"]?["secretKeyRef"]?["key"] == "token");
        Assert.Contains(drawing.Findings, static f => f.Reason == "TokenIsYours");
    }

    [Fact]
    public void A_token_is_never_in_a_ConfigMap()
    {
        var drawing = Drawn("{}", f => f with { NewToken = "very-secret-token" });
        Assert.All(drawing.Objects.Where(static o => (string?)o["kind"] != "Secret"), static o => Assert.DoesNotContain("very-secret-token", o.ToJsonString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, "policy/v1", "autoscaling/v2")]
    [InlineData("policy/v1beta1/PodDisruptionBudget autoscaling/v1/HorizontalPodAutoscaler", "policy/v1beta1", "autoscaling/v1")]
    [InlineData("policy/v1beta1/PodDisruptionBudget autoscaling/v2beta2/HorizontalPodAutoscaler autoscaling/v1/HorizontalPodAutoscaler", "policy/v1beta1", "autoscaling/v2beta2")]
    public void A_kind_is_drawn_in_the_version_that_the_cluster_serves(string? served, string budget, string scaler)
    {
        var drawing = Drawn("availability: {autoScaling: {enabled: true}}", f => f with { Served = served?.Split(' ').ToImmutableHashSet() });
        Assert.Equal(budget, (string?)One(drawing, "PodDisruptionBudget")["apiVersion"]);
        Assert.Equal(scaler, (string?)One(drawing, "HorizontalPodAutoscaler")["apiVersion"]);
        Assert.Null(One(drawing, "StatefulSet")["spec"]!["replicas"]);
    }

    [Fact]
    public void A_kind_that_is_not_served_is_left_out_and_named()
    {
        var drawing = Drawn("networking: {httpRoute: {enabled: true, parentRefs: [{name: g}]}}", static f => f with { Served = ["policy/v1/PodDisruptionBudget"] });
        Assert.DoesNotContain(drawing.Objects, static o => (string?)o["kind"] == "HTTPRoute");
        Assert.Contains(drawing.Findings, static f => f is { Reason: "KindNotServed", Path: "spec.networking.httpRoute" });
    }

    [Theory]
    [InlineData("config: {raw: {defaultModel: nope}}", "ConfigInvalid")]
    [InlineData("config: {configMapRef: {name: m}}", "ConfigMapNotFound")]
    [InlineData("config: {configMapRef: {name: there, key: other}}", "ConfigMapKeyNotFound")]
    [InlineData("gateway: {existingSecret: s}", "TokenSecretMissing")]
    [InlineData("sidecars: [{name: openclaw, image: i}]", "ContainerNameTaken")]
    [InlineData("sidecars: [{name: a, image: i, volumeMounts: [{name: v, mountPath: /v}]}]", "VolumeMissing")]
    [InlineData("sidecars: [{name: a, image: i, ports: [{containerPort: 18789}]}]", "PortTaken")]
    [InlineData("sidecars: [{name: a}]", "ContainerWithoutImage")]
    [InlineData("{suspended: true, availability: {autoScaling: {enabled: true}}}", "RuleBroken")]
    [InlineData("security: {podSecurityContext: {runAsUser: 0}}", "RuleBroken")]
    [InlineData("security: {caBundle: {key: x}}", "RuleBroken")]
    [InlineData("config: {forcePaths: [a]}", "RuleBroken")]
    [InlineData("availability: {autoScaling: {minReplicas: 9}}", "RuleBroken")]
    [InlineData("initContainers: [{name: init-config, image: i}]", "RuleBroken")]
    [InlineData("autoUpdate: {checkInterval: 10m}", "RuleBroken")]
    public void What_cannot_work_is_refused_with_a_word_and_draws_nothing(string spec, string reason)
    {
        var drawing = InstanceDrawing.Of(Facts(spec) with { IsComplete = true, ConfigMaps = ImmutableDictionary<string, SourceFacts>.Empty.Add("there", Source("openclaw.json", "{}")) });
        Assert.Contains(drawing.Findings, f => f.Reason == reason && f.Severity == FindingSeverity.Refused);
        Assert.Empty(drawing.Objects);
    }

    [Fact]
    public void Json5_in_a_ConfigMap_is_read_by_the_operator_itself()
    {
        var drawing = Drawn("config: {format: json5, configMapRef: {name: m}}", static f => f with { ConfigMaps = f.ConfigMaps.Add("m", Source("openclaw.json", "{ // a comment\n defaultModel: 'openai/gpt-4o', }")) });
        var text = (string)One(drawing, "ConfigMap")["data"]!["openclaw.json"]!;
        Assert.Equal("openai/gpt-4o", (string?)JsonNode.Parse(text)!["defaultModel"]);
    }

    [Theory]
    [InlineData("limits: {cpu: 100m}", "100m", "100m")]
    [InlineData("requests: {cpu: \"4\"}", "4", "4")]
    [InlineData("limits: {cpu: \"8\"}", "500m", "8")]
    [InlineData("requests: {cpu: 1}", "1", "2")]
    public void A_default_never_contradicts_what_is_written(string resources, string request, string limit)
    {
        var drawn = Gateway(Drawn($"resources: {{{resources}}}"))["resources"]!;
        Assert.Equal((request, limit), ((string?)drawn["requests"]!["cpu"], (string?)drawn["limits"]!["cpu"]));
    }

    [Fact]
    public void A_name_of_the_users_is_in_the_environment_once_and_is_theirs()
    {
        var env = (JsonArray)Gateway(Drawn("env: [{name: HOME, value: /elsewhere}]"))["env"]!;
        Assert.Equal(["/elsewhere"], env.Where(static e => (string?)e!["name"] == "HOME").Select(static e => (string?)e!["value"]));
    }

    [Fact]
    public void The_original_gets_a_file_in_its_own_schema()
    {
        var drawing = Drawn("{runtime: original, config: {raw: {llmConfig: [{provider: openai, model: m, baseURL: \"http://localhost:1/v1\"}]}}}");
        var file = JsonNode.Parse((string)One(drawing, "ConfigMap")["data"]!["openclaw.json"]!)!;
        Assert.Null(file["llmConfig"]);
        Assert.Equal("local", (string?)file["gateway"]!["mode"]);
        Assert.Equal("openai/m", (string?)file["agents"]!["defaults"]!["model"]);
        Assert.Null(Gateway(drawing)["args"]);
    }

    [Fact]
    public void What_is_owned_goes_with_the_instance_and_its_data_does_not()
    {
        var drawing = Drawn("{}", static f => f with { Instance = new JsonObject { ["metadata"] = Map("{name: it, namespace: ns, uid: u}"), ["spec"] = new JsonObject() } });
        Assert.All(drawing.Objects, static o => Assert.Equal((string?)o["kind"] != "PersistentVolumeClaim", o["metadata"]!["ownerReferences"] is not null));
        Assert.All(drawing.Objects, static o => Assert.Equal("ns", (string?)o["metadata"]!["namespace"]));
    }

    [Fact]
    public void A_merge_keeps_what_it_says_nothing_of()
    {
        var merged = ConfigMerge.Of(Map("{a: {x: 1, z: 2}, b: {c: 1, d: 2}, e: [1, 2]}"), Map("{a: {z: 3}, e: [3]}"), ["b.c", "no.such", "a.x.deep"]);
        Assert.Equal("""{"a":{"x":1,"z":3},"b":{"d":2},"e":[3]}""", merged.ToJsonString());
    }

    [Theory]
    [InlineData("llama3.2", "pull-0-llama3-2")]
    [InlineData("hf.co/Some/Very-Long_Name:Q4_K_M", "pull-0-hf-co-some-very-long-name-q4-k-m")]
    [InlineData("::", "pull-0")]
    public void A_pull_is_named_after_its_model(string model, string name)
    {
        Assert.Equal(name, BuildOllama.PullName(0, model));
    }

    [Fact]
    public void What_the_pod_gets_is_read_by_the_gateway_without_an_error()
    {
        var text = (string)One(Drawn("config: {raw: {gateway: {bind: loopback, auth: true}, defaultModel: openai/gpt-4o}}"), "ConfigMap")["data"]!["openclaw.json"]!;
        var result = ConfigReader.Read(Encoding.UTF8.GetBytes(text), ConfigEnvironment.Of(new Dictionary<string, string> { ["OPENCLAW_GATEWAY_TOKEN"] = "t" }));
        Assert.True(result.IsValid);
        Assert.Equal(BindMode.Lan, result.Config!.Gateway.Bind);
    }

    private static string Image(string spec, JsonObject? defaults) =>
        (string)Gateway(Drawn(spec, f => f with { ClusterDefaults = defaults, OperatorVersion = "9.9" }))["image"]!;

    private static JsonObject Gateway(InstanceDrawing drawing) => (JsonObject)One(drawing, "StatefulSet")["spec"]!["template"]!["spec"]!["containers"]![0]!;

    private static JsonObject One(InstanceDrawing drawing, string kind) => drawing.Objects.Single(o => (string?)o["kind"] == kind);

    private static InstanceDrawing Drawn(string spec, Func<InstanceFacts, InstanceFacts>? change = null)
    {
        var drawing = InstanceDrawing.Of(change is null ? Facts(spec) : change(Facts(spec)));
        Assert.False(drawing.IsRefused, string.Join("\n", drawing.Findings));
        return drawing;
    }

    private static InstanceFacts Facts(string spec) => new()
    {
        Instance = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "it" }, ["spec"] = Map(spec) }, OperatorVersion = "1",
    };

    private static SourceFacts Source(string key, string value) => new(SourceState.Found, ImmutableSortedDictionary<string, byte[]>.Empty.Add(key, Encoding.UTF8.GetBytes(value)));

    private static JsonObject Map(string yaml) => (JsonObject)YamlReader.Read(yaml).Documents[0].Content!;
}
