using System.Text.Json.Nodes;
using OpenClaw.Kube.Control;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Operator;

/// <summary>The loop against a real API server and its controllers. Pods are made and bound to nothing: their readiness is written here.</summary>
[Collection("controlled cluster")]
public sealed class LoopTests(ControlledCluster cluster)
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
                Assert.Equal("True", (string?)ControlledCluster.Condition(instance, "ObjectsApplied")["status"]);
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
        await kubectl.ApplyAsync(ControlledCluster.Keys("life", "sk-1") + ControlledCluster.Instance("life", "it", Good));
        await using var loop = await RunningLoop.StartAsync(cluster, ["life"]);
        await cluster.ReadyAsync(loop, "life", "it");
        Assert.Equal("Running", await cluster.PhaseAsync("life", "it"));
        var first = await cluster.TemplateAsync("life", "it");
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
        Assert.Equal(first, await cluster.TemplateAsync("life", "it"));

        await kubectl.ApplyAsync(ControlledCluster.Keys("life", "sk-2"));
        await Soon.TrueAsync(async () => await cluster.TemplateAsync("life", "it") != first, "the key's change restarts it");
        await kubectl.RunAsync("-n", "life", "rollout", "restart", "statefulset/it");
        await loop.QuietAsync();
        Assert.Contains("restartedAt", await cluster.TemplateAsync("life", "it"), StringComparison.Ordinal);
        await cluster.ReadyAsync(loop, "life", "it");
        Assert.Equal("Running", await cluster.PhaseAsync("life", "it"));

        await kubectl.RunAsync("-n", "life", "delete", "openclawinstance", "it", "--wait=false");
        await Soon.TrueAsync(async () => await kubectl.GetAsync("life", "statefulset", "it") is null && await kubectl.GetAsync("life", "secret", "it-gateway-token") is null, "what it owned is gone");
        Assert.NotNull(await kubectl.GetAsync("life", "persistentvolumeclaim", "it-data"));
        Assert.Null(await kubectl.GetAsync("life", "openclawinstance", "it"));
    }

    [Fact]
    public async Task A_process_that_ends_after_every_single_write_comes_to_the_same()
    {
        await cluster.StartAsync();
        var kubectl = cluster.Kubectl;
        await kubectl.RunAsync("create", "namespace", "kill");
        await kubectl.ApplyAsync(ControlledCluster.Keys("kill", "sk-1") + ControlledCluster.Instance("kill", "it", Good));
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
}
