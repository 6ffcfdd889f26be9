using System.Diagnostics;
using System.Text.Json;

namespace OpenClaw.EndToEnd.Cli;

/// <summary>The built binary, run to its end in a folder of its own, without anything of the machine's own settings.</summary>
internal sealed class CliFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("openclaw-e2e-cli-");

    /// <summary>Where the binary looks when it is told nothing.</summary>
    public string ConfigFile => File("openclaw.json");

    public string File(string name) => Path.Combine(_folder.FullName, name);

    public CliFolder With(string config)
    {
        System.IO.File.WriteAllText(ConfigFile, config);
        return this;
    }

    public Task<CliRun> RunAsync(string line) => RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    public async Task<CliRun> RunAsync(string[] arguments, string? input = null, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(GatewayProcess.Binary, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = _folder.FullName,
        };
        start.Environment.Clear();
        foreach (var name in new[] { "PATH", "DOTNET_ROOT", "LANG", "TMPDIR" })
        {
            if (Environment.GetEnvironmentVariable(name) is { } value) start.Environment[name] = value;
        }
        start.Environment["HOME"] = _folder.FullName;
        start.Environment["OPENCLAW_STATE_DIR"] = _folder.FullName;
        // Nobody listens there; a gateway on the usual port must not take part.
        start.Environment["OPENCLAW_GATEWAY_PORT"] = "1";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        if (input is not null) await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }
        return new CliRun(process.HasExited ? process.ExitCode : -1, (await output).Replace(_folder.FullName, "~", StringComparison.Ordinal), (await error).Replace(_folder.FullName, "~", StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Delete(recursive: true);
}

/// <summary>What a run said; the folder's path is written as <c>~</c>.</summary>
internal sealed record CliRun(int Code, string Output, string Error)
{
    /// <summary>Standard output as one JSON document; throws when there is anything else.</summary>
    public JsonElement Json
    {
        get
        {
            using var document = JsonDocument.Parse(Output);
            return document.RootElement.Clone();
        }
    }

    public override string ToString() => $"exit {Code}\n{Output}{(Output.Length > 0 && !Output.EndsWith('\n') ? "\n" : "")}--\n{Error}";
}
