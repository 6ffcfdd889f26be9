using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Prices;

namespace OpenClaw.Tests.Gateway.Metering;

public sealed class TokenCalibrationTests
{
    [Fact]
    public void What_a_model_writes_in_a_time_is_guessed_at_first_and_then_learned()
    {
        var tokens = new TokenCalibration();
        Assert.Equal(2000, tokens.OutputIn(50_000));
        Assert.Equal(0, tokens.OutputIn(-1));
        tokens.Took(1000, 10_000);
        tokens.Took(5, 10_000); // too few to say anything
        Assert.Equal(5000, tokens.OutputIn(50_000));
        for (var i = 0; i < 50; i++) tokens.Took(200, 10_000);
        Assert.InRange(tokens.OutputIn(50_000), 1000, 1020);
    }

    [Fact]
    public void Before_anything_is_known_the_rule_of_thumb_holds_and_the_ceiling_is_wide()
    {
        var tokens = new TokenCalibration();
        Assert.Equal((250, 1011), (tokens.Output(1000, 90), tokens.Prompt(1000)));
        Assert.Equal(1, tokens.PromptCeiling);
        Assert.Equal(375, tokens.OutputCeiling(1000, 90));
        Assert.Equal(500, tokens.OutputCeiling(1000, 500));
    }

    [Fact]
    public void Before_anything_is_known_small_pieces_are_tokens_and_tell_how_the_prompt_is_counted()
    {
        var tokens = new TokenCalibration();
        Assert.Equal((300, 301), (tokens.Output(1000, 300), tokens.Output(1000, 300, isBroken: true)));
        // 0.3 tokens a byte, and the chat's template; of a few pieces nothing is concluded.
        Assert.Equal((400 * 3 / 10) + 11, tokens.Prompt(100, 1000, 300));
        Assert.Equal(111, tokens.Prompt(100, 40, 12));
        Assert.Equal(111, tokens.Prompt(100, 1000, 40));
    }

    [Fact]
    public void What_a_provider_adds_to_every_prompt_is_expected_of_the_next_one()
    {
        var tokens = new TokenCalibration();
        tokens.Learn(100, 120, 400, 100, 100);
        Assert.Equal(0, tokens.PromptExtra);
        // Ten bytes that are billed as a thousand tokens: no tokenizer counts so.
        tokens.Learn(3, 1000, 400, 100, 100);
        for (var estimate = 1; estimate < 50; estimate += 7) Assert.True((estimate * tokens.PromptCeiling) + 64 + tokens.PromptExtra >= 1000);
    }

    [Fact]
    public void A_short_prompt_says_what_is_added_and_nothing_of_how_text_is_counted()
    {
        var tokens = new TokenCalibration();
        tokens.Learn(10, 3000, 400, 100, 100, most: 20);
        Assert.Equal(1, tokens.PromptCeiling);
        Assert.True(64 + tokens.PromptExtra + 20 >= 3000);
        // Of a long one what is known to be added is taken off first.
        tokens.Learn(10_000, 13_000, 400, 100, 100, most: 20_000);
        Assert.Equal(1, tokens.PromptCeiling);
        tokens.Learn(10_000, 33_000, 400, 100, 100, most: 20_000);
        Assert.InRange(tokens.PromptCeiling, 1.6, 1.8);
    }

    [Fact]
    public void What_was_added_to_one_call_is_forgotten_though_none_follows()
    {
        var time = new ManualTime();
        var tokens = new TokenCalibration(time);
        tokens.LearnCost(9, 1);
        tokens.Learn(10, 100_084, 400, 100, 100, most: 20);
        var (usd, prompt) = (tokens.CostExtra, tokens.PromptExtra);
        Assert.Equal((9.2m, 115_000), (usd, prompt));
        time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal((usd / 2, prompt / 2), (tokens.CostExtra, tokens.PromptExtra));
        time.Advance(TimeSpan.FromHours(4));
        Assert.True(tokens.CostExtra < 0.0001m && tokens.PromptExtra <= 1);
        tokens.LearnCost(1.5m, 1);
        Assert.Equal(0.575m, tokens.CostExtra);
    }

    [Theory]
    [InlineData(1, 2000, true)]
    [InlineData(4, 4000, true)]
    [InlineData(1, 20, false)]
    [InlineData(40, 2000, false)]
    public void Who_sends_an_answer_in_a_few_events_is_known(int pieces, int output, bool expected)
    {
        var tokens = new TokenCalibration();
        Assert.False(tokens.ComesInBulk);
        tokens.Learn(100, 100, output * 4, pieces, output);
        Assert.Equal(expected, tokens.ComesInBulk);
        for (var i = 0; i < 10; i++) tokens.Learn(100, 100, 4000, 1000, 1000);
        Assert.False(tokens.ComesInBulk);
    }

    [Fact]
    public void A_cheaper_tier_is_believed_as_long_as_it_is_granted()
    {
        var tokens = new TokenCalibration();
        Assert.Equal(PriceTier.Standard, tokens.TierOf(PriceTier.Flex));
        Assert.Equal(PriceTier.Priority, tokens.TierOf(PriceTier.Priority));
        tokens.Served(PriceTier.Flex, PriceTier.Flex);
        Assert.Equal((PriceTier.Flex, PriceTier.Standard, PriceTier.Standard), (tokens.TierOf(PriceTier.Flex), tokens.TierOf(PriceTier.Batch), tokens.TierOf(null)));
        tokens.Served(PriceTier.Standard, PriceTier.Flex);
        Assert.Equal(PriceTier.Standard, tokens.TierOf(PriceTier.Flex));
    }

