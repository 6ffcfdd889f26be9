using System.Diagnostics;
using System.Text.Json;

namespace OpenClaw.Bench;

/// <summary>What upstream's program says of a file.</summary>
/// <param name="Issues">Why it refuses it; none when it accepts it.</param>
/// <param name="Warnings">What it accepts and doubts.</param>
internal sealed record OriginalVerdict(bool IsAccepted, IReadOnlyList<string> Issues, IReadOnlyList<string> Warnings);

/// <summary>Upstream's program (npm <c>openclaw</c>) on a Node that it accepts (npm <c>node</c>), where <c>./x bench original</c> installed them.</summary>
internal sealed class Original(string home)
{
    private static readonly string s_folder = Environment.GetEnvironmentVariable("OPENCLAW_BENCH_ORIGINAL") ?? "";

    public static string Node => Path.Combine(s_folder, "runtime", "node_modules", "node", "bin", "node");

    public static string Program => Path.Combine(s_folder, "program", "node_modules", "openclaw", "openclaw.mjs");

    public static bool IsHere => s_folder.Length > 0 && File.Exists(Program) && File.Exists(Node);

    public static string Versions => $"openclaw {Version("program", "openclaw")} on node {Version("runtime", "node")}";

    /// <summary><c>openclaw config validate --json</c>. The variables that the file may name are set, so that only the file itself is judged.</summary>
    public async Task<OriginalVerdict> ValidateAsync(string text)
    {
        var file = Path.Combine(home, "openclaw.json");
        await File.WriteAllTextAsync(file, text);
        var start = new ProcessStartInfo(Node, [Program, "config", "validate", "--json"]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = home };
        start.Environment.Clear();
        foreach (var (name, value) in Variables()) start.Environment[name] = value;
        start.Environment["OPENCLAW_CONFIG_PATH"] = file;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        try
        {
            using var json = JsonDocument.Parse(output);
            return new OriginalVerdict(json.RootElement.GetProperty("valid").GetBoolean() && process.ExitCode == 0, List(json.RootElement, "issues"), List(json.RootElement, "warnings"));
        }
        catch (JsonException)
        {
            return new OriginalVerdict(false, [$"it ended with {process.ExitCode}: {(output + await errors).Trim()}"], []);
        }
    }

    /// <summary>The environment without anything of this machine's own.</summary>
    public IEnumerable<(string Name, string Value)> Variables() =>
    [
        ("PATH", Path.GetDirectoryName(Node) + ":/usr/bin:/bin"), ("HOME", home), ("OPENCLAW_STATE_DIR", Path.Combine(home, ".openclaw")), ("OPENCLAW_GATEWAY_TOKEN", new string('t', 32)),
        .. new[] { "ANTHROPIC", "OPENAI", "GEMINI", "OPENROUTER", "OLLAMA", "VLLM" }.Select(static p => (p + "_API_KEY", "not-a-key")),
    ];

    private static List<string> List(JsonElement root, string name) =>
        root.TryGetProperty(name, out var list) ? [.. list.EnumerateArray().Select(static i => $"{i.GetProperty("path").GetString()}: {i.GetProperty("message").GetString()}")] : [];

    private static string Version(string part, string package)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(s_folder, part, "node_modules", package, "package.json")));
        return json.RootElement.GetProperty("version").GetString()!;
    }
}
