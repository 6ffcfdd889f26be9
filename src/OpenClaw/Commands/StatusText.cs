using System.Globalization;
using System.Text;
using System.Text.Json;
using OpenClaw.Client;
using OpenClaw.Commands.Models;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Commands;

/// <summary>A gateway's status for people.</summary>
internal static class StatusText
{
    private const int WidestMessage = 64;

    public static string Of(string gateway, JsonElement status, JsonElement decisions, DateTimeOffset now)
    {
        var text = new StringBuilder();
        var started = status.Time("startedAt") is { } time ? ", up " + Readable.Time(now - time) : "";
        text.Append($"OpenClaw {status.Text("version")} at {gateway}{started}\n");
        if (status.Flag("draining")) text.Append("Draining: it takes no new requests.\n");
        text.Append("Config     ").Append(ConfigLine(status, now)).Append('\n');
        foreach (var problem in status.Texts("configProblems")) text.Append("           ").Append(problem).Append('\n');
        foreach (var problem in status.Texts("secretProblems")) text.Append("           ").Append(problem).Append('\n');
        if (Ledger(status.Child("ledger")) is { } ledger) text.Append("Ledger     ").Append(ledger).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"In flight  {status.Number("inFlight") ?? 0}\n");
        var chain = string.Join(" -> ", status.Texts("chain"));
        text.Append("Chain      ").Append(chain.Length == 0 ? "none: no default model is configured" : chain).Append('\n');

        var unpriced = string.Join(", ", status.Texts("unpriced"));
        if (unpriced.Length > 0) text.Append("Unpriced   ").Append(unpriced).Append(": not counted in dollars; name them under models.prices\n");

