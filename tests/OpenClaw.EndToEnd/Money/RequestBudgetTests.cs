using OpenClaw.EndToEnd.Running;
using OpenClaw.Tests;

namespace OpenClaw.EndToEnd.Money;

/// <summary>A budget of each request by itself, at the built binary: over all its hops, whole and streamed, and never of two together. A token of an answer is $0.00001.</summary>
public sealed class RequestBudgetTests
{
    private const decimal Limit = 0.05m;

    [Fact]
    public async Task A_whole_answer_is_shortened_to_what_the_budget_pays_for_and_the_caller_is_told()
    {
        await using var provider = new CountingProvider();
        await using var gateway = await StartAsync(provider);
        for (var i = 0; i < 3; i++)
        {
            var before = provider.Cost;
            var answer = await gateway.CallAsync("POST", "/v1/chat/completions", """{"model":"count/talk-20000","max_tokens":20000,"messages":[{"role":"user","content":"go"}]}""");
            Assert.True(answer.Status == 200, answer.Body);
            Assert.Matches("the answer may have [0-9]+ tokens: one call holds no more of what a budget has left", answer.Headers["x-openclaw-warnings"]);
            // Each by itself: the third has what the first had.
            Assert.InRange(provider.Cost - before, Limit / 4 * 0.9m, Limit);
        }
        Assert.True(provider.Cost > Limit, "all together have spent more than one may");
        var budget = Assert.Single((await gateway.GetAsync("/openclaw/v1/budgets")).Json["budgets"]!.AsArray())!;
        Assert.Equal(("no single request", "request"), (budget["name"]!.GetValue<string>(), budget["scope"]!.GetValue<string>()));
        Assert.False(budget.AsObject().ContainsKey("spent"), "it has no counter that others share");
    }

    [Theory]
    [InlineData("/v1/chat/completions", "openai")]
    [InlineData("/v1/messages", "anthropic")]
    public async Task A_prompt_that_leaves_nothing_for_an_answer_is_refused_and_reaches_no_provider(string path, string shape)
    {
        await using var provider = new CountingProvider();
        await using var gateway = await StartAsync(provider);
        // Sixty thousand words come to six cents by themselves.
        var dear = string.Join(' ', Enumerable.Repeat("word", 60_000));
        var answer = await gateway.CallAsync("POST", path, $$"""{"model":"count/talk-100","max_tokens":100,"messages":[{"role":"user","content":"{{dear}}"}]}""");
        Assert.Equal((402, shape, 0), (answer.Status, answer.Shape, provider.Calls));
        var message = answer.Json["error"]!["message"]!.GetValue<string>();
        Assert.StartsWith("budget \"no single request\" does not hold this call: $0.00 spent of $0.05 ", message, StringComparison.Ordinal);
        Assert.EndsWith("send less, ask for a shorter answer (max_tokens) or a cheaper model", message, StringComparison.Ordinal);
        // It would be the same again.
        Assert.Equal((false, "false"), (answer.Headers.ContainsKey("Retry-After"), answer.Headers["x-should-retry"]));
        var decision = await gateway.DecisionAsync(answer.Headers["x-openclaw-decision"]);
        Assert.Equal("refused", decision["outcome"]!.GetValue<string>());
        // And the next, which is small, is none of its business.
        Assert.Equal(200, (await gateway.CallAsync("POST", path, """{"model":"count/talk-100","max_tokens":100,"messages":[{"role":"user","content":"hello"}]}""")).Status);
    }

    [Fact]
    public async Task A_stream_ends_at_the_limit_as_an_answer_of_limited_length_does()
    {
        await using var provider = new CountingProvider();
        await using var gateway = await StartAsync(provider);
        var answer = await StreamAsync(gateway, "count/talk-20000");
        Assert.Contains("\"finish_reason\":\"length\"", answer.Body, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", answer.Body, StringComparison.Ordinal);
        var decision = await gateway.DecisionAsync(answer.Headers["x-openclaw-decision"]);
        Assert.Equal("budget", decision["outcome"]!.GetValue<string>());
        Assert.InRange(decision["cost"]!.GetValue<decimal>(), Limit / 5, Limit);
    }

    [Fact]
    public async Task What_a_cut_hop_has_cost_is_not_there_for_the_hop_that_goes_on()
    {
        await using var provider = new CountingProvider();
        // A cent is gone when it breaks off; to say it all again and to the end would take twenty.
        provider.CutAfter[1] = 1000;
        await using var gateway = await StartAsync(provider, """ "defaultModel": "count/talk-19999", "routing": { "retries": 0 }, """);
        var answer = await StreamAsync(gateway, "count/talk-20000");
        Assert.EndsWith("data: [DONE]\n\n", answer.Body, StringComparison.Ordinal);
        var decision = await gateway.DecisionAsync(answer.Headers["x-openclaw-decision"]);
        Assert.True(provider.Cuts == 1 && decision["attempts"]!.AsArray().Count == 2, decision.ToJsonString());
        Assert.InRange(decision["cost"]!.GetValue<decimal>(), 0.0101m, Limit);
    }

    private static async Task<PlainAnswer> StreamAsync(GatewayProcess gateway, string model)
    {
        var answer = await gateway.CallAsync("POST", "/v1/chat/completions", $$"""{"model":"{{model}}","max_tokens":20000,"stream":true,"messages":[{"role":"user","content":"Say as many words as you can, please."}]}""");
        Assert.True(answer.Status == 200, answer.Body);
        return answer;
    }

    private static Task<GatewayProcess> StartAsync(CountingProvider provider, string more = "") => GatewayProcess.StartAsync($$"""
        {
          {{more}}
          "models": { "providers": { {{provider.Config("talk-100", "talk-19999", "talk-20000")}} } },
          "guard": { "enabled": false },
          "budgets": [{ "name": "no single request", "scope": "request", "limit": 0.05 }]
        }
        """);
}