    [Fact]
    public void A_model_that_sends_a_token_a_piece_is_counted_by_pieces()
    {
        var tokens = new TokenCalibration();
        var random = new Random(7);
        for (var i = 0; i < 20; i++)
        {
            var pieces = random.Next(50, 800);
            tokens.Learn(100, 120, pieces * random.Next(3, 6), pieces, pieces + 1);
        }
        for (var pieces = 10; pieces < 1000; pieces += 90) Assert.InRange(tokens.Output(pieces * 4, pieces), pieces - 1, pieces + 3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Answers_that_came_whole_say_nothing_of_one_that_comes_by_tokens(int whole)
    {
        var tokens = new TokenCalibration();
        for (var i = 0; i < whole; i++) tokens.Learn(20, 31, 40, 0, 10);
        Assert.Equal((400, 401), (tokens.Output(1600, 400), tokens.Output(1600, 400, isBroken: true)));
        Assert.True(tokens.OutputCeiling(1600, 400) >= 400);
        // In bulk it is the bytes that count.
        Assert.Equal(100, tokens.Output(400, 3));
    }

    [Fact]
    public void The_token_that_ends_a_short_answer_makes_no_long_one_longer()
    {
        var tokens = new TokenCalibration();
        tokens.Learn(28, 39, 60, 13, 14);
        Assert.Equal(365, tokens.Output(1500, 364, isBroken: true));
    }

    [Fact]
    public void A_model_that_sends_in_bulk_is_counted_by_bytes()
    {
        var tokens = new TokenCalibration();
        var random = new Random(7);
        for (var i = 0; i < 30; i++)
        {
            var output = random.Next(50, 800);
            tokens.Learn(100, 120, output * 5, random.Next(3, 40), output);
        }
        Assert.InRange(tokens.Output(2500, 11), 495, 505);
    }

    [Fact]
    public void A_prompts_constant_part_is_told_from_its_slope()
    {
        var tokens = new TokenCalibration();
        var random = new Random(3);
        for (var i = 0; i < 40; i++)
        {
            var estimate = random.Next(50, 5000);
            tokens.Learn(estimate, 40 + (long)(estimate * 0.8), 400, 100, 100);
        }
        Assert.InRange(tokens.Prompt(1000), 832, 848);
    }

    [Fact]
    public void What_a_prompt_can_be_is_never_less_for_what_was_learned_and_more_for_a_model_that_showed_more()
    {
        var tokens = new TokenCalibration();
        for (var i = 0; i < 20; i++) tokens.Learn(1000, 900, 400, 100, 100, most: 1800);
        Assert.Equal(1, tokens.PromptCeiling);
        // A vocabulary of its own: half as many again as any other model has.
        tokens.Learn(1000, 2764, 400, 100, 100, most: 1800);
        Assert.InRange(tokens.PromptCeiling, 1.7, 1.73);
    }

    [Fact]
    public void One_answer_to_a_long_prompt_leaves_the_short_ones_their_template()
    {
        var tokens = new TokenCalibration();
        tokens.Learn(33, 47, 400, 100, 100);
        foreach (var (estimate, real) in s_prompts) Assert.InRange(tokens.Prompt(estimate), real - 4, real + 4);
        // And what nobody's text explains is the provider's: it does not grow with the prompt.
        tokens = new TokenCalibration();
        tokens.Learn(3, 1000, 400, 100, 100);
        Assert.InRange(tokens.Prompt(3), 990, 1000);
        Assert.InRange(tokens.Prompt(103), 1150, 1200);
        // A provider that counts text only.
        tokens = new TokenCalibration();
        for (var i = 0; i < 20; i++) tokens.Learn(2, 1, 400, 100, 100);
        Assert.InRange(tokens.Prompt(2), 1, 2);
    }

    /// <summary>Thirty callers of a real model, of whom some leave before their answer says what it used; whoever they are.</summary>
    [Theory]
    [InlineData(0, 0.1, 0.1)]
    [InlineData(5, 0.3, 0.1)]
    [InlineData(15, 0.65, 0.1)]
    [InlineData(30, 0, 0.1)]
    [InlineData(0, 0.65, 0.05)]
    public void Prompts_whose_callers_left_are_taken_for_what_they_were(int first, double whole, double tolerance)
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var (random, tokens) = (new Random(seed), new TokenCalibration());
            var (billed, truth) = (0L, 0L);
            for (var caller = 0; caller < 30; caller++)
            {
                var (estimate, real) = s_prompts[random.Next(s_prompts.Length)];
                var stays = caller >= first && random.NextDouble() < whole;
                // The model's tokens have 3.7 bytes.
                billed += stays ? real : tokens.Prompt(estimate, 370, 100);
                truth += real;
                if (stays) tokens.Learn(estimate, real, 370, 100, 100);
            }
            Assert.InRange(billed / (double)truth, 1 - tolerance, 1 + tolerance);
        }
    }

    // "Tell me a very long story about …": the estimate, and what a model of the Llama family counts with its chat template.
    private static readonly (int Estimate, int Tokens)[] s_prompts = [(13, 28), (16, 25), (16, 26), (16, 28), (12, 24), (14, 26), (33, 47), (10, 21)];
}
