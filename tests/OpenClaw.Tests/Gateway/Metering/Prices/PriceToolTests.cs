using OpenClaw.Gateway.Metering.Prices;
using OpenClaw.Prices;

namespace OpenClaw.Tests.Gateway.Metering.Prices;

/// <summary><c>./x prices</c>.</summary>
public class PriceToolTests
{
    private static PriceRow Row(string model, decimal input) => new() { Provider = "p", Model = model, Input = input, Output = 2, Dated = "2026-01-01" };

    [Fact]
    public void The_table_is_what_its_sources_make_of_it()
    {
        SharedFiles.Require("fixtures/prices/merged-core.json");
        var table = PriceFile.Read(File.ReadAllText(Path.Combine(SharedFiles.Repository, "src/OpenClaw.Gateway/Metering/Prices/prices.tsv")));
        var sources = SourceDocument.Read(SharedFiles.Require("fixtures/prices"), new Dictionary<string, string>(), table);
        if (sources.Any(s => table.DayOf(s.Name, s.Hash) is null)) Assert.Skip("the table was made from newer sources than those at hand");
        var again = PriceBuilder.Build(sources, Overlay.Read(Path.Combine(SharedFiles.Repository, "tools/OpenClaw.Prices")), []);
        Assert.Equal("", PriceDiff.Of(table.Rows, again.Rows).Text);
    }

    [Fact]
    public void Shows_what_was_added_removed_and_changed()
    {
        var difference = PriceDiff.Of([Row("a", 1), Row("b", 1), Row("c", 1)], [Row("a", 1) with { Dated = "2026-02-02" }, Row("b", 3), Row("d", 4)]);
        Assert.Equal(3, difference.Count);
        Assert.Equal("changed   p/b  input 1 -> 3\nadded     p/d  input 4  output 2\nremoved   p/c\n", difference.Text);
    }

    [Fact]
    public void Our_own_rows_each_have_a_reason()
    {
        var lines = File.ReadLines(Path.Combine(SharedFiles.Repository, "tools/OpenClaw.Prices/overrides.tsv")).Where(static l => l[0] != '#').ToList();
        Assert.Equal(10, lines.Count(static l => l.Contains("\tdisagreement ", StringComparison.Ordinal)));
        Assert.All(lines, static l => Assert.True(l.Split('\t')[^1].Length > 20, l));
    }

    [Theory]
    [InlineData("--check", true)]
    [InlineData("--chek", false)]
    [InlineData("--from", false)]
    public void Understands_its_options_or_says_what_it_does_not(string argument, bool understood)
    {
        Assert.Equal(understood, PricesOptions.TryRead([argument], out _, out var problem));
        Assert.Equal(understood, problem.Length == 0);
    }
}
