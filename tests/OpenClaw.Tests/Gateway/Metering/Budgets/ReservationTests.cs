using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Tests.Gateway.Metering.Ledger;

namespace OpenClaw.Tests.Gateway.Metering.Budgets;

public sealed class ReservationTests
{
    private const string Hard = """{ "name": "all", "scope": "gateway", "period": "day", "limit": 1 }""";

    [Fact]
    public async Task What_is_held_is_nobody_elses_and_what_was_not_used_comes_back()
    {
        await using var stage = BudgetStage.Of(Hard);
        using var money = stage.Open(maxTokens: 1000);
        Assert.Null(await money.HoldAsync(stage.Target(), CancellationToken.None));
        var (spent, reserved) = stage.Standing();
        Assert.Equal(0, spent);
        Assert.InRange(reserved, 0.0101m, 0.0105m); // 1000 out at ten dollars a million, and the prompt's ceiling
        stage.End(money, 100, 50);
        Assert.Equal((0.0006m, 0m), stage.Standing());
        Assert.Equal(0.0006m, Assert.Single(money.Charges).Usd);
        Assert.Equal(150, money.Charges[0].Tokens);
    }

    [Fact]
    public async Task A_reservation_that_is_dropped_on_any_path_gives_everything_back()
    {
        await using var stage = BudgetStage.Of(Hard + """, { "scope": "client", "limit": 50000, "unit": "tokens" }""");
        using (var money = stage.Open(stream: true))
        {
            Assert.Null(await money.HoldAsync(stage.Target(), CancellationToken.None));
            Assert.Null(await money.HoldAsync(stage.Target(), CancellationToken.None)); // a retry holds once
            Assert.True(stage.Standing().Reserved is > 0.02m and < 0.03m);
        }
        Assert.Equal((0m, 0m), stage.Standing());
        Assert.Equal((0m, 0m), stage.Standing(1, "owner"));
    }

    [Fact]
    public async Task All_budgets_hold_a_call_or_none_does()
    {
        await using var stage = BudgetStage.Of(Hard + """, { "name": "few", "scope": "client", "limit": 300, "unit": "tokens" }""");
        using var money = stage.Open(prompt: 400);
        var finding = await money.HoldAsync(stage.Target(), CancellationToken.None);
        Assert.Equal("few", finding!.Budget);
        Assert.Equal((0m, 0m), stage.Standing());
        Assert.Equal((0m, 0m), stage.Standing(1, "owner"));
    }

    [Fact]
    public async Task A_refusal_says_which_budget_how_much_until_when_and_what_to_do()
    {
        await using var stage = BudgetStage.Of(Hard);
        await stage.RunAsync(0, 99_900);
        var finding = await stage.RunAsync(100, 10);
        Assert.Equal(GatewayErrorKind.BudgetExceeded, finding!.Error.Kind);
        Assert.Matches("""^budget "all" does not hold this call: \$0\.999 spent of \$1\.00 per day, and it needs at least \$0\.0\d+; it starts anew at 2026-01-02 00:00 UTC; raise its limit in budgets""", finding.Error.Message);
        Assert.Null(finding.Error.RetryAfter);
        stage.Time.Advance(TimeSpan.FromSeconds(86_400 - 30));
        Assert.Equal(TimeSpan.FromSeconds(30), (await stage.RunAsync(100, 10))!.Error.RetryAfter);
        stage.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Null(await stage.RunAsync(100, 10));
    }

    [Fact]
    public async Task A_call_that_only_waits_for_others_to_end_is_told_to_come_back()
    {
        await using var stage = BudgetStage.Of("""{ "scope": "gateway", "limit": 1000, "unit": "tokens" }""");
        using var first = stage.Open(maxTokens: 700, prompt: 10);
        Assert.Null(await first.HoldAsync(stage.Target(), CancellationToken.None));
        using var second = stage.Open(maxTokens: 500, prompt: 10);
        var finding = await second.HoldAsync(stage.Target(), CancellationToken.None);
        if (finding is null)
        {
            // What is left is shared: the second got a shorter answer, and a third finds nothing.
            using var third = stage.Open(maxTokens: 500, prompt: 200);
            finding = await third.HoldAsync(stage.Target(), CancellationToken.None);
        }
        Assert.Contains("reserved by answers under way", finding!.Error.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(2), finding.Error.RetryAfter);
    }

