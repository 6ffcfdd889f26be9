using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OpenClaw.EndToEnd;

/// <summary>The built binary, started on a configuration of the test's own, in a folder of its own.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    private static readonly HttpClient s_probe = new() { Timeout = TimeSpan.FromSeconds(2) };
    private readonly Process _process;
    private readonly StringBuilder _log;

    private readonly bool _keepsFolder;

    private GatewayProcess(Process process, StringBuilder log, string folder, bool keepsFolder, int port)
    {
        _process = process;
        _log = log;
        _keepsFolder = keepsFolder;
        Folder = folder;
        Port = port;
    }

    /// <summary><c>OPENCLAW_BINARY</c>, else the Release build of this repository.</summary>
    public static string Binary { get; } = Environment.GetEnvironmentVariable("OPENCLAW_BINARY") ?? FindBinary();

    /// <summary>Configuration and state; removed at the end, unless the test brought it.</summary>
    public string Folder { get; }

    public int Port { get; }

    public Uri Url => new($"http://127.0.0.1:{Port}");

    public int ProcessId => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Standard output and error so far.</summary>
    public string Log
    {
        get { lock (_log) return _log.ToString(); }
    }

    /// <summary>Starts the gateway and waits until it is ready; throws with its output when it is not within twenty seconds.</summary>
    /// <param name="keep">A folder of the test's own, which outlives the gateway.</param>
    /// <param name="untilReady">False: it is enough that it lives (<c>/healthz</c>).</param>
    /// <param name="isMute">Its standard error is on a full disk: no line of its log can be written.</param>
    public static async Task<GatewayProcess> StartAsync(string config, IReadOnlyDictionary<string, string>? environment = null, string? keep = null, bool untilReady = true, bool isMute = false)
    {
        var folder = keep ?? Directory.CreateTempSubdirectory("openclaw-e2e-").FullName;
        var file = Path.Combine(folder, "openclaw.json");
        await File.WriteAllTextAsync(file, config);
        var port = FreePort();
        string[] command = [Binary, "gateway", "--config", file, "--port", port.ToString(System.Globalization.CultureInfo.InvariantCulture)];
        if (isMute) command = ["/bin/sh", "-c", "exec \"$0\" \"$@\" 2>/dev/full", .. command];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = folder,
        };
        // Nothing of the machine's own keys, settings or proxies may reach the test.
        foreach (var name in start.Environment.Keys.Where(IsForeign).ToList()) start.Environment.Remove(name);
        start.Environment["OPENCLAW_STATE_DIR"] = folder;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var log = new StringBuilder();
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, e) => Append(log, e.Data);
        process.ErrorDataReceived += (_, e) => Append(log, e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var gateway = new GatewayProcess(process, log, folder, keep is not null, port);
        if (await gateway.IsUpAsync(untilReady ? "/readyz" : "/healthz", TimeSpan.FromSeconds(20))) return gateway;
        var output = gateway.Log;
        await gateway.DisposeAsync();
        throw new InvalidOperationException("the gateway did not become ready:\n" + output);
    }

    /// <summary>Gives it another configuration, and waits until that is in force; throws with its output when it is not within twenty seconds.</summary>
    public async Task ReloadAsync(string config)
    {
        var (file, before, watch) = (Path.Combine(Folder, "openclaw.json"), Reloads, Stopwatch.StartNew());
        await File.WriteAllTextAsync(file + ".new", config);
        File.Move(file + ".new", file, overwrite: true);
        while (Reloads == before)
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(20)) throw new InvalidOperationException("the gateway did not take the new configuration:\n" + Log);
            await Task.Delay(20);
        }
    }

    private int Reloads => Log.Split("reloaded: ").Length - 1;

    /// <summary>SIGKILL, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM.</summary>
    public Task TerminateAsync() => SignalAsync("TERM");

    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", ["-" + name, _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>The exit code, or null when the process is still there after <paramref name="time"/>.</summary>
    public async Task<int?> WaitForExitAsync(TimeSpan time)
    {
        using var timeout = new CancellationTokenSource(time);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
        if (!_keepsFolder) Directory.Delete(Folder, recursive: true);
    }

    /// <summary>A port that is free now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<bool> IsUpAsync(string path, TimeSpan time)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < time && !_process.HasExited)
        {
            try
            {
                using var answer = await s_probe.GetAsync(new Uri(Url, path));
                if (answer.StatusCode == HttpStatusCode.OK) return true;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // Not listening yet.
            }
            await Task.Delay(20);
        }
        return false;
    }

    private static bool IsForeign(string name) =>
        name.Contains("API_KEY", StringComparison.OrdinalIgnoreCase) || name.EndsWith("_BASE_URL", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("OPENCLAW_", StringComparison.OrdinalIgnoreCase) || name.EndsWith("_PROXY", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("ASPNETCORE_", StringComparison.OrdinalIgnoreCase);

    private static void Append(StringBuilder log, string? line)
    {
        if (line is null) return;
        lock (log) log.AppendLine(line);
    }

    private static string FindBinary()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OpenClaw.slnx"))) folder = folder.Parent;
        return Path.Combine(folder?.FullName ?? ".", "src", "OpenClaw", "bin", "Release", "net10.0", "openclaw");
    }
}
