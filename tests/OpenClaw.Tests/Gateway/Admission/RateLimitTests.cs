using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using OpenClaw.Config;
using OpenClaw.Gateway.Admission;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Tests.Gateway.Admission;

public sealed class RateLimitTests
{
    private readonly ManualTime _time = new();
    private readonly RateLimits _rates;

    public RateLimitTests() => _rates = new RateLimits(_time);

    [Fact]
    public void The_request_beyond_the_rate_is_told_to_the_tick_when_it_may_come()
    {
        var limits = Limits(new LimitConfig { Scope = "client", RequestsPerMinute = 5 });
        for (var i = 0; i < 5; i++) Assert.Null(Enter(limits, "ci"));
        var refused = Enter(limits, "ci")!;
        Assert.Equal((GatewayErrorKind.RateLimited, TimeSpan.FromSeconds(12)), (refused.Kind, refused.RetryAfter));
        Assert.Contains("client \"ci\"'s 5 requests a minute", refused.Message, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromSeconds(12) - TimeSpan.FromTicks(1));
        Assert.Equal(TimeSpan.FromTicks(1), Enter(limits, "ci")!.RetryAfter);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(Enter(limits, "ci"));
        Assert.NotNull(Enter(limits, "ci"));
    }

    [Fact]
    public void Whoever_waits_as_told_gets_in_every_time()
    {
        var limits = Limits(new LimitConfig { Scope = "gateway", RequestsPerMinute = 7 });
        for (var i = 0; i < 7; i++) Assert.Null(Enter(limits, "a"));
        var start = _time.GetUtcNow();
        for (var i = 0; i < 700; i++)
        {
            _time.Advance(Enter(limits, "a")!.RetryAfter!.Value);
            Assert.Null(Enter(limits, "a"));
        }
        Assert.InRange((_time.GetUtcNow() - start).TotalMinutes, 99.99, 100.01);
    }

