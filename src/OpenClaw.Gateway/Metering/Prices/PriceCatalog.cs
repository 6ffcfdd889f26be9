using System.Collections.Immutable;
using System.Text;

namespace OpenClaw.Gateway.Metering.Prices;

/// <summary>The rows of one model. <paramref name="Name"/> is what they are filed under: the model's name, or a pattern.</summary>
internal sealed record PriceMatch(string Provider, string Name, ImmutableArray<PriceRow> Rows);

/// <summary>
/// The built-in prices, from the table <c>prices.tsv</c> in this assembly. The table stays text (a few hundred kilobytes, read
/// when the first price is asked for); only the rows of a model that is asked for are parsed. Thread-safe.
/// </summary>
internal static class PriceCatalog
{
    private static readonly Lazy<byte[]> s_table = new(ReadTable);

    /// <summary>The rows that price a model at a provider of the table; null when there are none.</summary>
    public static PriceMatch? Find(string provider, string model) => Find(s_table.Value, provider, model);

    /// <summary>The same in another table.</summary>
    public static PriceMatch? Find(ReadOnlySpan<byte> table, string provider, string model)
    {
        var best = 0;
        var name = "";
        var lines = ImmutableArray.CreateBuilder<string>();
        foreach (var line in Lines(table, provider))
        {
            var tab = line.IndexOf((byte)'\t');
            var pattern = Encoding.UTF8.GetString(line[..tab]);
            var rank = pattern == name ? best : PricePattern.Rank(pattern, model);
            if (rank == 0 || rank < best || (rank == best && pattern != name && name.Length > 0)) continue;
            if (pattern != name) lines.Clear();
            (best, name) = (rank, pattern);
            lines.Add(provider + "\t" + Encoding.UTF8.GetString(line));
        }
        return lines.Count == 0 ? null : new PriceMatch(provider, name, [.. lines.Select(PriceRow.Parse)]);
    }

    /// <summary>Every row, for listings.</summary>
    public static IEnumerable<PriceRow> All()
    {
        using var reader = new StreamReader(new MemoryStream(s_table.Value));
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#') yield return PriceRow.Parse(line);
        }
    }

    /// <summary>What a source of rows is, from the head of the table: name and version, date, address; null = not named there.</summary>
    public static string? DescribeSource(string source)
    {
        using var reader = new StreamReader(new MemoryStream(s_table.Value));
        while (reader.ReadLine() is { } line && line.StartsWith('#'))
        {
            if (line.StartsWith($"# source\t{source}\t", StringComparison.Ordinal)) return line["# source\t".Length..].Replace('\t', ' ');
        }
        return null;
    }

    private static LineEnumerator Lines(ReadOnlySpan<byte> table, string provider) => new(table, Encoding.UTF8.GetBytes(provider + "\t"));

    private static byte[] ReadTable()
    {
        using var stream = typeof(PriceCatalog).Assembly.GetManifestResourceStream("prices.tsv")
            ?? throw new InvalidOperationException("prices.tsv is not in the assembly");
        var table = new byte[stream.Length];
        stream.ReadExactly(table);
        return table;
    }

    /// <summary>The lines of one provider, without its name.</summary>
    private ref struct LineEnumerator(ReadOnlySpan<byte> table, byte[] start)
    {
        private ReadOnlySpan<byte> _rest = table;

        public ReadOnlySpan<byte> Current { get; private set; }

        public readonly LineEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            while (!_rest.IsEmpty)
            {
                var end = _rest.IndexOf((byte)'\n');
                var line = end < 0 ? _rest : _rest[..end];
                _rest = end < 0 ? default : _rest[(end + 1)..];
                if (!line.StartsWith(start)) continue;
                Current = line[start.Length..];
                return true;
            }
            return false;
        }
    }
}