    [Fact]
    public async Task Where_money_is_short_the_provider_is_told_a_limit_and_only_then_the_call_refused()
    {
        await using var stage = BudgetStage.Of(Hard);
        await stage.RunAsync(0, 95_000);
        using var money = stage.Open();
        Assert.Null(await money.HoldAsync(stage.Target(), CancellationToken.None));
        Assert.InRange(money.OutputLimit!.Value, 256, 8000);
        Assert.Contains("may have", Assert.Single(money.Warnings!), StringComparison.Ordinal);
        Assert.True(stage.Standing().Spent + stage.Standing().Reserved <= 1);
    }

    [Fact]
    public async Task While_money_is_plenty_nobody_is_told_a_limit()
    {
        await using var stage = BudgetStage.Of("""{ "scope": "gateway", "limit": 100 }""");
        using var whole = stage.Open();
        Assert.Null(await whole.HoldAsync(stage.Target(), CancellationToken.None));
        using var stream = stage.Open(stream: true);
        Assert.Null(await stream.HoldAsync(stage.Target("p/big"), CancellationToken.None));
        Assert.Null(whole.OutputLimit);
        Assert.Null(stream.OutputLimit);
        Assert.Null(stream.Warnings);
    }

    [Fact]
    public async Task What_a_provider_charges_beyond_the_price_is_held_for_the_next_call()
    {
        await using var stage = BudgetStage.Of("""{ "scope": "gateway", "limit": 0.2 }""");
        using (var first = stage.Open(maxTokens: 10))
        {
            Assert.Null(await first.HoldAsync(stage.Target("openrouter/r"), CancellationToken.None));
            var usage = new Usage { Input = 100, Output = 10, ReportedCost = 0.06m };
            first.HopEnded(stage.Target("openrouter/r"), usage, stage.Target("openrouter/r").Price.CostOf(usage, stage.Time.GetUtcNow()));
        }
        Assert.Equal(0.06m, stage.Standing().Spent);
        using var second = stage.Open(maxTokens: 10);
        Assert.Null(await second.HoldAsync(stage.Target("openrouter/r"), CancellationToken.None));
        Assert.InRange(stage.Standing().Reserved, 0.06m, 0.07m);
        using var third = stage.Open(maxTokens: 10);
        Assert.Null(await third.HoldAsync(stage.Target("openrouter/r"), CancellationToken.None));
        using var fourth = stage.Open(maxTokens: 10);
        Assert.NotNull(await fourth.HoldAsync(stage.Target("openrouter/r"), CancellationToken.None));
    }

