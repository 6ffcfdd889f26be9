using System.Globalization;
using System.Text;

namespace OpenClaw.Operator.Running;

/// <summary>Writes families in Prometheus' text format (prometheus.io/docs/instrumenting/exposition_formats), version 0.0.4.</summary>
internal sealed class MetricText
{
    private readonly StringBuilder _text = new(4096);

    public void Gauge(string name, string help, double value) => Single(name, "gauge", help, value);

    public void Counter(string name, string help, double value) => Single(name, "counter", help, value);

    /// <param name="labels">The names of the labels, in the order of the values.</param>
    public void Family(string name, string type, string help, string[] labels, IEnumerable<(string[] Values, double Value)> series)
    {
        Head(name, type, help);
        foreach (var (values, value) in series.OrderBy(static s => string.Join('\0', s.Values), StringComparer.Ordinal))
        {
            _text.Append(name).Append('{');
            for (var i = 0; i < labels.Length; i++)
            {
                if (i > 0) _text.Append(',');
                _text.Append(labels[i]).Append("=\"").Append(Escape(values[i])).Append('"');
            }
            _text.Append(CultureInfo.InvariantCulture, $"}} {value}\n");
        }
    }

    /// <param name="counts">By bucket, not added up; the last is of what is above every bound.</param>
    public void Histogram(string name, string help, IReadOnlyList<double> bounds, IReadOnlyList<long> counts, double sum)
    {
        Head(name, "histogram", help);
        long total = 0;
        for (var i = 0; i < counts.Count; i++)
        {
            total += counts[i];
            var bound = i < bounds.Count ? bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            _text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{le=\"{bound}\"}} {total}\n");
        }
        _text.Append(CultureInfo.InvariantCulture, $"{name}_sum {sum}\n{name}_count {total}\n");
    }

    public override string ToString() => _text.ToString();

    private void Single(string name, string type, string help, double value)
    {
        Head(name, type, help);
        _text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
    }

    private void Head(string name, string type, string help) => _text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
