using System.Diagnostics;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.ModelServer;

/// <summary>The real model server's program and its small model, prepared once a machine by the optional test data's own script.</summary>
internal static class LlamaBundle
{
    private static readonly Lazy<Task<(string? Folder, string? Why)>> s_prepared = new(PrepareAsync);

    /// <summary>The model file.</summary>
    public static string Model => Path.Combine(SharedFiles.Root, "llm", "austen-3m-chat-q8_0.gguf");

    private static string Script => Path.Combine(SharedFiles.Root, "llm", "get.sh");

    /// <summary>Where the program is, or a skip.</summary>
    public static async Task<string> FolderAsync()
    {
        var (folder, why) = await s_prepared.Value;
        if (folder is null) Assert.Skip(why!);
        return folder;
    }

    /// <summary>Why it is not available here, or null.</summary>
    public static async Task<string?> MissingAsync() => (await s_prepared.Value).Why;

    private static async Task<(string?, string?)> PrepareAsync()
    {
        if (!File.Exists(Script) || !File.Exists(Model)) return (null, "optional test data is not there: shared/llm");
        var start = new ProcessStartInfo("bash", [Script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        try
        {
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 ? (LastLine(output), null) : (null, "the model server could not be prepared: " + LastLine(await errors));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (null, "the model server was not prepared within three minutes");
        }
    }

    private static string LastLine(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "";
}
