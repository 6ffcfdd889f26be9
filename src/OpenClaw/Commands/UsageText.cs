using System.Globalization;
using System.Text;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Commands;

/// <summary>A usage report for people.</summary>
internal static class UsageText
{
    public static string Of(UsageGrouping by, UsageReport report, bool hasNoProvider = false)
    {
        var span = string.Create(CultureInfo.InvariantCulture, $"{report.From.UtcDateTime:yyyy-MM-dd HH:mm} to {report.To.UtcDateTime:yyyy-MM-dd HH:mm} UTC");
        if (report.Total.Requests == 0)
        {
            var hint = hasNoProvider ? "no provider is configured yet: openclaw doctor says what is missing" : "look further back with --since 30d, or send a request: every one that is let in is counted";
            return $"Nothing was used from {span}.\nhint: {hint}\n";
        }
        var table = new TextTable(by.ToString(), "Requests", "Failed", "Input", "Cached", "Written", "Output", "Cost") { RightFrom = 1 };
        foreach (var row in report.Rows) table.Add(Cells(row.Key.Length == 0 ? None(by) : Shown(row.Key), row));
        table.Add(Cells("Total", report.Total));
        var text = new StringBuilder(span).Append("\n\n").Append(table);
        var unpriced = report.Total.UnpricedRequests;
        var estimated = report.Total.EstimatedRequests;
        if (unpriced + estimated > 0) text.Append('\n');
        if (unpriced > 0) text.Append(CultureInfo.InvariantCulture, $"+ and what {Count(unpriced)} to a model without a price cost: name it under models.prices\n");
        if (estimated > 0) text.Append(CultureInfo.InvariantCulture, $"~ with tokens of {Count(estimated)} counted here, because the provider did not report them\n");
        return text.ToString();
    }

    private static string[] Cells(string key, UsageRow row) =>
    [
        key, Number(row.Requests), row.Failed == 0 ? "-" : Number(row.Failed), Number(row.Usage.Input), Number(row.Usage.CacheRead), Number(row.Usage.CacheWrite + row.Usage.CacheWrite1h),
        Number(row.Usage.Output), (row.EstimatedRequests > 0 ? "~" : "") + Dollars.Text(row.Cost) + (row.UnpricedRequests > 0 ? " +" : ""),
    ];

    // A session's name is the caller's text: no control characters reach the terminal.
    private static string Shown(string key) => string.Concat(key.Select(static c => char.IsControl(c) ? '?' : c));

    private static string None(UsageGrouping by) => by switch
    {
        UsageGrouping.Session => "(no session)",
        UsageGrouping.Tag => "(no tag)",
        _ => "(none)",
    };

    private static string Count(long requests) => requests == 1 ? "1 request" : Number(requests) + " requests";

    private static string Number(long value) => value == 0 ? "-" : value.ToString("#,0", CultureInfo.InvariantCulture);
}
