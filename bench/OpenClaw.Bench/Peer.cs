using System.Text;

namespace OpenClaw.Bench;

/// <summary>One of those compared: where it listens, what its callers send, and the process whose CPU time counts.</summary>
/// <param name="Name">In the report.</param>
/// <param name="Url">Where a workload is asked for.</param>
/// <param name="Headers">What a caller sends for it.</param>
/// <param name="Model">The model named for it.</param>
/// <param name="Measured">Whose CPU time counts.</param>
internal sealed record Peer(
    string Name, Func<Workload, Uri> Url, Func<Workload, (string Name, string Value)[]> Headers, Func<Workload, string> Model, Func<Workload, ChildProcess> Measured)
{
    private static readonly HttpClient s_client = new() { Timeout = TimeSpan.FromSeconds(15) };

    /// <summary>The wrk script for a workload.</summary>
    public string ScriptFile(string folder, Workload workload)
    {
        var file = Path.Combine(folder, $"{Name}-{workload.Provider}.lua");
        if (!File.Exists(file)) File.WriteAllText(file, Wrk.Script(workload.Body(Model(workload)), Headers(workload)));
        return file;
    }

    public Task<Sample> MeasureAsync(string folder, Workload workload, int connections, int seconds) =>
        Wrk.RunAsync(Url(workload), ScriptFile(folder, workload), connections, seconds, Measured(workload).CpuMicros);

    /// <summary>
    /// Runs a workload until what is measured is the program and not its compiler: at least <see cref="LeastWarmUp"/> seconds, and
    /// on until the compiler's thread takes less than a hundredth of the CPU time, at most <see cref="MostWarmUp"/>.
    /// </summary>
    /// <returns>The compiler's last share.</returns>
    public async Task<double> WarmAsync(string folder, Workload workload, int connections)
    {
        var process = Measured(workload);
        for (var seconds = 0; ; seconds += WarmUpStep)
        {
            var before = process.CompilerMicros();
            var sample = await MeasureAsync(folder, workload, connections, WarmUpStep);
            var share = (process.CompilerMicros() - before) / sample.CpuMicros;
            if (seconds + WarmUpStep >= MostWarmUp || (seconds + WarmUpStep >= LeastWarmUp && share < 0.01)) return share;
        }
    }

    private const int WarmUpStep = 3;
    private const int LeastWarmUp = 12;
    private const int MostWarmUp = 36;

    /// <summary>Null when one answer is what it must be, else what it was: figures of wrong answers would be worthless.</summary>
    public async Task<string?> CheckAsync(Workload workload)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Url(workload)) { Content = new StringContent(workload.Body(Model(workload)), Encoding.UTF8, "application/json") };
        foreach (var (name, value) in Headers(workload)) request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await s_client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        var isRight = answer.IsSuccessStatusCode && (workload.IsStream
            ? text.Split("\" lobster\"").Length - 1 == workload.Chunks && text.Contains("data: [DONE]", StringComparison.Ordinal)
            : text.Contains("whoever speaks them", StringComparison.Ordinal));
        return isRight ? null : $"{Name} answered {(int)answer.StatusCode}: {text[..Math.Min(text.Length, 300)]}";
    }
}
