using System.Globalization;
using System.Text;

namespace OpenClaw.Bench;

/// <summary>Our gateway as it is used: a token is asked for, models are allowed by name, a fallback stands by, decision lines are written, metrics counted; what else is kept and counted is a <see cref="Keeping"/>.</summary>
internal static class Ours
{
    public const string Token = "bench-token-4f1d";
    private static readonly HttpClient s_client = new() { Timeout = TimeSpan.FromSeconds(5) };

    public static readonly (string Name, string Value)[] Headers = [("authorization", "Bearer " + Token)];

    public static ChildProcess Start(string folder, string name, string binary, int port, int whole, int streams, Keeping keeping, params (string Name, string Value)[] environment)
    {
        var home = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        var file = WriteConfig(home, whole, streams, keeping);
        return ChildProcess.Start(
            folder, name, binary, ["gateway", "--config", file, "--port", port.ToString(CultureInfo.InvariantCulture)],
            [("OPENCLAW_GATEWAY_TOKEN", Token), ("OPENCLAW_STATE_DIR", home), .. environment]);
    }

    /// <summary>The configuration for these upstreams; its file.</summary>
    public static string WriteConfig(string home, int whole, int streams, Keeping keeping)
    {
        var file = Path.Combine(home, "openclaw.json");
        var providers = new StringBuilder();
        foreach (var workload in Workload.All)
        {
            var origin = $"http://127.0.0.1:{(workload.IsStream ? streams : whole)}{workload.UpstreamPath}/v1";
            if (providers.Length > 0) providers.Append(",\n");
            providers.Append(CultureInfo.InvariantCulture, $$"""    "{{workload.Provider}}": { "api": "openai-completions", "baseUrl": "{{origin}}", "apiKey": "sk-bench" }""");
        }
        File.WriteAllText(file, $$"""
            {
              "gateway": { "auth": true },
              "models": {
                "providers": {
            {{providers}}
                },
                "allowlist": [{{string.Join(", ", Workload.All.Select(static w => $"\"{w.Provider}/gpt-4o\""))}}, "openai/gpt-4o-mini"],
                "prices": { {{string.Join(", ", Workload.All.Select(static w => w.Provider).Distinct().Select(static p => $"\"{p}/gpt-4o\": {{ \"input\": 2.5, \"output\": 10 }}"))}} },
                "fallbacks": ["openai/gpt-4o-mini"]
              },
              "defaultModel": "openai/gpt-4o",
              {{keeping.Config}}
            }
            """);
        return file;
    }

    /// <summary>Bytes allocated so far, once nothing to speak of is allocated any more (at most after a minute).</summary>
    public static async Task<double> QuietAllocatedAsync(int port)
    {
        var last = await FigureAsync(port, "openclaw_runtime_allocated_bytes_total");
        for (var i = 0; i < 120; i++)
        {
            await Task.Delay(500);
            var now = await FigureAsync(port, "openclaw_runtime_allocated_bytes_total");
            if (now - last < 1_000_000) return now;
            last = now;
        }
        return last;
    }

    /// <summary>A figure of <c>/metrics</c>.</summary>
    public static async Task<double> FigureAsync(int port, string name)
    {
        var text = await s_client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"));
        var line = text.Split('\n').First(l => l.StartsWith(name + " ", StringComparison.Ordinal));
        return double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }
}
