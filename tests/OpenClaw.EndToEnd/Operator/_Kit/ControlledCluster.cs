using System.Text.Json.Nodes;
using OpenClaw.EndToEnd.Cli;
using OpenClaw.EndToEnd.Cluster;

namespace OpenClaw.EndToEnd.Operator;

/// <summary>Classes that share one cluster.</summary>
[CollectionDefinition("controlled cluster")]
public sealed class ControlledClusterTests : ICollectionFixture<ControlledCluster>;

/// <summary>A real API server with the controller manager and the operator's definitions. Volumes are there to be bound; nothing runs a pod.</summary>
public sealed class ControlledCluster : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private bool _isReady;

    public ApiServer Server { get; } = new() { HasControllers = true };

    internal Kubectl Kubectl => new(Server);

    /// <summary>Starts it if it does not run; skips the test when there is none.</summary>
    public async Task StartAsync()
    {
        await Server.StartAsync();
        await _gate.WaitAsync();
        try
        {
            if (_isReady) return;
            using var folder = new CliFolder();
            var run = await folder.RunAsync(["operator", "manifests", "--crds"]);
            var file = folder.File("crds.yaml");
            File.WriteAllText(file, run.Output);
            await Kubectl.RunAsync("apply", "--validate=false", "-f", file);
            await Kubectl.WaitForKindsAsync();
            var volumes = Enumerable.Range(0, 40).Select(static i => $"---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: v{i}}}\nspec: {{capacity: {{storage: 50Gi}}, accessModes: [ReadWriteOnce], hostPath: {{path: /nowhere}}}}\n");
            await Kubectl.ApplyAsync(string.Concat(volumes));
            _isReady = true;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Waits until the loop is quiet and makes the pod ready, until the instance runs.</summary>
    internal async Task ReadyAsync(RunningLoop loop, string space, string name)
    {
        await loop.QuietAsync();
        await Soon.TrueAsync(async () =>
        {
            var set = await Kubectl.GetAsync(space, "statefulset", name);
            if (await Kubectl.GetAsync(space, "pod", name + "-0") is not { } pod || set is null) return false;
            // Of the newest template: an older pod is about to be replaced.
            if ((string?)pod["metadata"]!["labels"]!["controller-revision-hash"] != (string?)set["status"]!["updateRevision"] || pod["metadata"]!["deletionTimestamp"] is not null) return false;
            using var client = Server.Client();
            var ready = (JsonObject)JsonNode.Parse("""{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}""")!;
            await client.MergePatchAsync(Kube.Kinds.Pod, new Kube.ObjectKey(space, name + "-0"), ready, "status", TestContext.Current.CancellationToken);
            return await PhaseAsync(space, name) == "Running";
        }, "the pod is ready and told so");
    }

    internal async Task<string?> PhaseAsync(string space, string name) => (string?)(await Kubectl.GetAsync(space, "openclawinstance", name))!["status"]?["phase"];

    internal async Task<string> TemplateAsync(string space, string name) => (await Kubectl.GetAsync(space, "statefulset", name))!["spec"]!["template"]!.ToJsonString();

    internal static string Keys(string space, string key) => $"---\napiVersion: v1\nkind: Secret\nmetadata: {{name: keys, namespace: {space}}}\nstringData: {{OPENAI_API_KEY: {key}}}\n";

    internal static string Instance(string space, string name, string spec) => $"---\napiVersion: openclaw.rocks/v1alpha1\nkind: OpenClawInstance\nmetadata: {{name: {name}, namespace: {space}}}\nspec: {spec}\n";

    internal static JsonNode Condition(JsonNode instance, string type) => instance["status"]!["conditions"]!.AsArray().Single(c => (string?)c!["type"] == type)!;

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _gate.Dispose();
    }
}
