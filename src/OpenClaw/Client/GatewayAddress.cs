using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using OpenClaw.Commands;
using OpenClaw.Config;
using OpenClaw.Gateway.State;

namespace OpenClaw.Client;

/// <summary>Where a running gateway is asked, and with which token. <see cref="ToString"/> never shows the token.</summary>
internal sealed class GatewayAddress
{
    public const int DefaultPort = 18789;

    private GatewayAddress(Uri url, string? token, bool isNamed) => (Url, Token, IsNamed) = (url, token, isNamed);

    /// <summary>Scheme, host and port.</summary>
    public Uri Url { get; }

    public string? Token { get; }

    /// <summary>True when the user named the address; false when it was derived from the configuration.</summary>
    public bool IsNamed { get; }

    /// <summary><c>--url</c>, <c>OPENCLAW_GATEWAY_URL</c>, else this machine and <c>OPENCLAW_GATEWAY_PORT</c> or the configured port.</summary>
    /// <returns>False when what was named is not an address; <paramref name="problem"/> says so.</returns>
    public static bool TryFind(
        GatewayAsk ask, ConfigEnvironment environment, OpenClawConfig? config, [NotNullWhen(true)] out GatewayAddress? address, out string problem)
    {
        (address, problem) = (null, "");
        var named = NotEmpty(ask.Url) ?? NotEmpty(environment.Variable("OPENCLAW_GATEWAY_URL"));
        // The file's own token is for the file's own gateway, which takes it before the environment's; it is not sent to an address that somebody typed.
        var token = NotEmpty(ask.Token) ?? (named is null ? ConfiguredToken(environment, config) : null) ?? NotEmpty(environment.Variable("OPENCLAW_GATEWAY_TOKEN"));
        if (named is null)
        {
            address = new GatewayAddress(Local(environment, config), token, isNamed: false);
            return true;
        }
        var text = named.Contains("://", StringComparison.Ordinal) ? named : "http://" + named;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            problem = "the gateway's address is not an http or https URL";
            return false;
        }
        address = new GatewayAddress(new Uri(uri.GetLeftPart(UriPartial.Authority)), token, isNamed: true);
        return true;
    }

    public override string ToString() => Url.ToString().TrimEnd('/');

    private static Uri Local(ConfigEnvironment environment, OpenClawConfig? config)
    {
        var port = config?.Gateway.Port
            ?? (int.TryParse(environment.Variable("OPENCLAW_GATEWAY_PORT"), NumberStyles.None, CultureInfo.InvariantCulture, out var p) && p is > 0 and < 65536 ? p : DefaultPort);
        var host = config?.Gateway is { Bind: BindMode.Custom, CustomBindHost: { } custom } && IPAddress.TryParse(custom, out var own) ? own : IPAddress.Loopback;
        return new UriBuilder("http", host.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{host}]" : host.ToString(), port).Uri;
    }

    private static string? ConfiguredToken(ConfigEnvironment environment, OpenClawConfig? config) =>
        config?.Gateway.Token is { } token ? new SecretStore(environment).Read(token).Value?.Reveal() : null;

    private static string? NotEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
