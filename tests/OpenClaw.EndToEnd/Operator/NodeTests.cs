using System.Diagnostics;
using System.Text.Json.Nodes;

namespace OpenClaw.EndToEnd.Operator;

/// <summary>A node takes both cores: nothing else is tried beside it.</summary>
[CollectionDefinition("node", DisableParallelization = true)]
public sealed class NodeCollection : ICollectionFixture<InstalledOperator>;

/// <summary>The whole of it on a real node: our image, the operator in the cluster, gateways that answer and are hurt.</summary>
[Collection("node")]
public sealed class NodeTests(InstalledOperator cluster)
{
    private static readonly string[] s_restricted = ["runAsNonRoot", "readOnlyRootFilesystem"];

    [Fact]
    public async Task An_instance_becomes_a_gateway_that_answers_without_any_privilege()
    {
        var kubectl = cluster.Kubectl;
        var pod = await cluster.ReadyAsync("main");
        Say($"a pod is ready {pod.ReadyAfter.TotalSeconds:F0} s after it was made");
        var reply = await pod.AskAsync("default");
        Assert.True(reply.LooksWhole, reply.ToString());
        Assert.Equal("scripted/ok", reply.Header("x-openclaw-model"));
        var context = pod.Json["spec"]!["containers"]![0]!["securityContext"]!;
        Assert.All(s_restricted, f => Assert.True((bool)context[f]!));
        // As the kernel has it.
        using var process = RealNode.ProcessOf(pod.Uid, "/app/openclaw gateway");
        Assert.NotNull(process);
        var status = await File.ReadAllLinesAsync($"/proc/{process.Id}/status", TestContext.Current.CancellationToken);
        Assert.Contains("Uid:\t1000\t1000\t1000\t1000", status);
        Assert.Contains("CapEff:\t0000000000000000", status);
        Assert.Contains("NoNewPrivs:\t1", status);
        Assert.Contains("Seccomp:\t2", status);
        Say($"resident {status.First(static l => l.StartsWith("VmRSS", StringComparison.Ordinal))}");
        var root = (await File.ReadAllLinesAsync($"/proc/{process.Id}/mounts", TestContext.Current.CancellationToken)).First(static l => l.Split(' ')[1] == "/");
        Assert.StartsWith("ro,", root.Split(' ')[3], StringComparison.Ordinal);
        // The brief's own line, in the pod.
        Assert.Contains("scripted/ok", await kubectl.RunAsync("-n", InstalledOperator.Space, "exec", "main-0", "-c", "openclaw", "--", "openclaw", "models"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_key_starts_the_pod_anew_once_and_is_used()
    {
        var before = await cluster.ReadyAsync("main");
        var generation = await GenerationAsync();
        var key = "sk-" + Guid.NewGuid().ToString("N")[..8];
        Assert.NotEqual(key, (await before.AskAsync("echo/key")).Text);
        var watch = Stopwatch.StartNew();
        await cluster.SetKeyAsync(key);
        var after = await cluster.ReadyAsync("main", before.Uid);
        Say($"{watch.Elapsed.TotalSeconds:F1} s from the new key to a ready pod with it");
        Assert.Equal(key, (await after.AskAsync("echo/key")).Text);
        Assert.Equal(generation + 1, await GenerationAsync());
        Assert.Equal(before.Token, after.Token);
    }

    [Fact]
    public async Task What_the_gateway_takes_up_while_it_runs_starts_nothing_anew()
    {
        var before = await cluster.ReadyAsync("main");
        var generation = await GenerationAsync();
        Assert.Equal(200, (await before.AskAsync("spare/key")).Status);
        Assert.NotEqual(200, (await before.AskAsync("brisk")).Status);
        var watch = Stopwatch.StartNew();
        await cluster.Kubectl.RunAsync("-n", InstalledOperator.Space, "patch", "openclawinstance", "main", "--type", "merge", "-p", """
            {"spec": {"config": {"raw": {"models": {"aliases": {"brisk": "scripted/ok"}, "allowlist": ["scripted/*", "echo/*"]}}}}}
            """);
        Assert.True(await Eventually.IsTrueAsync(async () => (await cluster.Kubectl.GetAsync(InstalledOperator.Space, "configmap", "main-config"))!["data"]!.ToJsonString().Contains("brisk", StringComparison.Ordinal)));
        // The kubelet brings a new file within about a minute, and at once when the pod itself changes.
        await cluster.Kubectl.RunAsync("-n", InstalledOperator.Space, "annotate", "pod", "main-0", "tests/look=now");
        Assert.True(await Eventually.IsTrueAsync(async () => (await before.AskAsync("brisk")).Status == 200, TimeSpan.FromSeconds(120)));
        Say($"{watch.Elapsed.TotalSeconds:F1} s from a new alias to its use");
        Assert.NotEqual(200, (await before.AskAsync("spare/key")).Status);
        var after = await cluster.ReadyAsync("main");
        Assert.Equal((before.Uid, before.Restarts, generation), (after.Uid, after.Restarts, await GenerationAsync()));
    }

    [Fact]
    public async Task A_killed_gateway_comes_back_with_its_books()
    {
        var before = await cluster.ReadyAsync("main");
        var (requests, session) = await WriteBooksAsync(before);
        using var process = RealNode.ProcessOf(before.Uid, "/app/openclaw gateway");
        var watch = Stopwatch.StartNew();
        process!.Kill();
        Assert.True(await Eventually.IsTrueAsync(async () => (await before.AskAsync("default")).Status == 200));
        Say($"{watch.Elapsed.TotalSeconds:F1} s from kill -9 to the next answer");
        var after = await cluster.ReadyAsync("main");
        Assert.Equal((before.Uid, before.Restarts + 1), (after.Uid, after.Restarts));
        await SameBooksAsync(after, requests, session);
    }

    [Fact]
    public async Task An_evicted_pod_comes_back_with_its_data()
    {
        var before = await cluster.ReadyAsync("main");
        var (requests, session) = await WriteBooksAsync(before);
        var watch = Stopwatch.StartNew();
        await cluster.Kubectl.RunAsync("drain", "node1", "--pod-selector=app.kubernetes.io/instance=main", "--delete-emptydir-data", "--timeout=60s");
        await cluster.Kubectl.RunAsync("uncordon", "node1");
        var after = await cluster.ReadyAsync("main", before.Uid);
        Say($"{watch.Elapsed.TotalSeconds:F1} s from the drain to a ready pod");
        await SameBooksAsync(after, requests, session);
    }

    [Fact]
    public async Task A_model_in_the_place_of_Ollama_answers_within_the_pod()
    {
        _ = cluster.Kubectl;
        cluster.NeedModel();
        var pod = await cluster.ReadyAsync("local-llm");
        Say($"a pod with a model is ready {pod.ReadyAfter.TotalSeconds:F0} s after it was made");
        var reply = await pod.AskAsync("default", "What is the capital of France?");
        Assert.True(reply.LooksWhole, reply.ToString());
        Assert.Contains("Paris", reply.Text, StringComparison.Ordinal);
        Assert.Equal("openai/llama3.2", reply.Header("x-openclaw-model"));
    }

    [Fact]
    public async Task The_instance_says_that_it_is_well()
    {
        await cluster.ReadyAsync("main");
        JsonNode? instance = null;
        Assert.True(await Eventually.IsTrueAsync(async () => (string?)(instance = await cluster.Kubectl.GetAsync(InstalledOperator.Space, "openclawinstance", "main"))?["status"]?["phase"] == "Running"), instance?["status"]?.ToJsonString());
        Assert.Equal((long)instance!["metadata"]!["generation"]!, (long)instance["status"]!["observedGeneration"]!);
    }

    /// <summary>A request in the ledger, and a session that has chosen a model.</summary>
    private static async Task<(int Requests, string Session)> WriteBooksAsync(NodePod pod)
    {
        var session = "s" + Guid.NewGuid().ToString("N")[..8];
        Assert.Equal(200, (await pod.AskAsync("default", "/model echo/key", session)).Status);
        Assert.Equal("echo/key", (await pod.AskAsync("default", "Which key?", session)).Header("x-openclaw-model"));
        return (await pod.RequestsAsync(), session);
    }

    private static async Task SameBooksAsync(NodePod pod, int requests, string session)
    {
        Assert.InRange(await pod.RequestsAsync(), requests, int.MaxValue);
        Assert.Equal("echo/key", (await pod.AskAsync("default", "Which key?", session)).Header("x-openclaw-model"));
    }

    private async Task<long> GenerationAsync() => (long)(await cluster.Kubectl.GetAsync(InstalledOperator.Space, "statefulset", "main"))!["metadata"]!["generation"]!;

    private static void Say(string what) => TestContext.Current.TestOutputHelper?.WriteLine(what);
}
