using OpenClaw.Config;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Tests.Gateway.Metering.Prices;

public class WrittenPriceTests
{
    private static readonly Usage s_all = new() { Input = 1_000_000, CacheRead = 1_000_000, CacheWrite = 1_000_000, CacheWrite1h = 1_000_000, Output = 1_000_000 };

    private static string With(string price, string reference = "openai/gpt-4o") => $$"""{ "models": { "prices": { "{{reference}}": {{price}} } } }""";

    [Fact]
    public void What_a_written_price_leaves_out_is_never_free()
    {
        var cost = Asked.Price("openai/gpt-4o", With("""{ "input": 1, "output": 4 }""")).CostOf(s_all, Asked.Noon);
        Assert.Equal(new Cost(1, 1, 2, 4, 0, CostSource.Config), cost);
        var claude = Asked.Price("anthropic/claude-x", With("""{ "input": 4, "output": 8 }""", "anthropic/claude-x")).CostOf(s_all, Asked.Noon);
        Assert.Equal(new Cost(4, 4, 5 + 8, 8, 0, CostSource.Config), claude);
    }

    [Fact]
    public void A_written_price_without_input_changes_single_figures_of_the_catalogue()
    {
        var cost = Asked.Price("openai/gpt-4o", With("""{ "cacheRead": 0.5 }""")).CostOf(s_all, Asked.Noon);
        Assert.Equal((2.5m, 0.5m, 10m), (cost.Input, cost.CacheRead, cost.Output));
        Assert.True(Asked.Price("openai/new", With("""{ "output": 4 }""", "openai/new")).IsUnpriced);
    }

    [Fact]
    public void Every_part_can_be_written()
    {
        var price = Asked.Price("openai/gpt-4o", With("""
            { "input": 1, "output": 2, "cacheRead": 3, "cacheWrite": 4, "cacheWrite1h": 5, "reasoning": 6, "audioInput": 7, "audioOutput": 8, "imageInput": 9, "imageOutput": 10, "webSearch": 11, "request": 12 }
            """));
        var usage = new Usage
        {
            Input = 3_000_000, AudioInput = 1_000_000, ImageInput = 1_000_000, CacheRead = 1_000_000, CacheWrite = 1_000_000, CacheWrite1h = 1_000_000,
            Output = 4_000_000, Reasoning = 1_000_000, AudioOutput = 1_000_000, ImageOutput = 1_000_000, WebSearches = 1000,
        };
        Assert.Equal(new Cost(1 + 7 + 9, 3, 4 + 5, 2 + 6 + 8 + 10, 11 + 0.012m, CostSource.Config), price.CostOf(usage, Asked.Noon));
    }

    [Fact]
    public void Written_tiers_reprice_every_token()
    {
        var config = With("""{ "input": 2, "output": 8, "cacheRead": 0.2, "tiers": [{ "above": 1000, "input": 4, "output": 12 }] }""");
        Assert.Equal((1000 * 2m) / 1_000_000, Asked.Dollars("openai/gpt-4o", new Usage { Input = 1000 }, config: config));
        Assert.Equal((901 * 4m + 100 * 0.4m + 10 * 12m) / 1_000_000, Asked.Dollars("openai/gpt-4o", new Usage { Input = 901, CacheRead = 100, Output = 10 }, config: config));
    }

    [Fact]
    public void A_zero_that_is_written_is_a_zero() =>
        Assert.Equal((0m, CostSource.Config), (Asked.Dollars("openai/gpt-4o", s_all, config: With("""{ "input": 0, "output": 0 }""")), Asked.Price("openai/gpt-4o", With("""{ "input": 0, "output": 0 }""")).Source));

    [Fact]
    public void A_local_address_costs_nothing_unless_a_price_is_written()
    {
        const string Local = """{ "models": { "providers": { "lab": { "baseUrl": "http://127.0.0.1:8080/v1" } } } }""";
        const string Priced = """{ "models": { "providers": { "lab": { "baseUrl": "http://127.0.0.1:8080/v1", "models": [{ "id": "m", "cost": { "input": 1, "output": 1 } }] } } } }""";
        Assert.Equal(CostSource.SelfHosted, Asked.Price("lab/m", Local).Source);
        Assert.Equal(CostSource.Config, Asked.Price("lab/m", Priced).Source);
    }

    [Fact]
    public void A_proxy_on_this_machine_does_not_make_a_public_model_free()
    {
        const string Proxy = """{ "models": { "providers": { "openai": { "baseUrl": "http://127.0.0.1:4000/v1" } } } }""";
        Assert.Equal(CostSource.Catalogue, Asked.Price("openai/gpt-4o", Proxy).Source);
        Assert.Equal(CostSource.SelfHosted, Asked.Price("openai/llama3.2", Proxy).Source);
        const string Local = """{ "models": { "providers": { "lab": { "baseUrl": "http://127.0.0.1:4000/v1" } } } }""";
        Assert.Equal(CostSource.SelfHosted, Asked.Price("lab/openai/gpt-oss-20b", Local).Source);
        // What only its maker serves is paid for by somebody, and the table does not say what this address charges.
        foreach (var name in (string[])["gpt-4o", "openai/gpt-9-mini", "anthropic/claude-sonnet-4-5", "gemini-3-pro", "o3", "o4-mini", "xai/grok-4"]) Assert.True(Asked.Price("lab/" + name, Local).IsUnpriced, name);
    }

    [Fact]
    public void A_provider_under_another_name_is_known_by_its_address()
    {
        const string Named = """{ "models": { "providers": { "work": { "baseUrl": "https://api.openai.com/v1" }, "cloud": { "baseUrl": "https://me.openai.azure.com/openai/v1" } } } }""";
        Assert.Equal(12.5m, Asked.Dollars("work/gpt-4o", new Usage { Input = 1_000_000, Output = 1_000_000 }, config: Named));
        Assert.False(Asked.Price("cloud/gpt-4o", Named).IsUnpriced);
    }

    [Fact]
    public void What_may_run_unpriced_is_named()
    {
        var config = ConfigReader.Read("""{ "models": { "allowUnpriced": ["openai/new", "groq/*"] } }"""u8.ToArray(), ConfigEnvironment.Empty).Config!;
        Assert.True(config.Models.MayRunUnpriced(new ModelRef("openai", "new")));
        Assert.True(config.Models.MayRunUnpriced(new ModelRef("groq", "any")));
        Assert.False(config.Models.MayRunUnpriced(new ModelRef("openai", "newer")));
    }
}
