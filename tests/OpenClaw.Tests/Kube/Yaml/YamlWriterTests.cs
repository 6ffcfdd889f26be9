using System.Text.Json.Nodes;
using OpenClaw.Kube.Yaml;

namespace OpenClaw.Tests.Kube.Yaml;

public class YamlWriterTests
{
    [Fact]
    public void It_looks_as_kubectl_writes_it()
    {
        var json = JsonNode.Parse("""{"a":{"b":["x",{"c":1,"d":[]}],"e":{}},"t":"one\ntwo\n","q":"yes","n":null,"s":"8Gi"}""")!;
        Assert.Equal("a:\n  b:\n  - x\n  - c: 1\n    d: []\n  e: {}\nt: |\n  one\n  two\nq: \"yes\"\n\"n\": null\ns: 8Gi\n", YamlWriter.Write(json));
    }

    public static TheoryData<string> Awkward =>
    [
        "", " ", "a ", " a", "a: b", "a #b", "#a", "- a", "-", "?", ":", "a:", "*a", "&a", "!a", "|", ">", "%a", "@a", "`a", "'a'", "\"a\"", "{a}", "[a]", "a,b",
        "1", "0x1", "017", "1_0", "1e3", ".5", "1.", "+1", "-1", "true", "No", "y", "~", "null", "<<", "=", ".inf", ".NaN", "---", "... x", "2026-01-01",
        "a\nb", "a\n", "a\n\n", "\na", "a\n b\n", "a\n\nb", "a \nb", " a\nb", "a\tb", "\ta", "a\r\nb", "\u0007", "\u2028", "ü", "🐙", "🐙\nb", "#\n", "a\n\n\n",
    ];

    [Theory]
    [MemberData(nameof(Awkward))]
    public void What_is_written_is_read_back_as_the_same_text(string text)
    {
        var node = new JsonObject { ["k"] = text, ["list"] = new JsonArray(text, new JsonArray(text)), [text + "!"] = 1 };
        var written = YamlWriter.Write(node);
        var result = YamlReader.Read(written);
        Assert.Null(result.Problem);
        Assert.True(JsonNode.DeepEquals(node, result.Documents[0].Content), written);
    }
}
