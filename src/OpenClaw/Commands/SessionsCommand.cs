using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OpenClaw.Client;
using OpenClaw.Commands.Models;
using OpenClaw.Config;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Commands;

/// <summary><c>openclaw sessions</c>: what the running gateway knows of its sessions.</summary>
internal static class SessionsCommand
{
    private const string Path = "/openclaw/v1/sessions";

    public static void Fill(Command command)
    {
        Add(command, "list", "The sessions that were used last", (list, gateway, json) =>
        {
            var limit = new Option<int>("--limit") { Description = "How many", DefaultValueFactory = static _ => 50, HelpName = "N" };
            list.Add(limit);
            list.SetAction((parsed, cancel) => parsed.GetValue(limit) is < 1 or > 500
                ? Task.FromResult(Terminal.Fail(parsed.GetValue(json), "--limit is a number from 1 to 500", "", ExitCode.Usage))
                : RunAsync(gateway.Read(parsed), parsed.GetValue(json), HttpMethod.Get, $"{Path}?limit={parsed.GetValue(limit).ToString(CultureInfo.InvariantCulture)}", List, cancel));
        });
        Add(command, "show", "One session: what is set, what was used, who answered", (show, gateway, json) =>
        {
            var key = Key(show);
            var transcript = new Option<bool>("--transcript") { Description = "And what was said, where the gateway holds the conversation" };
            show.Add(transcript);
            show.SetAction((parsed, cancel) => RunAsync(
                gateway.Read(parsed), parsed.GetValue(json), HttpMethod.Get, Of(parsed.GetValue(key)!) + (parsed.GetValue(transcript) ? "?transcript=true" : ""), Show, cancel));
        });
        Add(command, "reset", "Forget its conversation and counters; what is set stays", (reset, gateway, json) =>
        {
            var key = Key(reset);
            reset.SetAction((parsed, cancel) => RunAsync(gateway.Read(parsed), parsed.GetValue(json), HttpMethod.Post, Of(parsed.GetValue(key)!) + "/reset", static s => $"Session {s.Text("key")} was reset.\n", cancel));
        });
        Add(command, "delete", "Forget it altogether", (delete, gateway, json) =>
        {
            var key = Key(delete);
            delete.SetAction((parsed, cancel) => RunAsync(gateway.Read(parsed), parsed.GetValue(json), HttpMethod.Delete, Of(parsed.GetValue(key)!), static s => $"Session {s.Text("key")} was deleted.\n", cancel));
        });
    }

    private static void Add(Command parent, string name, string description, Action<Command, GatewayOptionSet, Option<bool>> fill)
    {
        var command = new Command(name, description);
        var gateway = new GatewayOptionSet(command);
        var json = CommonOptions.Json();
        command.Add(json);
        fill(command, gateway, json);
        parent.Add(command);
    }

    private static Argument<string> Key(Command command)
    {
        var key = new Argument<string>("key") { Description = "As sessions list shows it" };
        command.Add(key);
        return key;
    }

    private static string Of(string key) => Path + "/" + Uri.EscapeDataString(key);

    private static async Task<int> RunAsync(GatewayAsk ask, bool json, HttpMethod method, string path, Func<JsonElement, string> text, CancellationToken cancel)
    {
        var local = LocalConfig.Load(ask.Config);
        if (!GatewayAddress.TryFind(ask, ConfigEnvironment.Process, local.Config, out var address, out var problem))
        {
            return Terminal.Fail(json, problem, "write it as http://host:port", ExitCode.Usage);
        }
        using var client = new GatewayClient(address);
        var answer = await client.SendAsync(method, path, null, cancel).ConfigureAwait(false);
        if (!answer.IsAnswered) return ModelsSource.Refuse(json, answer);
        if (json) Terminal.Json(answer.Json.WriteTo);
        else Terminal.Write(TerminalText.Safe(text(answer.Json)));
        return ExitCode.Ok;
    }

    private static string List(JsonElement answer)
    {
        var table = new TextTable("Session", "Set to", "Requests", "Tokens", "Cost", "Last model", "Updated");
        foreach (var session in answer.Items("sessions"))
        {
            table.Add(
                session.Text("key") ?? "", session.Text("override") ?? "-", Count(session, "requests"), Readable.Tokens((long?)session.Child("usage").Number("total") ?? 0), Money(session),
                session.Child("last").Text("model") ?? "-", session.Time("updated")?.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "");
        }
        return table.IsEmpty ? "No session was used yet.\n" : table.ToString();
    }

    private static string Show(JsonElement session)
    {
        var text = new StringBuilder();
        text.Append("Session    ").Append(session.Text("key")).Append(session.Text("title") is { } title ? $" ({title})" : "").Append('\n');
        text.Append("Set to     ").Append(session.Text("override") ?? "nothing: requests name their model").Append(session.Flag("strict") ? ", strict" : "").Append('\n');
        text.Append("Answers    ").Append(string.Join(" -> ", session.Texts("plan"))).Append('\n');
        text.Append("Requests   ").Append(Count(session, "requests")).Append(", ").Append(Count(session, "failed")).Append(" without a whole answer, ").Append(Count(session, "fallbackCount")).Append(" by a fallback\n");
        var usage = session.Child("usage");
        text.Append(CultureInfo.InvariantCulture, $"Tokens     {usage.Number("total") ?? 0}: {usage.Number("input") ?? 0} in, {usage.Number("cacheRead") ?? 0} read from a cache, {(usage.Number("cacheWrite") ?? 0) + (usage.Number("cacheWrite1h") ?? 0)} written to one, {usage.Number("output") ?? 0} out\n");
        text.Append("Cost       ").Append(Money(session)).Append('\n');
        if (session.Text("stopped") is { } why) text.Append("Stopped    ").Append(why).Append('\n');
        var models = new TextTable("Model", "Calls", "Tokens", "Cost") { Indent = "  " };
        foreach (var share in session.Items("models")) models.Add(share.Text("model") ?? "", Count(share, "requests"), Count(share, "tokens"), Money(share));
        if (!models.IsEmpty) text.Append("\nModels\n").Append(models);
        var fallbacks = new TextTable("Time", "From", "To", "Why") { Indent = "  " };
        foreach (var note in session.Items("fallbacks")) fallbacks.Add(note.Time("at")?.ToLocalTime().ToString("MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "", note.Text("from") ?? "", note.Text("to") ?? "", note.Text("why") ?? "");
        if (!fallbacks.IsEmpty) text.Append("\nFallbacks\n").Append(fallbacks);
        foreach (var turn in session.Child("transcript").Items("turns"))
        {
            text.Append('\n').Append(turn.Text("role") == "user" ? "you" : turn.Text("model")).Append(turn.Flag("partial") ? " (a part)" : "").Append(":\n").Append(turn.Text("text")).Append('\n');
        }
        return text.ToString();
    }

    private static string Count(JsonElement json, string name) => (json.Number(name) ?? 0).ToString("0", CultureInfo.InvariantCulture);

    private static string Money(JsonElement json)
    {
        var cost = Dollars.OfJson(json.Number("cost"));
        return json.Number("unpriced") is > 0 and var n ? $"{cost} + {n:0} unpriced" : cost;
    }
}
