using System.Globalization;

namespace OpenClaw.Bench;

/// <summary>What an operator's <c>/metrics</c> said at one moment.</summary>
internal sealed class OperatorMetricsText(string text)
{
    private readonly string[] _lines = [.. text.Split('\n').Where(static l => l.Length > 0 && l[0] != '#')];

    /// <summary>Nothing waits for a worker and nothing is looked at.</summary>
    public bool IsIdle => Sum("openclaw_operator_synced") > 0 && Sum("openclaw_operator_queue_depth") + Sum("openclaw_operator_working") == 0;

    public double Cpu => Sum("process_cpu_seconds_total");

    public double Writes => Sum("openclaw_operator_writes_total");

    /// <summary>Calls by verb.</summary>
    public double Calls(string verb) => Sum("openclaw_operator_api_requests_total", $"verb=\"{verb}\"");

    public double AllCalls => Sum("openclaw_operator_api_requests_total");

    /// <summary>Calls without an answer, or with one that is the server's trouble.</summary>
    public double FailedCalls => _lines.Where(static l => l.StartsWith("openclaw_operator_api_requests_total", StringComparison.Ordinal) && (l.Contains("code=\"0\"", StringComparison.Ordinal) || l.Contains("code=\"5", StringComparison.Ordinal) || l.Contains("code=\"429\"", StringComparison.Ordinal))).Sum(Value);

    /// <summary>Which version it is.</summary>
    public string Version => _lines.First(static l => l.StartsWith("openclaw_operator_build_info", StringComparison.Ordinal)).Split('"')[1];

    /// <summary>All samples of a family whose labels hold this text.</summary>
    public double Sum(string name, string label = "") => _lines.Where(l => l.StartsWith(name, StringComparison.Ordinal) && l[name.Length] is ' ' or '{' && l.Contains(label, StringComparison.Ordinal)).Sum(Value);

    public override string ToString() => string.Join("\n", _lines);

    private static double Value(string line) => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
}
