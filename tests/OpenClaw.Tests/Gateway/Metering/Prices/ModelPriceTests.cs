using System.Text;
using OpenClaw.Config;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Prices;

namespace OpenClaw.Tests.Gateway.Metering.Prices;

public class ModelPriceTests
{
    private static readonly Usage s_million = new() { Input = 1_000_000, Output = 1_000_000 };

    [Theory]
    [InlineData("anthropic/claude-sonnet-4-20250514", 18)]
    [InlineData("anthropic/claude-opus-4", 90)]
    [InlineData("openai/gpt-4o", 12.5)]
    [InlineData("openai/o1", 75)]
    [InlineData("gemini/gemini-2.5-pro", 17.5)]
    [InlineData("openrouter/google/gemini-2.5-flash", 2.8)]
    public void The_models_of_the_briefs_cost_what_their_makers_say(string reference, double dollars) => Assert.Equal((decimal)dollars, Asked.Dollars(reference, s_million));

    [Theory]
    [InlineData("openrouter/meta-llama/llama-3.3-70b-instruct")]
    [InlineData("openrouter/deepseek/deepseek-chat-v3-0324")]
    [InlineData("openrouter/anthropic/claude-sonnet-4-20250514")]
    [InlineData("openrouter/anthropic/claude-sonnet-4")]
    public void The_routes_of_the_briefs_are_priced(string reference)
    {
        Assert.False(Asked.Price(reference).IsUnpriced);
        Assert.True(Asked.Dollars(reference, s_million) > 0);
    }

    // The ten models on which public lists disagree; which is right, and why, is in tools/OpenClaw.Prices/overrides.tsv.
    [Theory]
    [InlineData("anthropic/claude-sonnet-5", 2, 0.2, 10)]
    [InlineData("openai/gpt-3.5-turbo", 0.5, 0.5, 1.5)]
    [InlineData("openai/gpt-4.1-nano", 0.1, 0.025, 0.4)]
    [InlineData("openai/gpt-4o-2024-05-13", 5, 5, 15)]
    [InlineData("gemini/gemini-2.5-flash", 0.3, 0.03, 2.5)]
    [InlineData("gemini/gemini-2.5-flash-lite", 0.1, 0.01, 0.4)]
    [InlineData("gemini/gemini-2.5-flash-preview-tts", 0.5, 0.5, 10)]
    [InlineData("gemini/gemini-2.5-pro", 1.25, 0.125, 10)]
    [InlineData("gemini/gemini-2.5-pro-preview-tts", 1, 1, 20)]
    [InlineData("gemini/gemini-3-pro-image-preview", 2, 2, 12)]
    public void Where_lists_disagree_one_is_right(string reference, double input, double cacheRead, double output)
    {
        var price = Asked.Price(reference);
        Assert.Equal((decimal)input, price.CostOf(new Usage { Input = 1000 }, Asked.Noon).Total * 1000);
        Assert.Equal((decimal)cacheRead, price.CostOf(new Usage { CacheRead = 1000 }, Asked.Noon).Total * 1000);
        Assert.Equal((decimal)output, price.CostOf(new Usage { Output = 1000 }, Asked.Noon).Total * 1000);
        Assert.Equal("openclaw", price.Facts.Rows[0].Source);
    }

    [Fact]
    public void Pictures_and_words_of_one_model_cost_differently() =>
        Assert.Equal((1120 * 120m + 80 * 12m) / 1_000_000, Asked.Dollars("gemini/gemini-3-pro-image-preview", new Usage { Output = 1200, ImageOutput = 1120 }));

