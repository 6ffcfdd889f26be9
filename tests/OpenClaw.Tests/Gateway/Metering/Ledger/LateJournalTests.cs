using Microsoft.Data.Sqlite;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Tests.Gateway.Metering.Ledger;

/// <summary>A journal that could not be opened when the gateway began. A file in the place of its folder stops root, too.</summary>
public sealed class LateJournalTests : IDisposable
{
    private readonly LedgerFolder _folder = new();
    private readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Is_written_as_soon_as_it_can_be_and_the_next_start_reads_it_as_its_own()
    {
        await File.WriteAllTextAsync(Place(_folder), "", _cancel);
        await using var ledger = _folder.Open();
        Assert.StartsWith("the journal cannot be opened in ", ledger.Facts.JournalProblem, StringComparison.Ordinal);
        ledger.Settled(Entries.Of("dec_1"));
        await ledger.FlushAsync();
        File.Delete(Place(_folder));
        await BackAsync(ledger);
        Assert.Contains(_folder.Log, static l => l.StartsWith("the journal is written again", StringComparison.Ordinal));
        Assert.True(OperatingSystem.IsWindows() || new DirectoryInfo(Path.Combine(Place(_folder), "0")).UnixFileMode == (UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));

        ledger.Opened(Entries.Opening("dec_2"));
        ledger.Settled(Entries.Of("dec_3"));
        await ledger.FlushAsync();
        using var crashed = _folder.Crash();
        await using var next = crashed.Open();
        await next.FlushAsync();
        Assert.Equal((ledger.Facts.GatewayId, 0L, 1L), (next.Facts.GatewayId, next.Facts.Recovered, next.Facts.Unfinished));
    }

    [Fact]
    public async Task What_an_earlier_run_left_is_read_then_and_turns_no_record_back()
    {
        using var crashed = await CrashedAsync();
        Directory.Move(Place(crashed), Place(crashed) + ".away");
        await File.WriteAllTextAsync(Place(crashed), "", _cancel);
        await using var ledger = crashed.Open();
        ledger.PutRecord("kind", "x", "2"u8.ToArray());
        await ledger.FlushAsync();
        Assert.Equal((0L, 0L), (ledger.Facts.Recovered, ledger.Facts.Unfinished));

        File.Delete(Place(crashed));
        Directory.Move(Place(crashed) + ".away", Place(crashed));
        await BackAsync(ledger);
        Assert.True(await EventuallyAsync(() => ledger.Facts.Unfinished == 1), "the earlier journal is not read");
        Assert.Equal(1, ledger.Facts.Recovered);
        Assert.Empty(crashed.Journals);
        Assert.Equal("2"u8.ToArray(), (await ledger.FindRecordAsync("kind", "x", _cancel))?.Json.ToArray());
        ledger.Opened(Entries.Opening("dec_4"));
        Assert.Equal(Path.Combine(Place(crashed), "1"), Path.GetDirectoryName(Assert.Single(crashed.Journals)));
    }

    // One request that began, one that ended and a record, all of them in the journal alone.
    private async Task<LedgerFolder> CrashedAsync()
    {
        await using var ledger = _folder.Open();
        await ledger.FlushAsync();
        await using var other = new SqliteConnection($"Data Source={_folder.Database};Pooling=false");
        other.Open();
        await using var writing = other.BeginTransaction();
        ledger.Opened(Entries.Opening("dec_1"));
        ledger.Settled(Entries.Of("dec_2"));
        ledger.PutRecord("kind", "x", "1"u8.ToArray());
        var crashed = _folder.Crash();
        await writing.RollbackAsync(_cancel);
        return crashed;
    }

    private static string Place(LedgerFolder folder) => Path.Combine(folder.Path, "ledger");

    private static async Task BackAsync(LedgerState ledger) => Assert.True(await EventuallyAsync(() => ledger.Facts.JournalProblem is null), "the journal is not tried again");

    private static async Task<bool> EventuallyAsync(Func<bool> isSo)
    {
        for (var i = 0; i < 1200; i++)
        {
            if (isSo()) return true;
            await Task.Delay(25);
        }
        return false;
    }
}
