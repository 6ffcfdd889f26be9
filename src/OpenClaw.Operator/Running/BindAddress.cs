using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace OpenClaw.Operator.Running;

/// <summary>Where to listen: an address of this machine, or null for all, and a port (0 takes a free one).</summary>
internal sealed record BindAddress(IPAddress? Address, int Port)
{
    public static BindAddress Any(int port) => new(null, port);

    /// <summary><c>:8081</c>, <c>127.0.0.1:8081</c>, <c>[::1]:8081</c> or a port alone.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out BindAddress? bind)
    {
        bind = null;
        var colon = text.LastIndexOf(':');
        var (host, digits) = colon < 0 ? ("", text) : (text[..colon], text[(colon + 1)..]);
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > 65535) return false;
        if (host is "localhost") host = "127.0.0.1";
        IPAddress? address = null;
        if (host.Length > 0 && !IPAddress.TryParse(host, out address)) return false;
        bind = new BindAddress(address, port);
        return true;
    }

    public override string ToString() => Address is null ? $":{Port}" : new IPEndPoint(Address, Port).ToString();
}
