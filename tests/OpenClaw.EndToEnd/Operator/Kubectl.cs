using System.Diagnostics;
using System.Text.Json.Nodes;
using OpenClaw.EndToEnd.Cluster;

namespace OpenClaw.EndToEnd.Operator;

/// <summary>kubectl, run to its end against one API server.</summary>
internal sealed class Kubectl(string kubeConfigPath)
{
    public Kubectl(ApiServer server) : this(server.KubeConfigPath)
    {
    }

    /// <summary>Its output, or a failed test.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var (code, output, error) = await TryAsync(arguments);
        Assert.True(code == 0, $"kubectl {string.Join(' ', arguments)}\n{error}");
        return output;
    }

    public Task<(int Code, string Output, string Error)> TryAsync(params string[] arguments) => WithInputAsync("", arguments);

    /// <summary><c>apply</c> of what is written, or a failed test.</summary>
    public async Task ApplyAsync(string objects)
    {
        var (code, _, error) = await WithInputAsync(objects, "apply", "--validate=false", "-f", "-");
        Assert.True(code == 0, $"kubectl apply\n{error}\n{objects}");
    }

    /// <summary>Waits until the server serves all our kinds.</summary>
    public async Task WaitForKindsAsync()
    {
        string[] wait = ["wait", "--for", "condition=established", "--timeout=30s", "crd", "openclawinstances.openclaw.rocks", "openclawclusterdefaults.openclaw.rocks", "openclawselfconfigs.openclaw.rocks"];
        for (var attempt = 0; ; attempt++)
        {
            var (code, _, error) = await TryAsync(wait);
            if (code == 0) return;
            // kubectl does not wait for the first condition to appear.
            Assert.True(attempt < 30 && error.Contains("accessor error", StringComparison.Ordinal), error);
            await Task.Delay(500);
        }
    }

    /// <summary>An object, or null when there is none.</summary>
    public async Task<JsonNode?> GetAsync(string space, string kind, string name)
    {
        var (code, output, _) = await TryAsync("-n", space, "get", kind, name, "-o", "json");
        return code == 0 ? JsonNode.Parse(output) : null;
    }

    private async Task<(int Code, string Output, string Error)> WithInputAsync(string input, params string[] arguments)
    {
        using var process = Start(["--kubeconfig", kubeConfigPath, .. arguments]);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await output, await error);
    }

    private static Process Start(IEnumerable<string> arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("kubectl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("kubectl is not on this machine");
            throw;
        }
    }
}
