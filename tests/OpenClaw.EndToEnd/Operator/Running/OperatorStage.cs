using OpenClaw.EndToEnd.Cli;
using OpenClaw.Kube;
using OpenClaw.Kube.Client;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Operator.Running;

/// <summary>The operator installed in a real API server, and what tests of its process do there.</summary>
internal sealed class OperatorStage : IDisposable
{
    private readonly AuditedApiServer _server;
    private readonly CliFolder _folder = new();

    private OperatorStage(AuditedApiServer server)
    {
        _server = server;
        Kubectl = new Kubectl(server);
        Admin = server.Client();
    }

    public static ResourceKind Instances { get; } = new("openclaw.rocks", "v1alpha1", "OpenClawInstance", "openclawinstances");

    public Kubectl Kubectl { get; }

    public KubeClient Admin { get; }

    /// <summary>The kubeconfig of the operator's account.</summary>
    public string OperatorConfig { get; private set; } = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Everything that <c>operator manifests</c> prints is applied, but the Deployment: the test starts the process itself.</summary>
    public static async Task<OperatorStage> SetAsync(AuditedApiServer server, params string[] watched)
    {
        await server.StartAsync();
        var stage = new OperatorStage(server);
        var run = await stage._folder.RunAsync(["operator", "manifests", .. watched.Length == 0 ? Array.Empty<string>() : ["--watch-namespaces", string.Join(',', watched)]]);
        foreach (var name in watched) await stage.Kubectl.TryAsync("create", "namespace", name);
        await stage.ApplyAsync(string.Join("---\n", run.Output.Split("---\n").Where(static d => !d.Contains("\nkind: Deployment\n", StringComparison.Ordinal))));
        await stage.Kubectl.WaitForKindsAsync();
        // Each test's operators compete for a lease of their own.
        await stage.Kubectl.RunAsync("delete", "lease", "-n", "openclaw-operator-system", "openclaw-operator.openclaw.rocks", "--ignore-not-found");
        stage.OperatorConfig = await server.OperatorConfigAsync(stage.Admin);
        return stage;
    }

    /// <summary>The texts of all samples.</summary>
    public static IEnumerable<string> Samples => Directory.GetFiles(Path.Combine(SharedFiles.Repository, "samples", "instances"), "*.yaml").Order(StringComparer.Ordinal).Select(static f => File.ReadAllText(f));

    /// <summary>Applies a text. This old server refuses the key of CEL's rules in a definition when it validates.</summary>
    public async Task ApplyAsync(string text, string? ns = null)
    {
        var file = _folder.File("apply.yaml");
        await File.WriteAllTextAsync(file, text, Cancel);
        await Kubectl.RunAsync(["apply", "--validate=false", "-f", file, .. ns is null ? Array.Empty<string>() : ["-n", ns]]);
    }

    public async Task<List<KubeObject>> InstancesAsync() => [.. (await Admin.ListAsync(Instances, ListQuery.All, Cancel)).Value.Items];

    /// <summary>Waits until the status of every instance is of what it says now.</summary>
    public async Task SettledAsync(OperatorProcess process)
    {
        var settled = await Eventually.IsTrueAsync(async () => process.HasExited || (await InstancesAsync()).All(static i => i.Status.Int("observedGeneration") == i.Meta.Generation));
        Assert.True(settled && !process.HasExited, $"not every instance was looked at: {string.Join(", ", (await InstancesAsync()).Select(static i => $"{i.Meta.Key} {i.Meta.Generation} {i.Status.Int("observedGeneration")}"))}\n{process.Log}");
    }

    /// <summary>Waits until an object is there, or is not.</summary>
    public async Task UntilAsync(ResourceKind kind, ObjectKey key, bool isThere, OperatorProcess process)
    {
        var became = await Eventually.IsTrueAsync(async () => (await Admin.GetMetaAsync(kind, key, Cancel)).IsSuccess == isThere, TimeSpan.FromSeconds(30));
        Assert.True(became, $"{kind} {key} is {(isThere ? "not there" : "still there")}\n{process.Log}");
    }

    /// <summary>Deletes every instance and waits until they and their objects are gone.</summary>
    public async Task ClearAsync()
    {
        await Kubectl.RunAsync("delete", "openclawinstances", "--all", "--all-namespaces", "--wait=false");
        Assert.True(await Eventually.IsTrueAsync(async () => (await InstancesAsync()).Count == 0, TimeSpan.FromSeconds(30)), "an instance is not let go");
    }

    public void Dispose()
    {
        Admin.Dispose();
        _folder.Dispose();
    }
}
