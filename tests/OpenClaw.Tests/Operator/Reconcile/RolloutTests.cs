using System.Text.Json.Nodes;
using OpenClaw.Kube;
using OpenClaw.Operator.Reconcile;

namespace OpenClaw.Tests.Operator.Reconcile;

public class RolloutTests
{
    private const string Good = "{config: {raw: {defaultModel: openai/gpt-4o}}, envFrom: [{secretRef: {name: keys}}]}";
    private static readonly ObjectKey s_it = new("ns", "it");

    [Fact]
    public async Task A_changed_Secret_restarts_once_and_a_reloadable_change_does_not()
    {
        await using var stage = await StartAsync();
        ConvergenceTests.Keys(stage, "sk-2");
        await stage.QuietAsync();
        Assert.Equal(2, stage.Templates("it").Count);
        var before = stage.Get(Kinds.ConfigMap, "it-config")["data"]!.ToJsonString();
        stage.Cluster.MergePatch(WatchedKinds.Instance, s_it, Raw("openai/gpt-4o-mini"), null);
        await stage.QuietAsync();
        Assert.NotEqual(before, stage.Get(Kinds.ConfigMap, "it-config")["data"]!.ToJsonString());
        Assert.Equal(2, stage.Templates("it").Count);
        Assert.Equal("Running", stage.Phase("it"));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(403)]
    [InlineData(0)]
    public async Task A_Secret_that_cannot_be_read_changes_nothing(int status)
    {
        await using var stage = await StartAsync();
        var policy = stage.Get(Kinds.NetworkPolicy, "it").ToJsonString();
        stage.Server.Fault = r => r is { Method: "GET" } && r.Path.EndsWith("/secrets/keys", StringComparison.Ordinal) ? FakeFault.Answer(status, "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"no\",\"code\":" + status + "}") : null;
        ConvergenceTests.Keys(stage, "sk-2");
        stage.Cluster.MergePatch(WatchedKinds.Instance, s_it, ConvergenceTests.Annotation("poke", "1"), null);
        await Kube.Objects.UntilAsync(() => stage.Condition("it", "ObjectsApplied").Status == "False", "told");
        Assert.Single(stage.Templates("it"));
        Assert.Equal(policy, stage.Get(Kinds.NetworkPolicy, "it").ToJsonString());
        // The pods run: only what cannot be done is told.
        Assert.Equal(("True", "Degraded"), (stage.Condition("it", "Ready").Status, stage.Phase("it")));
        Assert.Contains("the Secret keys cannot be read", stage.Condition("it", "ObjectsApplied").Message, StringComparison.Ordinal);
        stage.Server.Fault = static _ => null;
        await Kube.Objects.UntilAsync(() => stage.Templates("it").Count == 2 && stage.Phase("it") == "Running", "the change");
    }

    [Fact]
    public async Task A_restart_that_somebody_asks_for_is_left_to_happen()
    {
        await using var stage = await StartAsync();
        var writes = await stage.WritesOfAsync(() => stage.Cluster.MergePatch(Kinds.StatefulSet, s_it, (JsonObject)JsonNode.Parse("""{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"now"}}}}}""")!, null));
        Assert.InRange(writes, 0, 2);
        Assert.Equal("now", (string?)stage.Get(Kinds.StatefulSet, "it")["spec"]!["template"]!["metadata"]!["annotations"]!["kubectl.kubernetes.io/restartedAt"]);
        ConvergenceTests.Keys(stage, "sk-2");
        await stage.QuietAsync();
        Assert.Equal("now", (string?)stage.Get(Kinds.StatefulSet, "it")["spec"]!["template"]!["metadata"]!["annotations"]!["kubectl.kubernetes.io/restartedAt"]);
        Assert.Equal(3, stage.Templates("it").Count);
    }

