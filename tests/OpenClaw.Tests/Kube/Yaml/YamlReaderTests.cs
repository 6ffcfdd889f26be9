using OpenClaw.Kube.Yaml;
using OpenClaw.Tests.Operator;

namespace OpenClaw.Tests.Kube.Yaml;

public class YamlReaderTests
{
    [Theory]
    [InlineData("a", "\"a\"")]
    [InlineData("yes", "true")]
    [InlineData("Off", "false")]
    [InlineData("\"yes\"", "\"yes\"")]
    [InlineData("'1'", "\"1\"")]
    [InlineData("1", "1")]
    [InlineData("-12", "-12")]
    [InlineData("0x1F", "31")]
    [InlineData("017", "15")]
    [InlineData("0o17", "15")]
    [InlineData("08", "8")]
    [InlineData("1_000", "1000")]
    [InlineData("18446744073709551615", "18446744073709551615")]
    [InlineData("1.5", "1.5")]
    [InlineData("1e3", "1000")]
    [InlineData("8Gi", "\"8Gi\"")]
    [InlineData("500m", "\"500m\"")]
    [InlineData("2026-01-01", "\"2026-01-01\"")]
    [InlineData("1:30", "\"1:30\"")]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    [InlineData("null", "null")]
    [InlineData("!!str 1", "\"1\"")]
    [InlineData("-", "[null]")]
    [InlineData("+", "\"+\"")]
    [InlineData(".inf", "\".inf\"")]
    public void A_scalar_means_what_kubectl_makes_of_it(string written, string json)
    {
        var result = YamlReader.Read("a: " + (written == "-" ? "\n- " : written));
        Assert.Null(result.Problem);
        Assert.Equal($"{{\"a\":{json}}}", Assert.Single(result.Documents).Content!.ToJsonString(Json.Relaxed));
    }

    [Fact]
    public void Several_documents_keep_the_lines_on_which_they_begin_and_empty_ones_do_not_count()
    {
        var result = YamlReader.Read("# nothing\n---\na: 1\n---\n---\nb: 2\n");
        Assert.Equal([(3, "{\"a\":1}"), (6, "{\"b\":2}")], result.Documents.Select(static d => (d.Line, d.Content!.ToJsonString())));
    }

    [Fact]
    public void Anchors_and_merges_are_put_in()
    {
        var result = YamlReader.Read("base: &b {x: 1, z: 2}\nuse:\n  <<: *b\n  z: 3\nlist: [*b]\n");
        Assert.Equal("""{"base":{"x":1,"z":2},"use":{"z":3,"x":1},"list":[{"x":1,"z":2}]}""", result.Documents[0].Content!.ToJsonString());
    }

    [Fact]
    public void An_alias_within_an_alias_cannot_grow_without_bound()
    {
        var text = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n" + string.Concat(Enumerable.Range(1, 9).Select(static i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));
        Assert.Contains("values", YamlReader.Read(text).Problem!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: 1\na: 2\n", 2, "written twice")]
    [InlineData("a: *b\n", 1, "no anchor")]
    [InlineData("a: [1\n", 2, "")]
    [InlineData("a: !!python/object x\n", 1, "tag")]
    [InlineData("? [a]\n: 1\n", 1, "must be a word")]
    public void What_is_wrong_is_said_with_its_line(string text, int line, string words)
    {
        var problem = YamlReader.Read(text).Problem;
        Assert.NotNull(problem);
        Assert.Equal(line, problem.Line);
        Assert.Contains(words, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tower_of_lists_is_refused_and_does_not_fall()
    {
        Assert.Contains("levels", YamlReader.Read(new string('[', 100_000)).Problem!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_credentials_keeps_words_that_look_like_other_things()
    {
        var text = """
            # a comment
            a: 1
            b: "1"
            c: [true, null, ~, 1.5, 0755, on]
            d: |
              two
              lines
            e: &x {k: v}
            f: *x
            ---
            second: yes
            """;
        var read = YamlReader.Read(text, YamlWords.Core).Documents;
        Assert.Equal("""{"a":1,"b":"1","c":[true,null,null,1.5,"0755","on"],"d":"two\nlines\n","e":{"k":"v"},"f":{"k":"v"}}""", read[0].Content!.ToJsonString());
        Assert.Equal("""{"second":"yes"}""", read[1].Content!.ToJsonString());
    }
}
