using System.Diagnostics;
using Microsoft.Data.Sqlite;
using OpenClaw.EndToEnd.Running;

namespace OpenClaw.EndToEnd.Money;

/// <summary>What happens to the file under a running gateway: locked, removed, no room.</summary>
public sealed class DiskTests
{
    [Fact]
    public async Task While_another_holds_the_database_locked_requests_are_answered_and_written_later()
    {
        await using var stage = new MoneyStage();
        await using var gateway = await stage.StartAsync();
        List<string> answered = await MoneyStage.AskAsync(gateway, 3);
        await Until.TrueAsync("all written", () => MoneyStage.WaitingAsync(gateway), w => w == 0);
        await using (var other = new SqliteConnection($"Data Source={stage.Database};Pooling=false"))
        {
            other.Open();
            await using var transaction = other.BeginTransaction();
            answered.AddRange(await MoneyStage.AskAsync(gateway, 5));
            Assert.Equal(5, await MoneyStage.WaitingAsync(gateway));
            await transaction.RollbackAsync(TestContext.Current.CancellationToken);
        }
        await Until.TrueAsync("all written", () => MoneyStage.WaitingAsync(gateway), w => w == 0);
        Assert.Equal(answered.Order(), stage.Texts("SELECT id FROM requests ORDER BY id"));
    }

    [Fact]
    public async Task A_database_that_is_removed_is_made_anew_and_nothing_more_is_lost()
    {
        await using var stage = new MoneyStage();
        await using var gateway = await stage.StartAsync();
        await MoneyStage.AskAsync(gateway, 2);
        await Until.TrueAsync("all written", () => MoneyStage.WaitingAsync(gateway), w => w == 0);
        foreach (var file in Directory.EnumerateFiles(stage.Folder, "openclaw.db*")) File.Delete(file);
        var answered = await MoneyStage.AskAsync(gateway, 4);
        await Until.TrueAsync("all written", () => MoneyStage.WaitingAsync(gateway), w => w == 0);
        Assert.Equal(answered.Order(), stage.Texts("SELECT id FROM requests ORDER BY id"));
    }

    [Fact]
    public async Task A_log_that_cannot_be_written_stops_no_ledger()
    {
        await using var stage = new MoneyStage();
        await using var gateway = await stage.StartAsync(isMute: true);
        List<string> answered = await MoneyStage.AskAsync(gateway, 2);
        await Until.TrueAsync("all written", () => MoneyStage.WaitingAsync(gateway), w => w == 0);
        // The writer has something to say, and nobody to say it to.
        await using (var other = new SqliteConnection($"Data Source={stage.Database};Pooling=false"))
        {
            other.Open();
            await using var transaction = other.BeginTransaction();
            answered.AddRange(await MoneyStage.AskAsync(gateway, 3));
            await Until.TrueAsync("it is told", () => gateway.GetAsync("/metrics"), a => a.Body.Contains("openclaw_ledger_up 0", StringComparison.Ordinal));
            await transaction.RollbackAsync(TestContext.Current.CancellationToken);
        }
        await Until.TrueAsync("all written", () => MoneyStage.WaitingAsync(gateway), w => w == 0);
        Assert.Equal(answered.Order(), stage.Texts("SELECT id FROM requests ORDER BY id"));
        Assert.Equal("", string.Concat(gateway.Log.Split('\n').Where(static l => l.StartsWith("openclaw:", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task On_a_full_disk_requests_are_answered_the_trouble_is_told_and_all_is_written_when_there_is_room()
    {
        var folder = Directory.CreateTempSubdirectory("openclaw-full-").FullName;
        if (await RunAsync("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder) != 0)
        {
            Directory.Delete(folder);
            Assert.Skip("this user cannot mount a small disk");
        }
        try
        {
            var state = Directory.CreateDirectory(Path.Combine(folder, "state")).FullName;
            await using var stage = new MoneyStage(state);
            await using var gateway = await stage.StartAsync();
            var answered = await MoneyStage.AskAsync(gateway, 3);
            await Until.TrueAsync("all written", () => MoneyStage.WaitingAsync(gateway), w => w == 0);
            var ballast = Path.Combine(folder, "ballast");
            Fill(ballast);
            answered.AddRange(await MoneyStage.AskAsync(gateway, 40));
            var ready = await Until.TrueAsync("it is told", () => gateway.GetAsync("/readyz"), a => a.Body.Contains("journal not written", StringComparison.Ordinal));
            Assert.Equal(200, ready.Status);
            var metrics = (await gateway.GetAsync("/metrics")).Body;
            Assert.Contains("openclaw_ledger_journal_up 0", metrics, StringComparison.Ordinal);
            File.Delete(ballast);
            await Until.TrueAsync("all written", () => MoneyStage.WaitingAsync(gateway), w => w == 0);
            answered.AddRange(await MoneyStage.AskAsync(gateway, 1));
            await Until.TrueAsync("all written", () => MoneyStage.WaitingAsync(gateway), w => w == 0);
            Assert.Equal(answered.Order(), stage.Texts("SELECT id FROM requests ORDER BY id"));
            Assert.Contains("openclaw_ledger_entries_lost_total 0", (await gateway.GetAsync("/metrics")).Body, StringComparison.Ordinal);
            Assert.Contains("openclaw_ledger_journal_up 1", (await gateway.GetAsync("/metrics")).Body, StringComparison.Ordinal);
        }
        finally
        {
            await RunAsync("umount", "-l", folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (true) file.Write(block);
        }
        catch (IOException)
        {
            // Full: that was the purpose.
        }
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
