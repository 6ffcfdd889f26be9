using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Tests.Gateway.Metering.Budgets;

/// <summary>A gateway that nobody asked anything for a while, and others that went on spending what it shares with them.</summary>
public sealed class RestingCounterTests
{
    private const string Soft = """{ "name": "soft", "scope": "gateway", "period": "total", "limit": 1, "action": "downgrade", "to": "fast" }""";
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);
    private readonly ManualTime _time = new();
    private readonly LeaseDatabase _database;

    public RestingCounterTests() => _database = new LeaseDatabase(_time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Its_first_request_is_sent_to_the_cheaper_model_where_others_used_the_budget_up()
    {
        await using var stage = await RestedAsync(Soft);
        Assert.NotNull(await stage.RunAsync(100, 10).WaitAsync(s_bound, Cancel));
    }

    [Theory]
    [InlineData("downgrade\", \"to\": \"fast")]
    [InlineData("warn")]
    [InlineData("block")]
    public async Task Who_looks_is_shown_what_others_spent(string action)
    {
        await using var stage = await RestedAsync($$"""{ "name": "b", "scope": "gateway", "period": "total", "limit": 1, "action": "{{action}}" }""");
        var api = new BudgetsApi(stage.Budgets, _time);
        await api.LoadAsync(stage.State, Cancel);
        Assert.InRange(Assert.Single(Assert.Single(api.Standings(stage.State)).Counters).Spent, 5, 5.01m);
    }

    [Fact]
    public async Task A_database_that_is_away_holds_one_request_for_a_second_and_the_next_not_at_all()
    {
        await using var stage = await RestedAsync(Soft);
        _database.Pause(true);
        var first = stage.RunAsync(100, 10);
        _time.Advance(TimeSpan.FromMilliseconds(990));
        Assert.False(first.IsCompleted, "it did not look");
        _time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Null(await first.WaitAsync(s_bound, Cancel));
        Assert.Null(await stage.RunAsync(100, 10).WaitAsync(s_bound, Cancel));
        _database.Pause(false);
    }

    [Theory]
    [InlineData("warn", 250)]
    [InlineData("downgrade\", \"to\": \"fast", 1000)]
    public async Task What_refuses_nothing_holds_one_request_for_a_moment_before_anything_was_read_and_the_next_not_at_all(string action, int patience)
    {
        await using var stage = BudgetStage.Of($$"""{ "name": "b", "scope": "gateway", "period": "total", "limit": 1, "action": "{{action}}" }""", new SimulatedStore(_database, 1, isShared: true), _time);
        _database.Charge(2, [new LedgerCharge(new CounterKey("gateway/total/usd#b", "", "total"), 5, 0)]);
        _database.Pause(true);
        var first = stage.RunAsync(100, 10);
        _time.Advance(TimeSpan.FromMilliseconds(patience - 10));
        Assert.False(first.IsCompleted, "it did not look");
        _time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Null(await first.WaitAsync(s_bound, Cancel));
        Assert.Null(await stage.RunAsync(100, 10).WaitAsync(s_bound, Cancel));
        // What nobody knows is not shown as nothing.
        var api = new BudgetsApi(stage.Budgets, _time);
        await api.LoadAsync(stage.State, Cancel);
        var standing = Assert.Single(api.Standings(stage.State));
        Assert.False(standing.IsKnown);
        _database.Pause(false);
        _time.Advance(TimeSpan.FromSeconds(4));
        await api.LoadAsync(stage.State, Cancel);
        Assert.InRange(Assert.Single(Assert.Single(api.Standings(stage.State)).Counters).Spent, 5, 5.01m);
    }

    // It has read the counter, rests for a minute, and meanwhile another spends five times the limit.
    private async Task<BudgetStage> RestedAsync(string budget)
    {
        var stage = BudgetStage.Of(budget, new SimulatedStore(_database, 1, isShared: true), _time);
        Assert.Null(await stage.RunAsync(100, 10, maxTokens: 10));
        var key = Assert.Single(stage.Budgets.Counters).Key;
        _time.Advance(TimeSpan.FromMinutes(1));
        _database.Charge(2, [new LedgerCharge(key, 5, 0)]);
        return stage;
    }
}
