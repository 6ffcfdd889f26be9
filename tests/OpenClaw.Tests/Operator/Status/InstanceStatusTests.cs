using System.Collections.Immutable;
using System.Text.Json.Nodes;
using OpenClaw.Kube.Yaml;
using OpenClaw.Operator.Api;
using OpenClaw.Operator.Build;
using OpenClaw.Operator.Judge;
using OpenClaw.Operator.Status;

namespace OpenClaw.Tests.Operator.Status;

public class InstanceStatusTests
{
    private const string Good = "{config: {raw: {defaultModel: openai/gpt-4o}}, env: [{name: OPENAI_API_KEY, value: k}]}";
    private const string ReadySet = "{replicas: 1, readyReplicas: 1, updatedReplicas: 1}";
    private static readonly DateTimeOffset s_now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData(Good, ReadySet, "Running", "ReconcileSucceeded")]
    [InlineData(Good, "{}", "Provisioning", "StatefulSetNotReady")]
    [InlineData(Good, "{replicas: 1, readyReplicas: 1, updatedReplicas: 0}", "Provisioning", "StatefulSetNotReady")]
    [InlineData("{suspended: true}", "{}", "Suspended", "Suspended")]
    [InlineData("{suspend: true}", ReadySet, "Failed", "UnknownField")]
    [InlineData("{config: {raw: {defaultModel: openai/gpt-4o}}}", ReadySet, "Degraded", "ReconcileSucceeded")]
    [InlineData("{chromium: {enabled: true}, config: {raw: {defaultModel: openai/gpt-4o}}, env: [{name: OPENAI_API_KEY, value: k}]}", ReadySet, "Running", "ReconcileSucceeded")]
    public void The_phase_follows_from_the_conditions(string spec, string set, string phase, string reason)
    {
        var status = Status(spec, set);
        Assert.Equal(phase, (string?)status["phase"]);
        Assert.Equal(reason, (string?)Condition(status, "Ready")["reason"]);
    }

    [Fact]
    public void A_condition_keeps_its_time_while_its_status_stays()
    {
        var first = Status(Good, ReadySet);
        var second = Status(Good, "{}", null, first, s_now.AddHours(1));
        Assert.Equal("2026-01-02T03:04:05Z", (string?)Condition(second, "ConfigValid")["lastTransitionTime"]);
        Assert.Equal("2026-01-02T04:04:05Z", (string?)Condition(second, "Ready")["lastTransitionTime"]);
        Assert.All((JsonArray)second["conditions"]!, static c => Assert.Equal(7, (long?)c!["observedGeneration"]));
    }

    [Fact]
    public void What_is_not_built_and_every_way_out_is_told()
    {
        var status = Status("{skills: [\"npm:x\"], config: {raw: {defaultModel: openai/gpt-4o}}}", ReadySet);
        Assert.Equal("[\"spec.skills\"]", status["notBuilt"]!.ToJsonString());
        Assert.Equal(2, ((JsonArray)status["egress"]!).Count);
        Assert.Equal("it.default.svc:18789", (string?)status["gatewayEndpoint"]);
        Assert.Contains("spec.skills", (string?)Condition(status, "FieldsBuilt")["message"], StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_is_warned_of_is_in_a_condition_and_keeps_nothing_from_running()
    {
        var status = Status("{config: {raw: {defaultModel: openai/gpt-4o}}, env: [{name: OPENAI_API_KEY, value: x}], gateway: {enabled: true}, ollama: {models: [m]}, security: {containerSecurityContext: {readOnlyRootFilesystem: false}}}", ReadySet);
        Assert.Equal(("False", "SwitchedOff"), ((string?)Condition(status, "FieldsBuilt")["status"], (string?)Condition(status, "FieldsBuilt")["reason"]));
        Assert.Equal(("False", "RootWritable"), ((string?)Condition(status, "AsMeant")["status"], (string?)Condition(status, "AsMeant")["reason"]));
        Assert.DoesNotContain("spec.ollama", (string?)Condition(status, "AsMeant")["message"], StringComparison.Ordinal);
        Assert.Equal("Running", (string?)status["phase"]);
        var well = Status("{config: {raw: {defaultModel: openai/gpt-4o}}, env: [{name: OPENAI_API_KEY, value: x}], gateway: {enabled: true}}", ReadySet);
        Assert.Equal("True", (string?)Condition(well, "AsMeant")["status"]);
        Assert.EndsWith("without effect: spec.gateway.enabled", (string?)Condition(well, "FieldsBuilt")["message"], StringComparison.Ordinal);
    }

    [Fact]
    public void Each_provider_tells_its_place_its_key_and_its_way()
    {
        const string Spec = """
            config:
              raw:
                defaultModel: openai/gpt-4o
                models:
                  fallbacks: [anthropic/claude-opus-4, ollama/llama3.2, vllm/m, lab/m]
                  providers:
                    ollama: {baseUrl: "http://localhost:11434"}
                    vllm: {baseUrl: "http://vllm.inference.svc:8000/v1"}
                    lab: {baseUrl: "http://10.1.2.3:9000/v1"}
            ollama: {enabled: true}
            env: [{name: OPENAI_API_KEY, value: k}]
            security: {networkPolicy: {deriveEgress: false}}
            """;
        var status = Status(Spec, ReadySet);
        var providers = ((JsonArray)status["providers"]!).ToDictionary(static p => (string)p!["name"]!, static p => p!);
        string Facts(string name) => string.Join(' ', new[] { "ready", "inChain", "place", "key", "egress" }.Select(f => providers[name][f]!.ToString()));
        Assert.Equal("true true outside present open", Facts("openai"));
        Assert.Equal("false true outside missing open", Facts("anthropic"));
        Assert.Equal("true true pod needless needless", Facts("ollama"));
        Assert.Equal("false true cluster needless closed", Facts("vllm"));
        Assert.Equal("false true private needless closed", Facts("lab"));
        Assert.Equal(("OPENAI_API_KEY of the instance", "https://api.openai.com"), ((string?)providers["openai"]["keyFrom"], (string?)providers["openai"]["address"]));
        Assert.Equal(("ollama", "it is the container ollama beside the gateway"), ((string?)providers["ollama"]["container"], (string?)providers["ollama"]["message"]));
        Assert.Equal("it is in the cluster, and no rule of the network policy lets the gateway out to it", (string?)providers["vllm"]["message"]);
        var summary = Condition(status, "ProvidersReady");
        Assert.Equal("False", (string?)summary["status"]);
        Assert.Contains("provider vllm", (string?)summary["message"], StringComparison.Ordinal);
        Assert.DoesNotContain("sk-", status.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_provider_without_an_address_tells_none()
    {
        var provider = (JsonObject)Status("{config: {raw: {defaultModel: scripted/ok}}}", ReadySet)["providers"]![0]!;
        Assert.Equal(("scripted", "none"), ((string?)provider["name"], (string?)provider["place"]));
        Assert.False(provider.ContainsKey("address"));
    }

    [Fact]
    public void Its_objects_its_image_and_every_address_are_told()
    {
        var status = Status("{config: {raw: {defaultModel: openai/gpt-4o}}, image: {tag: \"9\"}, networking: {ingress: {enabled: true, hosts: [{host: a.example}, {host: b.example}], tls: [{hosts: [a.example]}]}}}", ReadySet);
        Assert.Equal("[\"http://it.default.svc:18789\",\"https://a.example\",\"http://b.example\"]", status["endpoints"]!.ToJsonString());
        Assert.Equal("ghcr.io/openclaw-dotnet/openclaw:9", (string?)status["image"]);
        var managed = (JsonObject)status["managedResources"]!;
        Assert.Equal(("it", "it-config", "it-data", "it-gateway-token", "it", "it"), ((string?)managed["statefulSet"], (string?)managed["configMap"], (string?)managed["pvc"], (string?)managed["gatewayTokenSecret"], (string?)managed["service"], (string?)managed["ingress"]));
    }

    [Fact]
    public void While_an_instance_is_refused_what_runs_is_still_told_and_nothing_is_concluded()
    {
        var before = Status(Good, ReadySet);
        var refused = Status("{suspend: true}", ReadySet, null, before);
        Assert.Equal(before["managedResources"]!.ToJsonString(), refused["managedResources"]!.ToJsonString());
        Assert.Equal((string?)before["gatewayEndpoint"], (string?)refused["gatewayEndpoint"]);
        Assert.Equal("Unknown", (string?)Condition(refused, "ConfigValid")["status"]);
        Assert.Equal("Unknown", (string?)Condition(refused, "ProvidersReady")["status"]);
    }

    [Fact]
    public void Every_field_that_is_told_has_a_row()
    {
        var status = Status("{skills: [\"npm:x\"], observability: {metrics: {grafanaDashboard: {enabled: true}, serviceMonitor: {enabled: true}}}, availability: {autoScaling: {enabled: true}}, config: {raw: {defaultModel: openai/gpt-4o}}}", ReadySet);
        Assert.DoesNotContain(SchemaCheck.Of(status, StatusFields.Instance), static f => f.Reason != "NotBuilt");
    }

    [Fact]
    public void The_same_facts_give_the_same_bytes_an_hour_later()
    {
        var first = Status(Good, ReadySet);
        Assert.Equal(first.ToJsonString(), Status(Good, ReadySet, null, first, s_now.AddHours(1)).ToJsonString());
    }

    private static JsonObject Condition(JsonObject status, string type) => (JsonObject)((JsonArray)status["conditions"]!).Single(c => (string?)c!["type"] == type)!;

    private static JsonObject Status(string spec, string set, string? pod = null, JsonObject? before = null, DateTimeOffset? now = null)
    {
        var facts = new InstanceFacts
        {
            Instance = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "it", ["generation"] = 7 }, ["spec"] = Map(spec), ["status"] = before }, OperatorVersion = "1", IsComplete = true, NewToken = "t",
        };
        return InstanceStatus.Of(facts, InstanceDrawing.Of(facts), new ObservedFacts { StatefulSet = Map(set), Pods = pod is null ? [] : [Map(pod)] }, now ?? s_now);
    }

    private static JsonObject Map(string yaml) => (JsonObject)YamlReader.Read(yaml).Documents[0].Content!;
}
