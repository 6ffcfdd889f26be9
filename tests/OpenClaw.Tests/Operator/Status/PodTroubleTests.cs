using System.Text.Json.Nodes;
using OpenClaw.Kube.Yaml;
using OpenClaw.Operator.Build;
using OpenClaw.Operator.Status;

namespace OpenClaw.Tests.Operator.Status;

/// <summary>Each way in which a pod can fail to come up, as a cluster tells of it, and the sentence it becomes.</summary>
public class PodTroubleTests
{
    private const string Gateway = "containerStatuses: [{name: openclaw, image: \"r/i:1\", restartCount: 2, ";

    [Theory]
    [InlineData("conditions: [{type: PodScheduled, status: \"False\", message: 0/3 nodes are available}]", "Unschedulable", "it-0 has no node: 0/3 nodes are available")]
    [InlineData(Gateway + "state: {waiting: {reason: ImagePullBackOff, message: 'Back-off pulling image \"r/i:1\"'}}}]", "ImagePullBackOff", "openclaw in it-0 cannot get its image r/i:1: Back-off pulling image \"r/i:1\"")]
    [InlineData(Gateway + "state: {waiting: {reason: ErrImagePull, message: 'failed to resolve reference: 401 Unauthorized'}}}]", "ErrImagePull", "openclaw in it-0 cannot get its image r/i:1: failed to resolve reference: 401 Unauthorized; the registry wants credentials: name a Secret with them in spec.image.pullSecrets")]
    [InlineData(Gateway + "state: {waiting: {reason: ErrImagePull, message: 'r/i:1: not found'}}}]", "ErrImagePull", "openclaw in it-0 cannot get its image r/i:1: r/i:1: not found; there is no such image: correct spec.image, or spec.registry")]
    [InlineData(Gateway + "state: {waiting: {reason: ErrImagePull, message: 'dial tcp: lookup r: no such host'}}}]", "ErrImagePull", "openclaw in it-0 cannot get its image r/i:1: dial tcp: lookup r: no such host; the node does not reach the registry: spec.registry names another")]
    [InlineData(Gateway + "state: {waiting: {reason: CreateContainerConfigError, message: 'secret \"x\" not found'}}}]", "CreateContainerConfigError", "openclaw in it-0 waits: secret \"x\" not found")]
    [InlineData(Gateway + "state: {waiting: {reason: CreateContainerConfigError, message: 'couldn''t find key token in Secret default/x'}}}]", "CreateContainerConfigError", "openclaw in it-0 waits: couldn't find key token in Secret default/x")]
    [InlineData(Gateway + "state: {waiting: {reason: RunContainerError, message: 'exec: no such file'}}}]", "RunContainerError", "openclaw in it-0 cannot be started: exec: no such file")]
    [InlineData(Gateway + "state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 78, message: \"x\\nerror: no token\\nhint: set one\\n\"}}}]", "CrashLoopBackOff", "openclaw in it-0 ends again and again, with code 78: error: no token; hint: set one")]
    [InlineData(Gateway + "state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, message: \"one\\ntwo\"}}}]", "CrashLoopBackOff", "openclaw in it-0 ends again and again, with code 1: two")]
    [InlineData(Gateway + "state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 137}}}]", "CrashLoopBackOff", "openclaw in it-0 ends again and again, with code 137, killed from outside")]
    [InlineData(Gateway + "state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 137, reason: OOMKilled}}}]", "CrashLoopBackOff", "openclaw in it-0 ends again and again, because it needed more memory than its limit of 4Gi")]
    [InlineData(Gateway + "state: {terminated: {exitCode: 137, reason: OOMKilled}}}]", "ContainerFailed", "openclaw in it-0 failed, because it needed more memory than its limit of 4Gi")]
    [InlineData(Gateway + "ready: false, started: true, state: {running: {}}, lastState: {terminated: {exitCode: 137, reason: OOMKilled}}}]", "NotReady", "openclaw in it-0 runs and is not ready: its readiness probe fails; it was started anew 2 times, before that it ended because it needed more memory than its limit of 4Gi")]
    [InlineData(Gateway + "ready: false, started: false, state: {running: {}}}]", "Starting", "openclaw in it-0 is starting and does not answer its start-up probe yet")]
    [InlineData("initContainerStatuses: [{name: pull-0-m, state: {running: {}}}]", "PullingModel", "pull-0-m in it-0 is pulling its model; kubectl logs it-0 -c pull-0-m shows how far it is")]
    [InlineData("initContainerStatuses: [{name: pull-0-m, restartCount: 1, state: {running: {}}, lastState: {terminated: {exitCode: 1, message: no such model}}}]", "PullingModel", "pull-0-m in it-0 is pulling its model; kubectl logs it-0 -c pull-0-m shows how far it is; it was started anew once, before that it ended with code 1: no such model")]
    [InlineData("initContainerStatuses: [{name: pull-0-m, state: {terminated: {exitCode: 1, message: no such model}}}]", "ContainerFailed", "pull-0-m in it-0 failed, with code 1: no such model")]
    [InlineData("initContainerStatuses: [{name: init-config, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, message: 'error: the file on the volume is no JSON'}}}]", "CrashLoopBackOff", "init-config in it-0 ends again and again, with code 1: error: the file on the volume is no JSON")]
    [InlineData("initContainerStatuses: [{name: init-config, state: {running: {}}}]", "Initializing", "init-config in it-0 runs first, the gateway starts after it")]
    [InlineData("phase: Failed, reason: Evicted, message: 'The node was low on resource: memory.'", "Evicted", "it-0 was ended on node-1: The node was low on resource: memory.")]
    [InlineData("phase: Running, reason: NodeLost, message: Node node-1 which was running pod it-0 is unresponsive", "NodeLost", "the node node-1 of it-0 does not answer any more: Node node-1 which was running pod it-0 is unresponsive")]
    [InlineData("conditions: [{type: DisruptionTarget, status: \"True\", reason: DeletionByTaintManager, message: 'Taint manager: deleting due to NoExecute taint'}]", "DeletionByTaintManager", "it-0 has to leave node-1: Taint manager: deleting due to NoExecute taint")]
    [InlineData("conditions: [{type: Ready, status: \"False\"}], " + Gateway + "ready: true, started: true, state: {running: {}}}]", "NodeNotReady", "it-0 was well when its node node-1 last told of it, and that node does not answer now")]
    [InlineData("conditions: [{type: Ready, status: \"False\", reason: ReadinessGatesNotReady, message: the gate is shut}], " + Gateway + "ready: true, state: {running: {}}}]", "ReadinessGatesNotReady", "it-0 waits for a readiness gate: the gate is shut")]
    public void Why_a_pod_is_not_up_is_said_in_a_sentence(string status, string reason, string sentence)
    {
        var trouble = PodTrouble.Of(Pod(status));
        Assert.Equal((reason, sentence), (trouble?.Reason, trouble?.Sentence));
    }

