using System.CommandLine;

namespace OpenClaw.Commands;

/// <summary>Options that several commands share, with one wording.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json") { Description = "One JSON document on standard output" };

    public static Option<string?> Config() => new("--config")
    {
        Description = "The configuration file (default: OPENCLAW_CONFIG_PATH, ~/.openclaw/openclaw.json)", HelpName = "FILE",
    };
}

/// <summary><c>--url</c>, <c>--token</c> and <c>--config</c> of the commands that ask a running gateway.</summary>
internal sealed class GatewayOptionSet
{
    private readonly Option<string?> _url = new("--url") { Description = "The gateway's address (default: OPENCLAW_GATEWAY_URL, else the configured port on this machine)", HelpName = "URL" };
    private readonly Option<string?> _token = new("--token") { Description = "Its token (default: OPENCLAW_GATEWAY_TOKEN, else the configured one)", HelpName = "TOKEN" };
    private readonly Option<string?> _config = CommonOptions.Config();

    public GatewayOptionSet(Command command)
    {
        command.Add(_url);
        command.Add(_token);
        command.Add(_config);
    }

    public GatewayAsk Read(ParseResult parsed) => new(parsed.GetValue(_url), parsed.GetValue(_token), parsed.GetValue(_config));
}

/// <summary>Which gateway and which file were asked for; null = not said.</summary>
internal sealed record GatewayAsk(string? Url, string? Token, string? Config);
