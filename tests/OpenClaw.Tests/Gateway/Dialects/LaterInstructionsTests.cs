using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using OpenClaw.Gateway.Dialects;

namespace OpenClaw.Tests.Gateway.Dialects;

/// <summary>System messages in mid-conversation keep their place, whoever says them and whoever gets them.</summary>
public sealed class LaterInstructionsTests
{
    private const string Chat = """
        {"model":"m","messages":[{"role":"system","content":"first"},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"developer","content":"later"}]}
        """;

    private const string Messages = """
        {"model":"m","max_tokens":9,"system":"first","messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"system","content":[{"type":"text","text":"later"}]}]}
        """;

    [Theory]
    [InlineData("Anthropic", """[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"b"}]},{"role":"user","content":[{"type":"text","text":"later"}]}]""")]
    [InlineData("Gemini", """[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b"}]},{"role":"user","parts":[{"text":"later"}]}]""")]
    [InlineData("Ollama", """[{"role":"system","content":"first"},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"system","content":"later"}]""")]
    [InlineData("OpenAiChat", """[{"role":"system","content":"first"},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"system","content":"later"}]""")]
    public void Are_no_beginning_of_the_answer(string to, string expected)
    {
        Assert.Equal(expected, Written(DialectKind.OpenAiChat, Chat, to));
        Assert.Equal(expected, Written(DialectKind.Anthropic, Messages, to));
    }

    [Fact]
    public void Are_the_users_where_a_chat_template_takes_them_at_the_beginning_alone()
    {
        const string Body = """
            {"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"},{"role":"system","content":"x"},{"role":"user","content":"b"},{"role":"assistant","content":"c"},{"role":"system","content":"y"},{"role":"user","content":"d"}]}
            """;
        Assert.Equal(
            """[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"x"},{"type":"text","text":"b"}]},{"role":"assistant","content":"c"},{"role":"user","content":[{"type":"text","text":"y"},{"type":"text","text":"d"}]}]""",
            Written(DialectKind.Anthropic, Body, "OpenAiChat", TargetQuirks.ContinueFinalMessage));
    }

    private static string Written(DialectKind from, string body, string to, TargetQuirks quirks = TargetQuirks.None)
    {
        var (request, error) = DialectTable.Of(from).ReadRequest(Encoding.UTF8.GetBytes(body));
        Assert.Null(error);
        var output = new ArrayBufferWriter<byte>();
        var unsupported = new List<string>();
        DialectTable.Of(Enum.Parse<DialectKind>(to)).WriteRequest(request!, new RequestTarget("m", "p", quirks), output, unsupported);
        Assert.Empty(unsupported);
        var json = JsonNode.Parse(output.WrittenSpan)!;
        return (json["messages"] ?? json["contents"])!.ToJsonString();
    }
}