    [Theory]
    [InlineData("FailedMount", "MountVolume.SetUp failed for volume \"x\" : secret \"x\" not found", "state: {waiting: {reason: ContainerCreating}}", "FailedMount", "openclaw in it-0 waits: MountVolume.SetUp failed for volume \"x\" : secret \"x\" not found")]
    [InlineData("FailedCreatePodSandBox", "no network", "state: {waiting: {reason: ContainerCreating}}", "FailedCreatePodSandBox", "openclaw in it-0 waits: no network")]
    [InlineData("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", "ready: false, started: true, state: {running: {}}", "NotReady", "openclaw in it-0 runs and is not ready: Readiness probe failed: HTTP probe failed with statuscode: 503")]
    public void What_only_an_event_tells_is_taken_from_it(string warning, string message, string state, string reason, string sentence)
    {
        var events = new[] { Event("Pod", "it-0", warning, "an older one", "2026-01-01T00:00:00Z"), Event("Pod", "it-0", warning, message, "2026-01-02T00:00:00Z"), Event("Pod", "other-0", warning, "another's", "2026-01-03T00:00:00Z") };
        var trouble = PodTrouble.Of(Pod($"containerStatuses: [{{name: openclaw, {state}}}]"), events);
        Assert.Equal((reason, sentence), (trouble?.Reason, trouble?.Sentence));
    }

    [Theory]
    [InlineData(Gateway + "ready: true, started: true, state: {running: {}}}]")]
    [InlineData(Gateway + "state: {waiting: {reason: PodInitializing}}}]")]
    [InlineData(Gateway + "state: {waiting: {reason: ContainerCreating}}}]")]
    [InlineData("initContainerStatuses: [{name: pull-0-m, state: {terminated: {exitCode: 0}}}]")]
    public void Where_there_is_nothing_to_say_nothing_is_said(string status) => Assert.Null(PodTrouble.Of(Pod(status)));

    [Fact]
    public void A_trouble_is_told_before_what_a_pod_is_busy_with()
    {
        var busy = Pod("initContainerStatuses: [{name: pull-0-m, state: {running: {}}}]");
        var broken = Pod("initContainerStatuses: [{name: pull-0-m, state: {running: {}}}], containerStatuses: [{name: side, state: {waiting: {reason: ErrImagePull}}}]");
        Assert.Equal("ErrImagePull", Ready(new ObservedFacts { Pods = [busy, broken] }).Reason);
        Assert.Equal("PullingModel", Ready(new ObservedFacts { Pods = [busy] }).Reason);
    }

