using System.Text;
using System.Text.RegularExpressions;

namespace OpenClaw.Tests.Docs;

/// <summary>A fenced block and the comment that stands right above it.</summary>
/// <param name="Marker">The words of <c>&lt;!-- … --&gt;</c> on the line above; empty when there is none.</param>
internal sealed record MarkdownBlock(MarkdownFile File, int Line, string Language, string Marker, string Text)
{
    public override string ToString() => $"{File.Name}:{Line}";
}

/// <summary>One of the repository's own Markdown files, cut into what the tests look at.</summary>
internal sealed partial class MarkdownFile
{
    private MarkdownFile(string name, string text)
    {
        Name = name;
        Text = text;
        Blocks = [.. ReadBlocks()];
        Prose = Fence().Replace(text, "");
    }

    /// <summary>Path below the repository, with slashes.</summary>
    public string Name { get; }

    public string FullPath => Path.Combine(SharedFiles.Repository, Name);

    public string Text { get; }

    /// <summary>Without fenced blocks.</summary>
    public string Prose { get; }

    public IReadOnlyList<MarkdownBlock> Blocks { get; }

    /// <summary>Inline code, outside fenced blocks.</summary>
    public IEnumerable<string> CodeWords => Inline().Matches(Prose).Select(static m => m.Groups[1].Value);

    /// <summary>Targets of links and pictures.</summary>
    public IEnumerable<string> Links => Link().Matches(Prose).Select(static m => m.Groups[1].Value);

    /// <summary>The anchors of its headings, as GitHub makes them.</summary>
    public IEnumerable<string> Anchors => Heading().Matches(Prose).Select(static m => Anchor(m.Groups[1].Value));

    public static MarkdownFile Read(string name) => new(name, File.ReadAllText(Path.Combine(SharedFiles.Repository, name)).ReplaceLineEndings("\n"));

    /// <summary>Every page: those at the root and those below docs/.</summary>
    public static IEnumerable<MarkdownFile> All()
    {
        var root = SharedFiles.Repository;
        var pages = Directory.EnumerateFiles(root, "*.md").Concat(Directory.EnumerateFiles(Path.Combine(root, "docs"), "*.md", SearchOption.AllDirectories));
        return pages.Select(f => Path.GetRelativePath(root, f).Replace('\\', '/')).Order(StringComparer.Ordinal).Select(Read);
    }

    /// <summary>The text between <c>&lt;!-- table: NAME --&gt;</c> and <c>&lt;!-- /table --&gt;</c>; null when there is no such place.</summary>
    public string? Table(string name)
    {
        var (start, end) = TableBounds(name);
        return start < 0 ? null : Text[start..end].Trim('\n');
    }

    /// <summary>The file's text with another table in that place.</summary>
    public string WithTable(string name, string table)
    {
        var (start, end) = TableBounds(name);
        return Text[..start] + "\n" + table + "\n" + Text[end..];
    }

    /// <summary>The rows of the first table that has this heading cell, without heading and rule; cells trimmed.</summary>
    public IEnumerable<string[]> Rows(string heading)
    {
        var lines = Prose.Split('\n');
        var at = Array.FindIndex(lines, l => l.StartsWith('|') && Cells(l).Contains(heading));
        if (at < 0) yield break;
        for (var i = at + 2; i < lines.Length && lines[i].StartsWith('|'); i++) yield return Cells(lines[i]);
    }

    private (int Start, int End) TableBounds(string name)
    {
        var marker = $"<!-- table: {name} -->";
        var start = Text.IndexOf(marker, StringComparison.Ordinal);
        if (start < 0) return (-1, -1);
        start += marker.Length;
        var end = Text.IndexOf("<!-- /table -->", start, StringComparison.Ordinal);
        return end < 0 ? (-1, -1) : (start, end);
    }

    private IEnumerable<MarkdownBlock> ReadBlocks()
    {
        var lines = Text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("```", StringComparison.Ordinal)) continue;
            var (start, language) = (i, lines[i][3..].Trim());
            var above = i > 0 ? Comment().Match(lines[i - 1]) : Match.Empty;
            var text = new StringBuilder();
            while (++i < lines.Length && !lines[i].StartsWith("```", StringComparison.Ordinal)) text.Append(lines[i]).Append('\n');
            yield return new MarkdownBlock(this, start + 1, language, above.Success ? above.Groups[1].Value : "", text.ToString());
        }
    }

    private static string[] Cells(string row) => [.. row.Trim().Trim('|').Replace("\\|", "\u0001", StringComparison.Ordinal).Split('|').Select(static c => c.Replace('\u0001', '|').Trim())];

    private static string Anchor(string heading)
    {
        var anchor = new StringBuilder();
        foreach (var c in heading.Trim().ToLowerInvariant())
        {
            if (char.IsLetterOrDigit(c) || c is '-' or '_') anchor.Append(c);
            else if (c == ' ') anchor.Append('-');
        }
        return anchor.ToString();
    }

    [GeneratedRegex("^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Inline();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#{1,6} (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("^<!-- (.+?) -->$")]
    private static partial Regex Comment();
}
