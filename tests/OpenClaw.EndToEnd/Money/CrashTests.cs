using OpenClaw.EndToEnd.Running;

namespace OpenClaw.EndToEnd.Money;

/// <summary>The built gateway is killed under load again and again: what it answered is in the ledger, once.</summary>
public sealed class CrashTests
{
    private const int Kills = 15;

    [Fact]
    public async Task What_was_answered_before_any_of_many_kills_is_in_the_ledger_exactly_once()
    {
        await using var stage = new MoneyStage();
        var random = new Random(11);
        var answered = new List<string>();
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var gateway = await stage.StartAsync();
            var enough = new TaskCompletionSource();
            var asking = MoneyStage.AskUntilGoneAsync(gateway, connections: 6, count: random.Next(0, 120), enough);
            await Task.WhenAny(enough.Task, asking);
            // Sometimes while entries are only in the journal, sometimes in the middle of a batch's transaction.
            await Task.Delay(random.Next(0, 60), TestContext.Current.CancellationToken);
            await gateway.KillAsync();
            answered.AddRange(await asking);
        }
        Assert.True(answered.Count > Kills * 10, "too few answers to say anything");
        await using (var last = await stage.StartAsync())
        {
            await Until.TrueAsync("the journal is read", () => MoneyStage.LedgerAsync(last), l => l["open"]!.GetValue<bool>() && l["waiting"]!.GetValue<long>() == 0);
            await last.TerminateAsync();
            Assert.Equal(0, await last.WaitForExitAsync(TimeSpan.FromSeconds(20)));
        }
        var rows = stage.Texts("SELECT id FROM requests");
        Assert.Equal(rows.Count, rows.Distinct().Count());
        Assert.Empty(answered.Except(rows));
        // What nobody saw answered was under way when the gateway died: at most one a connection and kill.
        Assert.InRange(rows.Count - answered.Count, 0, Kills * 6);
        Assert.Empty(stage.Texts("SELECT id FROM requests WHERE outcome NOT IN ('answered', 'lost', 'cancelled', 'interrupted')"));
        // The counter is the exact sum of the rows: what was lost counts as what was reserved.
        Assert.Equal(
            Assert.Single(stage.Texts("SELECT SUM(usd) + SUM(usd_rest) / 1000000000 || '' FROM hops")),
            Assert.Single(stage.Texts("SELECT usd + usd_rest / 1000000000 || '' FROM counters")));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(stage.Folder, "ledger"), "*.journal", SearchOption.AllDirectories));
    }
}
