using System.Globalization;
using System.Net;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>Reads <c>gateway</c>: address, port, authentication, bounds.</summary>
internal static class GatewaySection
{
    private static readonly string[] BindWords = ["loopback", "lan", "auto", "custom"];

    public static GatewayConfig Read(ReadContext context)
    {
        var node = context.Root["gateway"];
        var (bind, host) = ReadBind(context, node);
        var (auth, token) = ReadAuth(context, node?["auth"]);
        if (node?["mode"] is { IsString: true, Text: "remote" } mode)
        {
            context.Problems.Warn(mode, "mode remote is a client's setting; this gateway serves", "Write \"local\", or remove it.");
        }
        var defaults = new GatewayConfig();
        var config = new GatewayConfig
        {
            Bind = bind,
            CustomBindHost = host,
            Port = ReadPort(context, node?["port"]),
            Auth = auth ?? AuthMode.Token,
            AuthIsImplied = auth is null,
            Token = token ?? (auth != AuthMode.None && context.Process("OPENCLAW_GATEWAY_TOKEN") is not null
                ? new SecretConfig { Source = SecretSource.Env, Value = "OPENCLAW_GATEWAY_TOKEN" } : null),
            MaxBodyBytes = (long?)ReadContext.Number(node?["maxBodyBytes"]) ?? defaults.MaxBodyBytes,
            MaxConcurrentRequests = ReadContext.Integer(node?["maxConcurrentRequests"]) ?? defaults.MaxConcurrentRequests,
            MaxConnections = ReadContext.Integer(node?["maxConnections"]) ?? defaults.MaxConnections,
            DrainTimeout = context.Duration(node?["drainTimeout"], TimeSpan.Zero, TimeSpan.FromHours(1)) ?? defaults.DrainTimeout,
        };
        // An unusable token is none, and none opens a gateway on loopback.
        if (config.Token is { Source: SecretSource.Env } named && context.Process(named.Value) is { } value) SecretReading.IsSendable(context, null, $"the variable {named.Value}", value);
        // A file does not know where it will be read: auto counts as open.
        if (config.Auth == AuthMode.None && config.IsOpenToOthers(inContainer: true))
        {
            context.Problems.Error(node?["auth"], "the gateway would be open to the network: bind is not loopback and auth is none", "Write \"auth\": true and set OPENCLAW_GATEWAY_TOKEN, or \"bind\": \"loopback\".");
        }
        return config;
    }

    private static int ReadPort(ReadContext context, ConfigNode? node)
    {
        var written = ReadContext.Integer(node) ?? 18789;
        if (context.Process("OPENCLAW_GATEWAY_PORT") is not { } text) return written;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535) return port;
        context.Problems.Error(null, "the variable OPENCLAW_GATEWAY_PORT is not a port", "Set it to a number between 1 and 65535, or remove it.");
        return written;
    }

    private static (BindMode Bind, string? Host) ReadBind(ReadContext context, ConfigNode? gateway)
    {
        var node = gateway?["bind"];
        switch (context.Text(node))
        {
            case null or "loopback":
                return (BindMode.Loopback, null);
            case "lan":
                return (BindMode.Lan, null);
            case "auto":
                return (BindMode.Auto, null);
            case "custom":
                return ReadCustomHost(context, node!, gateway?["customBindHost"]);
            case "localhost":
                context.Problems.Warn(node, "\"localhost\" is read as loopback", "Write \"loopback\".");
                return (BindMode.Loopback, null);
            case var text when IPAddress.TryParse(text, out var address):
                return FromAddress(context, node!, address);
            case var text:
                var nearest = Nearest.One(text, BindWords);
                context.Problems.Error(node, $"{Shown.Value(node!)} is not a place to listen", $"Write {(nearest is null ? Shown.Choice(BindWords) : $"\"{nearest}\"")}; for one address \"custom\" with customBindHost.");
                return (BindMode.Loopback, null);
        }
    }

    private static (BindMode, string?) FromAddress(ReadContext context, ConfigNode node, IPAddress address)
    {
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
        {
            context.Problems.Warn(node, $"{Shown.Value(node)} is read as every interface", "Write \"lan\".");
            return (BindMode.Lan, null);
        }
        if (address.Equals(IPAddress.Loopback) || address.Equals(IPAddress.IPv6Loopback))
        {
            context.Problems.Warn(node, $"{Shown.Value(node)} is read as loopback", "Write \"loopback\".");
            return (BindMode.Loopback, null);
        }
        context.Problems.Warn(node, $"{Shown.Value(node)} is read as one address to listen on", $"Write \"bind\": \"custom\", \"customBindHost\": \"{address}\".");
        return (BindMode.Custom, address.ToString());
    }

    private static (BindMode, string?) ReadCustomHost(ReadContext context, ConfigNode bind, ConfigNode? host)
    {
        if (context.Text(host) is { } text && (IPAddress.TryParse(text, out _) || (context.KeepsVariables && host!.HasVariables))) return (BindMode.Custom, text);
        context.Problems.Error(host ?? bind, host is null ? "bind custom has no customBindHost" : "customBindHost is not an IP address", "Write \"customBindHost\": \"10.0.0.5\".");
        return (BindMode.Loopback, null);
    }

    /// <summary>Mode null: the file says nothing of auth.</summary>
    private static (AuthMode? Mode, SecretConfig? Token) ReadAuth(ReadContext context, ConfigNode? node)
    {
        if (ReadContext.Flag(node) is { } flag) return (flag ? AuthMode.Token : AuthMode.None, null);
        if (node is not { IsObject: true }) return (null, null);
        var token = SecretReading.Read(context, node["token"]);
        var password = SecretReading.Read(context, node["password"]);
        var mode = context.Text(node["mode"]);
        if (mode is null && token is not null && password is not null)
        {
            context.Problems.Error(node, "auth has a token and a password but no mode", "Write \"mode\": \"token\" or \"mode\": \"password\".");
        }
        switch (mode)
        {
            case "none":
                if ((token ?? password) is not null) context.Problems.Warn(node["token"] ?? node["password"], "the token has no effect with mode none: everybody is let in", "Write \"mode\": \"token\", or remove the token.");
                return (AuthMode.None, null);
            case "trusted-proxy":
                context.Problems.Error(node["mode"], "mode trusted-proxy is not supported", "Write \"token\".");
                return (AuthMode.Token, token);
            case "password":
                var fromEnvironment = context.Process("OPENCLAW_GATEWAY_PASSWORD") is null ? null : new SecretConfig { Source = SecretSource.Env, Value = "OPENCLAW_GATEWAY_PASSWORD" };
                return (AuthMode.Token, password ?? fromEnvironment);
            default:
                return (AuthMode.Token, token ?? password);
        }
    }
}
