using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OpenClaw.Gateway.Metering.Ledger;

/// <summary>The ledger's state for a scrape and for the control API.</summary>
internal static class LedgerFigures
{
    /// <summary>Prometheus text. No place and no name of a gateway: a scrape needs no token.</summary>
    public static string Text(LedgerFacts facts)
    {
        var text = new StringBuilder(1024);
        Figure(text, "openclaw_ledger_up", "gauge", "1 when the database takes entries.", facts.IsOpen && facts.Problem is null ? 1 : 0);
        Figure(text, "openclaw_ledger_journal_up", "gauge", "1 when the journal takes entries, or there is none.", facts.JournalProblem is null ? 1 : 0);
        Figure(text, "openclaw_ledger_waiting_entries", "gauge", "Finished requests and changes of sessions, clients and alerts that are not in the database yet.", facts.Waiting);
        Figure(text, "openclaw_ledger_journal_bytes", "gauge", "Size of the journal.", facts.JournalBytes);
        Figure(text, "openclaw_ledger_entries_written_total", "counter", "Requests written to the database.", facts.Written);
        Figure(text, "openclaw_ledger_entries_recovered_total", "counter", "Requests read back from the journal after a crash.", facts.Recovered);
        Figure(text, "openclaw_ledger_requests_unfinished_total", "counter", "Requests that a crash cut off, counted as what was reserved for them.", facts.Unfinished);
        Figure(text, "openclaw_ledger_entries_rewritten_total", "counter", "Requests written again after the database had gone back, as a replica that lagged.", facts.Rewritten);
        Figure(text, "openclaw_ledger_entries_lost_total", "counter", "Finished requests and changes of sessions, clients and alerts that could be kept nowhere.", facts.Lost);
        return text.ToString();
    }

    /// <summary>The member <c>ledger</c>.</summary>
    public static void Write(Utf8JsonWriter json, LedgerFacts facts)
    {
        json.WriteStartObject("ledger"u8);
        json.WriteString("kind"u8, facts.Kind);
        json.WriteString("place"u8, facts.Place);
        json.WriteString("gateway"u8, facts.GatewayId);
        json.WriteBoolean("open"u8, facts.IsOpen);
        if (facts.Problem is not null) json.WriteString("problem"u8, facts.Problem);
        if (facts.JournalProblem is not null) json.WriteString("journalProblem"u8, facts.JournalProblem);
        json.WriteNumber("waiting"u8, facts.Waiting);
        json.WriteNumber("journalBytes"u8, facts.JournalBytes);
        json.WriteNumber("written"u8, facts.Written);
        json.WriteNumber("recovered"u8, facts.Recovered);
        json.WriteNumber("unfinished"u8, facts.Unfinished);
        json.WriteNumber("rewritten"u8, facts.Rewritten);
        json.WriteBoolean("hasGap"u8, facts.HasGap);
        json.WriteNumber("lost"u8, facts.Lost);
        json.WriteEndObject();
    }

    private static void Figure(StringBuilder text, string name, string type, string help, long value) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n{name} {value}\n");
}
