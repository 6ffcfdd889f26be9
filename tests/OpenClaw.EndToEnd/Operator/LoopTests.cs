using System.Text.Json.Nodes;
using OpenClaw.Kube.Control;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Operator;

/// <summary>The loop against a real API server and its controllers. Pods are made and bound to nothing: their readiness is written here.</summary>
public sealed class LoopTests(ControlledCluster cluster) : IClassFixture<ControlledCluster>
{
    private const string Good = "{config: {raw: {defaultModel: openai/gpt-4o}}, envFrom: [{secretRef: {name: keys}}]}";

    [Fact]
    public async Task Every_sample_becomes_its_objects_and_a_second_process_writes_nothing()
    {
        await cluster.StartAsync();
        var kubectl = cluster.Kubectl;
        foreach (var space in (string[])["openclaw", "ai", "inference", "default"]) await kubectl.TryAsync("create", "namespace", space);
        // An init container that goes on beside the others is of Kubernetes 1.28; this server is older.
        var samples = Directory.GetFiles(Path.Combine(SharedFiles.Repository, "samples", "instances"), "*.yaml").Where(static f => Path.GetFileName(f) != "agent.yaml");
        foreach (var file in samples) await kubectl.RunAsync("apply", "-f", file);
        await using (var loop = await RunningLoop.StartAsync(cluster, ["openclaw", "ai", "inference", "default"]))
        {
            var all = (JsonArray)JsonNode.Parse(await kubectl.RunAsync("get", "openclawinstances", "-A", "-o", "json"))!["items"]!;
            var instances = all.OfType<JsonNode>().Where(static i => (string?)i["metadata"]!["namespace"] is "openclaw" or "ai" or "inference" or "default").ToList();
            Assert.InRange(instances.Count, 12, 20);
            foreach (var instance in instances)
            {
                var (space, name) = ((string)instance["metadata"]!["namespace"]!, (string)instance["metadata"]!["name"]!);
                Assert.Equal("True", (string?)Condition(instance, "ObjectsApplied")["status"]);
                Assert.NotNull(await kubectl.GetAsync(space, "statefulset", name));
                // The old server knows a budget by its former version alone.
                Assert.NotNull(await kubectl.GetAsync(space, "poddisruptionbudget", name));
                // What was written stays as it was written.
                Assert.Null(instance["metadata"]!["finalizers"]);
            }
            Assert.Equal(0, loop.Controller.Reconciles(ReconcileOutcome.Retry));
            Assert.Equal("openclaw-config-rendered", (string?)(await kubectl.GetAsync("openclaw", "statefulset", "openclaw"))!["spec"]!["template"]!["spec"]!["volumes"]!.AsArray().Single(static v => (string?)v!["name"] == "config")!["configMap"]!["name"]);
            Assert.Empty(loop.Log);
        }
        await using var second = await RunningLoop.StartAsync(cluster, ["openclaw", "ai", "inference", "default"]);
        Assert.Equal(0, second.Writes);
    }

    [Fact]
    public async Task An_instance_lives_changes_and_goes()
    {
        await cluster.StartAsync();
        var kubectl = cluster.Kubectl;
        await kubectl.RunAsync("create", "namespace", "life");
        await kubectl.ApplyAsync(Keys("life", "sk-1") + Instance("life", "it", Good));
        await using var loop = await RunningLoop.StartAsync(cluster, ["life"]);
        await ReadyAsync(loop, "life", "it");
        Assert.Equal("Running", await PhaseAsync("life", "it"));
        var first = await TemplateAsync("life", "it");
        var before = loop.AllWrites;
        await kubectl.RunAsync("-n", "life", "label", "openclawinstance", "it", "team=a");
        await loop.QuietAsync();
        Assert.Equal(before, loop.AllWrites);

        await kubectl.RunAsync("-n", "life", "patch", "networkpolicy", "it", "--type=merge", "-p", """{"spec":{"egress":[{}]}}""");
        await kubectl.RunAsync("-n", "life", "delete", "service", "it");
        await kubectl.RunAsync("-n", "life", "scale", "statefulset", "it", "--replicas=3");
        await loop.QuietAsync();
        Assert.True((await kubectl.GetAsync("life", "networkpolicy", "it"))!["spec"]!["egress"]!.AsArray().Count > 1);
        Assert.NotNull(await kubectl.GetAsync("life", "service", "it"));
        Assert.Equal(1, (int?)(await kubectl.GetAsync("life", "statefulset", "it"))!["spec"]!["replicas"]);
        Assert.Equal(first, await TemplateAsync("life", "it"));

        await kubectl.ApplyAsync(Keys("life", "sk-2"));
        await Soon.TrueAsync(async () => await TemplateAsync("life", "it") != first, "the key's change restarts it");
        await kubectl.RunAsync("-n", "life", "rollout", "restart", "statefulset/it");
        await loop.QuietAsync();
        Assert.Contains("restartedAt", await TemplateAsync("life", "it"), StringComparison.Ordinal);
        await ReadyAsync(loop, "life", "it");
        Assert.Equal("Running", await PhaseAsync("life", "it"));

        await kubectl.RunAsync("-n", "life", "delete", "openclawinstance", "it", "--wait=false");
        await Soon.TrueAsync(async () => await kubectl.GetAsync("life", "statefulset", "it") is null && await kubectl.GetAsync("life", "secret", "it-gateway-token") is null, "what it owned is gone");
        Assert.NotNull(await kubectl.GetAsync("life", "persistentvolumeclaim", "it-data"));
        Assert.Null(await kubectl.GetAsync("life", "openclawinstance", "it"));
    }

