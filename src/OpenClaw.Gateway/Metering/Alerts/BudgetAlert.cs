using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Metering.Budgets;
using OpenClaw.Gateway.Metering.Ledger;

namespace OpenClaw.Gateway.Metering.Alerts;

/// <summary>Something an operator is told by webhook. <see cref="Id"/> is the same for the same thing, whoever tells it and however often: receivers can drop what they have.</summary>
/// <param name="Body">The JSON that is posted (docs/budgets.md). No secret, no prompt, no answer.</param>
internal sealed record Alert(string Id, string Event, DateTimeOffset At, ReadOnlyMemory<byte> Body)
{
    /// <summary>It stays true until its window is over.</summary>
    public bool IsOfBudget => Event.StartsWith("budget.", StringComparison.Ordinal);
}

/// <summary>Alerts of budgets: once a window and fraction of the limit.</summary>
internal static class BudgetAlert
{
    public static Alert Of(BudgetRule rule, CounterKey key, decimal fraction, decimal spent, decimal reserved, BudgetWindow window, DateTimeOffset at)
    {
        var used = fraction >= 1;
        var name = used ? "budget.exhausted" : "budget.threshold";
        var id = AlertId.Of(name, key.Budget, key.Subject, key.Window, fraction.ToString(CultureInfo.InvariantCulture), rule.Limit.ToString(CultureInfo.InvariantCulture));
        var whose = Whose(key);
        var words = used
            ? $"budget \"{rule.Name}\"{whose} is used up: {rule.Show(spent)} of {rule.Show(rule.Limit)} {rule.PeriodWords}"
            : $"budget \"{rule.Name}\"{whose} is at {fraction.ToString("P0", CultureInfo.InvariantCulture).Replace(" ", "", StringComparison.Ordinal)}: {rule.Show(spent)} of {rule.Show(rule.Limit)} {rule.PeriodWords}";
        return Of(id, name, words, rule, key, fraction, (spent, reserved), window, at);
    }

    /// <summary>A call that the budget had not enough left for, though much is left: once a window.</summary>
    public static Alert Refused(BudgetRule rule, CounterKey key, decimal least, decimal spent, decimal reserved, BudgetWindow window, DateTimeOffset at)
    {
        var id = AlertId.Of("budget.refused", key.Budget, key.Subject, key.Window, rule.Limit.ToString(CultureInfo.InvariantCulture));
        var words = $"budget \"{rule.Name}\"{Whose(key)} had not enough left for a call of at least {rule.Show(least)}: {rule.Show(spent)} of {rule.Show(rule.Limit)} {rule.PeriodWords}";
        var fraction = rule.Limit <= 0 ? 1 : decimal.Round(spent / rule.Limit, 4);
        return Of(id, "budget.refused", words, rule, key, fraction, (spent, reserved), window, at);
    }

    /// <summary>A budget that counts each request by itself: of the requests of a client that reach the line, the first of an hour.</summary>
    public static Alert OfRequest(BudgetRule rule, RequestFacts facts, decimal fraction, decimal spent, BudgetWindow hour, DateTimeOffset at)
    {
        var name = fraction >= 1 ? "budget.exhausted" : "budget.threshold";
        var key = new CounterKey(rule.Id, facts.Client, hour.Name);
        var id = AlertId.Of(name, key.Budget, key.Subject, key.Window, fraction.ToString(CultureInfo.InvariantCulture), rule.Limit.ToString(CultureInfo.InvariantCulture));
        var words = $"request {facts.Id} of {facts.Client} came to {rule.Show(spent)} of {rule.Show(rule.Limit)} {rule.PeriodWords} (budget \"{rule.Name}\")";
        return Of(id, name, words, rule, key, fraction, (spent, 0), hour, at);
    }

    /// <summary>A call for which such a budget is too small.</summary>
    public static Alert RefusedRequest(BudgetRule rule, RequestFacts facts, decimal least, decimal spent, BudgetWindow hour, DateTimeOffset at) =>
        Refused(rule, new CounterKey(rule.Id, facts.Client, hour.Name), least, spent, 0, hour, at);

    private static string Whose(CounterKey key) => key.Subject.Length > 0 ? $" of {key.Subject}" : "";

    private static Alert Of(string id, string name, string words, BudgetRule rule, CounterKey key, decimal fraction, (decimal Spent, decimal Reserved) now, BudgetWindow window, DateTimeOffset at) =>
        new(id, name, at, AlertBody.Write(id, name, at, words, json =>
        {
            json.WriteStartObject("budget"u8);
            json.WriteString("name"u8, rule.Name);
            json.WriteString("scope"u8, rule.Config.Scope);
            if (key.Subject.Length > 0) json.WriteString("subject"u8, key.Subject);
            json.WriteString("period"u8, rule.Config.Period);
            json.WriteString("unit"u8, rule.Config.Unit);
            json.WriteString("action"u8, rule.Config.Action);
            json.WriteNumber("fraction"u8, fraction);
            json.WriteNumber("limit"u8, rule.Limit);
            json.WriteNumber("spent"u8, now.Spent);
            json.WriteNumber("reserved"u8, now.Reserved);
            if (window.Ends is { } ends)
            {
                json.WriteString("windowStarts"u8, window.From.UtcDateTime);
                json.WriteString("windowEnds"u8, ends.UtcDateTime);
            }
            json.WriteEndObject();
        }));
}

/// <summary>Alerts of targets that stopped answering, or answer again.</summary>
internal static class OutageAlert
{
    public static Alert Of(string target, bool isUp, string words, DateTimeOffset at)
    {
        var name = isUp ? "target.up" : "target.down";
        var id = AlertId.Of(name, target, at.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
        return new Alert(id, name, at, AlertBody.Write(id, name, at, $"{target} {(isUp ? "answers again" : "does not answer: " + words)}", json => json.WriteString("target"u8, target)));
    }
}

internal static class AlertId
{
    public static string Of(params ReadOnlySpan<string> parts) => "alert_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))).AsSpan(..12));
}

internal static class AlertBody
{
    /// <param name="words">A sentence for people; chat services show a member of this name.</param>
    public static ReadOnlyMemory<byte> Write(string id, string name, DateTimeOffset at, string words, Action<Utf8JsonWriter> more)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("event"u8, name);
        json.WriteString("time"u8, at.UtcDateTime);
        json.WriteString("text"u8, words);
        more(json);
        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }

    /// <summary>An alert from its own body; null when it is none, or of a budget's window that is over.</summary>
    public static Alert? Read(ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            if (root.TryGetProperty("budget"u8, out var budget) && budget.TryGetProperty("windowEnds"u8, out var ends) && ends.GetDateTimeOffset() <= now) return null;
            return new Alert(root.GetProperty("id"u8).GetString()!, root.GetProperty("event"u8).GetString()!, root.GetProperty("time"u8).GetDateTimeOffset(), body);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
