using OpenClaw.Gateway.Metering.Prices;

namespace OpenClaw.Prices;

/// <summary>
/// Joins the sources: the newer one speaks for a model first (genai-prices where they are of the same day, for it has dates and
/// sizes), the other adds what it alone knows; then come our own rows.
/// </summary>
internal static class PriceBuilder
{
    public static PriceFile Build(IReadOnlyList<SourceDocument> sources, Overlay overlay, List<string> notes)
    {
        var rows = new Dictionary<(string, string, DateOnly?, PriceHours?, long), PriceRow>();
        foreach (var source in sources.OrderByDescending(static s => s.Dated, StringComparer.Ordinal))
        {
            var read = source.Name == SourceDocument.Genai ? GenaiReader.Read(source, notes) : ModelsDevReader.Read(source);
            Add(rows, [.. read], overlay, notes);
        }
        foreach (var own in overlay.Set)
        {
            if (rows.TryGetValue(own.Key, out var theirs) && theirs.Dated.CompareTo(own.Dated) > 0 && PriceDiff.Figures(theirs, own).Any())
            {
                notes.Add($"{own.Provider}/{own.Model}: overrides.tsv ({own.Dated}) holds against {theirs.Source} ({theirs.Dated}): {string.Join(", ", PriceDiff.Figures(own, theirs))}");
            }
            rows[own.Key] = own;
        }
        var finished = rows.Values
            .Select(static r => WithClaudeCache(r))
            .Select(r => WithFactors(r, overlay.Tiers))
            .OrderBy(static r => r.Provider, StringComparer.Ordinal).ThenBy(static r => r.Model, StringComparer.Ordinal)
            .ThenBy(static r => r.From).ThenBy(static r => r.Hours?.ToString(), StringComparer.Ordinal).ThenBy(static r => r.Above);
        return new PriceFile([.. Head, .. sources.Select(static s => s.HeadLine), OwnLine, "# " + string.Join('\t', PriceRow.Columns)], [.. finished]);
    }

    private const string OwnLine = "# source\topenclaw\t\t\ttools/OpenClaw.Prices/overrides.tsv, with the reason of each row\t";

    private static string[] Head =>
    [
        "# Prices of public models in dollars per million tokens. Made by ./x prices; what is decided by hand is in tools/OpenClaw.Prices.",
        "# Figures are facts; where they are from is in each row, and here:",
    ];

    private static void Add(Dictionary<(string, string, DateOnly?, PriceHours?, long), PriceRow> rows, List<PriceRow> read, Overlay overlay, List<string> notes)
    {
        var known = rows.Values.GroupBy(static r => r.Provider).ToDictionary(static g => g.Key, static g => g.ToList());
        foreach (var row in read)
        {
            if (overlay.Drop.Contains((row.Provider, row.Model))) continue;
            if (known.TryGetValue(row.Provider, out var others) && Speaks(others, row.Model) is { } other)
            {
                // Two lists that price one model by different rules: a person should look once.
                if (other.Model != row.Model && row is { Above: 0, From: null, Hours: null } && (other.Input != row.Input || other.Output != row.Output) && overlay.Set.All(s => s.Key != row.Key))
                {
                    notes.Add($"{row.Provider}/{row.Model}: {other.Source} prices it as {other.Model} at {other.Input}/{other.Output}, {row.Source} at {row.Input}/{row.Output}");
                }
                continue;
            }
            rows.TryAdd(row.Key, row);
        }
    }

    private static PriceRow? Speaks(List<PriceRow> others, string model)
    {
        PriceRow? best = null;
        var rank = 0;
        foreach (var row in others)
        {
            var next = PricePattern.Rank(row.Model, model);
            if (next > rank || (next == rank && rank > 0 && best is not null && (row.From ?? default) > (best.From ?? default) && row.Above == 0)) (best, rank) = (row, next);
        }
        return best;
    }

    // platform.claude.com/docs/en/build-with-claude/prompt-caching#pricing: reads cost a tenth of the input, writes 1.25 times, for an hour twice.
    private static PriceRow WithClaudeCache(PriceRow row)
    {
        if (row.Input is not { } input || !row.Model.Contains("claude", StringComparison.OrdinalIgnoreCase)) return row;
        return row with { CacheRead = row.CacheRead ?? input * 0.1m, CacheWrite = row.CacheWrite ?? input * 1.25m, CacheWrite1h = row.CacheWrite1h ?? input * 2m };
    }

    private static PriceRow WithFactors(PriceRow row, IReadOnlyList<ServiceTier> tiers)
    {
        var best = tiers.Where(t => t.Provider == row.Provider && Covers(t.Model, row.Model)).MaxBy(static t => t.Model.Length);
        return best is null ? row : row with { Batch = row.Batch ?? best.Batch, Flex = row.Flex ?? best.Flex, Priority = row.Priority ?? best.Priority };
    }

    private static bool Covers(string pattern, string model) => pattern.EndsWith('*') ? model.StartsWith(pattern[..^1], StringComparison.Ordinal) : pattern == model;
}
