using System.Collections.Immutable;
using OpenClaw.Config;
using OpenClaw.Gateway.Admission;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Providers.Scripted;
using OpenClaw.Tests.Docs;
using OpenClaw.Tests.Gateway.Dispatch;
using OpenClaw.Tests.Gateway.Metering.Budgets;

namespace OpenClaw.Tests.Gateway.Admission;

/// <summary>A target that is called twice for one request: its tokens are taken from the minute once.</summary>
public sealed class RateOfOneTargetTests
{
    private readonly RateLimits _rates = new(new ManualTime());

    [Fact]
    public async Task What_two_calls_of_one_target_used_is_taken_once()
    {
        await using var stage = BudgetStage.Of("");
        ImmutableArray<LimitConfig> limits = [new LimitConfig { Scope = "model:p/m", TokensPerMinute = 10_000 }, new LimitConfig { Scope = "provider:p", TokensPerMinute = 10_000 }];
        var hold = new RateHold();
        foreach (var target in (string[])["p/m", "p/cheap", "p/m"]) Assert.Null(_rates.EnterTarget(limits, stage.Target(target), 1000, 500, hold));
        var decision = new Decision("d", default, "chat");
        Called(decision, "p/m", 1000);
        Called(decision, "p/cheap", 2000);
        Called(decision, "p/m", 3000);
        hold.Settle(decision);
        // The model's: 1000 + 3000 of 10,000. The provider's: those and the 2000.
        Assert.Equal((6000, 4000), (Left(stage, limits[..1]), Left(stage, limits[1..])));
    }

    [Fact]
    public async Task An_answer_that_its_own_target_goes_on_with_counts_once()
    {
        await using var server = ScriptedServer.Start();
        server.On("m", static x => ScriptedStage.SayAsync(x, x.Call.Attempt == 1 ? "The lobster" : "The lobster is home.", promptTokens: 1100, cut: x.Call.Attempt == 1));
        await using var gateway = await RunningGateway.StartAsync($$"""
            {
              "models": { "providers": { "p": { "api": "openai-completions", "baseUrl": "{{server.BaseUrl}}", "apiKey": "k", "prefill": false } } },
              "limits": [{ "scope": "model:p/m", "tokensPerMinute": 2500 }], "routing": { "retries": 0 }, "storage": { "url": "none" }
            }
            """);
        const string Ask = """{ "model": "p/m", "stream": true, "max_tokens": 1000, "messages": [{ "role": "user", "content": "Say it, please." }] }""";
        var (_, healed) = await gateway.PostAsync("/v1/chat/completions", Ask);
        Assert.Equal(2, server.CountOf("m"));
        Assert.Contains("[DONE]", healed, StringComparison.Ordinal);
        // About 1150 of the 2500 are used, and this one is thought to take 1010.
        var (next, body) = await gateway.PostAsync("/v1/chat/completions", Ask);
        Assert.True(next.IsSuccessStatusCode, body);
    }

    private static void Called(Decision decision, string target, long tokens) =>
        decision.Attempts.Add(new AttemptRecord(ModelRefs.Of(target), "", AttemptKind.First, 0) { Usage = new Usage { Input = tokens } });

    // As much as may be taken at once.
    private int Left(BudgetStage stage, ImmutableArray<LimitConfig> limits)
    {
        var (fits, most) = (0, 10_000);
        while (fits < most)
        {
            var tokens = (fits + most + 1) / 2;
            var hold = new RateHold();
            if (_rates.EnterTarget(limits, stage.Target(), tokens, 0, hold) is null) fits = tokens;
            else most = tokens - 1;
            hold.GiveBack();
        }
        return fits;
    }
}
