using OpenClaw.EndToEnd.Cluster;
using OpenClaw.EndToEnd.Operator.Running;

namespace OpenClaw.EndToEnd.Operator.Faults;

/// <summary>The operator's process behind a <see cref="FaultyDoor"/>, without a lease: who starts it has ended the one before.</summary>
internal sealed class OperatorRun : IAsyncDisposable
{
    private readonly OperatorProcess _process;
    private readonly string _folder;

    private OperatorRun(OperatorProcess process, string folder) => (_process, _folder) = (process, folder);

    public bool HasExited => _process.HasExited;

    /// <summary>Everything that is watched was listed.</summary>
    public bool HasBegun => Log.Contains("the loop begins", StringComparison.Ordinal);

    /// <summary>Everything it said.</summary>
    public string Log => _process.Log;

    public static OperatorRun Start(ApiServer server, FaultyDoor door)
    {
        var folder = Directory.CreateTempSubdirectory("openclaw-operator-").FullName;
        var config = Path.Combine(folder, "config");
        var token = File.ReadAllText(Path.Combine(Path.GetDirectoryName(server.KubeConfigPath)!, "admin.token")).Trim();
        File.WriteAllText(config, $$$"""
            kind: Config
            current-context: c
            contexts: [{name: c, context: {cluster: k, user: u}}]
            clusters: [{name: k, cluster: {server: "{{{door.Url}}}"}}]
            users: [{name: u, user: {token: "{{{token}}}"}}]
            """);
        return new OperatorRun(OperatorProcess.Start(config, "behind-a-door", "--leader-elect=false"), folder);
    }

    public async Task BeginsAsync() =>
        Assert.True(await Eventually.IsTrueAsync(() => HasExited || HasBegun) && !HasExited, $"it did not begin\n{Log}");

    /// <summary>SIGKILL.</summary>
    public Task KillAsync() => _process.KillAsync();

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
