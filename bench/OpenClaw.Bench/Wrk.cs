using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace OpenClaw.Bench;

/// <summary>One measured second or more of one peer.</summary>
/// <param name="Requests">Answers that came to their end.</param>
/// <param name="CpuMicros">CPU time of the peer's process.</param>
/// <param name="Failed">Socket errors, timeouts and statuses that are not 2xx.</param>
internal readonly record struct Sample(long Requests, double Seconds, double CpuMicros, double P50Micros, double P99Micros, long Failed)
{
    public double CpuPerRequest => CpuMicros / Requests;

    public double PerSecond => Requests / Seconds;
}

/// <summary>Runs wrk with one thread and reads what it counted.</summary>
internal static class Wrk
{
    private const string Done = """
        done = function(s, l, r)
          local e = s.errors
          io.write(string.format("RESULT %d %d %d %d %d\n", s.requests, s.duration, l:percentile(50), l:percentile(99), e.connect + e.read + e.write + e.timeout + e.status))
        end
        """;

    /// <summary>A script that posts one body with these headers.</summary>
    public static string Script(string body, IEnumerable<(string Name, string Value)> headers)
    {
        var text = new StringBuilder("wrk.method = \"POST\"\nwrk.headers[\"content-type\"] = \"application/json\"\n");
        foreach (var (name, value) in headers) text.Append(CultureInfo.InvariantCulture, $"wrk.headers[\"{name}\"] = \"{value}\"\n");
        return text.Append(CultureInfo.InvariantCulture, $"wrk.body = [==[{body}]==]\n").Append(Done).ToString();
    }

    public static async Task<Sample> RunAsync(Uri url, string script, int connections, int seconds, Func<double> cpu)
    {
        var start = new ProcessStartInfo("wrk", ["-t1", $"-c{connections}", $"-d{seconds}s", "--timeout", "10s", "-s", script, url.ToString()])
        {
            RedirectStandardOutput = true,
        };
        var before = cpu();
        using var wrk = Process.Start(start)!;
        try
        {
            var output = await wrk.StandardOutput.ReadToEndAsync();
            await wrk.WaitForExitAsync();
            var spent = cpu() - before;
            var line = output.Split('\n').LastOrDefault(static l => l.StartsWith("RESULT ", StringComparison.Ordinal)) ?? throw new InvalidOperationException("wrk gave no result:\n" + output);
            var n = line.Split(' ')[1..].Select(static v => long.Parse(v, CultureInfo.InvariantCulture)).ToArray();
            return new Sample(n[0], n[1] / 1e6, spent, n[2], n[3], n[4]);
        }
        finally
        {
            if (!wrk.HasExited) wrk.Kill();
        }
    }
}
