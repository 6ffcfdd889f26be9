using System.Collections.Concurrent;
using System.Text.Json;
using OpenClaw.Config;
using OpenClaw.Gateway.Metering.Alerts;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Tests.Gateway.Metering.Budgets;

namespace OpenClaw.Tests.Gateway.Metering.Alerts;

/// <summary>What is told of budgets that count each request by itself, and of lines that only all gateways together crossed.</summary>
public sealed class AlertsOfOneRequestTests
{
    private readonly ConcurrentQueue<string> _bodies = new();
    private readonly ManualTime _time = new();

    [Fact]
    public async Task A_request_that_crosses_its_line_is_told_once_an_hour_of_each_client()
    {
        var told = await ToldAsync("""{ "name": "one", "scope": "request", "limit": 0.01, "action": "warn", "warnAt": [0.5] }""", async stage =>
        {
            foreach (var client in (string[])["ada", "ada", "bob"]) Assert.Null(await stage.RunAsync(100, 600, client: client));
            Assert.Null(await stage.RunAsync(100, 2000, client: "ada"));
            Assert.Null(await stage.RunAsync(100, 100, client: "cy"));
            // Posted within the time that a webhook has.
            for (var i = 0; i < 5000 && stage.Alerts.Results.Delivered < 3; i++) await Task.Delay(1, TestContext.Current.CancellationToken);
            _time.Advance(TimeSpan.FromHours(1));
            Assert.Null(await stage.RunAsync(100, 600, client: "ada"));
        });
        Assert.Equal(["budget.threshold", "budget.threshold", "budget.exhausted", "budget.threshold"], told.Select(static t => t.Event));
        Assert.Matches("^request [0-9a-f]{32} of ada came to \\$0.0061 of \\$0.01 per request \\(budget \"one\"\\)$", told[0].Text);
        Assert.Contains(" of bob came to ", told[1].Text, StringComparison.Ordinal);
        Assert.Contains(" of ada came to $0.0201 ", told[2].Text, StringComparison.Ordinal);
        Assert.Equal(4, told.Select(static t => t.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_call_too_large_for_its_own_budget_is_told_once_an_hour_of_each_client()
    {
        var told = await ToldAsync("""{ "name": "one", "scope": "request", "limit": 0.01 }""", static async stage =>
        {
            for (var i = 0; i < 3; i++) Assert.NotNull(await stage.RunAsync(20_000, 10, client: "ada"));
            Assert.NotNull(await stage.RunAsync(20_000, 10, client: "bob"));
        });
        Assert.Equal(["budget.refused", "budget.refused"], told.Select(static t => t.Event));
    }

    [Fact]
    public async Task A_request_past_a_budget_of_its_own_that_warns_is_told_so()
    {
        await using var stage = BudgetStage.Of("""{ "name": "one", "scope": "request", "limit": 0.01, "action": "warn" }""");
        using var money = stage.Open();
        Assert.Null(await money.HoldAsync(stage.Target(), CancellationToken.None));
        Assert.Null(money.Warnings);
        // The headers of a whole answer go out before it is charged.
        money.Foretell(new OpenClaw.Gateway.Metering.Usage { Input = 100, Output = 2000 }, OpenClaw.Gateway.Metering.Cost.Of(0.0201m, OpenClaw.Gateway.Metering.CostSource.Catalogue));
        Assert.Equal(["budget one is used up; it only warns"], money.Warnings!);
        stage.End(money, 100, 2000);
        Assert.Equal(["budget one is used up; it only warns"], money.Warnings!);
    }

    [Fact]
    public async Task A_line_that_only_all_gateways_together_crossed_is_told_by_the_one_that_reads_it()
    {
        var database = new LeaseDatabase(_time);
        var told = await ToldAsync("""{ "name": "all", "scope": "gateway", "limit": 10, "action": "downgrade", "to": "fast", "warnAt": [0.5] }""", async stage =>
        {
            Assert.Null(await stage.RunAsync(100, 10));
            database.Charge(2, [new LedgerCharge(Assert.Single(stage.Budgets.Counters).Key, 6, 0)]);
            _time.Advance(TimeSpan.FromSeconds(10));
            Assert.Null(await stage.RunAsync(100, 10).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        }, new SimulatedStore(database, 1, isShared: true));
        Assert.StartsWith("budget \"all\" is at 50%: $6.00", Assert.Single(told).Text, StringComparison.Ordinal);
    }

    private async Task<List<(string Id, string Event, string Text)>> ToldAsync(string budget, Func<BudgetStage, Task> act, ICounterStore? store = null)
    {
        await using var hook = new TinyHttp((_, body) => { _bodies.Enqueue(body); return (200, "{}"); });
        await using (var stage = BudgetStage.Of(budget, store, _time, new AlertState(() => [new AlertConfig { Url = hook.Url }], static _ => null, new NoMemory(), _time, static _ => { }))) await act(stage);
        return [.. _bodies.Select(static b => JsonDocument.Parse(b).RootElement).Select(static j => (j.GetProperty("id").GetString()!, j.GetProperty("event").GetString()!, j.GetProperty("text").GetString()!))];
    }
}
