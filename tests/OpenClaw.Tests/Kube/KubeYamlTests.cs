using OpenClaw.Kube;

namespace OpenClaw.Tests.Kube;

public class KubeYamlTests
{
    [Fact]
    public void Reads_what_people_write()
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
        var read = KubeYaml.Read(text);
        Assert.Equal("""{"a":1,"b":"1","c":[true,null,null,1.5,"0755","on"],"d":"two\nlines\n","e":{"k":"v"},"f":{"k":"v"}}""", read[0].ToJsonString());
        Assert.Equal("""{"second":"yes"}""", read[1].ToJsonString());
        Assert.Throws<YamlException>(() => KubeYaml.ReadOne(text));
    }

    [Theory]
    [InlineData("a: 1\na: 2", 2)]
    [InlineData("a: 1\nb: *nobody", 2)]
    [InlineData("a: [1", 1)]
    [InlineData("? [a]\n: b", 1)]
    public void What_is_wrong_has_its_line(string text, long line) => Assert.InRange(Assert.Throws<YamlException>(() => KubeYaml.Read(text)).Line, line, line + 1);

    [Fact]
    public void A_text_that_grows_without_end_is_refused()
    {
        var bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range('b', 9).Select(static c => $"{(char)c}: &{(char)c} [{string.Join(',', Enumerable.Repeat($"*{(char)(c - 1)}", 9))}]\n"));
        Assert.Contains("too large", Assert.Throws<YamlException>(() => KubeYaml.Read(bomb)).Message, StringComparison.Ordinal);
        Assert.Contains("too deep", Assert.Throws<YamlException>(() => KubeYaml.Read(new string('[', 5000))).Message, StringComparison.Ordinal);
    }
}
