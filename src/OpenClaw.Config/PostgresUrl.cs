using System.Collections.Immutable;
using System.Globalization;
using OpenClaw.Config.Text;

namespace OpenClaw.Config;

/// <summary>
/// <c>postgres://user:password@host:port/database?sslmode=require</c>, libpq's form (postgresql.org/docs/current/libpq-connect.html,
/// "Connection URIs"). A host that begins with a slash, escaped or as <c>?host=/run/postgresql</c>, is a socket's folder.
/// Read here, so that a file is refused for what the gateway could not start on.
/// </summary>
public sealed class PostgresUrl
{
    private static readonly ImmutableArray<string> s_known = ["host", "port", "user", "password", "dbname", "sslmode", "connect_timeout", "application_name", "sslrootcert", "channel_binding"];
    private static readonly ImmutableArray<string> s_sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
    private static readonly ImmutableArray<string> s_bindings = ["disable", "prefer", "require"];

    public string Host { get; private set; } = "";

    public int Port { get; private set; } = 5432;

    public string? Database { get; private set; }

    public string? User { get; private set; }

    public string? Password { get; private set; }

    /// <summary>In libpq's words; null = not said.</summary>
    public string? SslMode { get; private set; }

    public string? RootCertificate { get; private set; }

    public string? ChannelBinding { get; private set; }

    public string? ApplicationName { get; private set; }

    public int? ConnectSeconds { get; private set; }

    /// <summary>The address, or why the text is none and what to write. Neither repeats a part that may be secret.</summary>
    public static (PostgresUrl? Url, string? Problem, string Instead) Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        const string Sample = "Write \"postgres://user@host/database\".";
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0) return (null, "it is no address", Sample);
        var rest = text[(scheme + 3)..];
        // The last @ ends the password; one behind a / or ? that was meant to be in it would be read as something else.
        var query = rest.IndexOf('?', StringComparison.Ordinal);
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var end = Math.Min(query < 0 ? rest.Length : query, slash < 0 ? rest.Length : slash);
        if (UpToFirstValue(rest.AsSpan(end)).Contains('@') && !rest.AsSpan(0, end).Contains('@')) return (null, "a \"/\" or \"?\" stands before its \"@\"", "In a password write %2F for / and %3F for ?.");
        var options = query < 0 ? "" : rest[(query + 1)..];
        if (query >= 0) rest = rest[..query];
        slash = rest.IndexOf('/', StringComparison.Ordinal);
        var url = new PostgresUrl();
        if (slash >= 0 && slash + 1 < rest.Length) url.Database = Uri.UnescapeDataString(rest[(slash + 1)..]);
        var authority = slash < 0 ? rest : rest[..slash];
        var at = authority.LastIndexOf('@');
        if (at >= 0) url.ReadUser(authority[..at]);
        if (!url.TryReadHost(authority[(at + 1)..])) return (null, "its port is no number from 1 to 65535", "Write \"postgres://user@host:5432/database\".");
        foreach (var option in options.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = option.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? (option, "") : (option[..equals], Uri.UnescapeDataString(option[(equals + 1)..]));
            if (url.Apply(name, value) is { } wanted) return (null, s_known.Contains(name) ? $"its option {name} cannot be read" : IsPlain(name) ? $"its option {name} is not known" : "it has an option that is not known", wanted);
        }
        if (url.Host.Length == 0) url.Host = "localhost";
        return (url, null, "");
    }

    // Behind the = of an option an @ is part of its value.
    private static ReadOnlySpan<char> UpToFirstValue(ReadOnlySpan<char> rest)
    {
        var query = rest.IndexOf('?');
        var value = query < 0 ? -1 : rest[query..].IndexOf('=');
        return value < 0 ? rest : rest[..(query + value)];
    }

    private void ReadUser(string user)
    {
        var colon = user.IndexOf(':', StringComparison.Ordinal);
        User = Uri.UnescapeDataString(colon < 0 ? user : user[..colon]);
        if (colon >= 0) Password = Uri.UnescapeDataString(user[(colon + 1)..]);
    }

    private bool TryReadHost(string host)
    {
        var colon = host.LastIndexOf(':');
        // In [::1] the last colon is no port's.
        if (colon >= 0 && colon > host.LastIndexOf(']'))
        {
            if (!TryNumber(host[(colon + 1)..], 65535, out var port)) return false;
            Port = port;
            host = host[..colon];
        }
        if (host.Length > 0) Host = Uri.UnescapeDataString(host.Trim('[', ']'));
        return true;
    }

    /// <summary>Null when the option was taken, else what to write.</summary>
    private string? Apply(string name, string value)
    {
        switch (name)
        {
            case "host": Host = value; return null;
            case "port" when TryNumber(value, 65535, out var port): Port = port; return null;
            case "port": return "Write a number from 1 to 65535.";
            case "user": User = value; return null;
            case "password": Password = value; return null;
            case "dbname": Database = value; return null;
            case "connect_timeout" when TryNumber(value, 999, out var seconds): ConnectSeconds = seconds; return null;
            case "connect_timeout": return "Write seconds, from 1 to 999.";
            case "application_name": ApplicationName = value; return null;
            case "sslrootcert": RootCertificate = value; return null;
            case "channel_binding": return (ChannelBinding = Word(value, s_bindings)) is null ? $"Write {Shown.Choice(s_bindings)}." : null;
            case "sslmode": return (SslMode = Word(value, s_sslModes)) is null ? $"Write {Shown.Choice(s_sslModes)}." : null;
            default: return Nearest.One(name, s_known) is { } nearest ? $"Did you mean {nearest}?" : $"Known are {string.Join(", ", s_known)}.";
        }
    }

    /// <summary>Anything else may be a piece of a password.</summary>
    private static bool IsPlain(string name) => name.Length <= 40 && name.All(static c => char.IsAsciiLetter(c) || c == '_');

    private static string? Word(string value, ImmutableArray<string> words) =>
        words.FirstOrDefault(w => w.Replace("-", "", StringComparison.Ordinal).Equals(value.Replace("-", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase));

    private static bool TryNumber(string text, int most, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0 && number <= most;
}
