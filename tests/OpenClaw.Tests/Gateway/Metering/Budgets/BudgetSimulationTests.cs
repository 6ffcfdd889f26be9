namespace OpenClaw.Tests.Gateway.Metering.Budgets;

public sealed class BudgetSimulationTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 3)]
    [InlineData(3, 3)]
    [InlineData(4, 1)]
    [InlineData(5, 1)]
    public Task A_hard_limit_is_never_passed_nothing_is_left_and_nobody_refused_in_vain(int seed, int gateways) => HoldsAsync(seed, gateways);

    /// <summary>For a long look: <c>OPENCLAW_BUDGET_SEEDS=100</c>; one seed more than the others when nobody asks.</summary>
    [Fact]
    public async Task It_holds_for_as_many_seeds_as_are_asked_for()
    {
        var seeds = int.TryParse(Environment.GetEnvironmentVariable("OPENCLAW_BUDGET_SEEDS"), out var asked) ? asked : 1;
        for (var seed = 100; seed < 100 + seeds; seed++) await HoldsAsync(seed, seed % 4 == 0 ? 1 : 3);
    }

    private async Task HoldsAsync(int seed, int gateways)
    {
        await using var simulation = new BudgetSimulation(seed, gateways);
        await simulation.RunAsync(steps: 900, clients: 60);
        var story = $"seed {seed}: {simulation.Started} begun, {simulation.Finished} ended, {simulation.Refused} refused, {simulation.EndedAtLimit} ended at the limit, {simulation.Kills} kills, ${simulation.SpentInTruth:0.0000} in truth, ${simulation.ChargedInDatabase:0.0000} charged, worst {simulation.WorstOvershoot:P2}, left leased {simulation.LeftLeased}, false refusals {simulation.FalseRefusals} {simulation.FirstFalse}";
        output.WriteLine(story);
        Assert.True(simulation.WorstOvershoot <= 0, story);
        Assert.True(simulation.Leftover == 0, story + $", {simulation.Leftover} left reserved");
        Assert.True(simulation.LeftLeased == 0, story);
        Assert.True(simulation.FalseRefusals == 0, story);
        Assert.True(simulation.Refused > 0 && simulation.Finished > 100, story);
        // What a killed gateway had under way is charged as reserved: never less than the truth.
        if (simulation.Kills == 0) Assert.Equal(simulation.SpentInTruth, simulation.ChargedInDatabase);
        else Assert.True(simulation.ChargedInDatabase >= simulation.SpentInTruth, story);
    }
}
