using System.Text;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Dialects.Anthropic;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Prices;

namespace OpenClaw.Tests.Gateway.Metering.Budgets;

/// <summary>What raises or lowers what a call may cost, beside its tokens: how it is served, what it searches, what its prompt is made of.</summary>
public sealed class HoldTests
{
    private const string Wide = """{ "scope": "gateway", "limit": 100 }""";

    private static readonly RequestFacts s_asked = new("id", "owner", null, null, [], "chat", 1000, 1000, false, null);

    [Fact]
    public async Task A_service_tier_raises_and_lowers_what_is_held_as_it_does_the_price()
    {
        await using var stage = BudgetStage.Of(Wide);
        var standard = await HeldAsync(stage, s_asked, "openai/gpt-5");
        // Many a server reads over the field: it is believed when it has said so.
        Assert.Equal(standard, await HeldAsync(stage, s_asked with { ServiceTier = PriceTier.Flex }, "openai/gpt-5"));
        stage.Target("openai/gpt-5").Health.Tokens.Served(PriceTier.Flex, asked: PriceTier.Flex);
        var flex = await HeldAsync(stage, s_asked with { ServiceTier = PriceTier.Flex }, "openai/gpt-5");
        var priority = await HeldAsync(stage, s_asked with { ServiceTier = PriceTier.Priority }, "openai/gpt-5");
        Assert.Equal((standard / 2, standard * 2), (flex, priority));
        foreach (var (held, tier) in ((decimal, PriceTier)[])[(flex, PriceTier.Flex), (priority, PriceTier.Priority)])
        {
            var cost = stage.Target("openai/gpt-5").Price.CostOf(new Usage { Input = 1564, Output = 1000, Tier = tier }, stage.Time.GetUtcNow());
            Assert.Equal(cost.Total, held);
        }
    }

    [Fact]
    public async Task A_tier_that_does_not_reach_the_provider_or_has_no_price_changes_nothing()
    {
        await using var stage = BudgetStage.Of(Wide);
        foreach (var target in (string[])["anthropic/claude-sonnet-4-5", "p/m"])
        {
            Assert.Equal(await HeldAsync(stage, s_asked, target), await HeldAsync(stage, s_asked with { ServiceTier = PriceTier.Flex }, target));
        }
    }

    [Fact]
    public async Task A_project_whose_default_is_dearer_is_held_at_that_once_it_was_seen()
    {
        await using var stage = BudgetStage.Of(Wide);
        var before = await HeldAsync(stage, s_asked, "openai/gpt-5");
        stage.Target("openai/gpt-5").Health.Tokens.Served(PriceTier.Priority, asked: null);
        Assert.Equal(before * 2, await HeldAsync(stage, s_asked, "openai/gpt-5"));
        Assert.Equal(before, await HeldAsync(stage, s_asked with { ServiceTier = PriceTier.Standard }, "openai/gpt-5"));
    }

    [Theory]
    [InlineData("""{ "scope": "gateway", "limit": 1 }""")]
    [InlineData("""{ "scope": "gateway", "limit": 200000, "unit": "tokens" }""")]
    public async Task A_long_prompt_makes_no_answer_shorter_than_its_share_of_what_it_leaves(string budget)
    {
        await using var stage = BudgetStage.Of(budget);
        using var money = stage.Open(s_asked with { PromptTokens = 50_000, PromptMost = 100_000, MaxTokens = null });
        Assert.Null(await money.HoldAsync(stage.Target(), CancellationToken.None));
        Assert.InRange(money.OutputLimit!.Value, 5500, 6300);
    }

    [Fact]
    public async Task A_short_answer_is_made_no_shorter_while_it_leaves_as_much()
    {
        await using var stage = BudgetStage.Of("""{ "scope": "gateway", "limit": 0.05 }""");
        using var first = stage.Open(s_asked with { MaxTokens = 2000 });
        Assert.Null(await first.HoldAsync(stage.Target(), CancellationToken.None));
        Assert.Null(first.OutputLimit);
        using var second = stage.Open(s_asked with { MaxTokens = 2000 });
        Assert.Null(await second.HoldAsync(stage.Target(), CancellationToken.None));
        Assert.InRange(second.OutputLimit!.Value, 256, 1000);
    }