    [Fact]
    public void A_set_that_makes_no_pod_says_why()
    {
        var ready = Ready(new ObservedFacts { Events = [Event("StatefulSet", "it", "FailedCreate", "create Pod it-0 in StatefulSet it failed: exceeded quota", "2026-01-01T00:00:00Z")] });
        Assert.Equal(("FailedCreate", "no pod is made: create Pod it-0 in StatefulSet it failed: exceeded quota"), ready);
    }

    [Fact]
    public void A_source_that_is_missing_is_named_where_the_pod_itself_says_nothing()
    {
        var ready = Ready(new ObservedFacts { Pods = [Pod(Gateway + "state: {waiting: {reason: ContainerCreating}}}]")] }, ", envFrom: [{secretRef: {name: keys}}]");
        Assert.Equal("SourceMissing", ready.Reason);
        Assert.Contains("there is no Secret keys", ready.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{phase: Bound, capacity: {storage: 10Gi}}", "True", "ClaimBound", "the claim it-data has its volume of 10Gi")]
    [InlineData("{phase: Pending}", "False", "ClaimPending", "the claim it-data waits for a volume of class fast, 10Gi: storageclass \"fast\" not found")]
    [InlineData("{phase: Lost}", "False", "ClaimLost", "the volume of the claim it-data is gone, and its data with it; restore a copy into a new claim and name it in spec.storage.persistence.existingClaim")]
    [InlineData("{phase: Bound, conditions: [{type: ControllerResizeError, status: \"True\", message: no room}]}", "False", "ClaimResizeFailed", "the claim it-data cannot grow: no room")]
    public void A_claim_without_its_volume_is_told(string status, string word, string reason, string sentence)
    {
        var condition = Condition(Status(Claim(status)), "StorageReady");
        Assert.Equal((word, reason, sentence), ((string?)condition["status"], (string?)condition["reason"], (string?)condition["message"]));
    }

    [Fact]
    public void A_pod_that_waits_for_its_claim_says_why_the_claim_waits()
    {
        var observed = Claim("{phase: Pending}") with { Pods = [Pod("conditions: [{type: PodScheduled, status: \"False\", message: pod has unbound immediate PersistentVolumeClaims}]")] };
        Assert.Equal("it-0 has no node: pod has unbound immediate PersistentVolumeClaims; the claim it-data waits for a volume of class fast, 10Gi: storageclass \"fast\" not found", Ready(observed).Sentence);
    }

    private static ObservedFacts Claim(string status) => new()
    {
        Claims = [Map($"{{metadata: {{name: it-data}}, spec: {{storageClassName: fast, resources: {{requests: {{storage: 10Gi}}}}}}, status: {status}}}")],
        Events = [Event("PersistentVolumeClaim", "it-data", "ProvisioningFailed", "storageclass \"fast\" not found", "2026-01-01T00:00:00Z")],
    };

    private static (string? Reason, string? Sentence) Ready(ObservedFacts observed, string more = "")
    {
        var condition = Condition(Status(observed, more), "StatefulSetReady");
        return ((string?)condition["reason"], (string?)condition["message"]);
    }

    private static JsonObject Status(ObservedFacts observed, string more = "")
    {
        var spec = Map($"{{config: {{raw: {{defaultModel: openai/gpt-4o}}}}{more}}}");
        var facts = new InstanceFacts { Instance = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "it" }, ["spec"] = spec }, OperatorVersion = "1", IsComplete = true, NewToken = "t" };
        return InstanceStatus.Of(facts, InstanceDrawing.Of(facts), observed, DateTimeOffset.UnixEpoch);
    }

    private static JsonObject Condition(JsonObject status, string type) => (JsonObject)((JsonArray)status["conditions"]!).Single(c => (string?)c!["type"] == type)!;

    private static JsonObject Pod(string status) =>
        Map($"{{metadata: {{name: it-0}}, spec: {{nodeName: node-1, containers: [{{name: openclaw, resources: {{limits: {{memory: 4Gi}}}}}}]}}, status: {{{status}}}}}");

    private static JsonObject Event(string kind, string name, string reason, string message, string time) => new()
    {
        ["type"] = "Warning", ["reason"] = reason, ["message"] = message, ["lastTimestamp"] = time, ["involvedObject"] = new JsonObject { ["kind"] = kind, ["name"] = name },
    };

    private static JsonObject Map(string yaml) => (JsonObject)YamlReader.Read(yaml).Documents[0].Content!;
}
