using System.Collections.Immutable;
using OpenClaw.Config;
using OpenClaw.Gateway.Admission;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Metering;
using OpenClaw.Tests.Docs;
using OpenClaw.Tests.Gateway.Metering.Budgets;

namespace OpenClaw.Tests.Gateway.Admission;

/// <summary>Tokens a minute of one model and of one provider.</summary>
public sealed class TargetTokenRateTests
{
    private readonly ManualTime _time = new();
    private readonly RateLimits _rates;

    public TargetTokenRateTests() => _rates = new RateLimits(_time);

    [Fact]
    public async Task A_models_tokens_are_taken_by_estimate_become_what_was_used_and_bind_no_other_model()
    {
        await using var stage = BudgetStage.Of("");
        ImmutableArray<LimitConfig> limits = [new LimitConfig { Scope = "model:p/m", TokensPerMinute = 10_000 }];
        var hold = new RateHold();
        Assert.Null(_rates.EnterTarget(limits, stage.Target("p/m"), 4000, 64_000, hold));
        hold.Settle(Used(("m", 4000)));
        // Six thousand are left, and 6024 are asked for.
        var refused = _rates.EnterTarget(limits, stage.Target("p/m"), 5000, 64_000, new RateHold())!;
        Assert.Equal(GatewayErrorKind.RateLimited, refused.Kind);
        Assert.StartsWith("p/m's 10000 tokens a minute are used up; try again in ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(24 / 10_000.0 * 60, refused.RetryAfter!.Value.TotalSeconds, 3);
        Assert.Null(_rates.EnterTarget(limits, stage.Target("p/big"), 9000, 64_000, new RateHold()));
        Assert.Null(_rates.EnterTarget(limits, stage.Target("q/own"), 9000, 64_000, new RateHold()));
        _time.Advance(refused.RetryAfter.Value);
        Assert.Null(_rates.EnterTarget(limits, stage.Target("p/m"), 5000, 64_000, new RateHold()));
    }

    [Fact]
    public async Task A_providers_tokens_are_those_of_all_its_models_each_at_what_it_used()
    {
        await using var stage = BudgetStage.Of("");
        ImmutableArray<LimitConfig> limits = [new LimitConfig { Scope = "provider:p", TokensPerMinute = 10_000 }];
        var hold = new RateHold();
        // One request that went from one of its models to another.
        Assert.Null(_rates.EnterTarget(limits, stage.Target("p/m"), 1000, 500, hold));
        Assert.Null(_rates.EnterTarget(limits, stage.Target("p/cheap"), 1000, 500, hold));
        hold.Settle(Used(("m", 1000), ("cheap", 2000)));
        var rest = new RateHold();
        Assert.Null(_rates.EnterTarget(limits, stage.Target("p/big"), 6000, 1000, rest));
        Assert.Contains("p's 10000 tokens a minute", _rates.EnterTarget(limits, stage.Target("p/cheap"), 1, 1, new RateHold())!.Message, StringComparison.Ordinal);
        Assert.Null(_rates.EnterTarget(limits, stage.Target("q/own"), 9000, 1000, new RateHold()));
        // It came to nothing: all of it is there again.
        rest.Settle(Used());
        Assert.Null(_rates.EnterTarget(limits, stage.Target("p/m"), 6000, 1000, new RateHold()));
        Assert.NotNull(_rates.EnterTarget(limits, stage.Target("p/m"), 1, 1, new RateHold()));
    }

    [Fact]
    public async Task What_a_model_refuses_goes_back_to_its_provider_and_what_the_request_took_before_stays_taken()
    {
        await using var stage = BudgetStage.Of("");
        ImmutableArray<LimitConfig> limits = [new LimitConfig { Scope = "provider:p", TokensPerMinute = 10_000 }, new LimitConfig { Scope = "model:p/m", TokensPerMinute = 1000 }];
        var hold = new RateHold();
        Assert.Null(_rates.EnterTarget(limits, stage.Target("p/m"), 900, 50, hold));
        Assert.Equal(2, hold.Count);
        Assert.Contains("p/m's 1000 tokens", _rates.EnterTarget(limits, stage.Target("p/m"), 900, 50, hold)!.Message, StringComparison.Ordinal);
        Assert.Equal(2, hold.Count);
        Assert.Null(_rates.EnterTarget(limits, stage.Target("p/big"), 8050, 1000, new RateHold()));
        Assert.NotNull(_rates.EnterTarget(limits, stage.Target("p/big"), 1, 1, new RateHold()));
    }

    [Fact]
    public async Task A_prompt_that_is_larger_than_a_models_minute_is_told_so_and_takes_nothing()
    {
        await using var stage = BudgetStage.Of("");
        ImmutableArray<LimitConfig> limits = [new LimitConfig { Scope = "model:p/m", TokensPerMinute = 1000 }];
        var refused = _rates.EnterTarget(limits, stage.Target("p/m"), 1001, null, new RateHold())!;
        Assert.Equal((GatewayErrorKind.RequestTooLarge, null), (refused.Kind, refused.RetryAfter));
        Assert.Contains("1001 tokens, more than p/m's 1000", refused.Message, StringComparison.Ordinal);
        Assert.Null(_rates.EnterTarget(limits, stage.Target("p/m"), 1000, 50_000, new RateHold()));
    }

    [Fact]
    public async Task A_model_without_tokens_is_passed_over_and_with_a_provider_that_has_none_the_caller_waits()
    {
        await using var provider = new CountingProvider();
        await using var gateway = await RunningGateway.StartAsync($$"""
            {
              "defaultModel": "count/talk-900",
              "models": { "fallbacks": ["count/talk-800"], "providers": { {{provider.Config("talk-900", "talk-800")}} } },
              "limits": [{ "scope": "model:count/talk-900", "tokensPerMinute": 1000 }, { "scope": "provider:count", "tokensPerMinute": 2000 }]
            }
            """);
        var answers = new List<(HttpResponseMessage Answer, string Body)>();
        for (var i = 0; i < 3; i++) answers.Add(await gateway.PostAsync("/v1/chat/completions", """{"model":"default","max_tokens":900,"messages":[{"role":"user","content":"hello"}]}"""));
        Assert.Equal(["count/talk-900", "count/talk-800", null], answers.Select(static a => Header(a.Answer, "x-openclaw-model")));
        Assert.Equal([200, 200, 429], answers.Select(static a => (int)a.Answer.StatusCode));
        Assert.InRange(int.Parse(Header(answers[2].Answer, "Retry-After")!, System.Globalization.CultureInfo.InvariantCulture), 1, 60);
        Assert.Contains("tokens a minute are used up", answers[2].Body, StringComparison.Ordinal);
        // What a provider may still do is nothing that a caller could plan with.
        Assert.Null(Header(answers[0].Answer, "x-ratelimit-limit-tokens"));
        Assert.Equal(2, provider.Calls);
        var decisions = await gateway.StopAsync();
        string Notes(int i) => string.Join('\n', decisions[Header(answers[i].Answer, "x-openclaw-decision")!].GetProperty("notes").EnumerateArray().Select(static n => n.GetString()));
        Assert.Contains("count/talk-900: passed over, count/talk-900's 1000 tokens a minute", Notes(1), StringComparison.Ordinal);
        Assert.Contains("count/talk-800: passed over, count's 2000 tokens a minute", Notes(2), StringComparison.Ordinal);
    }

    private static Decision Used(params (string Model, int Tokens)[] calls)
    {
        var decision = new Decision("d", default, "chat");
        foreach (var (model, tokens) in calls) decision.Attempts.Add(new AttemptRecord(new("p", model), "", AttemptKind.First, 0) { Usage = new Usage { Input = tokens } });
        return decision;
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) || answer.Content.Headers.TryGetValues(name, out values) ? string.Join(",", values) : null;
}
