using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text;
using OpenClaw.Client;

namespace OpenClaw.Commands.Models;

/// <summary><c>openclaw models status</c>, which bare <c>openclaw models</c> means too.</summary>
internal static class ModelsStatus
{
    private const int CoolingDown = 2;

    public static void Fill(Command command)
    {
        var gateway = new GatewayOptionSet(command);
        var json = CommonOptions.Json();
        var plain = new Option<bool>("--plain") { Description = "Only the default model" };
        var check = new Option<bool>("--check") { Description = "Exit 1 when a key or a provider is missing, 2 when a key cools down" };
        var probe = new Option<bool>("--probe") { Description = "Call each provider once, live, for a token or so" };
        var provider = new Option<string?>("--probe-provider") { Description = "Only this provider", HelpName = "ID" };
        var timeout = new Option<int>("--probe-timeout") { Description = "Milliseconds a call may take", DefaultValueFactory = static _ => 8000, HelpName = "MS" };
        var tokens = new Option<int>("--probe-max-tokens") { Description = "Largest answer", DefaultValueFactory = static _ => 1, HelpName = "N" };
        foreach (var option in new Option[] { json, plain, check, probe, provider, timeout, tokens }) command.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var asJson = parsed.GetValue(json);
            var ask = gateway.Read(parsed);
            if (parsed.GetValue(timeout) < 1 || parsed.GetValue(tokens) < 1)
            {
                return Terminal.Fail(asJson, "--probe-timeout and --probe-max-tokens are positive numbers", "", ExitCode.Usage);
            }
            var (view, code) = await ModelsSource.ReadAsync(ask, asJson, cancel).ConfigureAwait(false);
            if (view is null) return code;
            ImmutableArray<ProbeRow>? probes = null;
            if (parsed.GetValue(probe) || parsed.GetValue(provider) is not null)
            {
                var order = new ProbeOrder(parsed.GetValue(provider), TimeSpan.FromMilliseconds(parsed.GetValue(timeout)), parsed.GetValue(tokens));
                (probes, code) = await ModelsProbe.RunAsync(view, ask, order, asJson, cancel).ConfigureAwait(false);
                if (probes is null) return code;
            }
            Show(view, probes, asJson, parsed.GetValue(plain));
            return parsed.GetValue(check) ? Check(view, probes) : ExitCode.Ok;
        });
    }

    /// <summary>
    /// 1 = a key or a provider is missing (or a probe found one refused), 2 = a key cools down (or a probe found it rate limited: it
    /// cools down since, and the view was read before), 0 = neither. A provider of which
    /// nobody names a model was not asked, so its row says nothing: its key may merely lie in the environment.
    /// </summary>
    public static int Check(ModelsView view, ImmutableArray<ProbeRow>? probes)
    {
        var isMissing = view.Default is null || view.BrokenChain.Any() || view.Providers.Any(static p => p.LacksKey)
            || (probes?.Any(static p => p.Model is not null && p.Bucket is "auth" or "billing" or "no_model") ?? false);
        if (isMissing) return ExitCode.NotSo;
        var isLimited = probes?.Any(static p => p.Bucket == "rate_limit") ?? false;
        return isLimited || view.Providers.Any(static p => p.Keys.Any(static k => k.Parks.Length > 0)) ? CoolingDown : ExitCode.Ok;
    }

    private static void Show(ModelsView view, ImmutableArray<ProbeRow>? probes, bool json, bool plain)
    {
        if (json) Terminal.Json(writer => ModelsStatusJson.Write(writer, view, probes, DateTimeOffset.UtcNow));
        else if (plain) Terminal.Out(view.Default ?? "");
        else Terminal.Write(Text(view, probes, DateTimeOffset.UtcNow));
    }

    /// <summary>The field names are upstream's, so that people find their way.</summary>
    public static string Text(ModelsView view, ImmutableArray<ProbeRow>? probes, DateTimeOffset now)
    {
        var text = new StringBuilder();
        void Field(string name, string value) => text.Append(name.PadRight(18)).Append(": ").Append(value).Append('\n');
        Field("Config", view.ConfigPath ?? (view.Gateway is null ? "none (the environment alone)" : "the gateway's"));
        if (view.Gateway is not null) Field("Gateway", view.Gateway);
        Field("Default", view.Default ?? "-");
        Field($"Fallbacks ({view.Fallbacks.Length})", Joined(view.Fallbacks));
        Field($"Aliases ({view.Aliases.Length})", Joined(view.Aliases.Select(static a => $"{a.Name} -> {a.Target}")));
        Field(view.Allowed is { } rules ? $"Allowed models ({rules.Length})" : "Allowed models", view.Allowed is { } list ? Joined(list) : "all");

        text.Append("\nAuth overview\n");
        foreach (var provider in view.Providers) text.Append(Overview(provider)).Append('\n');
        if (view.Providers.IsEmpty) text.Append("- no provider is configured\n");
        Section(text, "Missing auth", view.Providers.Where(static p => p.LacksKey).Select(static p => $"{p.Id} {p.Missing}"));
        Section(text, "Unavailable keys", view.Providers.SelectMany(p => p.Keys).SelectMany(k => k.Parks.Select(p => $"{k.Alias} {Parked(p, now)}")));
        Section(text, "Model route issues", [.. view.Default is null ? [NoDefault] : Array.Empty<string>(), .. view.BrokenChain.Select(static m => $"{m.Key} {m.Problem}")]);
        Section(text, "Without a price", view.Models.Where(static m => m.IsUnpriced).Select(static m => $"{m.Key} is not counted in dollars; name it under models.prices"));
        if (probes is { } rows) text.Append("\nAuth probes\n").Append(ModelsProbe.Table(rows));
        return text.ToString();
    }

    /// <summary>What <c>--check</c> takes for an issue where no model is the default one.</summary>
    public const string NoDefault = "there is no default model; set one with: openclaw models set REF";

    private static string Overview(ProviderRow provider)
    {
        var effective = provider.Effective?.Origin ?? "missing";
        var source = effective switch
        {
            "missing" => "-",
            "none" => "no key needed",
            _ when effective.StartsWith("env:", StringComparison.Ordinal) => "environment",
            _ when effective.StartsWith("file:", StringComparison.Ordinal) => "file",
            _ => "config",
        };
        var count = provider.Keys.Length > 1 ? string.Create(CultureInfo.InvariantCulture, $" | keys={provider.Keys.Length} ({provider.Keys.Count(static k => k.IsOk)} ok)") : "";
        return $"- {provider.Id} effective={effective} | source={source}{count}";
    }

    private static string Parked(ParkRow park, DateTimeOffset now)
    {
        var word = park.IsOutOfMoney ? "disabled:billing" : "cooldown:" + park.Reason;
        var until = park.Until is { } at ? Readable.Time(at - now) : "until it is changed";
        return $"{word} ({until}){(park.Model is null ? "" : " for " + park.Model)}";
    }

    private static void Section(StringBuilder text, string title, IEnumerable<string> lines)
    {
        var all = lines.ToList();
        if (all.Count == 0) return;
        text.Append('\n').Append(title).Append('\n');
        foreach (var line in all) text.Append("- ").Append(line).Append('\n');
    }

    private static string Joined(IEnumerable<string> words) => string.Join(", ", words) is { Length: > 0 } text ? text : "-";
}
