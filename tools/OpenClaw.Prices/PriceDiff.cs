using System.Text;
using OpenClaw.Gateway.Metering.Prices;

namespace OpenClaw.Prices;

/// <summary>What differs between two tables. The day of a row's source is no difference.</summary>
internal sealed record PriceDiff(int Count, string Text)
{
    public static PriceDiff Of(IReadOnlyList<PriceRow> before, IReadOnlyList<PriceRow> after)
    {
        var old = before.ToDictionary(static r => r.Key);
        var now = after.ToDictionary(static r => r.Key);
        var lines = new List<(string What, string Model, string How)>();
        foreach (var row in after)
        {
            if (!old.TryGetValue(row.Key, out var was)) lines.Add(("added", Name(row), string.Join("  ", Figures(Blank(row), row).Select(static f => f.Replace("- -> ", "", StringComparison.Ordinal)))));
            else if (string.Join("  ", Figures(was, row)) is { Length: > 0 } changed) lines.Add(("changed", Name(row), changed));
        }
        lines.AddRange(before.Where(r => !now.ContainsKey(r.Key)).Select(static r => ("removed", Name(r), "")));
        var text = new StringBuilder();
        var width = lines.Count == 0 ? 0 : lines.Max(static l => l.Model.Length);
        foreach (var (what, model, how) in lines) text.Append($"{what,-8}  {model.PadRight(width)}  {how}".TrimEnd()).Append('\n');
        return new PriceDiff(lines.Count, text.ToString());
    }

    /// <summary><c>input 3 -> 2</c>, a figure each.</summary>
    public static IEnumerable<string> Figures(PriceRow was, PriceRow now)
    {
        var (a, b) = (was.Cells(), now.Cells());
        for (var i = 5; i < PriceRow.Columns.Count - 2; i++)
        {
            if (a[i] != b[i]) yield return $"{PriceRow.Columns[i]} {Shown(a[i])} -> {Shown(b[i])}";
        }
    }

    private static PriceRow Blank(PriceRow row) => new() { Provider = row.Provider, Model = row.Model };

    private static string Shown(string cell) => cell.Length == 0 ? "-" : cell;

    private static string Name(PriceRow row)
    {
        var cells = row.Cells();
        var conditions = string.Join(' ', new[] { cells[2].Length > 0 ? "from " + cells[2] : "", cells[3], cells[4].Length > 0 ? "above " + cells[4] : "" }.Where(static c => c.Length > 0));
        return $"{row.Provider}/{row.Model}" + (conditions.Length > 0 ? $" ({conditions})" : "");
    }
}
