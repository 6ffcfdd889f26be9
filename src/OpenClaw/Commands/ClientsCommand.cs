using System.Buffers;
using System.CommandLine;
using System.Text.Json;
using OpenClaw.Client;
using OpenClaw.Commands.Models;
using OpenClaw.Config;

namespace OpenClaw.Commands;

/// <summary><c>openclaw clients</c>: the named tokens of a running gateway. A new token is alone on standard output, so that it can go where it belongs without being seen.</summary>
internal static class ClientsCommand
{
    private const string Path = "/openclaw/v1/clients";

    public static void Fill(Command command)
    {
        command.Add(Make("list", "Every client: of the configuration, and of the store", static _ => { }, static (_, ask) => ask.GetAsync(Path), static json => Terminal.Write(Table(json))));
        command.Add(BuildCreate());
        command.Add(BuildRotate());
        command.Add(BuildOne("revoke", "Its tokens are not taken any more, from now on", (name, ask) => ask.PostAsync($"{Path}/{name}/revoke", static _ => { }), json => Terminal.Out($"Client {json.Text("name")} is revoked.")));
        command.Add(BuildOne("show", "One client", (name, ask) => ask.GetAsync($"{Path}/{name}"), static json => Terminal.Write(Details(json))));
    }

    private static Command BuildCreate()
    {
        var name = new Argument<string>("name") { Description = "Letters, digits, dots, dashes and underscores" };
        var allow = new Option<string[]>("--allow") { Description = "What it may ask for, within the gateway's allowlist; can be given several times", HelpName = "REF" };
        var requests = new Option<int?>("--requests-per-minute") { Description = "Its rate in requests", HelpName = "N" };
        var tokens = new Option<int?>("--tokens-per-minute") { Description = "Its rate in tokens", HelpName = "N" };
        var budgets = new Option<string[]>("--budget") { Description = "Dollars a period, such as 20/month; can be given several times", HelpName = "USD/PERIOD" };
        budgets.Validators.Add(static result =>
        {
            if (result.Tokens.FirstOrDefault(static t => Dollars(t.Value) is null || !t.Value.Contains('/', StringComparison.Ordinal)) is { } bad) result.AddError($"--budget is dollars and a period, such as 20/month, 0.50/day or 5/total, and not \"{bad.Value}\"");
        });
        var expires = new Option<string?>("--expires") { Description = "A day or a time from which on it is not let in", HelpName = "WHEN" };
        return Make("create", "A new client; its token is shown this once", c => { c.Add(name); foreach (var o in new Option[] { allow, requests, tokens, budgets, expires }) c.Add(o); }, (parsed, ask) => ask.PostAsync(Path, json =>
        {
            json.WriteString("name"u8, parsed.GetValue(name));
            WriteAllow(json, parsed.GetValue(allow) ?? []);
            WriteLimits(json, parsed.GetValue(requests), parsed.GetValue(tokens));
            WriteBudgets(json, parsed.GetValue(budgets) ?? []);
            if (parsed.GetValue(expires) is { } end) json.WriteString("expires"u8, end);
        }), static json => ShowToken(json, "is made"));
    }

    private static Command BuildRotate()
    {
        var name = new Argument<string>("name");
        var overlap = new Option<string>("--overlap") { Description = "How long the old token is good for; 0s ends it now", DefaultValueFactory = static _ => "24h", HelpName = "TIME" };
        return Make("rotate", "A new token; the old one is good for a while", c => { c.Add(name); c.Add(overlap); },
            (parsed, ask) => ask.PostAsync($"{Path}/{Escaped(parsed.GetValue(name)!)}/rotate", json => json.WriteString("overlap"u8, parsed.GetValue(overlap))),
            static json => ShowToken(json, json.Text("oldTokenUntil") is { } until ? $"has a new token; the old one is good until {until}" : "has a new token; the old one is not taken any more"));
    }

    private static Command BuildOne(string verb, string description, Func<string, Asking, Task<Reach>> ask, Action<JsonElement> show)
    {
        var name = new Argument<string>("name");
        return Make(verb, description, c => c.Add(name), (parsed, asking) => ask(Escaped(parsed.GetValue(name)!), asking), show);
    }

