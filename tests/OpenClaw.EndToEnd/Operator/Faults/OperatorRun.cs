using System.Diagnostics;
using System.Text;
using OpenClaw.EndToEnd.Cluster;

namespace OpenClaw.EndToEnd.Operator.Faults;

/// <summary><c>openclaw operator run</c> of the built binary behind a <see cref="FaultyDoor"/>, without a lease: who starts it has ended the one before.</summary>
internal sealed class OperatorRun : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly string _folder;

    private OperatorRun(Process process, string folder)
    {
        (_process, _folder) = (process, folder);
        _process.ErrorDataReceived += (_, e) => Append(e.Data);
        _process.OutputDataReceived += (_, e) => Append(e.Data);
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    public bool HasExited => _process.HasExited;

    /// <summary>Everything that is watched was listed.</summary>
    public bool HasBegun => Log.Contains("the loop begins", StringComparison.Ordinal);

    /// <summary>Everything it said.</summary>
    public string Log
    {
        get { lock (_log) return _log.ToString(); }
    }

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
        var start = new ProcessStartInfo(GatewayProcess.Binary, ["operator", "run", "--kubeconfig", config, "--leader-elect=false", "--bind", "off"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder,
        };
        foreach (var foreign in start.Environment.Keys.Where(static n => n.StartsWith("OPENCLAW_", StringComparison.Ordinal) || n.StartsWith("KUBE", StringComparison.Ordinal) || n.EndsWith("_PROXY", StringComparison.OrdinalIgnoreCase)).ToList()) start.Environment.Remove(foreign);
        start.Environment["HOME"] = folder;
        return new OperatorRun(Process.Start(start)!, folder);
    }

    public async Task BeginsAsync() =>
        Assert.True(await Eventually.IsTrueAsync(() => HasExited || HasBegun) && !HasExited, $"it did not begin\n{Log}");

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Append(string? line)
    {
        if (line is null) return;
        lock (_log) _log.AppendLine(line);
    }
}