    [Fact]
    public async Task A_stream_is_told_a_limit_only_when_a_quarter_of_what_is_left_pays_for_no_piece()
    {
        await using var stage = BudgetStage.Of("""{ "scope": "gateway", "limit": 0.2 }""");
        using (var stream = stage.Open(stream: true))
        {
            Assert.Null(await stream.HoldAsync(stage.Target("p/big"), CancellationToken.None));
            Assert.Null(stream.OutputLimit);
        }
        Assert.Null(await stage.RunAsync(0, 13_000));
        using var last = stage.Open(stream: true);
        Assert.Null(await last.HoldAsync(stage.Target("p/big"), CancellationToken.None));
        Assert.InRange(last.OutputLimit!.Value, 1600, 1750);
        Assert.Contains("one call holds no more", Assert.Single(last.Warnings!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_holds_a_piece_ahead_and_ends_where_the_money_does()
    {
        await using var stage = BudgetStage.Of(Hard);
        await stage.RunAsync(0, 50_000);
        using var money = stage.Open(stream: true);
        Assert.Null(await money.HoldAsync(stage.Target("p/big"), CancellationToken.None));
        Assert.InRange(stage.Standing().Reserved, 0.02m, 0.022m);
        long tokens = 0;
        while (tokens < 200_000 && await money.MayGoOnAsync(tokens * 4, tokens)) tokens += 10;
        // Three eighths of a token a byte is what an answer is taken for at most, before the model is known.
        Assert.InRange(tokens, 30_000, 50_000);
        Assert.True(stage.Standing().Spent + stage.Standing().Reserved <= 1);
        stage.End(money, 100, tokens, "p/big");
        Assert.True(stage.Standing().Spent <= 1);
        Assert.Equal(0, stage.Standing().Reserved);
    }

    [Fact]
    public async Task A_later_hop_is_held_anew_and_both_are_charged_as_one_request()
    {
        await using var stage = BudgetStage.Of(Hard + """, { "scope": "model:p/m", "limit": 1 }""");
        using var money = stage.Open(stream: true);
        Assert.Null(await money.HoldAsync(stage.Target(), CancellationToken.None));
        stage.End(money, 100, 20);
        Assert.Null(await money.HoldAsync(stage.Target("p/big"), CancellationToken.None));
        stage.End(money, 120, 30, "p/big");
        Assert.Equal((0.00072m, 0m), stage.Standing());
        Assert.Equal((0.0003m, 0m), stage.Standing(1));
        Assert.Equal([0.00072m, 0.0003m], money.Charges.Select(static c => c.Usd).OrderDescending());
    }

    [Fact]
    public async Task A_crash_in_a_later_call_keeps_those_before_it_as_they_were_charged()
    {
        using var folder = new LedgerFolder();
        await using var ledger = folder.Open();
        await using var stage = BudgetStage.Of(Hard, new LedgerCounters(ledger));
        var (calls, usage) = (new List<AttemptRecord>(), new Usage { Input = 100, Output = 20 });
        var cost = stage.Target().Price.CostOf(usage, stage.Time.GetUtcNow());
        using var money = stage.Open(new RequestFacts("dec_1", "owner", null, null, [], "chat", 100, null, true, null) { Calls = calls });
        Assert.Null(await money.HoldAsync(stage.Target(), CancellationToken.None));
        calls.Add(new AttemptRecord(stage.Target().Ref, "k", AttemptKind.First, 0) { Usage = usage, Cost = cost, EndedMs = 5 });
        money.HopEnded(stage.Target(), usage, cost);
        Assert.Null(await money.HoldAsync(stage.Target("p/big"), CancellationToken.None));
        using var crashed = folder.Crash();
        await using var after = crashed.Open();
        await after.FlushAsync();
        var report = await after.ReportAsync(Entries.All(UsageGrouping.Model), CancellationToken.None);
        Assert.Equal(cost.Total, report.Rows.Single(static r => r.Key == "p/m").Cost);
        Assert.True(report.Rows.Single(static r => r.Key == "p/big").Cost > 0.02m);
        Assert.Equal(report.Total.Cost, (await after.ReadCounterAsync(money.Charges[0].Counter, CancellationToken.None)).Usd);
    }

    [Fact]
    public async Task A_budget_of_a_model_leaves_out_that_target_only()
    {
        await using var stage = BudgetStage.Of("""{ "scope": "model:p/m", "limit": 0 }, { "scope": "provider:q", "limit": 0, "unit": "tokens" }""");
        Assert.True((await stage.RunAsync(10, 10))!.TargetOnly);
        Assert.True((await stage.RunAsync(10, 10, "q/own"))!.TargetOnly);
        Assert.Null(await stage.RunAsync(10, 10, "p/big"));
    }

    [Fact]
    public async Task A_model_without_a_price_is_refused_under_a_budget_in_dollars_and_told_what_to_write()
    {
        await using var stage = BudgetStage.Of(Hard);
        var finding = await stage.RunAsync(10, 10, "p/free");
        Assert.Contains("models.prices[\"p/free\"]", finding!.Error.Message, StringComparison.Ordinal);
        Assert.True(finding.TargetOnly);
        stage.Reload("""{ "scope": "gateway", "limit": 5000, "unit": "tokens" }""");
        Assert.Null(await stage.RunAsync(10, 10, "p/free"));
    }

    [Fact]
    public async Task A_budget_that_only_warns_says_that_it_does_not_count_a_model_without_a_price()
    {
        await using var stage = BudgetStage.Of("""{ "name": "team", "scope": "gateway", "limit": 1, "action": "warn" }""");
        using var money = stage.Open();
        Assert.Null(await money.HoldAsync(stage.Target("p/free"), CancellationToken.None));
        Assert.Equal(["budget team does not count this call: nobody knows what p/free costs (models.prices)"], money.Warnings);
        Assert.Null(await money.HoldAsync(stage.Target(), CancellationToken.None));
        Assert.Null(money.Warnings);
    }

    [Fact]
    public async Task A_model_that_may_run_unpriced_passes_a_budget_in_dollars_and_is_not_counted()
    {
        await using var stage = BudgetStage.Of("""{ "scope": "gateway", "limit": 0.000001 }""", allowUnpriced: "p/free");
        Assert.Null(await stage.RunAsync(1000, 1000, "p/free"));
        Assert.Equal((0m, 0m), stage.Standing());
        Assert.NotNull(await stage.RunAsync(1000, 1000));
    }

    [Fact]
    public async Task A_server_of_ones_own_costs_no_dollars_and_its_tokens_count()
    {
        await using var stage = BudgetStage.Of("""{ "scope": "gateway", "limit": 0 }, { "scope": "gateway", "limit": 2000, "unit": "tokens" }""");
        Assert.Null(await stage.RunAsync(100, 900, "q/own"));
        Assert.Equal(1000, stage.Standing(1).Spent);
        Assert.Contains("2,000 tokens", (await stage.RunAsync(1000, 100, "q/own"))!.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_downgrade_names_the_cheaper_chain_once_and_only_hard_budgets_bound_what_follows()
    {
        await using var stage = BudgetStage.Of("""{ "name": "soft", "scope": "client", "limit": 0.001, "action": "downgrade", "to": "p/cheap" }, { "name": "hard", "scope": "gateway", "limit": 0.002 }""");
        Assert.Null(await stage.RunAsync(10, 50, maxTokens: 50));
        using var money = stage.Open(maxTokens: 100);
        var finding = await money.HoldAsync(stage.Target(), CancellationToken.None);
        Assert.Equal(("soft", false, "p/cheap"), (finding!.Budget, finding.TargetOnly, finding.Downgrade));
        Assert.Null(await money.HoldAsync(stage.Target("p/cheap"), CancellationToken.None));
        stage.End(money, 1000, 9000, "p/cheap");
        Assert.Equal(0.00151m, stage.Standing(0, "owner").Spent); // counted, beyond its limit
        using var next = stage.Open(prompt: 20_000, maxTokens: 1000);
        Assert.Equal("soft", (await next.HoldAsync(stage.Target(), CancellationToken.None))!.Budget);
        Assert.Equal("hard", (await next.HoldAsync(stage.Target("p/cheap"), CancellationToken.None))!.Budget);
    }

    [Fact]
    public async Task A_budget_that_warns_never_refuses()
    {
        await using var stage = BudgetStage.Of("""{ "name": "look", "scope": "gateway", "limit": 0.001, "action": "warn" }""");
        Assert.Null(await stage.RunAsync(10, 5000));
        using var money = stage.Open();
        Assert.Null(await money.HoldAsync(stage.Target("p/free"), CancellationToken.None));
        Assert.Contains("budget look is used up; it only warns", money.Warnings!);
        Assert.Null(money.OutputLimit);
    }

    [Fact]
    public async Task Each_client_session_tag_and_alias_has_what_is_its_own()
    {
        await using var stage = BudgetStage.Of("""{ "scope": "client", "limit": 3000, "unit": "tokens" }, { "scope": "session", "limit": 3000, "unit": "tokens" }, { "scope": "tag:batch", "limit": 3000, "unit": "tokens" }, { "scope": "client", "period": "session", "limit": 3000, "unit": "tokens" }, { "name": "fast", "scope": "alias:fast", "limit": 3000, "unit": "tokens" }""");
        Assert.Null(await stage.RunAsync(100, 2500, client: "a", session: "s1", tags: ["batch"]));
        Assert.NotNull(await stage.RunAsync(300, 100, client: "a", session: "s2"));
        Assert.NotNull(await stage.RunAsync(300, 100, client: "b", session: "s1"));
        Assert.NotNull(await stage.RunAsync(300, 100, client: "b", session: "s2", tags: ["x", "batch"]));
        Assert.Null(await stage.RunAsync(300, 100, client: "b", session: "s2", tags: ["x"]));
        Assert.Equal(2600, stage.Standing(3, "a/s1").Spent);
        Assert.Null(await stage.RunAsync(100, 2500, client: "c", session: "s3", alias: "fast"));
        Assert.Equal("fast", (await stage.RunAsync(300, 200, client: "d", session: "s4", alias: "fast"))!.Budget);
        Assert.Null(await stage.RunAsync(300, 200, client: "d", session: "s4", alias: "deep"));
        Assert.Null(await stage.RunAsync(300, 200, client: "e", session: "s5"));
    }

    [Fact]
    public async Task A_request_without_a_session_is_a_session_of_its_own()
    {
        await using var stage = BudgetStage.Of("""{ "name": "s", "scope": "session", "limit": 1000, "unit": "tokens" }""");
        for (var i = 0; i < 5; i++) Assert.Null(await stage.RunAsync(100, 400));
        Assert.Equal("s", (await stage.RunAsync(1000, 1))!.Budget);
    }

    [Fact]
    public async Task A_request_has_a_budget_over_all_its_hops()
    {
        await using var stage = BudgetStage.Of("""{ "name": "one", "scope": "request", "limit": 0.01 }""");
        using var money = stage.Open(stream: true);
        Assert.Null(await money.HoldAsync(stage.Target(), CancellationToken.None));
        Assert.InRange(money.OutputLimit!.Value, 900, 1000);
        stage.End(money, 100, 900);
        Assert.Equal("one", (await money.HoldAsync(stage.Target(), CancellationToken.None))!.Budget);
        Assert.Empty(money.Charges); // nobody else's counter
    }

    [Fact]
    public async Task The_callers_own_bound_holds_like_a_budget()
    {
        await using var stage = BudgetStage.Of("");
        using var money = stage.Open(maxCost: 0.005m);
        Assert.Null(await money.HoldAsync(stage.Target(), CancellationToken.None));
        Assert.InRange(money.OutputLimit!.Value, 256, 500);
        using var little = stage.Open(maxCost: 0.0001m);
        Assert.Contains("x-openclaw-max-cost leaves $0.0001", (await little.HoldAsync(stage.Target(), CancellationToken.None))!.Error.Message, StringComparison.Ordinal);
        using var unknown = stage.Open(maxCost: 1);
        Assert.Contains("nobody knows what p/free costs", (await unknown.HoldAsync(stage.Target("p/free"), CancellationToken.None))!.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_limit_keeps_the_count_and_a_new_budget_starts_from_the_ledgers_rows()
    {
        await using var stage = BudgetStage.Of(Hard);
        await stage.RunAsync(0, 99_000);
        Assert.Equal(0.99m, stage.Standing().Spent);
        stage.Reload("""{ "name": "all", "scope": "gateway", "period": "day", "limit": 2 }""");
        Assert.Equal(0.99m, stage.Standing().Spent);
        Assert.Null(await stage.RunAsync(0, 99_000));
        Assert.Equal(1.98m, stage.Standing().Spent);
    }
}