    [Fact]
    public async Task An_answer_whose_length_costs_nothing_is_given_no_limit_and_a_guessed_one_is_said()
    {
        await using var stage = BudgetStage.Of(Wide);
        using var own = stage.Open(s_asked with { MaxTokens = null });
        Assert.Null(await own.HoldAsync(stage.Target("q/own"), CancellationToken.None));
        Assert.Equal((null, null, true), (own.OutputLimit, own.Warnings, own.Binds));
        // Nor is it ended, however long it thinks.
        using var thinking = stage.Open(s_asked with { MaxTokens = null, Stream = true, MayThink = true });
        Assert.Null(await thinking.HoldAsync(stage.Target("q/own"), CancellationToken.None));
        Assert.Null(thinking.OutputLimit);
        Assert.True(await thinking.MayGoOnAsync(400_000, 100_000));
        using var open = stage.Open(s_asked with { MaxTokens = null });
        Assert.Null(await open.HoldAsync(stage.Target("p/open"), CancellationToken.None));
        Assert.StartsWith($"the answer may have {open.OutputLimit} tokens: a budget holds it, and nobody knows how long one of p/open may be", Assert.Single(open.Warnings!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_comes_at_once_is_held_at_once()
    {
        await using var stage = BudgetStage.Of(Wide);
        using var money = stage.Open(s_asked with { MaxTokens = null, Stream = true });
        Assert.Null(await money.HoldAsync(stage.Target("p/big"), CancellationToken.None));
        Assert.InRange(stage.Standing().Reserved, 0.0204m, 0.025m);
        Assert.True(await money.MayGoOnAsync(32_000, 1));
        Assert.InRange(stage.Standing().Reserved, 0.08m, 0.15m);
        // From there on it is known to do so, and held whole.
        stage.Target("p/m").Health.Tokens.Learn(1000, 1000, 32_000, 1, 8000);
        using var next = stage.Open(s_asked with { MaxTokens = null, Stream = true, Client = "other" });
        var before = stage.Standing().Reserved;
        Assert.Null(await next.HoldAsync(stage.Target(), CancellationToken.None));
        Assert.InRange(stage.Standing().Reserved - before, 0.08m, 0.09m);
    }

    [Theory]
    [InlineData("""{ "scope": "gateway", "limit": 1000000000000 }""")]
    [InlineData("""{ "scope": "gateway", "limit": 1000000000000, "unit": "tokens" }""")]
    public async Task A_limit_as_large_as_a_number_can_be_holds_everything(string budget)
    {
        await using var stage = BudgetStage.Of(budget);
        using var money = stage.Open(s_asked with { MaxTokens = int.MaxValue, Choices = 128, MaxCost = decimal.MaxValue });
        Assert.Null(await money.HoldAsync(stage.Target(), CancellationToken.None));
        Assert.Null(money.OutputLimit);
    }

    [Fact]
    public async Task A_prediction_is_held_as_output_that_nobody_sees()
    {
        await using var stage = BudgetStage.Of(Wide);
        var plain = await HeldAsync(stage, s_asked, "p/m");
        Assert.Equal(plain + (500 * 10m / 1_000_000), await HeldAsync(stage, s_asked with { Predicted = 500 }, "p/m"));
        // Translated, it is left out.
        Assert.Equal(await HeldAsync(stage, s_asked, "anthropic/claude-sonnet-4-5"), await HeldAsync(stage, s_asked with { Predicted = 500 }, "anthropic/claude-sonnet-4-5"));
    }

    [Fact]
    public async Task Pictures_are_held_for_the_most_that_the_model_counts_for_one()
    {
        await using var stage = BudgetStage.Of(Wide);
        var price = stage.Target("anthropic/claude-sonnet-4-5").Price;
        var plain = await HeldAsync(stage, s_asked, "anthropic/claude-sonnet-4-5");
        var two = await HeldAsync(stage, s_asked with { Images = 2, PictureSizes = [new PictureSize(640, 480)] }, "anthropic/claude-sonnet-4-5");
        Assert.Equal(price.Ceiling(5000 + 2300, 0, stage.Time.GetUtcNow()), two - plain);
    }

    // How long a prompt may be says how much is held for it, and not how long the answer may be.
    [Fact]
    public async Task A_prompt_that_may_fill_the_window_does_not_cut_the_answer()
    {
        await using var stage = BudgetStage.Of(Wide);
        using var money = stage.Open(s_asked with { PromptTokens = 150_000, PromptMost = 300_000, MaxTokens = null, Stream = true });
        Assert.Null(await money.HoldAsync(stage.Target("p/m"), CancellationToken.None));
        Assert.Equal((8000, null), (money.LongestAnswer, money.OutputLimit));
        Assert.True(await money.MayGoOnAsync(6000, 1000));
    }

    // An estimate says when to hold more; it ends no answer whose provider was told how long it may be.
    [Theory]
    [InlineData(5000, 1000, true)] // words
    [InlineData(6000, 6000, true)] // a letter at a time
    [InlineData(20_000, 40, true)] // in bulk, of much white space
    [InlineData(10_000, 2000, false)] // twice as long as was asked for
    [InlineData(40_000, 40, false)]
    public async Task An_answer_with_a_limit_of_its_own_is_ended_only_where_it_surely_passes_it(int bytes, int pieces, bool goesOn)
    {
        await using var stage = BudgetStage.Of(Wide);
        using var money = stage.Open(s_asked with { MaxTokens = 1000, Stream = true });
        Assert.Null(await money.HoldAsync(stage.Target("p/m"), CancellationToken.None));
        Assert.Equal(goesOn, await money.MayGoOnAsync(bytes, pieces));
    }

    [Fact]
    public async Task A_small_window_bounds_what_no_limit_could_without_cutting_it()
    {
        await using var stage = BudgetStage.Of("""{ "scope": "gateway", "limit": 10000000, "unit": "tokens" }""");
        var asked = s_asked with { MaxTokens = null };
        using var brief = stage.Open(asked with { PromptTokens = 100, PromptMost = 200 });
        Assert.Null(await brief.HoldAsync(stage.Target("q/small"), CancellationToken.None));
        Assert.Equal(8192 - 264, brief.OutputLimit);
        using var lengthy = stage.Open(asked with { PromptTokens = 3000, PromptMost = 6000 });
        Assert.Null(await lengthy.HoldAsync(stage.Target("q/small"), CancellationToken.None));
        Assert.Equal((8192 - 1500, null), (lengthy.LongestAnswer, lengthy.OutputLimit));
    }

    [Fact]
    public async Task Searches_are_held_with_their_fee_and_what_they_bring_into_the_prompt()
    {
        await using var stage = BudgetStage.Of(Wide);
        var asked = s_asked with { Dialect = DialectKind.Anthropic };
        var price = stage.Target("anthropic/claude-sonnet-4-5").Price;
        var plain = await HeldAsync(stage, asked, "anthropic/claude-sonnet-4-5");
        var three = await HeldAsync(stage, asked with { Searches = new SearchTools(3, true) }, "anthropic/claude-sonnet-4-5");
        var found = price.Ceiling(24_000, 0, stage.Time.GetUtcNow());
        Assert.Equal(0.03m + found, three - plain); // ten dollars for a thousand
        // To a provider that is spoken to in another protocol they do not come.
        Assert.Equal(await HeldAsync(stage, s_asked, "anthropic/claude-sonnet-4-5"), await HeldAsync(stage, s_asked with { Searches = new SearchTools(3, true) }, "anthropic/claude-sonnet-4-5"));
    }

    [Fact]
    public async Task A_search_tool_without_a_bound_is_given_one_where_money_is_held()
    {
        await using var stage = BudgetStage.Of(Wide);
        using var open = stage.Open(s_asked with { Dialect = DialectKind.Anthropic, Searches = new SearchTools(SearchTools.Assumed, false) });
        Assert.Null(await open.HoldAsync(stage.Target("anthropic/claude-sonnet-4-5"), CancellationToken.None));
        Assert.Equal(SearchTools.Assumed, open.SearchLimit);
        using var bounded = stage.Open(s_asked with { Dialect = DialectKind.Anthropic, Searches = new SearchTools(2, true) });
        Assert.Null(await bounded.HoldAsync(stage.Target("anthropic/claude-sonnet-4-5"), CancellationToken.None));
        Assert.Null(bounded.SearchLimit);

        var output = new System.Buffers.ArrayBufferWriter<byte>();
        var body = """{"tools":[{"name":"f","input_schema":{"type":"object"}},{"type":"web_search_20250305","name":"web_search" }, {"type":"web_search_20250305","name":"w2","max_uses":9}],"max_tokens":5}"""u8;
        Assert.True(AnthropicPatch.TryWrite(body, new AnthropicChanges { MaxSearches = 5 }, output));
        Assert.Equal("""{"tools":[{"name":"f","input_schema":{"type":"object"}},{"type":"web_search_20250305","name":"web_search" ,"max_uses":5}, {"type":"web_search_20250305","name":"w2","max_uses":9}],"max_tokens":5}""", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("""{"tools":[{"type":"web_search_20250305","name":"web_search","max_uses":3},{"name":"x","input_schema":{}}]}""", 3, true)]
    [InlineData("""{"tools":[{"name":"web_search","type":"web_search_20260209","allowed_domains":["a.example"]}]}""", 5, false)]
    [InlineData("""{"tools":[{"type":"function","function":{"name":"web_search","parameters":{"type":"object"}}}]}""", 0, true)]
    [InlineData("""{"tools":["web_search", null, {"type":7}]}""", 0, true)]
    [InlineData("""{"web_search_options":{"search_context_size":"high"}}""", 1, true)]
    [InlineData("""{"tools":[{"type":"web_fetch_20250910","name":"web_fetch","max_uses":9}]}""", 0, true, true)]
    [InlineData("""{"tools":[{"type":"web_search_20250305","name":"s","max_uses":2},{"type":"web_fetch_20250910","name":"f"}]}""", 2, true, true)]
    public void Sees_what_a_request_lets_the_provider_search(string body, int most, bool isBounded, bool fetches = false)
    {
        using var envelope = RequestEnvelope.Of(Encoding.UTF8.GetBytes(body));
        Assert.Equal(new SearchTools(most, isBounded) { Fetches = fetches }, envelope.Searches);
    }

    [Theory]
    [InlineData("\"priority\"", PriceTier.Priority)]
    [InlineData("\"flex\"", PriceTier.Flex)]
    [InlineData("\"default\"", PriceTier.Standard)]
    [InlineData("\"auto\"", null)]
    [InlineData("null", null)]
    public void Sees_how_a_request_wants_to_be_served(string tier, object? expected)
    {
        using var envelope = RequestEnvelope.Of(Encoding.UTF8.GetBytes($$"""{"model":"m","service_tier":{{tier}},"messages":[]}"""));
        Assert.Equal((PriceTier?)expected, envelope.ServiceTier);
    }

    [Fact]
    public async Task A_dense_prompt_is_held_for_what_it_can_be_before_anything_is_learned_and_after()
    {
        await using var stage = BudgetStage.Of(Wide);
        var dense = new string('7', 40_000);
        using var envelope = RequestEnvelope.Of(Encoding.UTF8.GetBytes($$"""{"messages":[{"role":"user","content":"{{dense}}"}]}"""));
        var facts = s_asked with { PromptTokens = envelope.EstimatedTokens, PromptMost = envelope.MostTokens(), MaxTokens = 1 };
        // Tokenizers of one digit a token: a dollar a million.
        Assert.InRange(await HeldAsync(stage, facts, "p/m"), 0.04m, 0.0406m);
        for (var i = 0; i < 10; i++) stage.Target("p/m").Health.Tokens.Learn(10_000, 9000, 400, 100, 100, most: 19_000);
        Assert.InRange(await HeldAsync(stage, facts, "p/m"), 0.04m, 0.0406m);
    }

    [Fact]
    public async Task More_than_the_models_window_is_not_held()
    {
        await using var stage = BudgetStage.Of(Wide);
        Assert.InRange(await HeldAsync(stage, s_asked with { PromptTokens = 150_000, PromptMost = 600_000, MaxTokens = 1 }, "p/m"), 0.2m, 0.2001m);
    }

    [Fact]
    public async Task A_document_is_held_by_its_size_and_text_is_never_taken_for_media()
    {
        await using var stage = BudgetStage.Of(Wide);
        var pdf = Convert.ToBase64String(new byte[60_000]);
        using var document = RequestEnvelope.Of(Encoding.UTF8.GetBytes($$$"""{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"{{{pdf}}}"}}]}]}"""));
        Assert.Equal((1, 80_000L), (document.Documents, document.MediaBytes));
        Assert.InRange(document.MostTokens(), 1, 200);
        var held = await HeldAsync(stage, s_asked with { PromptTokens = document.EstimatedTokens, PromptMost = document.MostTokens(), Documents = 1, MediaBytes = document.MediaBytes, MaxTokens = 1 }, "p/m");
        Assert.InRange(held, 0.04m, 0.041m);

        // Chinese has no spaces; it is not base64 for that.
        var chinese = string.Concat(Enumerable.Repeat("人工智能网关负责把请求转发给不同的模型提供商。", 100));
        using var text = RequestEnvelope.Of(Encoding.UTF8.GetBytes($$"""{"messages":[{"role":"user","content":"{{chinese}}"}]}"""));
        Assert.Equal(0, text.MediaBytes);
        Assert.InRange(text.EstimatedTokens, 1700, 1800);
        using var picture = RequestEnvelope.Of(Encoding.UTF8.GetBytes($$$"""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{pdf}}}"}}]}]}"""));
        Assert.InRange(picture.EstimatedTokens, 1, 40);
    }

    [Fact]
    public async Task A_recording_is_held_by_its_length_at_the_price_of_audio()
    {
        await using var stage = BudgetStage.Of(Wide);
        var plain = await HeldAsync(stage, s_asked, "openai/gpt-audio");
        // Half a minute of 24 kHz: 12 tokens a second and a second for its ends, at $32 a million.
        var facts = s_asked with { Documents = 1, MediaBytes = 1_920_060, Sounds = new Sounds(1, 1_920_060, 30, false) };
        Assert.Equal(31 * 12 * 32m / 1_000_000, await HeldAsync(stage, facts, "openai/gpt-audio") - plain);
        // Where nobody sees it: all that the model takes, as audio.
        Assert.True(await HeldAsync(stage, facts with { HasUnseen = true, Sounds = new Sounds(1, 0, 0, true) }, "openai/gpt-audio") >= 128_000 * 32m / 1_000_000);
        // A document beside it is taken by its own size.
        Assert.Equal(40_000 * 2.5m / 1_000_000, await HeldAsync(stage, facts with { Documents = 2, MediaBytes = 1_920_060 + 80_000 }, "openai/gpt-audio") - await HeldAsync(stage, facts, "openai/gpt-audio"));
    }

    [Fact]
    public async Task A_document_that_is_not_in_the_request_is_held_for_all_that_the_model_takes()
    {
        await using var stage = BudgetStage.Of(Wide);
        var facts = s_asked with { Documents = 1, HasUnseen = true, MaxTokens = 1000 };
        // A dollar a million in, ten out: the window of 200,000, and the answer beside it.
        Assert.Equal(0.21m, await HeldAsync(stage, facts, "p/m"));
        Assert.InRange(await HeldAsync(stage, facts with { MaxTokens = null }, "p/m"), 0.28m, 0.28m);
        // Whose window nobody knows is taken for as large.
        Assert.Equal(0.0201m, await HeldAsync(stage, facts, "p/cheap"));
    }

    [Fact]
    public async Task Pages_that_the_provider_fetches_are_held_for_where_it_is_told_to()
    {
        await using var stage = BudgetStage.Of(Wide);
        var asked = s_asked with { Dialect = DialectKind.Anthropic, Searches = SearchTools.None with { Fetches = true } };
        var target = stage.Target("anthropic/claude-sonnet-4-5");
        Assert.True(await HeldAsync(stage, asked, target.Name) >= target.Price.Ceiling(200_000, 1000, stage.Time.GetUtcNow()));
        // To a provider of another protocol the tool does not come.
        Assert.Equal(await HeldAsync(stage, s_asked, "p/m"), await HeldAsync(stage, asked, "p/m"));
    }

    [Theory]
    [InlineData("""{"type":"document","source":{"type":"url","url":"https://a.example/long.pdf"}}""", true)]
    [InlineData("""{"type":"document","source":{"type":"file","file_id":"file_1"},"cache_control":{"type":"ephemeral"}}""", true)]
    [InlineData("""{"source":{"media_type":"application/pdf","data":"JVBERi0x","type":"base64"},"type":"document"}""", false)]
    [InlineData("""{"type":"document","source":{"type":"text","media_type":"text/plain","data":"so it is"}}""", false)]
    [InlineData("""{"type":"document","source":{"type":"content","content":[{"type":"text","text":"a"}]},"citations":{"enabled":true}}""", false)]
    [InlineData("""{"type":"file","file":{"file_id":"file_1"}}""", true)]
    [InlineData("""{"type":"file","file":{"filename":"a.pdf","file_data":"https://a.example/a.pdf"}}""", true)]
    [InlineData("""{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0x"}}""", false)]
    [InlineData("""{"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}}""", false)]
    [InlineData("""{"type":"video_url","video_url":{"url":"https://a.example/a.mp4"}}""", true)]
    [InlineData("""{"type":"video_url","video_url":{"url":"data:video/mp4;base64,AAAA"}}""", false)]
    [InlineData("""{"type":"image","source":{"type":"file","file_id":"file_1"}}""", false)]
    [InlineData("""{"type":"image_url","image_url":{"url":"https://a.example/a.png"}}""", false)]
    [InlineData("""{"type":"tool_result","tool_use_id":"t","content":[{"type":"document","source":{"type":"url","url":"https://a.example"}}]}""", true)]
    [InlineData("""{"type":"tool_use","id":"t","name":"f","input":{"of":{"type":"document","source":{"type":"url","url":"https://a.example"}}}}""", false)]
    public void Sees_what_of_a_prompt_is_not_in_the_request(string part, bool expected)
    {
        var body = Encoding.UTF8.GetBytes($$$"""{"tools":[{"type":"document","x":{"url":"https://a"}}],"messages":[{"role":"user","content":[{"type":"text","text":"read"},{{{part}}}]}]}""");
        Assert.Equal(expected, UnseenParts.Any(body));
        if (!expected) return;
        using var envelope = RequestEnvelope.Of(body);
        Assert.True(envelope.Documents > 0);
    }

    private static async Task<decimal> HeldAsync(BudgetStage stage, RequestFacts facts, string target)
    {
        using var money = stage.Open(facts);
        Assert.Null(await money.HoldAsync(stage.Target(target), CancellationToken.None));
        return stage.Standing().Reserved;
    }
}
