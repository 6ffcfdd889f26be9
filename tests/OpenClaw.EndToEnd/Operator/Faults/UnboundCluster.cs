using OpenClaw.EndToEnd.Cli;
using OpenClaw.EndToEnd.Cluster;
using OpenClaw.Kube;

namespace OpenClaw.EndToEnd.Operator.Faults;

/// <summary>A real API server with its controllers and the operator's definitions, for the tests of a class. No claim is ever bound, so that all namespaces end alike.</summary>
public sealed class UnboundCluster : IAsyncDisposable
{
    private readonly ApiServer _server = new() { HasControllers = true };
    private bool _isDefined;

    internal static ResourceKind Instances { get; } = new("openclaw.rocks", "v1alpha1", "OpenClawInstance", "openclawinstances");

    public async Task<ApiServer> StartAsync()
    {
        await _server.StartAsync();
        if (_isDefined) return _server;
        using var folder = new CliFolder();
        var kubectl = new Kubectl(_server);
        await kubectl.ApplyAsync((await folder.RunAsync(["operator", "manifests", "--crds"])).Output);
        await kubectl.RunAsync("wait", "--for", "condition=established", "--timeout=30s", "crd", "openclawinstances.openclaw.rocks", "openclawclusterdefaults.openclaw.rocks");
        _isDefined = true;
        return _server;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
