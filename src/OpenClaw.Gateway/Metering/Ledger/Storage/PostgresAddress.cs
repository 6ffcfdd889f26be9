using System.Collections.Immutable;
using System.Globalization;
using Npgsql;

namespace OpenClaw.Gateway.Metering.Ledger.Storage;

/// <summary>
/// <c>postgres://user:password@host:port/database?sslmode=require</c>, libpq's form (postgresql.org/docs/current/libpq-connect.html,
/// "Connection URIs"). A host that begins with a slash, escaped or as <c>?host=/run/postgresql</c>, is a socket's folder.
/// </summary>
internal sealed class PostgresAddress
{
    private readonly NpgsqlConnectionStringBuilder _settings;
    private static readonly ImmutableArray<string> s_known = ["host", "port", "user", "password", "dbname", "sslmode", "connect_timeout", "application_name", "sslrootcert", "channel_binding"];

    private PostgresAddress(NpgsqlConnectionStringBuilder settings) => _settings = settings;

    /// <summary>Host, port and database.</summary>
    public string Place => string.Create(CultureInfo.InvariantCulture, $"{_settings.Host}:{_settings.Port}/{_settings.Database}");

    /// <summary>The address, or why the text is none; the reason repeats no part that may be secret.</summary>
    public static (PostgresAddress? Address, string? Problem) Read(string url)
    {
        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0) return (null, "it is no address");
        var rest = url[(scheme + 3)..];
        var query = rest.IndexOf('?', StringComparison.Ordinal);
        var options = query < 0 ? "" : rest[(query + 1)..];
        if (query >= 0) rest = rest[..query];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var settings = new NpgsqlConnectionStringBuilder
        {
            Port = 5432, Timeout = 5, CommandTimeout = 30, KeepAlive = 15, MaxPoolSize = 10, MaxAutoPrepare = 64, AutoPrepareMinUsages = 2, ApplicationName = "openclaw", IncludeErrorDetail = false,
        };
        if (slash >= 0) settings.Database = Uri.UnescapeDataString(rest[(slash + 1)..]);
        var authority = slash < 0 ? rest : rest[..slash];
        var at = authority.LastIndexOf('@');
        if (at >= 0) ReadUser(settings, authority[..at]);
        if (!TryReadHost(settings, authority[(at + 1)..])) return (null, "its port is no number from 1 to 65535");
        foreach (var option in options.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = option.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? (option, "") : (option[..equals], Uri.UnescapeDataString(option[(equals + 1)..]));
            if (Apply(settings, name, value) is { } problem) return (null, problem);
        }
        if (string.IsNullOrEmpty(settings.Host)) settings.Host = "localhost";
        return (new PostgresAddress(settings), null);
    }

    public NpgsqlDataSource Open()
    {
        var builder = new NpgsqlSlimDataSourceBuilder(_settings.ConnectionString);
        builder.EnableTransportSecurity();
        builder.EnableArrays();
        return builder.Build();
    }

    public override string ToString() => Place;

    private static void ReadUser(NpgsqlConnectionStringBuilder settings, string user)
    {
        var colon = user.IndexOf(':', StringComparison.Ordinal);
        settings.Username = Uri.UnescapeDataString(colon < 0 ? user : user[..colon]);
        if (colon >= 0) settings.Password = Uri.UnescapeDataString(user[(colon + 1)..]);
    }

    private static bool TryReadHost(NpgsqlConnectionStringBuilder settings, string host)
    {
        var colon = host.LastIndexOf(':');
        // In [::1] the last colon is no port's.
        if (colon >= 0 && colon > host.LastIndexOf(']'))
        {
            if (!int.TryParse(host[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535) return false;
            settings.Port = port;
            host = host[..colon];
        }
        if (host.Length > 0) settings.Host = Uri.UnescapeDataString(host.Trim('[', ']'));
        return true;
    }

    private static string? Apply(NpgsqlConnectionStringBuilder settings, string name, string value)
    {
        switch (name)
        {
            case "host": settings.Host = value; return null;
            case "port" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536: settings.Port = port; return null;
            case "user": settings.Username = value; return null;
            case "password": settings.Password = value; return null;
            case "dbname": settings.Database = value; return null;
            case "connect_timeout" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 1000: settings.Timeout = seconds; return null;
            case "application_name": settings.ApplicationName = value; return null;
            case "sslrootcert": settings.RootCertificate = value; return null;
            case "channel_binding" when Enum.TryParse<ChannelBinding>(value, ignoreCase: true, out var binding): settings.ChannelBinding = binding; return null;
            case "sslmode" when Enum.TryParse<SslMode>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var mode): settings.SslMode = mode; return null;
            default: return s_known.Contains(name) ? $"its {name} cannot be read" : $"it has an option that is not known; known are {string.Join(", ", s_known)}";
        }
    }
}
