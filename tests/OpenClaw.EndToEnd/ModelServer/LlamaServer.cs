using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace OpenClaw.EndToEnd.ModelServer;

/// <summary>llama.cpp's server with a model of 3.5 million parameters: a real local provider. One thread, on loopback. Killed at the end, whatever happens.</summary>
internal sealed class LlamaServer : IAsyncDisposable
{
    public const string Model = "austen-3m-chat";

    private static readonly ConcurrentDictionary<int, Process> s_running = new();
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly Process _process;

    // A test run that is broken off must not leave a server behind.
    static LlamaServer() => AppDomain.CurrentDomain.ProcessExit += static (_, _) =>
    {
        foreach (var process in s_running.Values) process.Kill();
    };

    private LlamaServer(Process process, int port)
    {
        (_process, Port) = (process, port);
        s_running[process.Id] = process;
    }

    public int Port { get; }

    public Uri Origin => new($"http://127.0.0.1:{Port}");

    /// <summary>Starts it and waits until it is healthy; skips the test where it is not available.</summary>
    public static async Task<LlamaServer> StartAsync(int slots = 4, int? port = null)
    {
        var server = await LaunchAsync(slots, port);
        if (await Eventually.IsTrueAsync(server.IsHealthyAsync)) return server;
        await server.DisposeAsync();
        throw new InvalidOperationException("llama-server did not become healthy");
    }

    /// <summary>Starts it and does not wait: first nobody listens, then it answers 503, then it is there.</summary>
    public static async Task<LlamaServer> LaunchAsync(int slots = 4, int? port = null)
    {
        var lib = Path.Combine(await LlamaBundle.FolderAsync(), "lib");
        var at = port ?? GatewayProcess.FreePort();
        string[] arguments =
        [
            "--host", "127.0.0.1", "--port", Text(at), "-m", LlamaBundle.Model, "-a", Model, "-c", "4096", "-np", Text(slots), "-t", "1",
            "--threads-http", "8", "--no-ui", "--reasoning", "off", "--metrics", "--no-warmup",
        ];
        var start = new ProcessStartInfo(Path.Combine(lib, "llama-server"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LLAMA_ARG_OFFLINE"] = "1";
        start.Environment["LLAMA_CACHE"] = Path.Combine(Path.GetTempPath(), "llama-cache");
        var process = Process.Start(start)!;
        // Read and dropped: a full pipe would stop it.
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new LlamaServer(process, at);
    }

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    /// <summary>SIGTERM: mostly it stops sending at once and closes half a minute later.</summary>
    public void Terminate() => Signal("-TERM");

    /// <summary>SIGSTOP: connections stay open and nothing is sent any more.</summary>
    public void Freeze() => Signal("-STOP");

    public Task WaitForExitAsync() => _process.WaitForExitAsync();

    public async Task<bool> IsHealthyAsync() => await GetAsync("/health") is { } text && text.Contains("ok", StringComparison.Ordinal);

    /// <summary>A request is being answered.</summary>
    public async Task<bool> IsBusyAsync()
    {
        if (await GetAsync("/slots") is not { } text) return false;
        using var slots = JsonDocument.Parse(text);
        return slots.RootElement.EnumerateArray().Any(s => s.GetProperty("is_processing").GetBoolean());
    }

    /// <summary>A request waits for a slot.</summary>
    public async Task<bool> HasQueueAsync() =>
        await GetAsync("/metrics") is { } text && text.Split('\n').Any(l => l.StartsWith("llamacpp:requests_deferred ", StringComparison.Ordinal) && !l.EndsWith(" 0", StringComparison.Ordinal));

    /// <summary>All that it has worked for since it started, once it rests: tokens of prompts, cached ones included, and tokens that it generated, whether or not anyone read them.</summary>
    public async Task<(long Prompt, long Output)> GeneratedAsync()
    {
        Assert.True(await Eventually.IsTrueAsync(async () => !await IsBusyAsync()), "the model server does not come to rest");
        var lines = (await GetAsync("/metrics") ?? "").Split('\n');
        long Of(string name) => long.Parse(lines.Single(l => l.StartsWith($"llamacpp:{name} ", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);
        return (Of("prompt_tokens_total") + Of("prompt_tokens_cached_total"), Of("tokens_predicted_total"));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        s_running.TryRemove(_process.Id, out _);
        _process.Dispose();
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", [signal, Text(_process.Id)]);
        kill.WaitForExit();
    }

    private async Task<string?> GetAsync(string path)
    {
        try
        {
            using var response = await s_http.GetAsync(new Uri(Origin, path));
            return response.StatusCode == HttpStatusCode.OK ? await response.Content.ReadAsStringAsync() : null;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
