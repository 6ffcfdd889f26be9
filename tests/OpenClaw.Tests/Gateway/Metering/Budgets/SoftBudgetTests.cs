namespace OpenClaw.Tests.Gateway.Metering.Budgets;

/// <summary>A budget that sends to a cheaper model what comes when it is used up, and is no bound for what came before.</summary>
public sealed class SoftBudgetTests
{
    private const string Soft = """{ "name": "soft", "scope": "gateway", "limit": 0.02, "action": "downgrade", "to": "p/cheap" }""";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_shortens_no_answer(bool stream)
    {
        await using var stage = BudgetStage.Of(Soft);
        using var money = stage.Open(stream: stream);
        Assert.Null(await money.HoldAsync(stage.Target(), CancellationToken.None)); // 8000 tokens of it cost $0.08
        Assert.Equal((null, false), (money.OutputLimit, money.Binds));
        Assert.Null(money.Warnings);
        Assert.True(await money.MayGoOnAsync(4 * 7000, 7000));
        stage.End(money, 100, 8000);
        Assert.Equal(0.0801m, stage.Standing().Spent);
        Assert.Equal("p/cheap", (await stage.RunAsync(100, 10))!.Downgrade);
    }

    [Fact]
    public async Task What_comes_while_an_answer_that_uses_it_up_is_under_way_goes_elsewhere()
    {
        await using var stage = BudgetStage.Of(Soft);
        using var first = stage.Open();
        Assert.Null(await first.HoldAsync(stage.Target(), CancellationToken.None));
        using var second = stage.Open();
        Assert.Equal("p/cheap", (await second.HoldAsync(stage.Target(), CancellationToken.None))!.Downgrade);
    }

    [Fact]
    public async Task It_takes_no_answer_that_cannot_even_begin()
    {
        await using var stage = BudgetStage.Of(Soft);
        Assert.Equal("p/cheap", (await stage.RunAsync(20_000, 10))!.Downgrade);
    }

    [Fact]
    public async Task An_answer_that_has_begun_is_finished_and_a_call_that_was_charged_is_made_again()
    {
        await using var stage = BudgetStage.Of(Soft);
        using var money = stage.Open();
        Assert.Null(await money.HoldAsync(stage.Target(), CancellationToken.None));
        stage.End(money, 100, 8000);
        Assert.Null(await money.HoldAsync(stage.Target(), CancellationToken.None, isAgain: true));
        stage.End(money, 100, 100);
        using var other = stage.Open();
        other.IsUnderWay = true;
        Assert.Null(await other.HoldAsync(stage.Target("p/big"), CancellationToken.None));
        Assert.Equal("p/cheap", (await money.HoldAsync(stage.Target("p/big"), CancellationToken.None))!.Downgrade);
    }

    [Fact]
    public async Task A_hard_budget_beside_it_bounds_as_it_does_alone()
    {
        await using var stage = BudgetStage.Of(Soft + """, { "name": "hard", "scope": "gateway", "limit": 0.02 }""");
        await using var alone = BudgetStage.Of("""{ "name": "hard", "scope": "gateway", "limit": 0.02 }""");
        using var both = stage.Open();
        using var one = alone.Open();
        Assert.Null(await both.HoldAsync(stage.Target(), CancellationToken.None));
        Assert.Null(await one.HoldAsync(alone.Target(), CancellationToken.None));
        Assert.NotNull(both.OutputLimit);
        Assert.Equal(one.OutputLimit, both.OutputLimit);
    }
}
