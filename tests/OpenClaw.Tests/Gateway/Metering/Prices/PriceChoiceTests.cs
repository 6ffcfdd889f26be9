using System.Text;
using OpenClaw.Gateway.Dialects.OpenAiChat;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Tests.Gateway.Metering.Prices;

/// <summary>Which of several figures for one call is the price.</summary>
public sealed class PriceChoiceTests
{
    private const string Lab = """{ "models": { "providers": { "lab": { "baseUrl": "https://lab.example/v1", "models": [{ "id": "m", "cost": { "input": 1, "output": 10 } }, { "id": "new" }] } } } }""";

    [Theory]
    [InlineData("azure/o4-mini-deep-research", 2, 8)]
    [InlineData("azure/o4-mini-deep-research-2025-06-26", 2, 8)]
    [InlineData("azure/o4-mini", 1.1, 4.4)]
    [InlineData("azure/my-o4-mini-eu", 1.1, 4.4)]
    public void The_makers_exact_row_beats_a_pattern_of_the_cloud(string reference, decimal input, decimal output)
    {
        var cost = Asked.Price(reference).CostOf(new Usage { Input = 1_000_000, Output = 1_000_000 }, Asked.Noon);
        Assert.Equal((input, output), (cost.Input, cost.Output));
    }

    [Theory]
    [InlineData("\"cost\":0")]
    [InlineData("\"cost\":-5")]
    [InlineData("\"cost\":3.5")]
    [InlineData("\"cost_in_usd_ticks\":10")]
    public void A_cost_that_is_documented_nowhere_does_not_replace_the_configured_price(string said) =>
        Assert.Equal((0.0002m, CostSource.Config), TotalOf("lab/m", said));

    [Fact]
    public void Where_nobody_names_a_price_what_the_provider_says_is_taken()
    {
        Assert.Equal((3.5m, CostSource.Reported), TotalOf("lab/new", "\"cost\":3.5"));
        Assert.Equal((0m, CostSource.Unpriced), TotalOf("lab/new", "\"prompt\":1"));
    }

    [Fact]
    public void No_call_costs_less_than_nothing() => Assert.Equal((0m, CostSource.Reported), TotalOf("openrouter/google/gemini-2.5-flash", "\"cost\":-0.5"));

    [Fact]
    public void A_figure_that_is_changed_keeps_its_rise_for_long_prompts()
    {
        const string Config = """{ "models": { "prices": { "gemini/gemini-2.5-pro": { "output": 8 } } } }""";
        var price = Asked.Price("gemini/gemini-2.5-pro", Config);
        var (below, above) = (price.CostOf(new Usage { Input = 100_000, Output = 1_000_000 }, Asked.Noon), price.CostOf(new Usage { Input = 300_000, Output = 1_000_000 }, Asked.Noon));
        Assert.Equal((0.125m, 8m), (below.Input, below.Output));
        Assert.Equal((0.75m, 12m), (above.Input, above.Output));
    }

    private static (decimal, CostSource) TotalOf(string reference, string said)
    {
        Assert.True(ReadUsage.TryRead(Encoding.UTF8.GetBytes($$"""{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110,{{said}}}"""), out var usage));
        var cost = Asked.Price(reference, Lab).CostOf(usage, Asked.Noon);
        return (cost.Total, cost.Source);
    }
}