    [Fact]
    public async Task What_upstreams_operator_made_is_taken_over()
    {
        await cluster.StartAsync();
        var kubectl = cluster.Kubectl;
        await kubectl.RunAsync("create", "namespace", "old");
        await kubectl.ApplyAsync("apiVersion: openclaw.rocks/v1alpha1\nkind: OpenClawInstance\nmetadata: {name: it, namespace: old, finalizers: [openclaw.rocks/finalizer]}\nspec: {config: {raw: {defaultModel: openai/gpt-4o}}}\n");
        var uid = (string)(await kubectl.GetAsync("old", "openclawinstance", "it"))!["metadata"]!["uid"]!;
        using var folder = new Cli.CliFolder();
        var file = folder.File("upstream.json");
        File.WriteAllText(file, UpstreamObjects.Of("old", "it", uid));
        await kubectl.RunAsync("create", "--field-manager=manager", "-f", file);
        await using (var loop = await RunningLoop.StartAsync(cluster, ["old"]))
        {
            await Soon.TrueAsync(async () => (await kubectl.GetAsync("old", "openclawinstance", "it"))!["metadata"]!["finalizers"] is null, "upstream's finalizer is gone");
            await loop.QuietAsync();
        }
        var pod = (await kubectl.GetAsync("old", "statefulset", "it"))!["spec"]!["template"]!["spec"]!;
        Assert.Equal(["openclaw"], pod["containers"]!.AsArray().Select(static c => (string?)c!["name"]));
        Assert.Null(pod["initContainers"]);
        Assert.DoesNotContain("OLD", pod["containers"]![0]!["env"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(["gateway", "metrics"], (await kubectl.GetAsync("old", "service", "it"))!["spec"]!["ports"]!.AsArray().Select(static p => (string?)p!["name"]));
        Assert.Single((await kubectl.GetAsync("old", "configmap", "it-config"))!["data"]!.AsObject());
        Assert.Null(await kubectl.GetAsync("old", "configmap", "it-workspace"));
        Assert.Null((await kubectl.GetAsync("old", "persistentvolumeclaim", "it-data"))!["metadata"]!["ownerReferences"]);
        Assert.Equal("YWJj", (string?)(await kubectl.GetAsync("old", "secret", "it-gateway-token"))!["data"]!["token"]);
    }

    [Fact]
    public async Task What_is_anothers_is_named_and_taken_only_when_it_is_handed_over()
    {
        await cluster.StartAsync();
        var kubectl = cluster.Kubectl;
        await kubectl.RunAsync("create", "namespace", "theirs");
        await kubectl.RunAsync("-n", "theirs", "create", "configmap", "it-config", "--from-literal=theirs=x");
        var version = (string?)(await kubectl.GetAsync("theirs", "configmap", "it-config"))!["metadata"]!["resourceVersion"];
        await kubectl.ApplyAsync(Keys("theirs", "sk-1") + Instance("theirs", "it", Good));
        await using var loop = await RunningLoop.StartAsync(cluster, ["theirs"]);
        var told = Condition((await kubectl.GetAsync("theirs", "openclawinstance", "it"))!, "ObjectsApplied");
        Assert.Equal(("False", "ObjectNotOurs"), ((string?)told["status"], (string?)told["reason"]));
        Assert.Equal(version, (string?)(await kubectl.GetAsync("theirs", "configmap", "it-config"))!["metadata"]!["resourceVersion"]);
        Assert.Null(await kubectl.GetAsync("theirs", "statefulset", "it"));
        var advice = "kubectl " + ((string)told["message"]!).Split("kubectl ")[1];
        Assert.StartsWith("kubectl label configmaps it-config ", advice, StringComparison.Ordinal);
        await kubectl.RunAsync(["-n", "theirs", .. advice.Split(' ').Skip(1)]);
        await Soon.TrueAsync(async () => await kubectl.GetAsync("theirs", "statefulset", "it") is not null, "it goes on");
        var map = (await kubectl.GetAsync("theirs", "configmap", "it-config"))!;
        Assert.Equal("it", (string?)map["metadata"]!["ownerReferences"]![0]!["name"]);
        Assert.Equal("x", (string?)map["data"]!["theirs"]);
        Assert.NotNull(map["data"]!["openclaw.json"]);
    }

    [Fact]
    public async Task What_an_instance_leaves_as_orphans_the_next_one_takes_up_without_a_restart()
    {
        await cluster.StartAsync();
        var kubectl = cluster.Kubectl;
        await kubectl.RunAsync("create", "namespace", "orphan");
        await kubectl.ApplyAsync(Keys("orphan", "sk-1") + Instance("orphan", "it", Good));
        await using var loop = await RunningLoop.StartAsync(cluster, ["orphan"]);
        await ReadyAsync(loop, "orphan", "it");
        async Task<string> UidAsync(string kind, string name) => (string)(await kubectl.GetAsync("orphan", kind, name))!["metadata"]!["uid"]!;
        var before = (await UidAsync("statefulset", "it"), await UidAsync("pod", "it-0"), await UidAsync("secret", "it-gateway-token"), await TemplateAsync("orphan", "it"));
        await kubectl.RunAsync("-n", "orphan", "delete", "openclawinstance", "it", "--cascade=orphan");
        await loop.QuietAsync();
        Assert.Null((await kubectl.GetAsync("orphan", "statefulset", "it"))!["metadata"]!["ownerReferences"]);
        await kubectl.ApplyAsync(Instance("orphan", "it", Good));
        await Soon.TrueAsync(async () => await PhaseAsync("orphan", "it") == "Running", "the next one has it");
        Assert.Equal(before, (await UidAsync("statefulset", "it"), await UidAsync("pod", "it-0"), await UidAsync("secret", "it-gateway-token"), await TemplateAsync("orphan", "it")));
        Assert.Equal(await UidAsync("openclawinstance", "it"), (string?)(await kubectl.GetAsync("orphan", "statefulset", "it"))!["metadata"]!["ownerReferences"]![0]!["uid"]);

        // A claim that is not to stay goes with its instance.
        await kubectl.RunAsync("-n", "orphan", "patch", "openclawinstance", "it", "--type=merge", "-p", """{"spec":{"storage":{"persistence":{"orphan":false}}}}""");
        await loop.QuietAsync();
        await kubectl.RunAsync("-n", "orphan", "delete", "openclawinstance", "it", "--wait=false");
        await Soon.TrueAsync(async () => await kubectl.GetAsync("orphan", "statefulset", "it") is null && await kubectl.GetAsync("orphan", "persistentvolumeclaim", "it-data") is null, "everything goes");
    }

    [Fact]
    public async Task A_process_that_ends_after_every_single_write_comes_to_the_same()
    {
        await cluster.StartAsync();
        var kubectl = cluster.Kubectl;
        await kubectl.RunAsync("create", "namespace", "kill");
        await kubectl.ApplyAsync(Keys("kill", "sk-1") + Instance("kill", "it", Good));
        for (var (run, wrote) = (0, 1L); wrote > 0; run++)
        {
            Assert.True(run < 30, "it does not come to an end");
            var left = 1;
            await using var loop = await RunningLoop.StartAsync(cluster, ["kill"], () => Interlocked.Decrement(ref left) >= 0);
            wrote = loop.Controller.Counters.Writes.Where(static w => w.Key.Ok).Sum(static w => w.Value);
        }
        Assert.NotNull(await kubectl.GetAsync("kill", "statefulset", "it"));
        // One template from the beginning to the end.
        Assert.Equal(1, (int?)(await kubectl.GetAsync("kill", "statefulset", "it"))!["metadata"]!["generation"]);
    }

    private async Task ReadyAsync(RunningLoop loop, string space, string name)
    {
        await loop.QuietAsync();
        await Soon.TrueAsync(async () =>
        {
            var set = await cluster.Kubectl.GetAsync(space, "statefulset", name);
            if (await cluster.Kubectl.GetAsync(space, "pod", name + "-0") is not { } pod || set is null) return false;
            // Of the newest template: an older pod is about to be replaced.
            if ((string?)pod["metadata"]!["labels"]!["controller-revision-hash"] != (string?)set["status"]!["updateRevision"] || pod["metadata"]!["deletionTimestamp"] is not null) return false;
            using var client = cluster.Server.Client();
            var ready = (JsonObject)JsonNode.Parse("""{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}""")!;
            await client.MergePatchAsync(Kube.Kinds.Pod, new Kube.ObjectKey(space, name + "-0"), ready, "status", TestContext.Current.CancellationToken);
            return await PhaseAsync(space, name) == "Running";
        }, "the pod is ready and told so");
    }

    private async Task<string?> PhaseAsync(string space, string name) => (string?)(await cluster.Kubectl.GetAsync(space, "openclawinstance", name))!["status"]?["phase"];

    private async Task<string> TemplateAsync(string space, string name) => (await cluster.Kubectl.GetAsync(space, "statefulset", name))!["spec"]!["template"]!.ToJsonString();

    private static string Keys(string space, string key) => $"---\napiVersion: v1\nkind: Secret\nmetadata: {{name: keys, namespace: {space}}}\nstringData: {{OPENAI_API_KEY: {key}}}\n";

    private static string Instance(string space, string name, string spec) => $"---\napiVersion: openclaw.rocks/v1alpha1\nkind: OpenClawInstance\nmetadata: {{name: {name}, namespace: {space}}}\nspec: {spec}\n";

    private static JsonNode Condition(JsonNode instance, string type) => instance["status"]!["conditions"]!.AsArray().Single(c => (string?)c!["type"] == type)!;
}
