using System.Text;

namespace OpenClaw;

/// <summary>Text in columns, two spaces apart, as wide as they need to be. Nothing is cut: a reference must stay copyable.</summary>
internal sealed class TextTable(params string[] titles)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Put before every line.</summary>
    public string Indent { get; init; } = "";

    /// <summary>The first column whose cells stand at the right: from here on they are figures.</summary>
    public int RightFrom { get; init; } = int.MaxValue;

    public bool IsEmpty => _rows.Count == 0;

    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>Lines with line ends; no spaces at their ends.</summary>
    public override string ToString()
    {
        var widths = new int[titles.Length];
        foreach (var row in _rows.Prepend(titles))
        {
            for (var i = 0; i < row.Length; i++) widths[i] = Math.Max(widths[i], row[i].Length);
        }
        var text = new StringBuilder();
        var line = new StringBuilder();
        foreach (var row in titles.All(static t => t.Length == 0) ? _rows : _rows.Prepend(titles))
        {
            line.Clear().Append(Indent);
            for (var i = 0; i < row.Length; i++)
            {
                var gap = widths[i] - row[i].Length;
                if (i >= RightFrom) line.Append(' ', gap);
                line.Append(row[i]);
                if (i < row.Length - 1) line.Append(' ', i >= RightFrom ? 2 : gap + 2);
            }
            text.Append(line.ToString().TrimEnd()).Append('\n');
        }
        return text.ToString();
    }
}
