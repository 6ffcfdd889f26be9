using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.OpenAiChat;

namespace OpenClaw.Tests.Gateway.Dialects.OpenAiChat;

/// <summary>OpenAI refuses a request whose strict schema is not all closed objects with all members required.</summary>
public class StrictSchemaTests
{
    private const string Closed = """{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}""";
    private const string Open = """{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}""";

    [Theory]
    [InlineData(Closed)]
    [InlineData("""{"type":"object","properties":{"a":""" + Closed + ""","b":{"type":["string","null"]}},"required":["b","a"],"additionalProperties":false}""")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"required":["a"],"additionalProperties":false,"$defs":{"x":""" + Closed + "}}")]
    [InlineData("""{"type":"object","properties":{"properties":{"type":"array","items":""" + Closed + """}},"required":["properties"],"additionalProperties":false}""")]
    public void Closed_objects_with_all_members_required_are_taken(string schema) => Assert.True(StrictSchema.Takes(schema));

    [Theory]
    [InlineData(Open)]
    [InlineData("""{"type":"object"}""")]
    [InlineData("""{"type":"object","properties":{},"additionalProperties":true}""")]
    [InlineData("""{"type":"array","items":""" + Closed + "}")]
    [InlineData("""{"type":"object","properties":{"a":""" + Open + """},"required":["a"],"additionalProperties":false}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"array","items":""" + Open + """}},"required":["a"],"additionalProperties":false}""")]
    [InlineData("""{"type":"object","properties":{"a":{"anyOf":[{"type":"null"},""" + Open + """]}},"required":["a"],"additionalProperties":false}""")]
    [InlineData("""{"type":"object","properties":{},"additionalProperties":false,"$defs":{"x":""" + Open + "}}")]
    [InlineData("""{"type":"object","properties":{},"additionalProperties":false,"allOf":[]}""")]
    [InlineData("[]")]
    [InlineData("no JSON")]
    public void Others_are_not(string schema) => Assert.False(StrictSchema.Takes(schema));

    [Theory]
    [InlineData(Closed, true)]
    [InlineData(Open, false)]
    public void A_schema_is_strict_where_it_can_be_and_otherwise_that_is_told(string schema, bool strict)
    {
        var request = Requests.Say("hi");
        request.Output = new OutputFormat(OutputFormatKind.JsonSchema, "answer", schema, Strict: true);
        request.Tools.Add(new ToolDefinition("f", null, schema) { Strict = true });
        var (json, unsupported) = Requests.Write(new OpenAiChatDialect(), request, "m");
        Assert.Equal(strict, json["response_format"]!["json_schema"]!["strict"]!.GetValue<bool>());
        Assert.Equal(strict, json["tools"]![0]!["function"]!["strict"]!.GetValue<bool>());
        Assert.Equal(strict ? [] : ["strict response schema", "strict tool schema"], unsupported.Order());
    }
}
