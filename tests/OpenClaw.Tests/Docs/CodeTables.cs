using System.Collections.Immutable;
using System.Text;
using OpenClaw.Config;
using OpenClaw.Config.Text;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Providers.Scripted;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Tests.Docs;

/// <summary>The tables of the documentation as the code has them.</summary>
internal static class CodeTables
{
    /// <summary>Every generated table: where it stands, its name, and how it is made.</summary>
    public static IReadOnlyList<(string File, string Name, Func<string> Build)> All { get; } =
    [
        ("docs/errors.md", "errors", Errors),
        ("docs/routing.md", "failures", FailureTable.Build),
        ("docs/routing.md", "clocks", Clocks),
        ("docs/routing.md", "rehearsal", Rehearsal),
        ("docs/configuration.md", "providers", Providers),
        ("docs/configuration.md", "bounds", Bounds),
        ("docs/configuration.md", "keys", KeyReference.Build),
        ("docs/cli.md", "commands", CommandTable.Build),
        ("docs/limits.md", "guard", Guard),
        ("docs/metrics.md", "metrics", MetricsTable.Build),
        ("docs/operator.md", "fields", InstanceTable.Build),
        ("docs/operator.md", "rules", InstanceTable.Rules),
        ("docs/operator.md", "settings", OperatorTables.Settings),
        ("docs/operator.md", "operator-metrics", OperatorTables.Metrics),
    ];

    /// <summary>A Markdown table; a bar inside a cell is escaped.</summary>
    public static string Write(string[] heading, IEnumerable<string[]> rows)
    {
        var text = new StringBuilder();
        Line(text, heading);
        Line(text, [.. heading.Select(static _ => "---")]);
        foreach (var row in rows) Line(text, row);
        return text.ToString().TrimEnd('\n');
    }

    public static string Code(string text) => $"`{text}`";

    private static void Line(StringBuilder text, string[] cells) =>
        text.Append("| ").Append(string.Join(" | ", cells.Select(static c => c.Replace("|", "\\|", StringComparison.Ordinal)))).Append(" |\n");

    private static string Errors() => Write(
        ["kind", "status", "OpenAI `type`", "OpenAI `code`", "Anthropic `type`", "Google `status`"],
        Enum.GetValues<GatewayErrorKind>().Select(static kind =>
        {
            var row = GatewayErrorTable.Row(kind);
            return (string[])[kind.ToString(), $"{row.Status}", Code(row.OpenAiType), Code(row.OpenAiCode), Code(row.AnthropicType), Code(row.GoogleStatus)];
        }));

    private static string Clocks()
    {
        var cloud = AttemptTimes.Of(new TimeoutsConfig(), Provider(), isLocal: false);
        var local = AttemptTimes.Of(new TimeoutsConfig(), Provider(), isLocal: true);
        string[] Row(string key, TimeSpan c, TimeSpan l, string what) => [Code("routing." + key), DurationText.Write(c), DurationText.Write(l), what];
        return Write(["key", "default", "default for a local server", "limits"],
        [
            Row("timeouts.headers", cloud.Headers, local.Headers, "streaming: from the call to the answer's headers"),
            Row("timeouts.firstToken", cloud.FirstToken, local.FirstToken, "streaming: from the call to the first meaningful frame"),
            Row("timeouts.idle", cloud.Idle, local.Idle, "streaming: silence between two reads"),
            Row("timeouts.answer", cloud.Answer, local.Answer, "not streaming: to the end of the answer, while another target waits"),
            Row("timeouts.total", cloud.Total, local.Total, "the whole request, with every attempt"),
        ]);
    }

    private static string Rehearsal() => Write(
        ["model", "what it does"],
        ScriptedFault.Catalogue.Select(static f => (string[])[Code("scripted/" + f.Name), f.What]));

    private static string Providers() => Write(
        ["id", "provider", "protocol", "base URL", "variables begin with"],
        ProviderCatalog.Presets.Select(static p => (string[])
            [Code(p.Id), p.Label, Code(ApiName(p.Api)), Code(p.BaseUrl), string.Join(", ", p.OtherEnvPrefixes.Insert(0, p.EnvPrefix).Select(static e => Code(e + "_")))]));

    /// <summary>The protocol's name in the file.</summary>
    public static string ApiName(ApiKind api) => api switch
    {
        ApiKind.OpenAiChat => "openai-completions",
        ApiKind.Anthropic => "anthropic-messages",
        ApiKind.Gemini => "google-generative-ai",
        ApiKind.Ollama => "ollama",
        ApiKind.Scripted => "scripted",
        _ => throw new ArgumentOutOfRangeException(nameof(api), api, null),
    };

    private static string Bounds()
    {
        var gateway = new GatewayConfig();
        var routing = new RoutingConfig();
        return Write(["key", "default"],
        [
            [Code("gateway.port"), $"{gateway.Port}"],
            [Code("gateway.maxBodyBytes"), $"{gateway.MaxBodyBytes} ({gateway.MaxBodyBytes >> 20} MiB)"],
            [Code("gateway.maxConcurrentRequests"), $"{gateway.MaxConcurrentRequests}"],
            [Code("gateway.maxConnections"), $"{gateway.MaxConnections}"],
            [Code("gateway.drainTimeout"), DurationText.Write(gateway.DrainTimeout)],
            [Code("routing.retries"), $"{routing.Retries}"],
            [Code("routing.deadline"), DurationText.Write(routing.Deadline)],
            [Code("routing.cooldown.base"), DurationText.Write(routing.CooldownBase)],
            [Code("routing.cooldown.max"), DurationText.Write(routing.CooldownMax)],
            [Code("routing.continuation"), routing.Continuation.ToString().ToLowerInvariant()],
            [Code("routing.unsupported"), routing.Unsupported.ToString().ToLowerInvariant()],
        ]);
    }

    private static string Guard()
    {
        var guard = new GuardConfig();
        string Usd(decimal usd) => usd.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture);
        return Write(["key", "default", "stops a session when"],
        [
            [Code("guard.spendPerMinute"), Usd(guard.SpendPerMinute), "it spends so many dollars in a minute, two minutes in a row, and the second is not less than the first"],
            [Code("guard.spendPerHour"), Usd(guard.SpendPerHour), "it spends so many dollars in sixty minutes; 0: no bound"],
            [Code("guard.identicalRequests"), $"{guard.IdenticalRequests}", "the same request came more often than that with nothing else in between, and cost a quarter of `guard.loopSpend`; or five times, and cost all of it"],
            [Code("guard.errorLoop"), $"{guard.ErrorLoop}", "requests of the same turn with more than 4096 tokens failed so often in a row; or what the failures may have cost comes to `guard.loopSpend`"],
            [Code("guard.heartbeat"), guard.Heartbeat ? "true" : "false", "the same prompt (but for dates and times) comes from a clock, is answered in a few words with hardly a tool used, and costs two cents or more each time, until it comes to `guard.loopSpend`"],
            [Code("guard.toolLoop"), $"{guard.ToolLoop}", "so many tool calls of one turn were the same, or a cycle of up to four, with the same results, and cost a quarter of `guard.loopSpend` (of a model that costs nothing the count alone); or three rounds, and they come to all of it"],
            [Code("guard.loopSpend"), Usd(guard.LoopSpend), "any of these loops would cost more dollars than this with the next request"],
            [Code("guard.cooldown"), DurationText.Write(guard.Cooldown), "(how long it is stopped the first time)"],
        ]);
    }

    private static ProviderConfig Provider() => new() { Id = "any", Api = ApiKind.OpenAiChat, BaseUrl = "http://any" };
}
