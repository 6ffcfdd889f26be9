using Microsoft.Data.Sqlite;
using Npgsql;
using OpenClaw.Gateway.Metering.Ledger.Storage;

namespace OpenClaw.Tests.Gateway.Metering.Ledger;

public sealed class StorageUrlTests
{
    [Theory]
    [InlineData("sqlite:openclaw.db", "/state", "/state/openclaw.db")]
    [InlineData("sqlite:data/x.db", "/state", "/state/data/x.db")]
    [InlineData("sqlite:/var/x.db", "/state", "/var/x.db")]
    [InlineData("sqlite:///var/x.db", null, "/var/x.db")]
    [InlineData("sqlite:openclaw.db", null, "memory")]
    [InlineData("sqlite::memory:", "/state", "memory")]
    [InlineData("none", "/state", "none")]
    [InlineData("postgres://u:geheim@db.example:6543/ledger", null, "db.example:6543/ledger")]
    [InlineData("postgresql://u:ge%40heim@[::1]/ledger?sslmode=verify-full", null, "::1:5432/ledger")]
    [InlineData("postgres:///ledger?host=/run/postgresql&user=u", null, "/run/postgresql:5432/ledger")]
    [InlineData("postgres://db.example/ledger?user=app@server&password=ge@heim", null, "db.example:5432/ledger")]
    public async Task A_url_names_a_place(string url, string? state, string place)
    {
        var (storage, problem) = StorageUrl.Open(url, state);
        Assert.Null(problem);
        await using (storage) Assert.Equal(place, storage!.Place);
    }

    [Theory]
    [InlineData("postgres://u@h/d", 5)]
    [InlineData("postgres://u@h/d?connect_timeout=9", 9)]
    public async Task A_server_that_stands_still_is_given_up_soon_but_for_what_may_take_long(string url, int connectSeconds)
    {
        await using var source = PostgresAddress.Read(url).Address!.Open();
        var settings = new NpgsqlConnectionStringBuilder(source.ConnectionString);
        Assert.Equal((connectSeconds, 5, 500, GssEncryptionMode.Disable), (settings.Timeout, settings.CommandTimeout, settings.CancellationTimeout, settings.GssEncryptionMode));
        await using var connection = source.CreateConnection();
        await using var command = connection.Command("SELECT 1");
        Assert.Equal((5, 30), (command.CommandTimeout, command.Long().CommandTimeout));
        await using var sqlite = new SqliteConnection("Data Source=:memory:;Default Timeout=5");
        await using var other = sqlite.Command("SELECT 1");
        Assert.Equal(5, other.Long().CommandTimeout);
    }

    [Theory]
    [InlineData("postgres://u:geheim@h:99999/d", "its port is no number from 1 to 65535")]
    [InlineData("postgres://u:geheim@h/d?sslmode=geheim", "its option sslmode cannot be read")]
    [InlineData("postgres://u:geheim@h/d?x%26geheim=1", "an option that is not known")]
    public void What_names_none_is_said_without_a_secret(string url, string why)
    {
        var (storage, problem) = StorageUrl.Open(url, null);
        Assert.Null(storage);
        Assert.Contains(why, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", problem, StringComparison.Ordinal);
    }
}
