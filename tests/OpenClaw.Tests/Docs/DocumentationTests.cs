using System.Text;
using System.Text.RegularExpressions;
using OpenClaw.Config;
using OpenClaw.Tests.Config;

namespace OpenClaw.Tests.Docs;

/// <summary>
/// What the documentation says is so: its configurations load, its links lead somewhere, its tables are the code's.
/// <c>OPENCLAW_UPDATE_DOCS=1</c> writes the generated tables anew.
/// </summary>
public sealed partial class DocumentationTests
{
    private static readonly bool s_update = Environment.GetEnvironmentVariable("OPENCLAW_UPDATE_DOCS") == "1";

    public static TheoryData<string> Pages => [.. MarkdownFile.All().Select(static f => f.Name)];

    public static TheoryData<string, string> Tables => [.. CodeTables.All.Select(static t => new TheoryDataRow<string, string>(t.File, t.Name))];

    public static TheoryData<string> Configurations => [.. ConfigurationBlocks().Select(static b => b.ToString())];

    [Theory]
    [MemberData(nameof(Tables))]
    public void A_table_says_what_the_code_says(string file, string name)
    {
        var page = MarkdownFile.Read(file);
        var expected = CodeTables.All.Single(t => t.File == file && t.Name == name).Build();
        Assert.True(page.Table(name) is not null, $"{file} has no place for it: <!-- table: {name} --> … <!-- /table -->");
        if (page.Table(name) == expected) return;
        if (s_update) File.WriteAllText(page.FullPath, page.WithTable(name, expected));
        else Assert.Fail($"the table \"{name}\" of {file} is out of date. OPENCLAW_UPDATE_DOCS=1 and this test write it, or paste:\n\n{expected}\n");
    }

    [Theory]
    [MemberData(nameof(Configurations))]
    public void A_configuration_in_a_page_loads_without_a_problem(string place)
    {
        var block = ConfigurationBlocks().Single(b => b.ToString() == place);
        var result = ConfigReader.Read(Encoding.UTF8.GetBytes(block.Text), SampleFiles.Environment);
        Assert.True(result is { IsValid: true, Problems.IsEmpty: true }, $"{place}\n{string.Join("\n", result.Problems)}");
        if (!block.Marker.StartsWith("loads samples/", StringComparison.Ordinal)) return;
        var sample = File.ReadAllText(Path.Combine(SharedFiles.Repository, block.Marker["loads ".Length..])).ReplaceLineEndings("\n");
        Assert.Equal(sample.TrimEnd('\n'), block.Text.TrimEnd('\n'));
    }

    [Fact]
    public void Every_configuration_in_a_page_is_one_that_is_loaded()
    {
        var loose = MarkdownFile.All().SelectMany(static f => f.Blocks)
            .Where(static b => b.Language is "json" or "jsonc" && !b.Marker.StartsWith("loads", StringComparison.Ordinal) && b.Marker != "an answer");
        Assert.Empty(loose.Select(static b => b.ToString()));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_link_leads_somewhere(string name)
    {
        var page = MarkdownFile.Read(name);
        Assert.All(page.Links.Where(static l => !l.Contains("://", StringComparison.Ordinal)), link =>
        {
            var parts = link.Split('#', 2);
            var path = parts[0].Length == 0 ? page.FullPath : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page.FullPath)!, parts[0]));
            Assert.True(File.Exists(path) || Directory.Exists(path), $"{name}: {link} leads nowhere");
            if (parts.Length < 2) return;
            var target = MarkdownFile.Read(Path.GetRelativePath(SharedFiles.Repository, path));
            Assert.True(target.Anchors.Contains(parts[1]), $"{name}: {link}: no such heading; there are {string.Join(", ", target.Anchors)}");
        });
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_path_in_a_page_is_there(string name)
    {
        Assert.All(MarkdownFile.Read(name).CodeWords.Where(static w => RepositoryPath().IsMatch(w)), word =>
        {
            var path = Path.Combine(SharedFiles.Repository, word.TrimEnd('/'));
            Assert.True(File.Exists(path) || Directory.Exists(path), $"{name}: `{word}` is not there");
        });
    }

    [Fact]
    public void Every_step_of_a_recipe_names_a_real_file()
    {
        var steps = Step().Matches(MarkdownFile.Read("CONTRIBUTING.md").Prose).Select(static m => m.Value).ToList();
        Assert.True(steps.Count >= 8, $"only {steps.Count} numbered steps");
        Assert.All(steps, static step => Assert.Matches(@"`(src|tests|samples|docs)/[^`]+`|\./x ", step));
    }

    [Fact]
    public void Every_decision_has_its_four_parts()
    {
        var pages = MarkdownFile.All().Where(static f => f.Name.StartsWith("docs/adr/", StringComparison.Ordinal) && !f.Name.EndsWith("README.md", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(pages);
        Assert.All(pages, static page => Assert.Equal(["context", "choice", "what-we-gave-up", "what-would-change-our-mind"], page.Anchors.Skip(1)));
        var index = MarkdownFile.Read("docs/adr/README.md").Links.ToList();
        Assert.All(pages, page => Assert.Contains(Path.GetFileName(page.Name), index));
    }

    private static IEnumerable<MarkdownBlock> ConfigurationBlocks() =>
        MarkdownFile.All().SelectMany(static f => f.Blocks).Where(static b => b.Marker == "loads" || b.Marker.StartsWith("loads ", StringComparison.Ordinal));

    [GeneratedRegex(@"^(src|tests|samples|docs|bench|\.ci)/[\w./-]*$")]
    private static partial Regex RepositoryPath();

    [GeneratedRegex(@"^\d+\. .*(?:\n   .*)*", RegexOptions.Multiline)]
    private static partial Regex Step();
}
