using System.Text.Json.Nodes;

namespace OpenClaw.EndToEnd.Operator;

/// <summary>What an instance takes over, from others and from the operator before: on a real API server with its controllers.</summary>
[Collection("controlled cluster")]
public sealed class HandoverTests(ControlledCluster cluster)
{
    private const string Good = "{config: {raw: {defaultModel: openai/gpt-4o}}, envFrom: [{secretRef: {name: keys}}]}";

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
        await kubectl.ApplyAsync(ControlledCluster.Keys("theirs", "sk-1") + ControlledCluster.Instance("theirs", "it", Good));
        await using var loop = await RunningLoop.StartAsync(cluster, ["theirs"]);
        var told = ControlledCluster.Condition((await kubectl.GetAsync("theirs", "openclawinstance", "it"))!, "ObjectsApplied");
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
        await kubectl.ApplyAsync(ControlledCluster.Keys("orphan", "sk-1") + ControlledCluster.Instance("orphan", "it", Good));
        await using var loop = await RunningLoop.StartAsync(cluster, ["orphan"]);
        await cluster.ReadyAsync(loop, "orphan", "it");
        async Task<string> UidAsync(string kind, string name) => (string?)(await kubectl.GetAsync("orphan", kind, name))?["metadata"]!["uid"] ?? $"no {kind} {name}";
        var before = (await UidAsync("statefulset", "it"), await UidAsync("pod", "it-0"), await UidAsync("secret", "it-gateway-token"), await cluster.TemplateAsync("orphan", "it"));
        await kubectl.RunAsync("-n", "orphan", "delete", "openclawinstance", "it", "--cascade=orphan");
        await loop.QuietAsync();
        Assert.Null((await kubectl.GetAsync("orphan", "statefulset", "it"))!["metadata"]!["ownerReferences"]);
        await kubectl.ApplyAsync(ControlledCluster.Instance("orphan", "it", Good));
        await Soon.TrueAsync(async () => await cluster.PhaseAsync("orphan", "it") == "Running", "the next one has it");
        Assert.Equal(before, (await UidAsync("statefulset", "it"), await UidAsync("pod", "it-0"), await UidAsync("secret", "it-gateway-token"), await cluster.TemplateAsync("orphan", "it")));
        Assert.Equal(await UidAsync("openclawinstance", "it"), (string?)(await kubectl.GetAsync("orphan", "statefulset", "it"))!["metadata"]!["ownerReferences"]![0]!["uid"]);

        // A claim that is not to stay goes with its instance.
        await kubectl.RunAsync("-n", "orphan", "patch", "openclawinstance", "it", "--type=merge", "-p", """{"spec":{"storage":{"persistence":{"orphan":false}}}}""");
        await loop.QuietAsync();
        await kubectl.RunAsync("-n", "orphan", "delete", "openclawinstance", "it", "--wait=false");
        await Soon.TrueAsync(async () => await kubectl.GetAsync("orphan", "statefulset", "it") is null && await kubectl.GetAsync("orphan", "persistentvolumeclaim", "it-data") is null, "everything goes");
    }

    [Fact]
    public async Task A_new_operator_restarts_a_few_at_a_time_and_so_does_one_that_starts_in_the_midst_of_it()
    {
        await cluster.StartAsync();
        var kubectl = cluster.Kubectl;
        await kubectl.RunAsync("create", "namespace", "roll");
        await kubectl.ApplyAsync(ControlledCluster.Keys("roll", "sk-1") + ControlledCluster.Instance("roll", "a", Good) + ControlledCluster.Instance("roll", "b", Good));
        await using (var loop = await RunningLoop.StartAsync(cluster, ["roll"]))
        {
            foreach (var name in (string[])["a", "b"]) await cluster.ReadyAsync(loop, "roll", name);
        }
        var before = (await cluster.TemplateAsync("roll", "a"), await cluster.TemplateAsync("roll", "b"));
        var first = "";
        // The second process does not know of the first; the pod that the first one restarted does not come up by itself.
        for (var run = 0; run < 2; run++)
        {
            await using var loop = await RunningLoop.StartAsync(cluster, ["roll"], version: "2.0.0", bound: 1);
            Assert.Equal((1, 1), loop.Controller.Rollouts);
            var (a, b) = (await cluster.TemplateAsync("roll", "a") != before.Item1, await cluster.TemplateAsync("roll", "b") != before.Item2);
            Assert.True(a ^ b, $"restarted: a {a}, b {b}");
            if (run == 0) first = a ? "a" : "b";
            Assert.Equal(first, a ? "a" : "b");
        }
        await using var third = await RunningLoop.StartAsync(cluster, ["roll"], version: "2.0.0", bound: 1);
        await cluster.ReadyAsync(third, "roll", first);
        await Soon.TrueAsync(async () => await cluster.TemplateAsync("roll", "a") != before.Item1 && await cluster.TemplateAsync("roll", "b") != before.Item2, "it is the other one's turn");
        await cluster.ReadyAsync(third, "roll", first == "a" ? "b" : "a");
        Assert.Equal((0, 0), third.Controller.Rollouts);
    }
}
