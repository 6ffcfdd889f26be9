using System.Diagnostics;

namespace OpenClaw.EndToEnd.Running;

/// <summary>What the binary said and how it ended.</summary>
internal sealed record BinaryRun(int? ExitCode, string Output, string Errors);

/// <summary>The built binary run to its end, or for a while.</summary>
internal static class Binary
{
    /// <summary>Runs <c>openclaw</c> with these arguments; <see cref="BinaryRun.ExitCode"/> is null when it had to be ended after fifteen seconds.</summary>
    public static async Task<BinaryRun> RunAsync(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(GatewayProcess.Binary, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        foreach (var name in start.Environment.Keys.Where(static n => n.StartsWith("OPENCLAW_", StringComparison.Ordinal) || n.Contains("API_KEY", StringComparison.Ordinal)).ToList()) start.Environment.Remove(name);
        start.Environment["OPENCLAW_STATE_DIR"] = folder;
        start.Environment["HOME"] = folder;
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(15));
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return new BinaryRun(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return new BinaryRun(null, await output, await errors);
        }
    }
}
