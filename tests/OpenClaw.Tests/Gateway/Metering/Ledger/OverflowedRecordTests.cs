using Microsoft.Data.Sqlite;

namespace OpenClaw.Tests.Gateway.Metering.Ledger;

public sealed class OverflowedRecordTests : IDisposable
{
    private readonly LedgerFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_record_that_went_by_way_of_the_journal_is_read_from_the_database_once_it_is_there()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var ledger = _folder.Open(static o => o with { QueueCapacity = 1 });
        for (var i = 0; i < 300; i++) ledger.PutRecord("kind", Entries.Id(i), "{}"u8.ToArray());
        ledger.DeleteRecord("kind", Entries.Id(0));
        await ledger.FlushAsync();
        await using (var other = new SqliteConnection($"Data Source={_folder.Database};Pooling=False"))
        {
            await other.OpenAsync(cancel);
            await using var command = other.CreateCommand();
            command.CommandText = $"UPDATE records SET json = '[1]'; INSERT INTO records (kind, name, json, updated) VALUES ('kind', '{Entries.Id(0)}', '[1]', 1)";
            await command.ExecuteNonQueryAsync(cancel);
        }
        for (var i = 0; i < 300; i++) Assert.Equal("[1]"u8.ToArray(), (await ledger.FindRecordAsync("kind", Entries.Id(i), cancel))?.Json.ToArray());
    }
}
