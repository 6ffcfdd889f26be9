using OpenClaw.EndToEnd.Faults;

namespace OpenClaw.EndToEnd.Money;

/// <summary>
/// One seed as large as those of <c>./x bench budgets</c>. What leases and the writer do to each other shows under its load, and
/// not with forty clients: a flush of the ledger that spans several heartbeats, a batch that is never the last.
/// </summary>
[Collection(WholeMachine.Name)]
public sealed class LargeFleetTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Five_hundred_clients_of_three_gateways_never_pass_a_hard_limit_together()
    {
        await using var database = await PostgresServer.StartAsync();
        var result = await BudgetFleet.RunAsync(seed: 1, gateways: 3, clients: 500, database);
        output.WriteLine(result.ToString());
        Assert.True(result.Holds, result.ToString());
    }
}
