using System.Globalization;
using Npgsql;
using OpenClaw.Config;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>A <see cref="PostgresUrl"/> with the settings of a connection.</summary>
internal sealed class PostgresAddress
{
    /// <summary>
    /// How long a command may take, a COMMIT too. To a server that stands still the first one of a pooled connection goes together
    /// with what prepares it, and nobody who waits can end that sooner.
    /// </summary>
    public const int CommandSeconds = 5;

    /// <summary>How long reports, retention, changes of the tables and batches of the writer may take.</summary>
    public const int LongSeconds = 30;

    private readonly NpgsqlConnectionStringBuilder _settings;

    private PostgresAddress(NpgsqlConnectionStringBuilder settings) => _settings = settings;

    /// <summary>Host, port and database.</summary>
    public string Place => string.Create(CultureInfo.InvariantCulture, $"{_settings.Host}:{_settings.Port}/{_settings.Database}");

    /// <summary>The address, or why the text is none; the reason repeats no part that may be secret.</summary>
    public static (PostgresAddress? Address, string? Problem) Read(string text)
    {
        var (url, problem, instead) = PostgresUrl.Read(text);
        if (url is null) return (null, $"{problem}. {instead}");
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = url.Host, Port = url.Port, Timeout = url.ConnectSeconds ?? 5, CommandTimeout = CommandSeconds, KeepAlive = 15, MaxPoolSize = 10, MaxAutoPrepare = 64, AutoPrepareMinUsages = 2,
            ApplicationName = url.ApplicationName ?? "openclaw", IncludeErrorDetail = false,
            // A server that stands still takes the wish to cancel, and says nothing to it. It is not asked for GSS first, which would be another wait, and which the driver's small form has not got.
            CancellationTimeout = 500, GssEncryptionMode = GssEncryptionMode.Disable,
        };
        if (url.Database is { } database) settings.Database = database;
        if (url.User is { } user) settings.Username = user;
        if (url.Password is { } password) settings.Password = password;
        if (url.RootCertificate is { } certificate) settings.RootCertificate = certificate;
        if (url.SslMode is { } ssl) settings.SslMode = SslModeOf(ssl);
        if (url.ChannelBinding is { } binding) settings.ChannelBinding = binding switch { "disable" => ChannelBinding.Disable, "require" => ChannelBinding.Require, _ => ChannelBinding.Prefer };
        return (new PostgresAddress(settings), null);
    }

    public NpgsqlDataSource Open()
    {
        var builder = new NpgsqlSlimDataSourceBuilder(_settings.ConnectionString);
        builder.EnableTransportSecurity();
        builder.EnableArrays();
        builder.UsePhysicalConnectionInitializer(static connection => RefuseStandbyAsync(connection).GetAwaiter().GetResult(), RefuseStandbyAsync);
        return builder.Build();
    }

    // While a failover is under way the address may still lead to the old server, which takes no writes any more. Such a connection
    // must not be kept: it works, and would be used again and again when the address has long led elsewhere.
    private static async Task RefuseStandbyAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("SHOW transaction_read_only", connection);
        if (await command.ExecuteScalarAsync().ConfigureAwait(false) is "on") throw new NpgsqlException("the server takes no writes: it is a standby, or read-only");
    }

    public override string ToString() => Place;

    private static SslMode SslModeOf(string word) => word switch
    {
        "disable" => SslMode.Disable,
        "allow" => SslMode.Allow,
        "require" => SslMode.Require,
        "verify-ca" => SslMode.VerifyCA,
        "verify-full" => SslMode.VerifyFull,
        _ => SslMode.Prefer,
    };
}