    [Fact]
    public async Task A_new_operator_restarts_the_fleet_by_a_few_and_a_changed_instance_at_once()
    {
        await using var stage = await OperatorStage.OpenAsync();
        stage.RolloutBound = 2;
        ConvergenceTests.Keys(stage);
        for (var i = 0; i < 7; i++) stage.PutInstance("it" + i, Good);
        await stage.StartLoopAsync();
        stage.ComesUp = static _ => false;
        await stage.RestartLoopAsync("2.0.0");
        Assert.Equal(2, Restarted(stage));
        Assert.Equal((2, 5), stage.Controller.Rollouts);
        var waiting = Enumerable.Range(0, 7).First(i => stage.Templates("it" + i).Count == 1);
        Assert.Equal("RolloutWaits", stage.Condition("it" + waiting, "UpToDate").Reason);
        Assert.Equal("Running", stage.Phase("it" + waiting));
        // Its owner wants something: that does not wait for others.
        stage.Cluster.MergePatch(WatchedKinds.Instance, new ObjectKey("ns", "it" + waiting), (JsonObject)JsonNode.Parse("""{"spec":{"podLabels":{"a":"b"}}}""")!, null);
        await stage.QuietAsync();
        Assert.Equal(3, Restarted(stage));
        var most = 0;
        stage.ComesUp = _ =>
        {
            most = Math.Max(most, stage.Controller.Rollouts.Inside);
            return true;
        };
        foreach (var i in Enumerable.Range(0, 7)) stage.RollOut("it" + i);
        await Kube.Objects.UntilAsync(() => Restarted(stage) == 7 && stage.Controller.Rollouts == (0, 0), "all");
        Assert.InRange(most, 1, 2);
        await stage.QuietAsync();
        Assert.All(Enumerable.Range(0, 7), i => Assert.Equal(("Running", 2), (stage.Phase("it" + i), stage.Templates("it" + i).Count)));
    }

    [Fact]
    public async Task A_process_that_starts_in_the_midst_of_a_rollout_keeps_to_its_bound()
    {
        await using var stage = await OperatorStage.OpenAsync();
        stage.RolloutBound = 2;
        ConvergenceTests.Keys(stage);
        for (var i = 0; i < 7; i++) stage.PutInstance("it" + i, Good);
        await stage.StartLoopAsync();
        stage.ComesUp = static _ => false;
        await stage.RestartLoopAsync("2.0.0");
        Assert.Equal((2, 5, 2), (stage.Controller.Rollouts.Inside, stage.Controller.Rollouts.Waiting, Restarted(stage)));
        var writes = stage.Writes;
        await stage.RestartLoopAsync("2.0.0");
        Assert.Equal((2, 5, 2), (stage.Controller.Rollouts.Inside, stage.Controller.Rollouts.Waiting, Restarted(stage)));
        Assert.Equal(writes, stage.Writes);
        // A third version: those that did not come up get it, and no other.
        await stage.RestartLoopAsync("3.0.0");
        Assert.Equal((2, 5, 2), (stage.Controller.Rollouts.Inside, stage.Controller.Rollouts.Waiting, Restarted(stage)));
        Assert.Equal(2, Enumerable.Range(0, 7).Count(i => stage.Templates("it" + i).Count == 3));
        stage.ComesUp = static _ => true;
        foreach (var i in Enumerable.Range(0, 7)) stage.RollOut("it" + i);
        await Kube.Objects.UntilAsync(() => Restarted(stage) == 7 && stage.Controller.Rollouts == (0, 0), "all");
        // One that comes down after it was up is no part of a rollout.
        stage.Cluster.MergePatch(Kinds.StatefulSet, new ObjectKey("ns", "it0"), (JsonObject)JsonNode.Parse("""{"status":{"readyReplicas":0}}""")!, "status");
        await stage.QuietAsync();
        Assert.Equal((0, 0), stage.Controller.Rollouts);
        writes = stage.Writes;
        await stage.RestartLoopAsync("3.0.0");
        Assert.Equal((0, 0), stage.Controller.Rollouts);
        Assert.Equal(writes, stage.Writes);
    }

    [Fact]
    public async Task A_kind_that_appears_later_is_made_then()
    {
        var time = new ManualTime();
        await using var stage = await OperatorStage.OpenAsync();
        stage.Time = time;
        var (budget, route) = ("policy/v1/poddisruptionbudgets", "gateway.networking.k8s.io/v1/httproutes");
        stage.Server.Served.Remove(budget, out _);
        stage.Server.Served.Remove(route, out var httpRoute);
        ConvergenceTests.Keys(stage);
        stage.PutInstance("it", Good.Replace("{config", "{networking: {httpRoute: {enabled: true, parentRefs: [{name: g}]}}, security: {networkPolicy: {allowedIngressNamespaces: [g]}}, config", StringComparison.Ordinal));
        await stage.StartLoopAsync();
        Assert.Equal(("False", "KindNotServed"), (stage.Condition("it", "FieldsBuilt").Status, stage.Condition("it", "FieldsBuilt").Reason));
        Assert.Equal("Running", stage.Phase("it"));
        stage.Server.Served[route] = httpRoute!;
        time.Advance(TimeSpan.FromSeconds(61));
        await Kube.Objects.UntilAsync(() => stage.Find(Kinds.HttpRoute, "it") is not null, "the route");
    }

