using System.CommandLine;
using System.Globalization;
using OpenClaw.Client;
using OpenClaw.Commands.Models;
using OpenClaw.Config;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Commands;

/// <summary><c>openclaw usage</c>: what was used and what it cost.</summary>
internal static class UsageCommand
{
    public static void Fill(Command command)
    {
        var gateway = new GatewayOptionSet(command);
        var by = new Option<string>("--by") { Description = $"A row for each {UsageQuestion.Groupings}", DefaultValueFactory = static _ => "model", HelpName = "WHAT" };
        var since = new Option<string>("--since") { Description = "From when: 7d, 24h, today, month, 2026-11-01", DefaultValueFactory = static _ => "7d", HelpName = "TIME" };
        var until = new Option<string>("--until") { Description = "To when: now, 1d, 2026-11-30 (that day included)", DefaultValueFactory = static _ => "now", HelpName = "TIME" };
        var client = new Option<string?>("--client") { Description = "Only this client's", HelpName = "NAME" };
        var session = new Option<string?>("--session") { Description = "Only this session's", HelpName = "KEY" };
        var zone = new Option<string>("--time-zone") { Description = "Where days begin", DefaultValueFactory = static _ => "UTC", HelpName = "ZONE" };
        var json = CommonOptions.Json();
        var csv = new Option<bool>("--csv") { Description = "Comma-separated values on standard output" };
        foreach (var option in new Option[] { by, since, until, client, session, zone, json, csv }) command.Add(option);
        command.SetAction((parsed, cancel) =>
        {
            var asked = new (string Name, string? Value)[]
            {
                ("by", parsed.GetValue(by)), ("since", parsed.GetValue(since)), ("until", parsed.GetValue(until)),
                ("client", parsed.GetValue(client)), ("session", parsed.GetValue(session)), ("timeZone", parsed.GetValue(zone)),
            };
            return RunAsync(gateway.Read(parsed), asked, parsed.GetValue(json), parsed.GetValue(csv), cancel);
        });
    }

    private static async Task<int> RunAsync(GatewayAsk ask, (string Name, string? Value)[] asked, bool json, bool csv, CancellationToken cancel)
    {
        if (json && csv) return Terminal.Fail(json, "--json and --csv exclude each other", "", ExitCode.Usage);
        var (query, problem) = Question(asked);
        if (query is null) return Terminal.Fail(json, problem, "openclaw usage --help", ExitCode.Usage);
        var local = LocalConfig.Load(ask.Config);
        if (!GatewayAddress.TryFind(ask, ConfigEnvironment.Process, local.Config, out var address, out var wrong))
        {
            return Terminal.Fail(json, wrong, "write it as http://host:port", ExitCode.Usage);
        }
        using var gateway = new GatewayClient(address);
        var answer = await gateway.GetReportAsync($"/openclaw/v1/usage?{QueryOf(asked)}&limit={UsageQuestion.MostRows}", cancel).ConfigureAwait(false);
        if (!answer.IsAnswered) return ModelsSource.Refuse(json, answer);
        if (UsageJson.Read(answer.Json) is not { } report)
        {
            return Terminal.Fail(json, $"the gateway at {address} keeps no usage that this program understands", "use the same version of both", ExitCode.Unreachable);
        }
        if (json) Terminal.Json(writer => answer.Json.WriteTo(writer));
        else if (csv) Terminal.Write(UsageCsv.Write(query.By, report));
        else Terminal.Write(UsageText.Of(query.By, report, report.Total.Requests == 0 && await HasNoProviderAsync(gateway, cancel).ConfigureAwait(false)));
        if (report.Rows.Count >= UsageQuestion.MostRows) Terminal.Line($"note: there may be more than these {report.Rows.Count} rows; narrow it with --since, --client or --session");
        return ExitCode.Ok;
    }

    // The gateway's own word: its configuration need not be the one that is found here.
    private static async Task<bool> HasNoProviderAsync(GatewayClient gateway, CancellationToken cancel) =>
        await gateway.GetAsync("/openclaw/v1/status", cancel).ConfigureAwait(false) is { IsAnswered: true } status && !status.Json.Items("providers").Any();

    /// <summary>The gateway reads the same words; here they are wrong usage rather than a refusal.</summary>
    private static (UsageQuery? Query, string Problem) Question((string Name, string? Value)[] asked)
    {
        var words = new Microsoft.AspNetCore.Http.QueryCollection(asked.Where(static a => a.Value is not null).ToDictionary(static a => a.Name, static a => new Microsoft.Extensions.Primitives.StringValues(a.Value)));
        var (query, problem, _) = UsageQuestion.Read(words, DateTimeOffset.UtcNow);
        return (query, "--" + problem.Replace("timeZone", "time-zone", StringComparison.Ordinal));
    }

    private static string QueryOf((string Name, string? Value)[] asked) =>
        string.Join('&', asked.Where(static a => a.Value is not null).Select(static a => string.Create(CultureInfo.InvariantCulture, $"{a.Name}={Uri.EscapeDataString(a.Value!)}")));
}