        text.Append("\nProviders\n").Append(Providers(status, now));
        var targets = Targets(status);
        text.Append("\nTargets\n").Append(targets.IsEmpty ? "  none was called yet\n" : targets.ToString());
        var budgets = Budgets(status, now);
        if (!budgets.IsEmpty) text.Append("\nBudgets\n").Append(budgets.ToString());
        if (decisions.ValueKind == JsonValueKind.Undefined) return text.ToString();
        var last = Decisions(decisions);
        text.Append("\nLast decisions\n").Append(last.IsEmpty ? "  none yet\n" : last.ToString());
        return text.ToString();
    }

    // Where each subject has its own, the three dearest.
    private static TextTable Budgets(JsonElement status, DateTimeOffset now)
    {
        var table = new TextTable("Budget", "Spent", "Reserved", "Limit", "Starts anew") { Indent = "  " };
        foreach (var budget in status.Items("budgets"))
        {
            var name = budget.Text("name") ?? "";
            var unit = budget.Text("unit") ?? "usd";
            var anew = budget.Time("windowEnds") is { } ends ? "in " + Readable.Time(ends - now) : "never";
            if (budget.Number("spent") is not null) Add(name, budget);
            // What the ledger has not said is not nothing.
            else if (budget.TryGetProperty("spent", out _)) table.Add(name, "not known", "-", Amount(budget.Number("limit"), unit), anew);
            foreach (var subject in budget.Items("subjects").Take(3)) Add($"{name}: {subject.Text("subject")}", subject);

            void Add(string what, JsonElement amounts) =>
                table.Add(what, Amount(amounts.Number("spent"), unit), Amount(amounts.Number("reserved"), unit), Amount(budget.Number("limit"), unit), anew);
        }
        return table;
    }

    private static string Amount(double? amount, string unit) => unit == "usd"
        ? Dollars.OfJson(amount)
        : (amount ?? 0).ToString("#,##0", CultureInfo.InvariantCulture) + " tokens";

    /// <summary>One row an attempt; what belongs to the whole request stands in the first of them.</summary>
    public static TextTable Decisions(JsonElement decisions)
    {
        var table = new TextTable("Time", "Asked", "Outcome", "#", "Target", "What happened", "First", "Total", "Decision") { Indent = "  " };
        foreach (var decision in decisions.Items("decisions"))
        {
            var attempts = decision.Items("attempts").ToList();
            string[] head = [decision.Time("time")?.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture) ?? "", Asked(decision), decision.Text("outcome") ?? ""];
            string[] tail = [Readable.Milliseconds(decision.Number("firstTokenMs")), Readable.Milliseconds(decision.Number("totalMs")), decision.Text("id") ?? ""];
            if (attempts.Count == 0) table.Add([.. head, "-", "-", Cut(decision.Text("error") ?? ""), .. tail]);
            for (var i = 0; i < attempts.Count; i++)
            {
                string[] attempt = [(i + 1).ToString(CultureInfo.InvariantCulture), attempts[i].Text("target") ?? "", Cut(What(attempts[i], decision))];
                table.Add(i == 0 ? [.. head, .. attempt, .. tail] : ["", "", "", .. attempt]);
            }
        }
        return table;
    }

    /// <summary>What an attempt came to, in a few words.</summary>
    public static string What(JsonElement attempt, JsonElement decision)
    {
        var kind = attempt.Text("kind") switch
        {
            "retry" => "again: ",
            "prefill" => "goes on: ",
            "restart" => "starts again, skips what was sent: ",
            _ => "",
        };
        var waited = attempt.Number("waitedMs") is { } ms ? $"after {Readable.Milliseconds(ms)}, " : "";
        if (attempt.Text("failure") is not { } failure)
        {
            var isWhole = attempt.Flag("served") || decision.Text("outcome") is "answered" or "healed";
            return waited + kind + (isWhole ? "answers" : "ends");
        }
        var status = attempt.Number("status") is { } code and >= 400 ? string.Create(CultureInfo.InvariantCulture, $"{code} ") : "";
        return waited + kind + status + (attempt.Text("message") is { Length: > 0 } message ? $"{failure}: {message}" : failure);
    }

    // The whole message is in the decision itself; a table of them must stay a table.
    private static string Cut(string text) => text.Length <= WidestMessage ? text : text[..(WidestMessage - 1)] + "…";

    private static string Asked(JsonElement decision) => decision.Text("requested") is { Length: > 0 } asked ? asked : "default";

    private static string ConfigLine(JsonElement status, DateTimeOffset now)
    {
        var loaded = status.Time("configLoadedAt") is { } time ? $"loaded {Readable.Time(now - time)} ago" : "loaded";
        return status.Flag("configIsStale") ? loaded + "; STALE: the file was changed since and is not valid" : loaded + ", up to date";
    }

    // Only older gateways say nothing of it.
    private static string? Ledger(JsonElement ledger)
    {
        if (ledger.Text("place") is not { } place) return null;
        var problem = ledger.Text("problem") ?? ledger.Text("journalProblem");
        var waiting = ledger.Number("waiting") is > 0 and var count ? string.Create(CultureInfo.InvariantCulture, $", {count} requests wait") : "";
        return problem is not null ? $"{place}: {problem}{waiting}" : ledger.Flag("open") ? place + waiting : place + ", opening" + waiting;
    }

    private static TextTable Providers(JsonElement status, DateTimeOffset now)
    {
        var table = new TextTable("Provider", "Address", "Keys") { Indent = "  " };
        foreach (var provider in status.Items("providers").Select(GatewayModels.Provider))
        {
            table.Add(provider.Id, provider.Address, provider.Keys.Length == 0 ? provider.Missing ?? "none" : string.Join("; ", provider.Keys.Select(k => Key(k, now))));
        }
        return table;
    }

    private static string Key(KeyRow key, DateTimeOffset now)
    {
        if (key.Problem is not null) return $"{key.Origin} missing: {key.Problem}";
        if (key.Parks.Length == 0) return key.Origin == "none" ? "none needed" : key.Origin + " ok";
        var parks = key.Parks.Select(p => $"{p.Reason}{(p.Model is null ? "" : " for " + p.Model)}{(p.Until is { } until ? " for " + Readable.Time(until - now) : "")}");
        return $"{key.Origin} parked ({string.Join(", ", parks)})";
    }

    private static TextTable Targets(JsonElement status)
    {
        var table = new TextTable("Target", "State") { Indent = "  " };
        foreach (var target in status.Items("targets"))
        {
            table.Add(target.Text("target") ?? "", target.Text("state") ?? (target.Flag("available") ? "healthy" : "resting"));
        }
        return table;
    }
}