    [Fact]
    public void The_price_of_a_day_holds_from_its_first_second_in_UTC()
    {
        // o3 went from 10/40 to 2/8 on 2025-06-10.
        Assert.Equal(50m, Asked.Dollars("openai/o3", s_million, new DateTimeOffset(2025, 6, 9, 23, 59, 59, TimeSpan.Zero)));
        Assert.Equal(10m, Asked.Dollars("openai/o3", s_million, new DateTimeOffset(2025, 6, 10, 0, 0, 0, TimeSpan.Zero)));
        Assert.Equal(50m, Asked.Dollars("openai/o3", s_million, new DateTimeOffset(2025, 6, 10, 1, 0, 0, TimeSpan.FromHours(2))));
        // Announced for the first day of 2027.
        Assert.Equal(4.5m, Asked.Dollars("gemini/gemini-3.6-flash", s_million, new DateTimeOffset(2026, 12, 31, 23, 59, 59, TimeSpan.Zero)));
        Assert.Equal(9m, Asked.Dollars("gemini/gemini-3.6-flash", s_million, new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero)));
    }

    [Theory]
    [InlineData("2026-08-31T23:59:59Z", 12)]
    [InlineData("2026-09-01T00:00:00Z", 18)]
    public void A_dated_increase_would_have_held_from_its_day(string at, int dollars)
    {
        // As one list had Claude Sonnet 5 until the increase was cancelled.
        var table = Encoding.UTF8.GetBytes("anthropic\tclaude-sonnet-5\t\t\t\t2\t0.2\t2.5\t4\t10" + new string('\t', 13) + "\nanthropic\tclaude-sonnet-5\t2026-09-01\t\t\t3\t0.3\t3.75\t6\t15" + new string('\t', 13) + "\n");
        var match = PriceCatalog.Find(table, "anthropic", "claude-sonnet-5-20260630");
        Assert.NotNull(match);
        var price = new ModelPrice(new PriceFacts(CostSource.Catalogue, match.Rows, match));
        Assert.Equal(dollars, price.CostOf(s_million, DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture)).Total);
    }

    [Fact]
    public void A_long_prompt_reprices_every_token()
    {
        // Gemini 2.5 Pro: 1.25/10 up to 200,000 tokens of prompt, 2.50/15 above. Cached tokens count as prompt.
        var at = new Usage { Input = 150_000, CacheRead = 50_000, Output = 1000 };
        var above = at with { Input = 150_001 };
        Assert.Equal((150_000 * 1.25m + 50_000 * 0.125m + 1000 * 10m) / 1_000_000, Asked.Dollars("gemini/gemini-2.5-pro", at));
        Assert.Equal((150_001 * 2.5m + 50_000 * 0.25m + 1000 * 15m) / 1_000_000, Asked.Dollars("gemini/gemini-2.5-pro", above));
    }

    [Fact]
    public void Caches_of_five_minutes_and_an_hour_cost_what_Anthropic_says() =>
        Assert.Equal((1000 * 3m + 2000 * 3.75m + 3000 * 6m + 4000 * 0.3m + 500 * 15m) / 1_000_000,
            Asked.Dollars("anthropic/claude-sonnet-4-6", new Usage { Input = 1000, CacheWrite = 2000, CacheWrite1h = 3000, CacheRead = 4000, Output = 500 }));

    // The counts with which others multiplied the bill: github.com/BerriAI/litellm/issues/14849, github.com/Aider-AI/aider/issues/5516.
    [Fact]
    public void Cached_tokens_are_not_billed_twice()
    {
        var gemini = default(OpenClaw.Gateway.Dialects.Gemini.GeminiUsage);
        gemini.Read("""{"promptTokenCount":460000,"cachedContentTokenCount":450000,"candidatesTokenCount":800,"thoughtsTokenCount":200,"totalTokenCount":461000}"""u8);
        Assert.Equal((10_000 * 0.3m + 450_000 * 0.03m + 1000 * 2.5m) / 1_000_000, Asked.Dollars("gemini/gemini-2.5-flash", gemini.Total));

        Assert.True(OpenClaw.Gateway.Dialects.OpenAiChat.ReadUsage.TryRead("""{"prompt_tokens":100000,"completion_tokens":10,"total_tokens":100010,"prompt_tokens_details":{"cached_tokens":99000}}"""u8, out var openAi));
        Assert.Equal((1000 * 2.5m + 99_000 * 1.25m + 10 * 10m) / 1_000_000, Asked.Dollars("openai/gpt-4o", openAi));

        var anthropic = default(OpenClaw.Gateway.Dialects.Anthropic.ReadUsage);
        anthropic.Read("""{"input_tokens":4,"cache_creation_input_tokens":0,"cache_read_input_tokens":99000,"output_tokens":10}"""u8);
        Assert.Equal((4 * 3m + 99_000 * 0.3m + 10 * 15m) / 1_000_000, Asked.Dollars("anthropic/claude-sonnet-4-5", anthropic.Total));
    }

    [Fact]
    public void What_the_provider_says_it_charges_wins()
    {
        Assert.True(OpenClaw.Gateway.Dialects.OpenAiChat.ReadUsage.TryRead("""{"prompt_tokens":1000,"completion_tokens":10,"total_tokens":1010,"cost":0.00014}"""u8, out var usage));
        var cost = Asked.Price("openrouter/google/gemini-2.5-flash").CostOf(usage, Asked.Noon);
        Assert.Equal((0.00014m, CostSource.Reported), (cost.Total, cost.Source));
        Assert.True(OpenClaw.Gateway.Dialects.OpenAiChat.ReadUsage.TryRead("""{"prompt_tokens":8,"completion_tokens":10,"cost":{"input_tokens_cost":0.1,"total_cost":0.006}}"""u8, out var sonar));
        Assert.Equal(0.006m, Asked.Dollars("perplexity/sonar", sonar));
    }

    [Fact]
    public void Rejected_predictions_are_billed_as_output()
    {
        Assert.True(OpenClaw.Gateway.Dialects.OpenAiChat.ReadUsage.TryRead("""{"prompt_tokens":100,"completion_tokens":300,"total_tokens":400,"completion_tokens_details":{"accepted_prediction_tokens":50,"rejected_prediction_tokens":200}}"""u8, out var usage));
        Assert.Equal((100 * 2.5m + 300 * 10m) / 1_000_000, Asked.Dollars("openai/gpt-4o", usage));
    }

    [Theory]
    [InlineData("openai/gpt-5.2", PriceTier.Flex, 0.5)]
    [InlineData("openai/gpt-5.2", PriceTier.Priority, 2)]
    [InlineData("openai/gpt-5.5", PriceTier.Priority, 2.5)]
    [InlineData("openai/gpt-4.1", PriceTier.Priority, 1.75)]
    [InlineData("anthropic/claude-opus-4-5", PriceTier.Batch, 0.5)]
    [InlineData("anthropic/claude-opus-4-5", PriceTier.Flex, 1)]
    [InlineData("gemini/gemini-2.5-flash", PriceTier.Flex, 0.5)]
    internal void How_a_call_was_served_changes_its_price(string reference, PriceTier tier, double factor)
    {
        var usage = new Usage { Input = 10_000, CacheRead = 3000, Output = 2000 };
        Assert.Equal(Asked.Dollars(reference, usage) * (decimal)factor, Asked.Dollars(reference, usage with { Tier = tier }));
    }

    [Fact]
    public void Searches_and_calls_have_fees_that_no_tier_changes()
    {
        Assert.Equal(0.02m + 1000 * 3m / 1_000_000, Asked.Dollars("anthropic/claude-sonnet-4-5", new Usage { Input = 1000, WebSearches = 2 }));
        Assert.Equal(0.02m + 1000 * 1.5m / 1_000_000, Asked.Dollars("anthropic/claude-sonnet-4-5", new Usage { Input = 1000, WebSearches = 2, Tier = PriceTier.Batch }));
        Assert.Equal(0.012m + 1000 * 1m / 1_000_000, Asked.Dollars("perplexity/sonar", new Usage { Input = 1000 }));
    }

    [Theory]
    [InlineData("2026-11-25T02:00:00Z", 1.76)] // Wednesday, peak
    [InlineData("2026-11-25T04:00:00Z", 0.88)]
    [InlineData("2026-11-25T09:59:59Z", 1.76)]
    [InlineData("2026-11-28T02:00:00Z", 0.88)] // Saturday in Beijing
    [InlineData("2026-08-22T02:00:00Z", 1.76)] // Saturday before weekends were let off
    [InlineData("2026-08-16T02:00:00Z", 0.42)] // before there were peak hours
    public void A_price_may_hang_on_the_hour(string at, double dollars) =>
        Assert.Equal((decimal)dollars, Asked.Dollars("deepseek/deepseek-v4-flash", s_million, DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture)));

    [Theory]
    [InlineData("openai/gpt-4o", "gpt-4o")]
    [InlineData("openai/gpt-4o-2024-05-13", "gpt-4o-2024-05-13")]
    [InlineData("openai/gpt-4o-2031-01-01", "gpt-4o")]
    [InlineData("openai/gpt-4o-something-new", null)]
    [InlineData("openai/gpt-4o-min", null)]
    [InlineData("anthropic/claude-opus-4-5-20251101", "claude-opus-4-5*")]
    [InlineData("anthropic/claude-opus-4@20250514", "claude-opus-4")]
    [InlineData("anthropic/claude-sonnet-5-1", null)]
    [InlineData("anthropic/claude-sonnet-5-7-20271231", null)]
    [InlineData("gemini/gemini-2.5-pro-preview-tts", "gemini-2.5-pro-preview-tts")]
    [InlineData("gemini/gemini-2.5-pro-preview-06-05", "gemini-2.5-pro*")]
    [InlineData("openrouter/anthropic/claude-sonnet-4.5:nitro", "anthropic/claude-sonnet-4.5")]
    [InlineData("openrouter/some/new-model:free", "*:free*")]
    [InlineData("azure/gpt-4o", "gpt-4o")]
    [InlineData("vertex/claude-sonnet-4-5@20250929", "*claude-sonnet-4-5*")]
    [InlineData("bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0", "*us.anthropic.claude-haiku-4-5-20251001*")]
    public void The_exact_name_comes_before_the_prefix(string reference, string? name) => Assert.Equal(name, Asked.Price(reference).Facts.Match?.Name);

    [Fact]
    public void A_model_that_nobody_prices_is_unpriced_and_never_free()
    {
        var price = Asked.Price("openai/no-such-model");
        var cost = price.CostOf(s_million, Asked.Noon);
        Assert.True(price.IsUnpriced);
        Assert.Equal((0m, CostSource.Unpriced), (cost.Total, cost.Source));
        Assert.True((cost + Asked.Price("openai/gpt-4o").CostOf(s_million, Asked.Noon)).IsUnpriced);
    }

    [Theory]
    [InlineData("ollama/llama3.2")]
    [InlineData("vllm/meta-llama/Llama-3.3-70B-Instruct")]
    [InlineData("scripted/ok")]
    public void Servers_of_one_s_own_cost_nothing(string reference) =>
        Assert.Equal((0m, CostSource.SelfHosted), (Asked.Dollars(reference, s_million), Asked.Price(reference).Source));

    [Fact]
    public void Half_a_million_reservations_cover_what_is_charged()
    {
        var random = new Random(7);
        string[] models = ["anthropic/claude-opus-4-6", "gemini/gemini-2.5-pro", "openai/gpt-5.5", "gemini/gemini-3-pro-image-preview", "perplexity/sonar"];
        for (var i = 0; i < 20_000; i++)
        {
            var price = Asked.Price(models[i % models.Length]);
            var usage = new Usage { Input = random.Next(300_000), CacheRead = random.Next(100_000), CacheWrite = random.Next(50_000), CacheWrite1h = random.Next(50_000), Output = random.Next(50_000) };
            usage = usage with { Reasoning = usage.Output / 2, ImageOutput = usage.Output / 3 };
            Assert.True(price.CostOf(usage, Asked.Noon).Total <= price.Ceiling(usage.TotalInput, usage.Output, Asked.Noon));
            if (i > 200) i += 199;
        }
    }

    [Fact]
    public void The_catalogue_is_large_and_every_row_says_where_it_is_from()
    {
        var rows = PriceCatalog.All().ToList();
        Assert.True(rows.Select(static r => (r.Provider, r.Model)).Distinct().Count() > 400);
        Assert.All(rows, static r => Assert.True(r.Source.Length > 0 && DateOnly.TryParse(r.Dated, out _), r.Format()));
        Assert.Equal(rows.Count, rows.Select(static r => r.Key).Distinct().Count());
        Assert.All(rows, static r => Assert.Equal(r, PriceRow.Parse(r.Format())));
        foreach (var source in rows.Select(static r => r.Source).Distinct()) Assert.NotNull(PriceCatalog.DescribeSource(source));
        foreach (var provider in (string[])["anthropic", "openai", "gemini", "openrouter", "mistral", "groq", "deepseek", "xai", "together", "fireworks", "cohere", "perplexity", "cerebras", "bedrock", "azure", "vertex"])
        {
            Assert.Contains(rows, r => r.Provider == provider);
        }
    }
}
