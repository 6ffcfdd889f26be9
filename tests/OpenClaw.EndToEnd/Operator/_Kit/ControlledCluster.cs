using OpenClaw.EndToEnd.Cli;
using OpenClaw.EndToEnd.Cluster;

namespace OpenClaw.EndToEnd.Operator;

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
            var volumes = Enumerable.Range(0, 20).Select(static i => $"---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: v{i}}}\nspec: {{capacity: {{storage: 50Gi}}, accessModes: [ReadWriteOnce], hostPath: {{path: /nowhere}}}}\n");
            await Kubectl.ApplyAsync(string.Concat(volumes));
            _isReady = true;
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _gate.Dispose();
    }
}
