using System.Diagnostics;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.ModelServer;

/// <summary>The real model server's program and its small model, prepared once a machine by the optional test data's own script.</summary>
internal static class LlamaBundle
{
    private static readonly Lazy<Task<(string? Folder, string? Why)>> s_prepared = new(PrepareAsync);

    /// <summary>The model file, or a skip.</summary>
    public static string Model => SharedFiles.Require("llm/austen-3m-chat-q8_0.gguf");

    /// <summary>Where the program is, or a skip.</summary>
    public static async Task<string> FolderAsync()
    {
        SharedFiles.Require("llm/get.sh");
        var (folder, why) = await s_prepared.Value;
        if (folder is null) Assert.Skip("the model server could not be prepared: " + why);
        return folder;
    }

    private static async Task<(string?, string?)> PrepareAsync()
    {
        var start = new ProcessStartInfo("bash", [SharedFiles.Require("llm/get.sh")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        try
        {
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 ? (LastLine(output), null) : (null, LastLine(await errors));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (null, "it was not done after three minutes");
        }
    }

    private static string LastLine(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "";
}
