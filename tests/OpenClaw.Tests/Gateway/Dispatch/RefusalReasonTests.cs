namespace OpenClaw.Tests.Gateway.Dispatch;

/// <summary>Anthropic says why its model declined; Chat has no word for it.</summary>
public sealed class RefusalReasonTests
{
    private const string Details = """ "stop_details":{"type":"refusal","category":"cyber","explanation":"It asks for an exploit."} """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Is_a_warning_of_the_decision(bool stream)
    {
        await using var stage = await ScriptedStage.StartAsync([]);
        stage.Server.On("declines", async x =>
        {
            if (!stream)
            {
                await x.WholeAsync(200, "application/json", System.Text.Encoding.UTF8.GetBytes($$$"""{"id":"m1","type":"message","role":"assistant","model":"declines","content":[{"type":"text","text":"No."}],"stop_reason":"refusal","stop_sequence":null,{{{Details}}},"usage":{"input_tokens":5,"output_tokens":2}}"""));
                return;
            }
            await ScriptedStage.EventsAsync(x,
            [
                """{"type":"message_start","message":{"id":"m1","type":"message","role":"assistant","model":"declines","content":[],"stop_reason":null,"usage":{"input_tokens":5,"output_tokens":1}}}""",
                """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""",
                """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"No."}}""",
                """{"type":"content_block_stop","index":0}""",
                $$$"""{"type":"message_delta","delta":{"stop_reason":"refusal","stop_sequence":null,{{{Details}}}},"usage":{"output_tokens":2}}""",
                """{"type":"message_stop"}""",
            ]);
        });
        var answer = await stage.AskAsync("a/declines", stream: stream);
        Assert.Equal(200, answer.Status);
        Assert.Contains("content_filter", answer.Body, StringComparison.Ordinal);
        var decision = await stage.DecisionAsync(answer);
        Assert.True(decision.TryGetProperty("warnings", out var warnings), decision.GetRawText());
        Assert.Contains("a/declines: the refusal's explanation (cyber: It asks for an exploit.) has no counterpart in the caller's protocol", warnings.EnumerateArray().Select(static w => w.GetString()));
    }
}
