using System.Text.Json;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Prices;

namespace OpenClaw.Tests.Gateway.Metering.Prices;

/// <summary>The catalogue against published figures, name by name.</summary>
public class PublishedPricesTests
{
    // Where we decided otherwise, with the reason in tools/OpenClaw.Prices/overrides.tsv: retired names, free models, resold ones.
    private static readonly string[] s_decided = ["deepseek/deepseek-chat", "deepseek/deepseek-reasoner", "deepseek/deepseek-r1", "openai/gpt-oss", "gemini/gemma-3", "gemini/gemma-4"];

    public static TheoryData<string, string> Providers => new()
    {
        { "anthropic", "anthropic" }, { "openai", "openai" }, { "google", "gemini" }, { "openrouter", "openrouter" }, { "mistral", "mistral" }, { "groq", "groq" },
        { "deepseek", "deepseek" }, { "x-ai", "xai" }, { "together", "together" }, { "fireworks", "fireworks" }, { "cohere", "cohere" }, { "perplexity", "perplexity" },
        { "aws", "bedrock" }, { "azure", "azure" }, { "cerebras", "cerebras" }, { "moonshotai", "moonshot" }, { "minimax", "minimax" }, { "zai", "zai" },
        { "novita", "novita" }, { "voyageai", "voyage" },
    };

    [Theory]
    [MemberData(nameof(Providers))]
    public void Every_name_costs_what_the_published_calculator_says(string theirs, string ours)
    {
        SharedFiles.Require("fixtures/prices/genai-prices-0.1.8.json");
        var wrong = new List<string>();
        var compared = 0;
        foreach (var (model, name) in PublishedCalculator.ExactNames(theirs))
        {
            var reference = (theirs == "google" && name.Contains("claude", StringComparison.Ordinal) ? "vertex" : ours) + "/" + name;
            if (s_decided.Any(d => reference.StartsWith(d, StringComparison.Ordinal)) || !PublishedCalculator.HasPrice(model, Asked.Noon)) continue;
            compared++;
            foreach (var counts in Samples(model, name))
            {
                var expected = PublishedCalculator.Cost(model, counts, Asked.Noon);
                var actual = Asked.Price(reference).CostOf(UsageOf(counts), Asked.Noon);
                if (!Asked.Same(expected, actual.Total) || actual.Source != CostSource.Catalogue) wrong.Add($"{reference}: {actual.Total} instead of {expected} for {string.Join(' ', counts)}");
            }
        }
        Assert.Empty(wrong);
        Assert.True(compared > 0);
    }

    [Fact]
    public void The_other_list_s_models_are_priced_too()
    {
        var list = JsonDocument.Parse(File.ReadAllBytes(SharedFiles.Require("fixtures/prices/merged-core.json"))).RootElement.GetProperty("models");
        var unpriced = new List<string>();
        var priced = 0;
        foreach (var model in list.EnumerateArray())
        {
            var reference = PriceProviders.Canonical(model.GetProperty("provider").GetString()!) + "/" + model.GetProperty("id").GetString();
            if (!Asked.Price(reference).IsUnpriced) priced++;
            else if (model.TryGetProperty("modelsDev", out var cost) && cost.TryGetProperty("input", out var input) && input.GetDecimal() > 0) unpriced.Add(reference);
        }
        Assert.Equal(["openai/gpt-oss"], unpriced.Select(static r => r[..Math.Min(14, r.Length)]).Append("openai/gpt-oss").Distinct());
        Assert.True(priced > 500, $"{priced}");
    }

    private static IEnumerable<Dictionary<string, decimal>> Samples(JsonElement model, string name)
    {
        yield return new() { ["input_mtok"] = 1234, ["output_mtok"] = 567 };
        // Above every size that is priced apart.
        var all = new Dictionary<string, decimal>
        {
            ["input_mtok"] = 523_001, ["cache_read_mtok"] = 21_007, ["cache_write_mtok"] = 3_001, ["cache_write_1h_mtok"] = 1_009, ["output_mtok"] = 4_003, ["output_reasoning_mtok"] = 2_003,
            ["input_audio_mtok"] = 701, ["cache_audio_read_mtok"] = 307, ["output_audio_mtok"] = 211, ["input_image_mtok"] = 101, ["output_image_mtok"] = 103, ["web_searches_kcount"] = 3,
        };
        // What this list leaves out for Claude follows from Anthropic's own factors here, and is tested elsewhere.
        if (name.Contains("claude", StringComparison.Ordinal))
        {
            foreach (var unit in (string[])["cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok"])
            {
                if (!PublishedCalculator.Names(model, unit, Asked.Noon)) all.Remove(unit);
            }
            all.Remove("cache_audio_read_mtok");
        }
        yield return all;
    }

    private static Usage UsageOf(Dictionary<string, decimal> counts)
    {
        long Of(string unit) => (long)counts.GetValueOrDefault(unit);
        return new Usage
        {
            Input = Of("input_mtok") + Of("input_audio_mtok") + Of("input_image_mtok"),
            CacheRead = Of("cache_read_mtok") + Of("cache_audio_read_mtok"),
            CacheWrite = Of("cache_write_mtok"),
            CacheWrite1h = Of("cache_write_1h_mtok"),
            Output = Of("output_mtok") + Of("output_reasoning_mtok") + Of("output_audio_mtok") + Of("output_image_mtok"),
            Reasoning = Of("output_reasoning_mtok"),
            AudioInput = Of("input_audio_mtok") + Of("cache_audio_read_mtok"),
            AudioCacheRead = Of("cache_audio_read_mtok"),
            AudioOutput = Of("output_audio_mtok"),
            ImageInput = Of("input_image_mtok"),
            ImageOutput = Of("output_image_mtok"),
            WebSearches = (int)Of("web_searches_kcount"),
        };
    }
}
