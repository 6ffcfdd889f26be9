using System.Globalization;
using Microsoft.Data.Sqlite;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Metering.Ledger.Storage;

namespace OpenClaw.Tests.Gateway.Metering.Ledger;

public sealed class TranscriptRoomTests : IDisposable
{
    private const int Most = 4 << 20;

    private readonly LedgerFolder _folder = new();
    private readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Long_conversations_never_cost_the_history_of_what_was_spent()
    {
        await using var ledger = _folder.Open();
        for (var i = 0; i < 200; i++) ledger.Settled(Entries.Of(Entries.Id(i), 0.001m));
        var long_ = new byte[100_000];
        Array.Fill(long_, (byte)' ');
        for (var i = 0; i < 30; i++)
        {
            ledger.PutRecord(RecordKind.Transcript, $"s{i:D2}@20261101T0000{i:D2}.000Z", long_);
            ledger.PutRecord(RecordKind.Transcript, $"s{i:D2}", long_);
        }
        ledger.PutRecord("session", "s00", long_);
        await ledger.FlushAsync();
        await using var storage = new SqliteStorage(_folder.Database);
        await new Retention(storage, TimeSpan.FromDays(3650), Most, TimeProvider.System).SweepAsync(_cancel);

        Assert.Equal(200, await NumberAsync("SELECT COUNT(*) FROM requests"));
        Assert.Equal(0.2m, (await ledger.ReportAsync(Entries.All(UsageGrouping.Model), _cancel)).Total.Cost);
        Assert.InRange(await NumberAsync("SELECT SUM(length(json)) FROM records WHERE kind = 'transcript'"), (Most / 2) - 200_000, Most / 2);
        // What was put away goes before what goes on, and the older before the younger.
        Assert.Equal(0, await NumberAsync("SELECT COUNT(*) FROM records WHERE name LIKE '%@%'"));
        Assert.Equal(20, await NumberAsync("SELECT COUNT(*) FROM records WHERE kind = 'transcript' AND name >= 's10'"));
        Assert.NotNull(await ledger.FindRecordAsync("session", "s00", _cancel));
        Assert.True(new FileInfo(_folder.Database).Length < Most, "the file did not shrink");
    }

    private async Task<long> NumberAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={_folder.Database};Pooling=False");
        await connection.OpenAsync(_cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(await command.ExecuteScalarAsync(_cancel), CultureInfo.InvariantCulture);
    }
}
