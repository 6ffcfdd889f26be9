using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Gateway.Sessions;

/// <summary>Everything that <c>/status</c> tells, gathered; the text is a pure function of it.</summary>
internal sealed record StatusReport
{
    public required string Version { get; init; }

    public required DateTimeOffset Now { get; init; }

    public required TimeSpan Uptime { get; init; }

    /// <summary>Null: the request names no session.</summary>
    public SessionData? Session { get; init; }

    /// <summary>What a request would be answered from now, in order.</summary>
    public ImmutableArray<string> Plan { get; init; } = [];

    /// <summary>Why there is no plan (an override that is no longer allowed), or null.</summary>
    public string? WhyNoPlan { get; init; }

    /// <summary>The configured default model, or null.</summary>
    public string? Default { get; init; }

    /// <summary>Where the key of the first target is from; null = not for this caller.</summary>
    public string? Auth { get; init; }

    /// <summary>Targets of the plan that rest, each with why and how long; for the owner their keys too.</summary>
    public ImmutableArray<string> Resting { get; init; } = [];

    /// <summary>Context window of the model that gave the last reply; null = unknown.</summary>
    public int? Window { get; init; }

    public IReadOnlyList<BudgetLine> Budgets { get; init; } = [];

    /// <summary>Why the session was stopped (runaway guard), or null.</summary>
    public string? Stopped { get; init; }

    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"🦞 OpenClaw {Version}\n");
        text.Append(CultureInfo.InvariantCulture, $"Reference UTC: {Now.UtcDateTime:yyyy-MM-dd HH:mm} UTC\n");
        text.Append(CultureInfo.InvariantCulture, $"⏱️ Uptime: gateway {Amounts.Time(Uptime)}\n\n");
        WriteModel(text);
        if (Session is not { } session)
        {
            text.Append("\n🧵 Session: none; ").Append(CommandText.HowToName).Append('\n');
        }
        else
        {
            if (session.Last is { } last) WriteLast(text, last);
            WriteSession(text, session);
        }
        if (Stopped is not null) text.Append("⛔ Stopped: ").Append(Stopped).Append(" · /budget resume\n");
        foreach (var budget in Budgets) text.Append("💰 ").Append(CommandText.Line(budget, Now)).Append('\n');
        return text.ToString().TrimEnd('\n');
    }

    private void WriteModel(StringBuilder text)
    {
        var model = Session?.Override ?? Default ?? "none configured";
        text.Append("🧠 Model: ").Append(Plan.IsEmpty || Plan[0] == model ? model : $"{model} ({Plan[0]})");
        if (Session?.Override is not null)
        {
            text.Append(Session.Strict ? " · pinned session, strict" : " · pinned session");
            if (Default is not null) text.Append("; config primary ").Append(Default);
            text.Append(" · clear /model default");
        }
        text.Append('\n');
        if (WhyNoPlan is not null) text.Append("⚠️ ").Append(WhyNoPlan).Append('\n');
        if (Auth is not null) text.Append("🔑 Auth: ").Append(Auth).Append('\n');
        if (Plan.Length > 1) text.Append("🔄 Fallbacks: ").AppendJoin(", ", Plan.Skip(1)).Append('\n');
        else if (Session is { Override: not null, Strict: true }) text.Append("🔄 Fallbacks: none, the pin is strict\n");
        if (Session?.Last is { FellBackFrom: { } from } last) text.Append(CultureInfo.InvariantCulture, $"↪️ Fallback: {last.Model} (selected {from}; {last.Why})\n");
        foreach (var resting in Resting) text.Append("⏸️ Cooldown: ").Append(resting).Append('\n');
    }

    private void WriteLast(StringBuilder text, LastReply last)
    {
        var usage = last.Usage;
        text.Append(CultureInfo.InvariantCulture, $"\n💬 Last reply: {last.Model} · {last.Outcome} · {Amounts.Ago(Now - last.At)}\n");
        text.Append(CultureInfo.InvariantCulture, $"🧮 Tokens: {(usage.Estimated ? "about " : "")}{Amounts.Tokens(usage.TotalInput)} in / {Amounts.Tokens(usage.Output)} out{Reasoning(usage)}\n");
        text.Append("💵 Cost: ").Append(CommandText.CostOf(last.Cost)).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"🗄️ Cache: {CacheText(usage)}\n");
        var used = usage.TotalInput + usage.Output;
        text.Append(Window is { } window
            ? $"📚 Context: {Amounts.Tokens(used)}/{Amounts.Window(window)} ({Amounts.Percent(used, window)}%)\n"
            : $"📚 Context: {Amounts.Tokens(used)}, of a size that is not known\n");
    }

    private void WriteSession(StringBuilder text, SessionData session)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n🧵 Session: {session.Key} • duration {Amounts.Time(Now - session.Since)} • updated {Amounts.Ago(Now - session.Updated)}\n");
        text.Append(CultureInfo.InvariantCulture, $"Σ Total: {Amounts.Count(session.Requests, "request")}");
        if (session.Failed > 0) text.Append(CultureInfo.InvariantCulture, $", {session.Failed} without a whole answer");
        var usage = session.Usage;
        text.Append(CultureInfo.InvariantCulture, $" · {Amounts.Tokens(usage.TotalInput)} in / {Amounts.Tokens(usage.Output)} out{Reasoning(usage)} · {CommandText.CostOf(session)}\n");
        text.Append(CultureInfo.InvariantCulture, $"🗄️ Cache: {CacheText(usage)}\n");
        foreach (var share in session.Models.OrderByDescending(static m => m.Requests))
        {
            text.Append(CultureInfo.InvariantCulture, $"📊 {share.Model}: {Amounts.Percent(share.Requests, session.Models.Sum(static m => m.Requests))}% · {Amounts.Count(share.Requests, "call")} · {Amounts.Tokens(share.Tokens)} tokens · {CommandText.CostOf(share)}\n");
        }
        if (session.FallbackCount > 0) text.Append(CultureInfo.InvariantCulture, $"↪️ {Amounts.Count(session.FallbackCount, "fallback")}, the last:\n");
        foreach (var note in session.Fallbacks.TakeLast(3))
        {
            text.Append(CultureInfo.InvariantCulture, $"  {note.At.UtcDateTime:MM-dd HH:mm} {note.From} → {note.To} ({note.Why})\n");
        }
        if (session.Turns > 0) text.Append(CultureInfo.InvariantCulture, $"📝 Conversation: {Amounts.Count(session.Turns, "turn")} held here\n");
    }

    private static string Reasoning(in Usage usage) => usage.Reasoning > 0 ? $" ({Amounts.Tokens(usage.Reasoning)} reasoning)" : "";

    private static string CacheText(in Usage usage)
    {
        var written = usage.CacheWrite + usage.CacheWrite1h;
        return $"{Amounts.Percent(usage.CacheRead, usage.TotalInput)}% hit · {Amounts.Tokens(usage.CacheRead)} cached, {Amounts.Tokens(written)} new";
    }
}
