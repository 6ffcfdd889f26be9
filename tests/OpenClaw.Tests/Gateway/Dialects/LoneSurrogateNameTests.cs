using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Dialects;

/// <summary>A member's name that is half a surrogate pair, as in what a tool was given by a client that cut an emoji in half.</summary>
public sealed class LoneSurrogateNameTests
{
    // The beginning of every name that is looked for behind the messages.
    private const string Free = """{"t\ud800":1,"u\ud800":1,"c\ud800":1,"con\udc00":1,"file_\ud800":1,"source\ud800":1,"s\ud800":1,"cache_con\ud800":1}""";

    private const string Message = $$$"""
        {"role":"user","content":[
          {"type":"document","source":{"type":"url","url":"https://a.example/long.pdf","x":{{{Free}}} },"x":{{{Free}}} },
          {"type":"image","source":{"type":"url","url":"https://a.example/a.png","x":{{{Free}}} } },
          {"type":"tool_result","tool_use_id":"t","content":"ok"}]}
        """;

    private const string Call = $$$"""{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{{{Free}}} }]}""";

    [Theory]
    [InlineData("""{"type":1}""", true)]
    [InlineData("""{"t\u0079pe":1}""", true)]
    [InlineData("""{"types":1}""", false)]
    [InlineData("""{"typ\u0065s":1}""", false)]
    [InlineData("""{"typ":1}""", false)]
    [InlineData("""{"t\ud800":1}""", false)]
    [InlineData("""{"t\ud83d\ude00":1}""", false)]
    [InlineData("""{"":1}""", false)]
    public void A_name_is_compared_as_what_it_stands_for(string json, bool expected)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json), JsonRead.Options);
        reader.Read();
        reader.Read();
        Assert.Equal(expected, JsonRead.Is(reader, "type"u8));
    }

    [Fact]
    public void It_does_not_stop_those_who_look_for_documents_and_pictures()
    {
        var body = Encoding.UTF8.GetBytes($$"""{"messages":[{{Call}},{{Message}}]}""");
        Assert.True(UnseenParts.Any(body));
        Assert.Empty(PictureParts.Sizes(body));
        Assert.Equal(default, SoundParts.Of(Encoding.UTF8.GetBytes($$"""{"messages":[{"role":"user","x":{{Free}},"input\ud800":1,"a\ud800":1,"i\ud800":1}]}""")));
        Assert.False(UnseenParts.Any(Encoding.UTF8.GetBytes($$"""{"messages":[{{Call}}]}""")));
        Assert.Equal((1, false), (SearchTools.Read("""[{"type":"web_search_1","max_\ud800":1,"t\ud800":2}]"""u8) is var tools ? tools.Most / SearchTools.Assumed : 0, tools.IsBounded));
    }

    [Theory]
    [InlineData("/v1/messages")]
    [InlineData("/v1/chat/completions")]
    public async Task Nothing_fails_over_it_where_money_is_held(string path)
    {
        await using var gateway = await RunningGateway.StartAsync("""{ "defaultModel": "scripted/ok", "budgets": [{ "scope": "gateway", "limit": 100 }] }""");
        var chat = path.EndsWith("completions", StringComparison.Ordinal);
        var message = chat ? Message.Replace("document", "file", StringComparison.Ordinal) : Message;
        var (answer, body) = await gateway.PostAsync(path, $$"""{"model":"scripted/ok","max_tokens":10,"context_mana\ud800":1,"messages":[{"role":"user","content":"hi"},{{(chat ? """{"role":"assistant","content":"hm"}""" : Call)}},{{message}}]}""");
        using var _ = answer;
        Assert.True((int)answer.StatusCode < 500, body);
    }
}
