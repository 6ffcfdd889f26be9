using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Tests.Gateway.Metering.Budgets;

namespace OpenClaw.Tests.Gateway.Control;

public sealed class BudgetsApiTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_spent_before_the_start_is_shown_without_another_request_of_each_client_too()
    {
        const string Budgets = """{ "name": "all", "scope": "gateway", "limit": 5 }, { "name": "each", "scope": "client", "period": "day", "limit": 1 }, { "name": "session", "scope": "session", "limit": 1 }""";
        await using var ledger = LedgerState.InMemory();
        await using var stage = BudgetStage.Of(Budgets, new LedgerCounters(ledger));
        var at = stage.Time.GetUtcNow();
        foreach (var (client, usd) in ((string, decimal)[])[("ada", 0.25m), ("bob", 0.5m)])
        {
            using var money = stage.Open(client, client + "/s");
            Assert.Null(await money.HoldAsync(stage.Target(), Cancel));
            money.HopEnded(stage.Target(), default, OpenClaw.Gateway.Metering.Cost.Of(usd, OpenClaw.Gateway.Metering.CostSource.Catalogue));
            ledger.Settled(Metering.Ledger.Entries.Of("dec_" + client, usd, at: at) with { Client = client, Session = client + "/s", Charges = money.Charges });
        }
        await ledger.FlushAsync();
        stage.Restart();
        var api = new BudgetsApi(stage.Budgets, stage.Time);
        await api.LoadAsync(stage.State, Cancel);
        var standings = api.Standings(stage.State);
        Assert.Equal([0.75m], standings[0].Counters.Select(static c => c.Spent));
        Assert.Equal([("bob", 0.5m), ("ada", 0.25m)], standings[1].Counters.Select(static c => (c.Subject, c.Spent)));
        Assert.Equal([("bob/s", 0.5m), ("ada/s", 0.25m)], standings[2].Counters.Select(static c => (c.Subject, c.Spent)));
    }
}
