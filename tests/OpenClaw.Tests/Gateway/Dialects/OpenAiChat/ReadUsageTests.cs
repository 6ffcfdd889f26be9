using System.Globalization;
using System.Text;
using OpenClaw.Gateway.Dialects.OpenAiChat;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Tests.Gateway.Dialects.OpenAiChat;

public class ReadUsageTests
{
    private static Usage Of(string json)
    {
        Assert.True(ReadUsage.TryRead(Encoding.UTF8.GetBytes(json), out var usage));
        return usage;
    }

    [Theory]
    [InlineData("OpenAI counts cached and reasoning tokens inside", """{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"prompt_tokens_details":{"cached_tokens":80,"audio_tokens":4},"completion_tokens_details":{"reasoning_tokens":30,"audio_tokens":3,"rejected_prediction_tokens":7}}""", 20, 80, 0, 50, 30)]
    [InlineData("OpenRouter names cache writes", """{"prompt_tokens":100,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":50,"cache_write_tokens":30}}""", 20, 50, 30, 5, 0)]
    [InlineData("DeepSeek repeats the hits beside", """{"prompt_tokens":339,"completion_tokens":83,"total_tokens":422,"prompt_tokens_details":{"cached_tokens":320},"completion_tokens_details":{"reasoning_tokens":39},"prompt_cache_hit_tokens":320,"prompt_cache_miss_tokens":19}""", 19, 320, 0, 83, 39)]
    [InlineData("older DeepSeek has only hits", """{"prompt_tokens":10,"completion_tokens":1,"prompt_cache_hit_tokens":8}""", 2, 8, 0, 1, 0)]
    [InlineData("xAI leaves reasoning out of the completion", """{"prompt_tokens":12,"completion_tokens":1,"total_tokens":303,"prompt_tokens_details":{"cached_tokens":11},"completion_tokens_details":{"reasoning_tokens":290}}""", 1, 11, 0, 291, 290)]
    [InlineData("Gemini's surface has thoughts only in the total", """{"prompt_tokens":10,"completion_tokens":20,"total_tokens":530}""", 10, 0, 0, 520, 500)]
    [InlineData("OpenRouter reported more reasoning than output", """{"prompt_tokens":5,"completion_tokens":10,"total_tokens":15,"completion_tokens_details":{"reasoning_tokens":11}}""", 5, 0, 0, 10, 10)]
    [InlineData("a cache larger than the prompt was counted beside it", """{"prompt_tokens":10,"completion_tokens":1,"cache_read_input_tokens":100,"cache_creation_input_tokens":5}""", 10, 100, 5, 1, 0)]
    [InlineData("explicit zeros are a report", """{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}""", 0, 0, 0, 0, 0)]
    [InlineData("nulls inside", """{"prompt_tokens":3,"completion_tokens":null,"prompt_tokens_details":null,"completion_tokens_details":{"reasoning_tokens":null}}""", 3, 0, 0, 0, 0)]
    [InlineData("negative details are none", """{"prompt_tokens":3,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":-2}}""", 3, 0, 0, 1, 0)]
    [InlineData("absurd details are none", """{"prompt_tokens":3,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":1e30}}""", 3, 0, 0, 1, 0)]
    [InlineData("a missing completion is the rest of the total", """{"prompt_tokens":50,"total_tokens":250,"prompt_tokens_details":{"cached_tokens":10}}""", 40, 10, 0, 200, 0)]
    [InlineData("a missing prompt is the rest of the total", """{"prompt_tokens":null,"completion_tokens":50,"total_tokens":250}""", 200, 0, 0, 50, 0)]
    public void Splits_the_sums_into_disjoint_parts(string what, string json, long input, long read, long write, long output, long reasoning)
    {
        var u = Of(json);
        Assert.Equal((what, input, read, write, output, reasoning), (what, u.Input, u.CacheRead, u.CacheWrite, u.Output, u.Reasoning));
    }

    [Fact]
    public void Audio_predictions_and_searches_are_kept()
    {
        var u = Of("""{"prompt_tokens":9,"completion_tokens":9,"prompt_tokens_details":{"audio_tokens":4},"completion_tokens_details":{"audio_tokens":3,"rejected_prediction_tokens":7},"server_tool_use":{"web_search_requests":2}}""");
        Assert.Equal((4, 3, 7, 2), (u.AudioInput, u.AudioOutput, u.RejectedPrediction, u.WebSearches));
    }

    [Theory]
    [InlineData("""{"prompt_tokens":1,"completion_tokens":1,"cost":0.00012,"is_byok":false,"cost_details":{"upstream_inference_cost":0.1}}""", "0.00012")]
    [InlineData("""{"prompt_tokens":1,"completion_tokens":1,"cost":0.0005,"is_byok":true,"cost_details":{"upstream_inference_cost":0.01}}""", "0.0105")]
    [InlineData("""{"prompt_tokens":1,"completion_tokens":1,"cost_in_usd_ticks":1466250}""", "0.000146625")]
    [InlineData("""{"prompt_tokens":1,"completion_tokens":1,"cost":0}""", "0")]
    [InlineData("""{"prompt_tokens":1,"completion_tokens":1}""", null)]
    public void The_providers_own_cost_is_kept_in_dollars(string json, string? expected) =>
        Assert.Equal(expected is null ? null : decimal.Parse(expected, CultureInfo.InvariantCulture), Of(json).ReportedCost);

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"total_tokens":7}""")]
    [InlineData("""{"prompt_tokens":null,"completion_tokens":null,"total_tokens":null}""")]
    [InlineData("""{"prompt_tokens":-3,"completion_tokens":-1}""")]
    [InlineData("""{"prompt_tokens":1e30,"completion_tokens":99999999999}""")]
    [InlineData("""{"prompt_tokens":true,"completion_tokens":"many"}""")]
    [InlineData("")]
    public void What_counts_nothing_is_no_report(string json) => Assert.False(ReadUsage.TryRead(Encoding.UTF8.GetBytes(json), out _));

    [Theory]
    [InlineData("""{"prompt_tokens":50}""", UsageSides.Output)]
    [InlineData("""{"prompt_tokens":50,"completion_tokens":-1}""", UsageSides.Output)]
    [InlineData("""{"prompt_tokens":50,"total_tokens":50}""", UsageSides.Output)]
    [InlineData("""{"completion_tokens":50}""", UsageSides.Input)]
    [InlineData("""{"completion_tokens":50,"total_tokens":90,"completion_tokens_details":{"reasoning_tokens":9}}""", UsageSides.Input)]
    [InlineData("""{"prompt_tokens":50,"completion_tokens":0}""", UsageSides.None)]
    internal void A_side_that_is_not_counted_is_told_as_such(string json, UsageSides unsaid) => Assert.Equal(unsaid, Of(json).Unsaid);

    [Fact]
    public void Usage_on_every_chunk_is_cumulative_and_groqs_is_found()
    {
        var (log, _) = Wire.Read(
            """{"id":"a","choices":[{"index":0,"delta":{"content":"x"}}],"usage":{"prompt_tokens":5,"completion_tokens":1}}""",
            """{"id":"a","choices":[{"index":0,"delta":{"content":"y"}}],"usage":{"prompt_tokens":5,"completion_tokens":2}}""",
            """{"id":"a","choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":5,"completion_tokens":3}}]}""",
            """{"id":"a","choices":[],"x_groq":{"id":"r","usage":{"prompt_tokens":5,"completion_tokens":4}}}""");
        Assert.Equal("start(a,) text(x) usage(5+1) text(y) usage(5+2) usage(5+3) finish(Stop) usage(5+4)", log.ToString());
    }
}