    [Fact]
    public async Task A_Service_that_a_provider_is_behind_opens_the_way_when_it_comes()
    {
        await using var stage = await OperatorStage.StartAsync();
        stage.PutInstance("it", "{config: {raw: {llmConfig: [{provider: openai, model: m, baseURL: \"http://vllm.inference.svc:8000/v1\"}]}}, env: [{name: OPENAI_API_KEY, value: k}]}");
        await stage.QuietAsync();
        Assert.DoesNotContain("\"app\":\"vllm\"", stage.Get(Kinds.NetworkPolicy, "it").ToJsonString(), StringComparison.Ordinal);
        stage.Put("apiVersion: v1\nkind: Service\nmetadata: {name: vllm, namespace: inference}\nspec: {selector: {app: vllm}, ports: [{port: 8000, targetPort: 9000}]}\n");
        await stage.QuietAsync();
        Assert.Contains("\"app\":\"vllm\"", stage.Get(Kinds.NetworkPolicy, "it").ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("9000", stage.Get(Kinds.NetworkPolicy, "it").ToJsonString(), StringComparison.Ordinal);
        Assert.Single(stage.Templates("it"));
    }

    [Fact]
    public async Task A_claim_grows_and_what_cannot_change_is_said()
    {
        await using var stage = await StartAsync();
        Size(stage, "20Gi");
        await stage.QuietAsync();
        Assert.Equal("20Gi", Storage(stage));
        Assert.Equal("True", stage.Condition("it", "StorageReady").Status);
        Size(stage, "5Gi");
        await stage.QuietAsync();
        Assert.Equal("20Gi", Storage(stage));
        Assert.Contains("write size: 20Gi", stage.Condition("it", "StorageReady").Message, StringComparison.Ordinal);
        stage.Server.Fault = static r => r.Method == "PATCH" && r.Path.EndsWith("/persistentvolumeclaims/it-data", StringComparison.Ordinal)
            ? FakeFault.Answer(403, "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Forbidden\",\"code\":403,\"message\":\"only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize\"}") : null;
        Size(stage, "30Gi");
        await stage.QuietAsync();
        Assert.Equal("ClaimCannotGrow", stage.Condition("it", "StorageReady").Reason);
        Assert.Equal("Degraded", stage.Phase("it"));
        Assert.Single(stage.Templates("it"));
    }

    [Fact]
    public async Task What_cannot_be_changed_in_place_is_made_anew_and_its_pods_stay()
    {
        await using var stage = await StartAsync();
        var refused = 0;
        stage.Server.Fault = r => r.Method == "PATCH" && r.Path.EndsWith("/statefulsets/it", StringComparison.Ordinal) && Interlocked.Increment(ref refused) == 1
            ? FakeFault.Answer(422, "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Invalid\",\"code\":422,\"message\":\"StatefulSet.apps \\\"it\\\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'template', and 'updateStrategy' are forbidden\"}") : null;
        ConvergenceTests.Keys(stage, "sk-2");
        await stage.QuietAsync();
        var gone = Assert.Single(stage.Server.Requests, static r => r.Method == "DELETE");
        Assert.Contains("\"propagationPolicy\":\"Orphan\"", gone.Body, StringComparison.Ordinal);
        Assert.Equal("Running", stage.Phase("it"));
        Assert.Equal(2, stage.Templates("it").Count);
    }

    private static async Task<OperatorStage> StartAsync()
    {
        var stage = await OperatorStage.OpenAsync();
        ConvergenceTests.Keys(stage);
        stage.PutInstance("it", Good);
        await stage.StartLoopAsync();
        Assert.Equal("Running", stage.Phase("it"));
        return stage;
    }

    private static int Restarted(OperatorStage stage) => Enumerable.Range(0, 7).Count(i => stage.Templates("it" + i).Count > 1);

    private static string? Storage(OperatorStage stage) => (string?)stage.Get(Kinds.PersistentVolumeClaim, "it-data")["spec"]!["resources"]!["requests"]!["storage"];

    private static void Size(OperatorStage stage, string size) => stage.Cluster.MergePatch(WatchedKinds.Instance, s_it,
        new JsonObject { ["spec"] = new JsonObject { ["storage"] = new JsonObject { ["persistence"] = new JsonObject { ["size"] = size } } } }, null);

    private static JsonObject Raw(string model) => new() { ["spec"] = new JsonObject { ["config"] = new JsonObject { ["raw"] = new JsonObject { ["defaultModel"] = model } } } };
}
