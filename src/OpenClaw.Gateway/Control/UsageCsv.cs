using System.Globalization;
using System.Text;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Gateway.Control;

/// <summary>
/// A usage report as CSV (RFC 4180). No line of totals: who adds the column up must not count twice. A text that a spreadsheet
/// would run as a formula gets an apostrophe in front.
/// </summary>
internal static class UsageCsv
{
    public static string Write(UsageGrouping by, UsageReport report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{by.ToString().ToLowerInvariant()},requests,failed,input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,reasoning_tokens,cost_usd,unpriced_requests,estimated_requests\r\n");
        foreach (var row in report.Rows)
        {
            var usage = row.Usage;
            text.Append(Cell(row.Key)).Append(CultureInfo.InvariantCulture,
                $",{row.Requests},{row.Failed},{usage.Input},{usage.CacheRead},{usage.CacheWrite + usage.CacheWrite1h},{usage.Output},{usage.Reasoning},{row.Cost},{row.UnpricedRequests},{row.EstimatedRequests}\r\n");
        }
        return text.ToString();
    }

    private static string Cell(string value)
    {
        if (value.Length > 0 && value[0] is '=' or '+' or '-' or '@' or '\t' or '\r') value = "'" + value;
        return value.AsSpan().ContainsAny(",\"\r\n") ? "\"" + value.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"" : value;
    }
}
