using System.Globalization;
using OpenClaw.EndToEnd.Running;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Money;

/// <summary>Budgets that refuse nothing, shared by two gateways on one PostgreSQL: what one spends the other sees.</summary>
public sealed class SoftBudgetTests
{
    // An answer of a hundred tokens to a word.
    private const int Each = 101;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_one_gateway_spends_makes_the_other_warn_and_answer_from_the_cheaper_chain(bool besideHardOne)
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var provider = new CountingProvider();
        var config = $$"""
            {
              "models": { "providers": { {{provider.Config("talk-100", "talk-10")}} }, "aliases": { "cheap": "count/talk-10" } },
              "guard": { "enabled": false },
              "storage": { "url": "{{postgres.Url}}" },
              "budgets": [
                { "name": "soft", "scope": "gateway", "limit": 1000, "unit": "tokens", "action": "downgrade", "to": "cheap" },
                { "name": "look", "scope": "gateway", "limit": 500, "unit": "tokens", "action": "warn" }
                {{(besideHardOne ? ", { \"name\": \"end\", \"scope\": \"gateway\", \"limit\": 1000000, \"unit\": \"tokens\" }" : "")}}
              ]
            }
            """;
        await using var first = await GatewayProcess.StartAsync(config);
        await using var second = await GatewayProcess.StartAsync(config);
        var before = await AskAsync(second);
        Assert.Equal("count/talk-100", before.Headers["x-openclaw-model"]);
        Assert.False(before.Headers.ContainsKey("x-openclaw-warnings"), before.Headers.GetValueOrDefault("x-openclaw-warnings"));

        // One of them uses it up.
        var dear = 0;
        while ((await AskAsync(first)).Headers["x-openclaw-model"] == "count/talk-100" && dear < 20) dear++;
        Assert.InRange(dear, 5, 9);

        // The other hears of it without being asked for anything that costs.
        await Until.TrueAsync("it knows what the first has spent", () => SpentAsync(second), spent => spent >= (dear + 1) * Each);
        var after = await AskAsync(second);
        Assert.Equal((200, "count/talk-10"), (after.Status, after.Headers["x-openclaw-model"]));
        Assert.Contains("budget soft has not enough left, cheap answers", after.Headers["x-openclaw-warnings"], StringComparison.Ordinal);
        Assert.Contains("budget look is used up; it only warns", after.Headers["x-openclaw-warnings"], StringComparison.Ordinal);

        // Both come to what the rows say.
        foreach (var gateway in (GatewayProcess[])[first, second])
        {
            Assert.True(await Eventually.IsTrueAsync(async () => await MoneyStage.WaitingAsync(gateway) == 0), gateway.Log);
        }
        var all = await postgres.NumberAsync("SELECT SUM(input + cache_read + cache_write + cache_write_1h + output) FROM hops");
        Assert.Equal(provider.Billed.Prompt + provider.Billed.Output, all);
        foreach (var gateway in (GatewayProcess[])[first, second])
        {
            await Until.TrueAsync("it has all that was spent", () => SpentAsync(gateway), spent => spent == all);
        }
    }

    private static Task<PlainAnswer> AskAsync(GatewayProcess gateway) =>
        gateway.CallAsync("POST", "/v1/chat/completions", """{"model":"count/talk-100","max_tokens":100,"messages":[{"role":"user","content":"hello"}]}""");

    // Of the two soft budgets, as this gateway knows them: each is read for itself, so the one that is behind.
    private static async Task<long> SpentAsync(GatewayProcess gateway) =>
        (await gateway.GetAsync("/openclaw/v1/budgets")).Json["budgets"]!.AsArray().Take(2).Min(static b => long.Parse(b!["spent"]!.ToJsonString().Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture));
}
