using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OpenClaw.EndToEnd.Operator.Running;

/// <summary><c>openclaw operator run</c> of the built binary, with a kubeconfig of the test's own and nothing of this machine's.</summary>
internal sealed class OperatorProcess : IAsyncDisposable
{
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(5) };

    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly string _folder;

    private OperatorProcess(Process process, string folder, int port)
    {
        (_process, _folder, Port) = (process, folder, port);
        _process.ErrorDataReceived += (_, e) => Append(e.Data);
        _process.OutputDataReceived += (_, e) => Append(e.Data);
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    public int Port { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>Everything it said.</summary>
    public string Log
    {
        get { lock (_log) return _log.ToString(); }
    }

    /// <param name="name">What it is called in the lease: the name of its Pod.</param>
    public static OperatorProcess Start(string kubeConfig, string name, params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("openclaw-operator-").FullName;
        var port = GatewayProcess.FreePort();
        var start = new ProcessStartInfo(GatewayProcess.Binary,
            ["operator", "run", "--kubeconfig", kubeConfig, "--bind", $"127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}", "--log-level", "debug", .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder,
        };
        foreach (var foreign in start.Environment.Keys.Where(static n => n.StartsWith("OPENCLAW_", StringComparison.Ordinal) || n.StartsWith("KUBE", StringComparison.Ordinal) || n.StartsWith("POD_", StringComparison.Ordinal)
            || n.EndsWith("_PROXY", StringComparison.OrdinalIgnoreCase)).ToList()) start.Environment.Remove(foreign);
        start.Environment["HOME"] = folder;
        start.Environment["POD_NAME"] = name;
        start.Environment["POD_NAMESPACE"] = "openclaw-operator-system";
        return new OperatorProcess(Process.Start(start)!, folder, port);
    }

    public async Task<(int Code, string Body)> GetAsync(string path)
    {
        try
        {
            using var answer = await s_http.GetAsync(new Uri($"http://127.0.0.1:{Port}{path}"));
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return (0, e.Message);
        }
    }

    /// <summary>leader, standby, or empty while it does not answer; with what keeps it from being ready.</summary>
    public async Task<(string Role, bool IsReady)> RoleAsync()
    {
        var (code, body) = await GetAsync("/readyz");
        if (code is not (200 or 503)) return ("", false);
        using var json = JsonDocument.Parse(body);
        return (json.RootElement.GetProperty("role").GetString()!, code == 200);
    }

    /// <summary>Waits for a role, ready.</summary>
    public async Task BecomesAsync(string role, TimeSpan? limit = null)
    {
        var became = await Eventually.IsTrueAsync(async () => _process.HasExited || await RoleAsync() == (role, true), limit);
        Assert.True(became && !_process.HasExited, $"it did not become a ready {role}: {(await GetAsync("/readyz")).Body}\n{Log}");
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and waits for the end.</summary>
    public async Task<(int Code, TimeSpan Took)> TerminateAsync()
    {
        var watch = Stopwatch.StartNew();
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await _process.WaitForExitAsync(limit.Token);
        return (_process.ExitCode, watch.Elapsed);
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
