using System.Globalization;
using OpenClaw.Gateway.Metering.Prices;

namespace OpenClaw.Prices;

/// <summary>What we decide ourselves over the sources, each with its reason.</summary>
/// <param name="Set">Rows that take the place of a source's row with the same key, or are added.</param>
/// <param name="Drop">Models whose rows are left out.</param>
/// <param name="Tiers">Factors of batch, flex and priority by provider and name pattern.</param>
internal sealed record Overlay(IReadOnlyList<PriceRow> Set, IReadOnlyList<(string Provider, string Model)> Drop, IReadOnlyList<ServiceTier> Tiers)
{
    public static Overlay Read(string folder)
    {
        var set = new List<PriceRow>();
        var drop = new List<(string, string)>();
        foreach (var line in Lines(Path.Combine(folder, "overrides.tsv")))
        {
            var cells = line.Split('\t');
            if (cells[0] == "drop" && cells.Length == 4) drop.Add((cells[1], cells[2]));
            else if (cells[0] == "set" && cells.Length == 9) set.Add(Row(cells));
            else throw new InvalidDataException("overrides.tsv: " + line);
        }
        return new Overlay(set, drop, [.. Lines(Path.Combine(folder, "service-tiers.tsv")).Select(ServiceTier.Parse)]);
    }

    // action, provider, model, from, hours, above, figures (name=value …), day, reason
    private static PriceRow Row(string[] cells)
    {
        var columns = PriceRow.Columns.Select(static _ => "").ToArray();
        for (var i = 1; i < 6; i++) columns[i - 1] = cells[i];
        foreach (var figure in cells[6].Split(' '))
        {
            var at = figure.IndexOf('=', StringComparison.Ordinal);
            var column = PriceRow.Columns.ToList().FindIndex(c => c.Split('/')[0] == figure[..at]);
            if (column < 0) throw new InvalidDataException("overrides.tsv: unknown figure " + figure);
            columns[column] = figure[(at + 1)..];
        }
        (columns[^2], columns[^1]) = ("openclaw", cells[7]);
        return PriceRow.Parse(string.Join('\t', columns));
    }

    private static IEnumerable<string> Lines(string path) => File.ReadLines(path).Where(static l => l.Length > 0 && l[0] != '#');
}

/// <summary>The factors of one provider's models.</summary>
internal sealed record ServiceTier(string Provider, string Model, decimal? Batch, decimal? Flex, decimal? Priority)
{
    public static ServiceTier Parse(string line)
    {
        var cells = line.Split('\t');
        return cells.Length == 7 ? new ServiceTier(cells[0], cells[1], Factor(cells[2]), Factor(cells[3]), Factor(cells[4])) : throw new InvalidDataException("service-tiers.tsv: " + line);
    }

    private static decimal? Factor(string cell) => cell.Length == 0 ? null : decimal.Parse(cell, CultureInfo.InvariantCulture);
}
