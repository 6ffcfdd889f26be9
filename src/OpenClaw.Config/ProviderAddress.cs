using System.Net;
using System.Net.Sockets;

namespace OpenClaw.Config;

/// <summary>What a base URL says by itself.</summary>
public static class ProviderAddress
{
    private static readonly string[] LocalSuffixes = [".svc", ".svc.cluster.local", ".localhost", ".local", ".internal"];

    /// <summary>
    /// True for a server of one's own: loopback, a private address, a Kubernetes service, a host name without a dot.
    /// Such servers may take long to load a model and need no key.
    /// </summary>
    public static bool IsLocal(string baseUrl)
    {
        if (!Uri.TryCreate(baseUrl, UriKind.Absolute, out var uri)) return false;
        var host = uri.DnsSafeHost.TrimEnd('.').ToLowerInvariant();
        if (IPAddress.TryParse(host, out var address)) return IsPrivate(address);
        if (!host.Contains('.', StringComparison.Ordinal)) return host.Length > 0;
        return host.Contains(".svc.", StringComparison.Ordinal)
            || LocalSuffixes.Any(suffix => host.EndsWith(suffix, StringComparison.Ordinal));
    }

    private static bool IsPrivate(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address)) return true;
        if (address.AddressFamily == AddressFamily.InterNetworkV6) return address.IsIPv6UniqueLocal || address.IsIPv6LinkLocal;
        return address.GetAddressBytes() switch
        {
            [10, ..] or [192, 168, ..] or [169, 254, ..] => true,
            [172, >= 16 and <= 31, ..] => true,
            [100, >= 64 and <= 127, ..] => true, // RFC 6598, the shared space of cluster networks
            _ => false,
        };
    }

    /// <summary>What is wrong with a base URL, as (what, what to write instead); null when it is fine. Never repeats the URL.</summary>
    public static (string Message, string Instead)? Problem(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            return ("is not an absolute http or https address", "Write \"http://host:port/v1\" or \"https://host/v1\".");
        }
        if (uri.UserInfo.Length > 0) return ("holds a user name or password", "Move the secret to apiKey or headers.");
        if (uri.Query.Length > 0 || uri.Fragment.Length > 0 || text.Contains('?', StringComparison.Ordinal) || text.Contains('#', StringComparison.Ordinal))
        {
            return ("holds a query or a fragment", "Write only scheme, host, port and path.");
        }
        return null;
    }
}
