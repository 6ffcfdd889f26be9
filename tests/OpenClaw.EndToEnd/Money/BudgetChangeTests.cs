using OpenClaw.EndToEnd.Running;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Money;

/// <summary>Budgets that change while money is spent: taken out of the file and put back, or given another name at one gateway before the other.</summary>
public sealed class BudgetChangeTests
{
    private const string Ask = """{"model":"count/talk-1000","max_tokens":1000,"messages":[{"role":"user","content":"go"}]}""";

    [Theory]
    [InlineData("gateway")]
    [InlineData("session")]
    public async Task What_is_spent_while_a_budget_is_out_of_the_file_counts_once_it_is_back(string scope)
    {
        await using var provider = new CountingProvider();
        var budget = $$"""{ "name": "b", "scope": "{{scope}}", "period": "total", "limit": 0.1 }""";
        await using var gateway = await GatewayProcess.StartAsync(Config(provider, budget));
        Assert.Equal(3, await CallAsync(gateway, 3));
        await gateway.ReloadAsync(Config(provider, ""));
        Assert.Equal(4, await CallAsync(gateway, 4));
        await gateway.ReloadAsync(Config(provider, budget));
        await SpendAllAsync(gateway);
        Assert.InRange(provider.Cost, 0.09m, 0.1m);
    }

    [Fact]
    public async Task A_stream_that_began_before_its_budget_was_written_counts_in_it_once_it_is_over()
    {
        await using var provider = new CountingProvider();
        await using var gateway = await GatewayProcess.StartAsync(Config(provider, ""));
        var stream = StreamAsync(gateway, "count/talk-2500-1ms");
        await UntilAsync(() => provider.Billed.Output > 0);
        await gateway.ReloadAsync(Config(provider, """{ "name": "b", "scope": "gateway", "period": "total", "limit": 0.05 }"""));
        Assert.Equal(1, await CallAsync(gateway, 1));
        Assert.Contains("\"finish_reason\":\"stop\"", await stream, StringComparison.Ordinal);
        await SpendAllAsync(gateway);
        Assert.InRange(provider.Cost, 0.045m, 0.05m);
    }

    [Fact]
    public async Task Gateways_that_are_given_a_new_name_for_a_budget_one_after_the_other_keep_it_together()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var provider = new CountingProvider();
        string Named(string name) => Config(provider, $$"""{ "name": "{{name}}", "scope": "gateway", "period": "total", "limit": 0.4 }""", postgres.Url);
        await using var one = await GatewayProcess.StartAsync(Named("team"));
        await using var two = await GatewayProcess.StartAsync(Named("team"));
        Assert.Equal((5, 5), (await CallAsync(one, 5), await CallAsync(two, 5)));
        await two.ReloadAsync(Named("team budget"));
        Assert.Equal(2, await CallAsync(two, 2));
        Assert.Equal(15, await CallAsync(one, 15));
        await one.ReloadAsync(Named("team budget"));
        foreach (var gateway in (GatewayProcess[])[one, two]) await UntilAsync(async () => await SpentAsync(gateway) >= provider.Cost);
        await SpendAllAsync(two);
        await SpendAllAsync(one);
        Assert.InRange(provider.Cost, 0.37m, 0.4m);
    }

    [Fact]
    public async Task What_gateways_without_a_budget_spend_counts_at_those_that_have_it()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var provider = new CountingProvider();
        await using var without = await GatewayProcess.StartAsync(Config(provider, "", postgres.Url));
        await using var with = await GatewayProcess.StartAsync(Config(provider, """{ "name": "cap", "scope": "gateway", "period": "total", "limit": 30000, "unit": "tokens" }""", postgres.Url));
        Assert.Equal((2, 20), (await CallAsync(with, 2), await CallAsync(without, 20)));
        await UntilAsync(async () => await SpentAsync(with) >= provider.Billed.Output);
        await SpendAllAsync(with);
        Assert.InRange(provider.Billed.Output + provider.Billed.Prompt, 27_000, 30_000);
    }

    private static async Task<decimal> SpentAsync(GatewayProcess gateway) => (await gateway.GetAsync("/openclaw/v1/budgets")).Json["budgets"]![0]!["spent"]?.GetValue<decimal>() ?? 0;

    // How many of so many calls were let in.
    private static async Task<int> CallAsync(GatewayProcess gateway, int count)
    {
        var answered = 0;
        for (var i = 0; i < count; i++)
        {
            var answer = await gateway.CallAsync("POST", "/v1/chat/completions", Ask, new Dictionary<string, string> { ["x-openclaw-session"] = "s" });
            Assert.True(answer.Status is 200 or 402, answer.Body);
            if (answer.Status == 200) answered++;
        }
        return answered;
    }

    // Towards the end answers are shortened to what is left.
    private static async Task SpendAllAsync(GatewayProcess gateway)
    {
        for (var tries = 0; await CallAsync(gateway, 1) == 1; tries++) Assert.True(tries < 200, "nothing is refused");
    }

    private static async Task<string> StreamAsync(GatewayProcess gateway, string model)
    {
        var answer = await gateway.CallAsync("POST", "/v1/chat/completions", $$"""{"model":"{{model}}","max_tokens":2500,"stream":true,"messages":[{"role":"user","content":"go"}]}""");
        Assert.True(answer.Status == 200, answer.Body);
        return answer.Body;
    }

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var tries = 0; !await condition(); tries++)
        {
            Assert.True(tries < 1000, "it never came to that");
            await Task.Delay(20);
        }
    }

    private static string Config(CountingProvider provider, string budget, string? storage = null) => $$"""
        {
          "models": { "providers": { {{provider.Config("talk-1000", "talk-2500-1ms")}} } },
          {{(storage is null ? "" : $"\"storage\": {{ \"url\": \"{storage}\" }},")}}
          "guard": { "enabled": false },
          "budgets": [{{budget}}]
        }
        """;
}
