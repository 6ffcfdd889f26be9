using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using OpenClaw.EndToEnd;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Kube.Config;
using OpenClaw.Kube.Watching;
using OpenClaw.Kube.Yaml;

namespace OpenClaw.Bench;

/// <summary>A throw-away kube-apiserver with etcd, with the operator's definitions, in which StatefulSets and claims become ready by themselves.</summary>
internal sealed class BenchCluster : IAsyncDisposable
{
    private const string Space = "fleet";
    private static readonly ResourceKind s_instances = new("openclaw.rocks", "v1alpha1", "OpenClawInstance", "openclawinstances");

    private readonly string _folder;
    private readonly KubeClient _client;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _readying;

    private BenchCluster(string folder)
    {
        _folder = folder;
        _client = Client(new KubeClientOptions { RequestsPerSecond = 0, FieldManager = "bench" });
        var all = new ListQuery { Namespace = Space };
        var sets = new Informer<SetState>(_client, Kinds.StatefulSet, all, SetState.Read, c => Ready(c.New));
        var claims = new Informer<ObjectName>(_client, Kinds.PersistentVolumeClaim, all, ObjectName.Read, c => Bind(c.New));
        _readying = Task.WhenAll(Task.Run(() => sets.RunAsync(_stop.Token)), Task.Run(() => claims.RunAsync(_stop.Token)));
    }

    public string KubeConfig => Path.Combine(_folder, "kubeconfig");

    /// <summary>CPU time of kube-apiserver and etcd since they began, in seconds.</summary>
    public double CpuSeconds() => File.ReadLines(Path.Combine(_folder, "pids")).Sum(static line =>
    {
        // After the name in brackets, which may hold spaces; utime and stime are the 14th and 15th of all, in ticks of 10 ms.
        var stat = File.ReadAllText($"/proc/{line.Split(' ')[1]}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / 100;
    });

    /// <summary>A client of an administrator.</summary>
    public KubeClient Client(KubeClientOptions options) =>
        new(OpenClaw.Kube.Config.KubeConfig.Load([KubeConfig]).Resolve(null, new KubeEnvironment { Variable = static _ => null }), options);

    private static string Scripts => Path.Combine(Environment.GetEnvironmentVariable("OPENCLAW_SHARED") ?? Path.Combine("..", "shared"), "envtest");

    /// <summary>Why there can be none; null when there can.</summary>
    public static string? Missing() => File.Exists(Path.Combine(Scripts, "start.sh")) ? null : "the bench needs a kube-apiserver: ../shared/envtest (or OPENCLAW_SHARED) is not there";

    public static async Task<BenchCluster> StartAsync(string folder)
    {
        var port = GatewayProcess.FreePort();
        await RunAsync(folder, Path.Combine(Scripts, "start.sh"), folder, port.ToString(CultureInfo.InvariantCulture));
        var cluster = new BenchCluster(folder);
        var definitions = Path.Combine(folder, "definitions.yaml");
        await RunAsync(folder, "/bin/sh", "-c", $"'{GatewayProcess.Binary}' operator manifests --crds >'{definitions}'");
        foreach (var document in YamlReader.Read(await File.ReadAllTextAsync(definitions)).Documents)
        {
            // Created and not applied: a server before 1.25 refuses to apply the rules in it.
            if (document.Content is JsonObject definition) Check(await cluster._client.CreateAsync(Kinds.CustomResourceDefinition, null, definition, default));
        }
        return cluster;
    }

    /// <summary>Makes so many instances.</summary>
    public async Task FillAsync(int size, Action<string> say)
    {
        Check(await _client.CreateAsync(Kinds.Namespace, null, KubeJson.NewObject(Kinds.Namespace, new ObjectKey("", Space)), default));
        var secret = KubeJson.NewObject(Kinds.Secret, new ObjectKey(Space, "keys"));
        secret["stringData"] = new JsonObject { ["OPENAI_API_KEY"] = "sk-bench" };
        Check(await _client.CreateAsync(Kinds.Secret, Space, secret, default));
        // Served only a moment after it was defined.
        for (var i = 0; !(await _client.ListAsync(s_instances, ListQuery.All, default)).IsSuccess && i < 100; i++) await Task.Delay(100);
        var made = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, size), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, cancel) =>
        {
            var json = KubeJson.NewObject(s_instances, new ObjectKey(Space, string.Create(CultureInfo.InvariantCulture, $"it-{i}")));
            json["spec"] = JsonNode.Parse("""{"config":{"raw":{"defaultModel":"openai/gpt-4o"}},"envFrom":[{"secretRef":{"name":"keys"}}]}""");
            Check(await _client.CreateAsync(s_instances, Space, json, cancel));
            say(string.Create(CultureInfo.InvariantCulture, $"{Interlocked.Increment(ref made)} made"));
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _readying;
        _client.Dispose();
        _stop.Dispose();
        await RunAsync(_folder, Path.Combine(Scripts, "stop.sh"), _folder);
        Directory.Delete(_folder, recursive: true);
    }

    private void Ready(SetState? set)
    {
        if (set is null || set.IsReady) return;
        var status = new JsonObject { ["observedGeneration"] = set.Generation, ["replicas"] = 1, ["readyReplicas"] = 1, ["updatedReplicas"] = 1, ["currentRevision"] = "r", ["updateRevision"] = "r" };
        Patch(Kinds.StatefulSet, set.Key, status);
    }

    private void Bind(ObjectName? claim)
    {
        if (claim is { IsSettled: false }) Patch(Kinds.PersistentVolumeClaim, claim.Key, new JsonObject { ["phase"] = "Bound" });
    }

    private void Patch(ResourceKind kind, ObjectKey key, JsonObject status) => _ = _client.MergePatchAsync(kind, key, new JsonObject { ["status"] = status }, "status", _stop.Token);

    private static void Check(KubeResult<KubeObject> result)
    {
        if (result.Problem is { } problem) throw new InvalidOperationException(problem.ToString());
    }

    private static async Task RunAsync(string folder, string program, params string[] arguments)
    {
        var log = Path.Combine(folder, "script.log");
        // The servers inherit the script's output: a pipe would stay open as long as they live.
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" \"$@\" >>\"$SAID\" 2>&1 </dev/null", program, .. arguments])
        {
            // One Service an instance: the default range ends at 254. The last of two flags counts.
            Environment = { ["SAID"] = log, ["APISERVER_EXTRA"] = "--service-cluster-ip-range=10.0.0.0/16" },
        })!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} failed: {await File.ReadAllTextAsync(log)}");
    }

    private sealed record SetState(ObjectKey Key, long Generation, bool IsReady)
    {
        public static SetState Read(JsonElement json)
        {
            var (meta, status) = (json.Field("metadata"), json.Field("status"));
            var generation = meta.Number("generation") ?? 0;
            return new SetState(new ObjectKey(meta.Text("namespace"), meta.Text("name")), generation, status.Number("observedGeneration") == generation && status.Int("readyReplicas") == 1);
        }
    }

    private sealed record ObjectName(ObjectKey Key, bool IsSettled)
    {
        public static ObjectName Read(JsonElement json) => new(new ObjectKey(json.Field("metadata").Text("namespace"), json.Field("metadata").Text("name")), json.Field("status").Text("phase") == "Bound");
    }
}
