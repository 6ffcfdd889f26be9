using System.Collections.Immutable;
using System.Text.Json.Nodes;
using OpenClaw.Operator.Build;
using OpenClaw.Operator.Status;
using OpenClaw.Kube.Yaml;

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

    [Theory]
    [InlineData("conditions: [{type: PodScheduled, status: \"False\", message: 0/3 nodes are available}]", "Unschedulable", "it-0 has no node: 0/3 nodes are available")]
    [InlineData("containerStatuses: [{name: openclaw, state: {waiting: {reason: ImagePullBackOff, message: no such image}}}]", "ImagePullBackOff", "openclaw in it-0 waits: no such image")]
    [InlineData("containerStatuses: [{name: openclaw, state: {waiting: {reason: CreateContainerConfigError, message: 'secret \"x\" not found'}}}]", "CreateContainerConfigError", "openclaw in it-0 waits: secret \"x\" not found")]
    [InlineData("containerStatuses: [{name: openclaw, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 78, message: \"x\\nerror: no token\"}}}]", "CrashLoopBackOff", "openclaw in it-0 ends again and again, with code 78: error: no token")]
    [InlineData("containerStatuses: [{name: openclaw, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 137, reason: OOMKilled}}}]", "CrashLoopBackOff", "openclaw in it-0 ends again and again, because it needed more memory than its limit")]
    [InlineData("initContainerStatuses: [{name: pull-0-m, state: {running: {}}}]", "PullingModel", "pull-0-m in it-0 is pulling its model; kubectl logs it-0 -c pull-0-m shows how far it is")]
    [InlineData("initContainerStatuses: [{name: pull-0-m, state: {terminated: {exitCode: 1, message: no such model}}}]", "ContainerFailed", "pull-0-m in it-0 failed, with code 1: no such model")]
    [InlineData("containerStatuses: [{name: openclaw, state: {waiting: {reason: PodInitializing}}}]", "StatefulSetNotReady", "0 of 1 pods are ready, 0 are of the newest template")]
    public void Why_a_pod_is_not_up_is_said_in_a_sentence(string pod, string reason, string sentence)
    {
        var ready = Condition(Status(Good, "{}", $"{{metadata: {{name: it-0}}, status: {{{pod}}}}}"), "StatefulSetReady");
        Assert.Equal((reason, sentence), ((string?)ready["reason"], (string?)ready["message"]));
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
