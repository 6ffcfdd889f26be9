using System.Text;
using System.Text.Json;

namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>What a provider finds wrong with a request is told as it names it.</summary>
public sealed class FaultyFieldTests
{
    [Theory]
    [InlineData("\"tools\"", "\"array_above_max_length\"", "tools", "array_above_max_length")]
    [InlineData("\"tools\"", "null", "tools", "invalid_request")]
    [InlineData("null", "null", null, "invalid_request")]
    public async Task The_field_and_the_code_reach_a_caller_of_the_same_protocol(string param, string code, string? expectedParam, string expectedCode)
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        var body = $$$"""{"error":{"message":"there are too many of them","type":"invalid_request_error","param":{{{param}}},"code":{{{code}}}}}""";
        stage.Server.On("picky", x => x.WholeAsync(400, "application/json", Encoding.UTF8.GetBytes(body)));
        var answer = await stage.AskAsync("p/picky", stream: false);
        Assert.Equal(400, answer.Status);
        using var json = JsonDocument.Parse(answer.Body);
        var error = json.RootElement.GetProperty("error");
        Assert.Equal((expectedParam, expectedCode), (error.GetProperty("param").GetString(), error.GetProperty("code").GetString()));
    }
}
