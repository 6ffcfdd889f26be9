using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Tests.Docs;

namespace OpenClaw.Tests.Gateway.Inbound;

public sealed class RequestBoundsTests
{
    [Theory]
    [InlineData("body", 513)]
    [InlineData("body", 1_000_000)]
    [InlineData("header", 513)]
    [InlineData("held", 513)]
    public async Task A_models_name_that_no_model_can_have_is_a_400(string where, int length)
    {
        await using var gateway = await RunningGateway.StartAsync("""{ "defaultModel": "scripted/ok" }""");
        var name = "scripted/" + new string('x', length - 9);
        var (answer, body) = where switch
        {
            "body" => await gateway.PostAsync("/v1/chat/completions", $$"""{"model":"{{name}}","messages":[{"role":"user","content":"hi"}]}"""),
            "header" => await gateway.PostAsync("/v1/chat/completions", """{"model":"x","messages":[{"role":"user","content":"hi"}]}""", ("x-openclaw-model", name)),
            _ => await gateway.PostAsync("/openclaw/v1/sessions/main/messages", $$"""{"model":"{{name}}","text":"hi"}"""),
        };
        using var json = JsonDocument.Parse(body);
        Assert.Equal((400, "model has at most 512 characters"), ((int)answer.StatusCode, json.RootElement.GetProperty("error").GetProperty("message").GetString()));
    }

    [Fact]
    public void The_longest_name_is_counted_in_characters_however_it_is_escaped()
    {
        using var envelope = RequestEnvelope.Of(Encoding.UTF8.GetBytes($$"""{"model":"{{string.Concat(Enumerable.Repeat("\\u00e4", 512))}}"}"""));
        Assert.Equal(new string('ä', 512), envelope.Model);
    }

    [Theory]
    [InlineData("\"stop\":[\"/end\"]")]
    [InlineData("\"metadata\":{\"path\":\"/tmp\"}")]
    public void What_stands_behind_the_messages_hides_no_command(string member)
    {
        using var envelope = RequestEnvelope.Of(Encoding.UTF8.GetBytes($$"""{"messages":[{"role":"user","content":"/status"}],{{member}}}"""));
        Assert.Equal("status", envelope.SlashWord);
    }
}
