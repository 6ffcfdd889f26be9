using System.Globalization;
using System.Text.Json;
using OpenClaw.EndToEnd;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.Bench;

/// <summary>How long after a request came the first call of its fallback began, by the decisions of requests that passed over a primary known to be down.</summary>
internal static class KnownDown
{
    private const int Wanted = 1000;
    private const int Most = 5000;
    private const double TargetMs = 10;

    /// <summary>A line for the page, and whether the target is kept.</summary>
    public static async Task<(string Line, bool IsKept)> MeasureAsync()
    {
        await using var server = ScriptedServer.Start();
        await using var gateway = await GatewayProcess.StartAsync($$"""
            {
              "models": {
                "providers": {
                  "down": { "api": "openai-completions", "baseUrl": "http://127.0.0.1:{{GatewayProcess.FreePort()}}/v1", "apiKey": "sk-bench-down" },
                  "well": { "api": "openai-completions", "baseUrl": "{{server.Origin}}v1", "apiKey": "sk-bench-well" }
                },
                "fallbacks": ["well/ok"]
              },
              "defaultModel": "down/gpt-4o"
            }
            """);
        using var client = new ChatClient(gateway.Url);
        using var http = new HttpClient { BaseAddress = gateway.Url };
        List<double> waits = [];
        for (var asked = 0; asked < Most && waits.Count < Wanted; asked++)
        {
            await client.AskAsync(new ChatAsk("default", ClientProtocol.Chat, Stream: true));
            if (asked % 200 == 199) waits.AddRange(Waits(await http.GetStringAsync(new Uri("/openclaw/v1/decisions?limit=200", UriKind.Relative))));
        }
        waits.Sort();
        if (waits.Count == 0) return ("\n- **Not measured**: no request passed over a primary that is known to be down.\n", false);
        var (median, late, worst) = (waits[waits.Count / 2], waits[waits.Count * 99 / 100], waits[^1]);
        var verdict = late < TargetMs ? "Target kept" : "**Target missed**";
        return (string.Create(CultureInfo.InvariantCulture, $"\n{verdict}: of {waits.Count} requests one after the other whose primary was known to be down, the first call of the fallback began {median:F2} ms after the request came (median; 99th percentile {late:F2}, worst {worst:F2}; target: 99 of 100 below {TargetMs:F0}).\n"), late < TargetMs);
    }

    // Those that were the primary's probe, or found out that it is down, called it first.
    private static IEnumerable<double> Waits(string decisions)
    {
        using var document = JsonDocument.Parse(decisions);
        foreach (var decision in document.RootElement.GetProperty("decisions").EnumerateArray())
        {
            var first = decision.GetProperty("attempts")[0];
            if (first.GetProperty("target").GetString() == "well/ok") yield return first.GetProperty("startedMs").GetDouble();
        }
    }
}
