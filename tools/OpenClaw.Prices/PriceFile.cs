using System.Text;
using OpenClaw.Gateway.Metering.Prices;

namespace OpenClaw.Prices;

/// <summary>The table as a whole: head and rows.</summary>
internal sealed record PriceFile(IReadOnlyList<string> Head, IReadOnlyList<PriceRow> Rows)
{
    public static PriceFile Empty { get; } = new([], []);

    public int Models => Rows.Select(static r => (r.Provider, r.Model)).Distinct().Count();

    public int Providers => Rows.Select(static r => r.Provider).Distinct().Count();

    public static PriceFile Read(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return new PriceFile([.. lines.Where(static l => l[0] == '#')], [.. lines.Where(static l => l[0] != '#').Select(PriceRow.Parse)]);
    }

    /// <summary>The day that the head names for a source with this content; null = it was made from another.</summary>
    public string? DayOf(string source, string hash)
    {
        foreach (var line in Head)
        {
            if (line.Split('\t') is ["# source", var name, _, var day, _, var known] && name == source && known == hash) return day;
        }
        return null;
    }

    public string Format()
    {
        var text = new StringBuilder();
        foreach (var line in Head) text.Append(line).Append('\n');
        foreach (var row in Rows) text.Append(row.Format()).Append('\n');
        return text.ToString();
    }
}
