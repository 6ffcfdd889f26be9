using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace OpenClaw.EndToEnd.Operator;

/// <summary>A real API server with its store, started from the optional test data and ended with the test class.</summary>
public sealed class ControlPlane : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("openclaw-e2e-k8s-");

    /// <summary>Why there is none; null when it runs.</summary>
    public string? Missing { get; private set; }

    public string KubeConfig => Path.Combine(_folder.FullName, "kubeconfig");

    public async ValueTask InitializeAsync()
    {
        var start = Path.Combine(SharedFiles.Root, "envtest", "start.sh");
        if (!File.Exists(start))
        {
            Missing = "optional test data is not there: shared/envtest";
            return;
        }
        var (code, _, error) = await RunAsync("bash", [start, _folder.FullName, $"{FreePorts()}"]);
        if (code != 0) Missing = "the control plane does not start here: " + error.Trim().Split('\n')[^1];
    }

    public async ValueTask DisposeAsync()
    {
        if (Missing is null) await RunAsync("bash", [Path.Combine(SharedFiles.Root, "envtest", "stop.sh"), _folder.FullName]);
        _folder.Delete(recursive: true);
    }

    /// <summary>kubectl against this server; its output, or a failed test.</summary>
    public async Task<string> KubectlAsync(params string[] arguments)
    {
        var (code, output, error) = await RunAsync("kubectl", ["--kubeconfig", KubeConfig, .. arguments]);
        Assert.True(code == 0, $"kubectl {string.Join(' ', arguments)}\n{error}");
        return output;
    }

    public async Task<(int Code, string Error)> TryKubectlAsync(params string[] arguments)
    {
        var (code, _, error) = await RunAsync("kubectl", ["--kubeconfig", KubeConfig, .. arguments]);
        return (code, error);
    }

    public void SkipIfMissing()
    {
        if (Missing is not null) Assert.Skip(Missing);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
        process.StandardInput.Close();
        // What it starts keeps the pipes open, so the end of the output is not waited for after the process's own.
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await EndAsync(output), await EndAsync(error));
    }

    private static async Task<string> EndAsync(Task<string> text) => await Task.WhenAny(text, Task.Delay(TimeSpan.FromSeconds(2))) == text ? await text : "";

    /// <summary>The script takes seven ports in a row.</summary>
    private static int FreePorts()
    {
        for (var start = 31000 + (Environment.ProcessId % 1000 * 8); ; start += 8)
        {
            if (Enumerable.Range(start, 7).All(IsFree)) return start;
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