    private static Command Make(string verb, string description, Action<Command> more, Func<ParseResult, Asking, Task<Reach>> ask, Action<JsonElement> show)
    {
        var command = new Command(verb, description);
        more(command);
        var gateway = new GatewayOptionSet(command);
        var json = CommonOptions.Json();
        command.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            var (asJson, asked) = (parsed.GetValue(json), gateway.Read(parsed));
            var local = LocalConfig.Load(asked.Config);
            if (!GatewayAddress.TryFind(asked, ConfigEnvironment.Process, local.Config, out var address, out var problem))
            {
                return Terminal.Fail(asJson, problem, "write it as http://host:port", ExitCode.Usage);
            }
            using var client = new GatewayClient(address);
            var reach = await ask(parsed, new Asking(client, cancel)).ConfigureAwait(false);
            if (!reach.IsAnswered) return ModelsSource.Refuse(asJson, reach);
            if (asJson) Terminal.Json(writer => reach.Json.WriteTo(writer));
            else show(reach.Json);
            return ExitCode.Ok;
        });
        return command;
    }

    private static void ShowToken(JsonElement json, string what)
    {
        Terminal.Line($"Client {json.Text("name")} {what}. Its token is shown only now:");
        Terminal.Out(json.Text("token") ?? "");
    }

    private static string Table(JsonElement json)
    {
        var table = new TextTable("CLIENT", "FROM", "STATE", "ALLOW", "LIMITS", "BUDGETS", "EXPIRES");
        foreach (var client in json.Items("clients"))
        {
            table.Add(client.Text("name") ?? "", client.Text("from") ?? "", client.Text("state") ?? "active", Allowed(client), Limits(client), Budgets(client), client.Text("expires") ?? "never");
        }
        return table.IsEmpty ? "No clients; openclaw clients create NAME makes one.\n" : table.ToString();
    }

    private static string Details(JsonElement client)
    {
        var table = new TextTable("", "");
        table.Add("client", client.Text("name") ?? "");
        table.Add("from", client.Text("from") ?? "");
        table.Add("state", client.Text("state") ?? "active");
        table.Add("may ask for", Allowed(client));
        table.Add("limits", Limits(client));
        table.Add("budgets", Budgets(client));
        table.Add("expires", client.Text("expires") ?? "never");
        foreach (var (name, title) in ((string, string)[])[("created", "made"), ("changed", "changed"), ("oldTokenUntil", "old token until"), ("revoked", "revoked")])
        {
            if (client.Text(name) is { } time) table.Add(title, time);
        }
        return table.ToString();
    }

    private static string Allowed(JsonElement client) => client.Texts("allow").ToList() is { Count: > 0 } rules ? string.Join(", ", rules) : "all";

    private static string Limits(JsonElement client) => Joined(client.Items("limits").SelectMany(static l => (string?[])
        [l.Number("requestsPerMinute") is { } r ? $"{r} requests/min" : null, l.Number("tokensPerMinute") is { } t ? $"{t} tokens/min" : null]).OfType<string>());

    private static string Budgets(JsonElement client) => Joined(client.Items("budgets").Select(static b =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(b.Text("unit") == "tokens" ? $"{b.Number("limit")} tokens" : $"${b.Number("limit")}")}/{b.Text("period")}")));

    private static string Joined(IEnumerable<string> parts) => string.Join(", ", parts) is { Length: > 0 } text ? text : "-";

    private static string Escaped(string name) => Uri.EscapeDataString(name);

    private static void WriteAllow(Utf8JsonWriter json, string[] allow)
    {
        if (allow.Length == 0) return;
        json.WriteStartArray("allow"u8);
        foreach (var rule in allow) json.WriteStringValue(rule);
        json.WriteEndArray();
    }

    private static void WriteLimits(Utf8JsonWriter json, int? requests, int? tokens)
    {
        if (requests is null && tokens is null) return;
        json.WriteStartArray("limits"u8);
        json.WriteStartObject();
        if (requests is { } r) json.WriteNumber("requestsPerMinute"u8, r);
        if (tokens is { } t) json.WriteNumber("tokensPerMinute"u8, t);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static decimal? Dollars(string budget) =>
        decimal.TryParse(budget.Split('/')[0].TrimStart('$'), System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out var usd) ? usd : null;

    private static void WriteBudgets(Utf8JsonWriter json, string[] budgets)
    {
        if (budgets.Length == 0) return;
        json.WriteStartArray("budgets"u8);
        foreach (var text in budgets)
        {
            json.WriteStartObject();
            json.WriteNumber("limit"u8, Dollars(text) ?? 0);
            json.WriteString("period"u8, text[(text.IndexOf('/', StringComparison.Ordinal) + 1)..]);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>The gateway that is asked.</summary>
    private sealed record Asking(GatewayClient Client, CancellationToken Cancel)
    {
        public Task<Reach> GetAsync(string path) => Client.GetAsync(path, Cancel);

        public Task<Reach> PostAsync(string path, Action<Utf8JsonWriter> write)
        {
            var body = new ArrayBufferWriter<byte>(256);
            using (var json = new Utf8JsonWriter(body))
            {
                json.WriteStartObject();
                write(json);
                json.WriteEndObject();
            }
            return Client.SendAsync(HttpMethod.Post, path, body.WrittenSpan.ToArray(), Cancel);
        }
    }
}
