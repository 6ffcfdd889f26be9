using OpenClaw.Gateway.Metering.Budgets;

namespace OpenClaw.Tests.Gateway.Metering.Budgets;

/// <summary>A lease's clocks: kept alive while it is used, given back when it rests or another needs it, taken back from who is silent.</summary>
public sealed class LeaseClockTests
{
    private const string Budget = """{ "name": "b", "scope": "gateway", "period": "total", "limit": 100 }""";
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);
    private readonly ManualTime _time = new();
    private readonly LeaseDatabase _database;

    public LeaseClockTests() => _database = new LeaseDatabase(_time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lease_that_rests_goes_back_after_ten_seconds_and_not_before()
    {
        await using var stage = Gateway(1);
        Assert.Null(await stage.RunAsync(100, 10, maxTokens: 10).WaitAsync(s_bound, Cancel));
        Assert.True(_database.Leased > 0);
        await PassAsync(TimeSpan.FromSeconds(9));
        Assert.True(_database.Leased > 0, "it went back while it may be used again at once");
        await PassAsync(TimeSpan.FromSeconds(3));
        Assert.Equal(0, _database.Leased);
        Assert.Equal(0, _database.Presumed);
    }

    [Fact]
    public async Task A_request_that_takes_minutes_keeps_its_lease()
    {
        await using var stage = Gateway(1);
        using var money = stage.Open(maxTokens: 1000);
        Assert.Null(await money.HoldAsync(stage.Target(), Cancel).AsTask().WaitAsync(s_bound, Cancel));
        await PassAsync(TimeSpan.FromMinutes(2));
        // Nobody was silent for fifteen seconds: nothing is presumed, and what is reserved is leased.
        Assert.Equal(0, _database.Presumed);
        var reserved = stage.Standing().Reserved;
        Assert.InRange(reserved, 0.01m, 1);
        Assert.True(_database.Leased >= reserved, $"{_database.Leased} of {reserved}");
        stage.End(money, 100, 1000);
    }

    [Fact]
    public async Task Who_was_silent_for_fifteen_seconds_is_presumed_to_have_spent_what_it_might_and_no_more()
    {
        await using var stage = Gateway(1);
        using var money = stage.Open(maxTokens: 1000);
        Assert.Null(await money.HoldAsync(stage.Target(), Cancel).AsTask().WaitAsync(s_bound, Cancel));
        await PassAsync(TimeSpan.FromSeconds(2));
        var (reserved, leased) = (stage.Standing().Reserved, _database.Leased);
        ((SimulatedStore)stage.Store).Die();
        await using var other = Gateway(2);
        _time.Advance(TimeSpan.FromSeconds(14));
        Assert.Equal(leased, _database.Leased);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(await other.RunAsync(100, 10, maxTokens: 10).WaitAsync(s_bound, Cancel));
        Assert.InRange(_database.Presumed, reserved, leased);
    }

    [Fact]
    public async Task What_is_free_here_goes_to_another_that_needs_it_within_its_patience()
    {
        await using var stage = Gateway(1, limit: "0.1");
        // A cent and more is held of ten, and given back but for what it used.
        Assert.Null(await stage.RunAsync(100, 10, maxTokens: 1000).WaitAsync(s_bound, Cancel));
        await using var other = Gateway(2, limit: "0.1");
        using var money = other.Open(maxTokens: 7000);
        var held = money.HoldAsync(other.Target(), Cancel).AsTask();
        for (var waited = TimeSpan.Zero; !held.IsCompleted && waited < BudgetLeases.Patience; waited += s_step) await PassAsync(s_step);
        Assert.Null(await held.WaitAsync(s_bound, Cancel));
    }

    private BudgetStage Gateway(int number, string limit = "100") =>
        BudgetStage.Of(Budget.Replace("100", limit, StringComparison.Ordinal), new SimulatedStore(_database, number, isShared: true), _time);

    // The upkeep has done its round when it waits for the next: only then does the clock go on.
    private async Task PassAsync(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += s_step)
        {
            _time.ForgetArmed();
            _time.Advance(s_step);
            await _time.ArmedAsync(s_step);
        }
    }
}
