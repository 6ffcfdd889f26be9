using System.Text.Json.Nodes;
using OpenClaw.EndToEnd.Cluster;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Yaml;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Operator.Faults;

/// <summary>
/// The built operator before a real API server with a controller manager: the same few changes of the briefs' instances, with and
/// without harm on the way. What comes out is the same, and after that nothing is written.
/// </summary>
public sealed class ConvergenceTests(UnboundCluster cluster) : IClassFixture<UnboundCluster>
{
    private static readonly string[] s_samples = ["brief-hybrid", "brief-vllm", "brief-external-ollama"];

    /// <summary>Each write costs a process: fewer.</summary>
    private static readonly string[] s_two = ["brief-hybrid", "brief-external-ollama"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_comes_between_it_and_the_server_the_same_comes_out()
    {
        var server = await cluster.StartAsync();
        using var admin = server.Client();
        await using var door = await FaultyDoor.OpenAsync(server);
        await using var process = OperatorRun.Start(server, door);
        await process.BeginsAsync();
        var right = await CleanAsync(admin, process, "clean", s_samples);

        foreach (var seed in (int[])[11, 12])
        {
            door.Harm(20, seed);
            var harmed = door.Harmed;
            await ChangeAsync(admin, "seed" + seed, s_samples);
            await EndsAsync(admin, process, "seed" + seed, right);
            Assert.True(door.Harmed > harmed + 10, "next to nothing came to harm");
            door.Harm(0, 0);
        }

        using var stop = new CancellationTokenSource();
        var before = door.Conflicts;
        var storm = StormAsync(admin, "storm", stop.Token);
        await ChangeAsync(admin, "storm", s_samples);
        await Task.Delay(TimeSpan.FromSeconds(4), Cancel);
        await stop.CancelAsync();
        var (changes, conflicts) = (await storm, door.Conflicts - before);
        TestContext.Current.SendDiagnosticMessage($"{changes} changes, {conflicts} conflicts; {door.Harmed} requests came to harm before");
        Assert.True(changes >= 100 && conflicts > 0, $"{changes} changes and {conflicts} conflicts are no storm");
        await EndsAsync(admin, process, "storm", right);

        Assert.False(process.HasExited, process.Log);
        await QuietAsync(admin, door, process);
    }

    [Fact]
    public async Task Killed_after_every_single_write_it_ends_the_same_and_a_further_one_writes_nothing()
    {
        var server = await cluster.StartAsync();
        using var admin = server.Client();
        await using var door = await FaultyDoor.OpenAsync(server);
        string right;
        await using (var process = OperatorRun.Start(server, door)) right = await CleanAsync(admin, process, "unhurt", s_two);
        await CreateAsync(admin, "killed", s_two, wait: false);
        var making = await KilledUntilQuietAsync(server, door);
        await AlterAsync(admin, "killed");
        var changing = await KilledUntilQuietAsync(server, door);
        TestContext.Current.SendDiagnosticMessage($"killed {making} times while it made them and {changing} times while it changed them");
        Assert.True(making >= 8 && changing >= 4, $"killed {making} and {changing} times");
        await using (var process = OperatorRun.Start(server, door)) await EndsAsync(admin, process, "killed", right);
        var writes = door.Writes;
        await using var second = OperatorRun.Start(server, door);
        await second.BeginsAsync();
        await QuietAsync(admin, door, second);
        Assert.True(writes == door.Writes, string.Join('\n', door.Written.TakeLast((int)(door.Writes - writes))));
    }

    /// <summary>One process after the other, each killed by its first write, until one finds nothing to write.</summary>
    /// <returns>How many were killed.</returns>
    private static async Task<int> KilledUntilQuietAsync(ApiServer server, FaultyDoor door)
    {
        for (var kills = 0; ; kills++)
        {
            Assert.True(kills < 80, "it does not come to an end");
            await using var process = OperatorRun.Start(server, door);
            // In the moment in which the server has taken the write, before the answer.
            door.AfterWrite = _ => process.KillAsync();
            await Eventually.IsTrueAsync(() => process.HasExited || process.HasBegun);
            var isKilled = await Eventually.IsTrueAsync(() => process.HasExited, TimeSpan.FromSeconds(4));
            door.AfterWrite = static _ => Task.CompletedTask;
            if (!isKilled) return kills;
        }
    }

    /// <summary>The same changes without harm.</summary>
    private static async Task<string> CleanAsync(KubeClient admin, OperatorRun process, string ns, string[] samples)
    {
        await ChangeAsync(admin, ns, samples);
        var (state, since) = ("", DateTime.UtcNow);
        Assert.True(await Eventually.IsTrueAsync(async () =>
        {
            await Task.Delay(250, Cancel);
            var now = await FinalState.OfAsync(admin, ns);
            if (now != state) (state, since) = (now, DateTime.UtcNow);
            return DateTime.UtcNow - since > TimeSpan.FromSeconds(4) && now.Contains("StatefulSet", StringComparison.Ordinal);
        }), process.Log);
        Assert.Equal(samples.Length, state.Split('\n').Count(static l => l.StartsWith("instance ", StringComparison.Ordinal) && l.Contains(" True ", StringComparison.Ordinal)));
        Assert.Equal(samples.Length, state.Split('\n').Count(static l => l.StartsWith("{\"kind\":\"StatefulSet\"", StringComparison.Ordinal)));
        Assert.Contains("\"changed\":\"yes\"", state, StringComparison.Ordinal);
        return state;
    }

    private static async Task ChangeAsync(KubeClient admin, string ns, string[] samples)
    {
        await CreateAsync(admin, ns, samples);
        await AlterAsync(admin, ns);
    }

    private static async Task CreateAsync(KubeClient admin, string ns, string[] samples, bool wait = true)
    {
        await admin.CreateAsync(Kinds.Namespace, null, KubeJson.NewObject(Kinds.Namespace, new ObjectKey("", ns)), Cancel);
        await KeysAsync(admin, ns, "sk-one");
        foreach (var sample in samples)
        {
            var instance = Sample(sample, ns);
            // Taken away only in the version that was seen.
            if (sample == "brief-hybrid") instance["metadata"]!["finalizers"] = new JsonArray("openclaw.rocks/finalizer");
            Ok(await admin.CreateAsync(UnboundCluster.Instances, ns, instance, Cancel));
        }
        if (!wait) return;
        Assert.True(await Eventually.IsTrueAsync(async () => (await admin.ListAsync(Kinds.StatefulSet, new ListQuery { Namespace = ns }, Cancel)).Value.Items.Length == samples.Length), "the sets are not there");
    }

    /// <summary>A change of a spec that makes one object superfluous, one of a Secret, drift, a Service that goes, and an instance that goes and comes back as another.</summary>
    private static async Task AlterAsync(KubeClient admin, string ns)
    {
        Ok(await admin.MergePatchAsync(UnboundCluster.Instances, new ObjectKey(ns, "hybrid-fallback"), Json("""{"spec":{"podLabels":{"changed":"yes"},"security":{"networkPolicy":{"enabled":false}}}}"""), null, Cancel));
        await KeysAsync(admin, ns, "sk-two");
        await admin.MergePatchAsync(Kinds.NetworkPolicy, new ObjectKey(ns, "vllm-instance"), Json("""{"spec":{"egress":[{}]}}"""), null, Cancel);
        await admin.DeleteAsync(Kinds.Service, new ObjectKey(ns, "vllm-instance"), new DeleteQuery(), Cancel);
        await admin.DeleteAsync(UnboundCluster.Instances, new ObjectKey(ns, "external-ollama"), new DeleteQuery(), Cancel);
        var next = Sample("brief-external-ollama", ns);
        next["spec"]!["podLabels"] = new JsonObject { ["life"] = "second" };
        Ok(await admin.CreateAsync(UnboundCluster.Instances, ns, next, Cancel));
    }

    private static async Task EndsAsync(KubeClient admin, OperatorRun process, string ns, string right)
    {
        var state = "";
        if (await Eventually.IsTrueAsync(async () =>
        {
            await Task.Delay(200, Cancel);
            return (state = await FinalState.OfAsync(admin, ns)) == right || process.HasExited;
        }, TimeSpan.FromSeconds(90)) && !process.HasExited) return;
        var (expected, actual) = (right.Split('\n'), state.Split('\n'));
        Assert.Fail($"{ns} came to something else\nmissing:\n{string.Join('\n', expected.Except(actual))}\ntoo much:\n{string.Join('\n', actual.Except(expected))}\n{string.Join('\n', process.Log.Split('\n').TakeLast(60))}");
    }

    /// <summary>Looked at again without a change of what is wanted, nothing is written.</summary>
    private static async Task QuietAsync(KubeClient admin, FaultyDoor door, OperatorRun process)
    {
        var (writes, since) = (-1L, DateTime.UtcNow);
        Assert.True(await Eventually.IsTrueAsync(() =>
        {
            if (door.Writes != writes) (writes, since) = (door.Writes, DateTime.UtcNow);
            return DateTime.UtcNow - since > TimeSpan.FromSeconds(2);
        }, TimeSpan.FromSeconds(30)), $"it goes on writing\n{process.Log}");
        foreach (var instance in (await admin.ListAsync(UnboundCluster.Instances, ListQuery.All, Cancel)).Value.Items) Ok(await admin.MergePatchAsync(UnboundCluster.Instances, instance.Meta.Key, Json("""{"metadata":{"annotations":{"example.com/poke":"1"}}}"""), null, Cancel));
        await Task.Delay(TimeSpan.FromSeconds(2), Cancel);
        Assert.True(door.Writes == writes, string.Join('\n', door.Written.TakeLast((int)(door.Writes - writes))));
    }

    /// <summary>Other programs that change the same objects all the time.</summary>
    private static async Task<int> StormAsync(KubeClient admin, string ns, CancellationToken stop)
    {
        ResourceKind[] kinds = [UnboundCluster.Instances, Kinds.StatefulSet, Kinds.Service, Kinds.NetworkPolicy, Kinds.ServiceAccount];
        return (await Task.WhenAll(kinds.Select(k => StormAsync(admin, ns, k, stop)))).Sum();
    }

    private static async Task<int> StormAsync(KubeClient admin, string ns, ResourceKind kind, CancellationToken stop)
    {
        var changes = 0;
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var patch = Json($$$$"""{"metadata":{"annotations":{"example.com/storm":"{{{{i}}}}"}}}""");
            foreach (var name in (string[])["hybrid-fallback", "vllm-instance", "external-ollama"])
            {
                if ((await admin.MergePatchAsync(kind, new ObjectKey(ns, name), patch, null, CancellationToken.None)).IsSuccess) changes++;
            }
            // Before there is anything to change.
            if (changes == 0) await Task.Delay(20, CancellationToken.None);
        }
        return changes;
    }

    private static async Task KeysAsync(KubeClient admin, string ns, string key)
    {
        var secret = KubeJson.NewObject(Kinds.Secret, new ObjectKey(ns, "cloud-api-keys"));
        secret["stringData"] = new JsonObject { ["ANTHROPIC_API_KEY"] = key };
        Ok(await admin.ApplyAsync(Kinds.Secret, secret, FieldOwnership.Take, Cancel));
    }

    private static JsonObject Sample(string name, string ns)
    {
        var json = (JsonObject)YamlReader.Read(File.ReadAllText(Path.Combine(SharedFiles.Repository, "samples", "instances", name + ".yaml"))).Documents[0].Content!;
        json["metadata"]!["namespace"] = ns;
        return json;
    }

    private static JsonObject Json(string text) => (JsonObject)JsonNode.Parse(text)!;

    private static void Ok(KubeResult<KubeObject> result) => Assert.True(result.IsSuccess, result.ToString());
}