    [Fact]
    public void Each_client_has_a_rate_of_its_own_and_the_gateways_is_everybodys()
    {
        var limits = Limits(new LimitConfig { Scope = "client", RequestsPerMinute = 2 }, new LimitConfig { Scope = "gateway", RequestsPerMinute = 3 }, new LimitConfig { Scope = "client:b", RequestsPerMinute = 1 });
        Assert.Null(Enter(limits, "a"));
        Assert.Null(Enter(limits, "a"));
        Assert.Contains("client \"a\"", Enter(limits, "a")!.Message, StringComparison.Ordinal);
        Assert.Null(Enter(limits, "b"));
        Assert.Contains("the gateway's", Enter(limits, "c")!.Message, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Contains("client \"b\"'s 1 request a", Enter(limits, "b")!.Message, StringComparison.Ordinal);
        // What the refused took from the others went back.
        Assert.Null(Enter(limits, "c"));
    }

    [Fact]
    public void Tokens_are_taken_by_estimate_and_become_what_was_used()
    {
        var limits = Limits(new LimitConfig { Scope = "gateway", TokensPerMinute = 10_000 });
        var hold = new RateHold();
        Assert.Null(_rates.Enter(limits, "a", 4000, 64_000, hold));
        Assert.Equal("4976", Headers(hold, DialectKind.OpenAiChat)["x-ratelimit-remaining-tokens"]);
        hold.Settle(Used(new Usage { Input = 3000, CacheRead = 500, Output = 500 }));
        Assert.Equal("6000", Headers(hold, DialectKind.OpenAiChat)["x-ratelimit-remaining-tokens"]);
        // A whole answer of 16,000 tokens: the debt is worked off before the next one.
        var large = new RateHold();
        Assert.Null(_rates.Enter(limits, "a", 4000, 64_000, large));
        large.Settle(Used(new Usage { Input = 4000, Output = 16_000 }));
        var wait = _rates.Enter(limits, "a", 1000, 10, new RateHold())!.RetryAfter!.Value;
        Assert.Equal(15_010 / 10_000.0 * 60, wait.TotalSeconds, 3);
    }

    [Fact]
    public void A_limit_below_nothing_takes_no_less_than_the_prompt_and_leaves_no_debt()
    {
        var limits = Limits(new LimitConfig { Scope = "gateway", TokensPerMinute = 2000 });
        var hold = new RateHold();
        Assert.Null(_rates.Enter(limits, "a", 500, -2_000_000_000, hold));
        Assert.Equal("1500", Headers(hold, DialectKind.OpenAiChat)["x-ratelimit-remaining-tokens"]);
        hold.Settle(Used(new Usage { Input = 500, Output = 100 }));
        Assert.Null(_rates.Enter(limits, "a", 300, 1000, new RateHold()));
    }

    [Fact]
    public void A_request_that_came_to_nothing_gives_its_tokens_back()
    {
        var limits = Limits(new LimitConfig { Scope = "gateway", TokensPerMinute = 2000 });
        for (var i = 0; i < 20; i++)
        {
            var hold = new RateHold();
            Assert.Null(_rates.Enter(limits, "a", 500, null, hold));
            hold.Settle(new Decision("d", default, "chat"));
        }
    }

    [Fact]
    public void A_request_that_is_larger_than_the_minute_is_told_so_and_does_not_wait()
    {
        var limits = Limits(new LimitConfig { Scope = "client", TokensPerMinute = 1000 });
        var refused = _rates.Enter(limits, "ci", 1001, null, new RateHold())!;
        Assert.Equal((GatewayErrorKind.RequestTooLarge, null), (refused.Kind, refused.RetryAfter));
        Assert.Contains("1001 tokens, more than client \"ci\"'s 1000", refused.Message, StringComparison.Ordinal);
        Assert.Null(_rates.Enter(limits, "ci", 1000, 50_000, new RateHold()));
    }

    [Fact]
    public void Each_protocol_tells_what_is_left_in_its_own_headers()
    {
        var limits = Limits(new LimitConfig { Scope = "gateway", RequestsPerMinute = 600, TokensPerMinute = 6000 }, new LimitConfig { Scope = "client", RequestsPerMinute = 2 });
        var hold = new RateHold();
        Assert.Null(_rates.Enter(limits, "ci", 100, 100, hold));
        var openai = Headers(hold, DialectKind.OpenAiChat);
        Assert.Equal(("2", "1", "30s"), (openai["x-ratelimit-limit-requests"], openai["x-ratelimit-remaining-requests"], openai["x-ratelimit-reset-requests"]));
        Assert.Equal(("6000", "5800", "2s"), (openai["x-ratelimit-limit-tokens"], openai["x-ratelimit-remaining-tokens"], openai["x-ratelimit-reset-tokens"]));
        var anthropic = Headers(hold, DialectKind.Anthropic);
        Assert.Equal(("2", "1", "2026-01-01T00:00:30Z"), (anthropic["anthropic-ratelimit-requests-limit"], anthropic["anthropic-ratelimit-requests-remaining"], anthropic["anthropic-ratelimit-requests-reset"]));
        Assert.Empty(Headers(new RateHold(), DialectKind.OpenAiChat));
    }

    [Fact]
    public async Task Many_at_once_get_exactly_what_there_is()
    {
        var limits = Limits(new LimitConfig { Scope = "gateway", RequestsPerMinute = 100 });
        var passed = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 50; i++)
            {
                if (Enter(limits, "a") is null) Interlocked.Increment(ref passed);
            }
        })));
        Assert.Equal(100, passed);
    }

    [Fact]
    public void A_changed_limit_holds_at_once_and_idle_meters_are_forgotten()
    {
        Assert.Null(Enter(Limits(new LimitConfig { Scope = "gateway", RequestsPerMinute = 1 }), "a"));
        Assert.Null(Enter(Limits(new LimitConfig { Scope = "gateway", RequestsPerMinute = 2 }), "a"));
        var each = Limits(new LimitConfig { Scope = "client", RequestsPerMinute = 60 });
        for (var i = 0; i < 10_000; i++) Enter(each, "client" + i);
        _time.Advance(TimeSpan.FromMinutes(2));
        Enter(each, "one more");
        Assert.InRange(_rates.Count, 1, 3);
    }

    [Fact]
    public void Gateways_that_share_a_limit_take_a_share_each()
    {
        var gateways = 1;
        var rates = new RateLimits(_time, () => gateways);
        ImmutableArray<LimitConfig> limits = [new LimitConfig { Scope = "gateway", RequestsPerMinute = 6, TokensPerMinute = 6000 }];
        GatewayError? Ask() => rates.Enter(limits, "a", 100, 100, new RateHold { Weight = rates.Weight });
        Assert.Null(Ask());
        gateways = 3;
        Assert.Null(Ask());
        Assert.NotNull(Ask()); // 1 + 3 of 6 are taken
        gateways = 1;
        Assert.Null(Ask());

        // Less than one a minute is one, and what was used beyond the estimate counts as often.
        gateways = 10;
        ImmutableArray<LimitConfig> few = [new LimitConfig { Scope = "client", RequestsPerMinute = 2 }];
        Assert.Null(rates.Enter(few, "b", 1, 1, new RateHold { Weight = rates.Weight }));
        Assert.NotNull(rates.Enter(few, "b", 1, 1, new RateHold { Weight = rates.Weight }));
    }

    private GatewayError? Enter(ImmutableArray<LimitConfig> limits, string caller) => _rates.Enter(limits, caller, 10, null, new RateHold());

    private static ImmutableArray<LimitConfig> Limits(params ImmutableArray<LimitConfig> limits) => limits;

    private Dictionary<string, string> Headers(RateHold hold, DialectKind dialect)
    {
        var headers = new HeaderDictionary();
        hold.WriteHeaders(headers, dialect, _time.GetUtcNow());
        return headers.ToDictionary(static h => h.Key, static h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
    }

    private static Decision Used(Usage usage)
    {
        var decision = new Decision("d", default, "chat");
        decision.Attempts.Add(new AttemptRecord(new("a", "b"), "", AttemptKind.First, 0) { Usage = usage });
        return decision;
    }
}
