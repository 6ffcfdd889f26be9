using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using OpenClaw.Config;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Gateway.Sessions;

/// <summary>What slash commands say, in the shapes that upstream OpenClaw's users know. Pure; <c>/status</c> is <see cref="StatusReport"/>.</summary>
internal static class CommandText
{
    // A chat is no place for hundreds of lines; each provider's list is shown whole.
    private const int MaxListed = 40;

    public const string HowToName = "name one with the header x-openclaw-session, Anthropic's metadata.user_id, or OpenAI's user or prompt_cache_key";

    public const string NewSession = "✅ New session started.";

    public const string SessionReset = "✅ Session reset.";

    public const string ClientHolds = "The conversation itself is kept by your client: start a new one there.";

    public const string TextNotSent = "The text behind the command was not sent to the model: send it as the next message.";

    public const string StoreIsAway = "⚠️ The store of conversations does not answer: the conversation goes on as it is. Try again.";

    public const string NothingKept = "⚠️ The store of sessions does not answer, so nothing was changed. Try again.";

    public const string OnlyInFile = "Here a model is set for this session only. The default is in the configuration: openclaw models set <provider/model>";

    public const string Help = """
        Commands (answered by the gateway, never by a model, and free):
        /model                     the model in use
        /model <provider/model>    use another in this session; also an alias, or a number of /models
        /model <...> strict        the same, and no other model may answer
        /model default             back to the configured default
        /model status              endpoints, keys and cooldowns
        /models [provider]         what may be asked for
        /status                    tokens, cost, fallbacks, budgets of this session
        /usage off|tokens|full     a line under each reply, where the gateway holds the conversation
        /usage cost                what was spent
        /budget                    limits and what is left; /budget resume lets a stopped session go on
        /new [provider/model]      start anew; the conversation is put away
        /reset [provider/model]    start anew; the conversation is forgotten
        /help                      this
        """;

    public const string StrictNeedsModel = "\nNot strict: that goes with a model of the session's own, /model <provider/model> strict.";

    /// <summary><c>/usage cost</c> while the ledger does not answer.</summary>
    public static string UsageCostUnknown(SessionData? session) => "💸 Usage cost\n"
        + (session is null ? "" : $"Session {CostOf(session)} · {Amounts.Tokens(session.Usage.Total)} tokens\n")
        + "⚠️ Today and the last 30 days cannot be told now: the ledger's database does not answer";

    public static string NoSession(string command) => $"This request names no session, so {command} has nothing to change.\nTo have one, {HowToName}.";

    public static string Current(string? model, string? resolved, bool isPinned, bool isStrict, ImmutableArray<string> fallbacks, string? configured, string? whyNone)
    {
        var text = new StringBuilder("Current: ").Append(model ?? "none configured");
        if (resolved is not null && resolved != model) text.Append(" (").Append(resolved).Append(')');
        if (isPinned) text.Append(isStrict ? " · pinned in this session, strict" : " · pinned in this session");
        text.Append('\n');
        if (whyNone is not null) text.Append("⚠️ ").Append(whyNone).Append('\n');
        if (isPinned && configured is not null) text.Append("Default: ").Append(configured).Append(" · back to it with /model default\n");
        if (!fallbacks.IsEmpty) text.Append("Fallbacks: ").AppendJoin(", ", fallbacks).Append('\n');
        text.Append("Set: /model <provider/model>, an alias, or a number of /models\n");
        text.Append("Browse: /models (providers) or /models <provider> (models)\n");
        return text.Append("More: /model status").ToString();
    }

    /// <param name="written">As the user wrote it, aliases included.</param>
    public static string ModelSet(string written, ImmutableArray<ModelRef> chain, bool isStrict, string? warning)
    {
        var names = chain.Select(static r => r.ToString()).ToList();
        var shown = names[0] == written ? written : $"{written} ({string.Join(", then ", names)})";
        var text = $"Model set to {shown} for this session only; configured default unchanged.";
        if (isStrict) text += "\nStrict: no other model answers, not even when this one fails.";
        return warning is null ? text : $"{text}\nNote: {warning}";
    }

    public static string ModelReset(string? configured) => $"Session model reset to configured default ({configured ?? "none"}).";

    /// <param name="what">The problem in one clause, such as <c>model "x" is not allowed</c>.</param>
    public static string Miss(string what, IReadOnlyCollection<string> near, string? current)
    {
        var text = new StringBuilder().Append(char.ToUpperInvariant(what[0])).Append(what.AsSpan(1)).Append(".\n");
        if (near.Count > 0) text.Append("Nearest: ").AppendJoin(", ", near).Append('\n');
        text.Append("Nothing was changed").Append(current is null ? "." : $": the model is still {current}.");
        return text.Append(" /models lists what may be asked for.").ToString();
    }

    /// <param name="models">All that the caller may name, in the order of their numbers.</param>
    /// <param name="open">Providers that serve more than is listed.</param>
    public static string Providers(IReadOnlyList<ModelRef> models, IReadOnlyCollection<string> open, IEnumerable<(string Name, string Means)> aliases, string? current)
    {
        if (models.Count == 0 && open.Count == 0) return "No model may be asked for here.";
        var text = new StringBuilder("Providers:\n");
        foreach (var provider in models.Select(static m => m.Provider).Concat(open).Distinct())
        {
            var more = open.Contains(provider) ? ", and any other it serves" : "";
            text.Append(CultureInfo.InvariantCulture, $"- {provider} ({models.Count(m => m.Provider == provider)}{more})\n");
        }
        if (models.Count > 0) text.Append("\nModels:\n");
        for (var i = 0; i < models.Count && i < MaxListed; i++) AppendModel(text, i + 1, models[i], current);
        if (models.Count > MaxListed) text.Append(CultureInfo.InvariantCulture, $"… and {models.Count - MaxListed} more\n");
        var names = aliases.ToList();
        if (names.Count > 0) text.Append("\nAliases: ").AppendJoin(" · ", names.Select(static a => $"{a.Name} = {a.Means}")).Append('\n');
        return text.Append("\nUse: /models <provider>\nSwitch: /model <provider/model>, or its number").ToString();
    }

    /// <param name="models">All that the caller may name; those of <paramref name="provider"/> are shown with the numbers they have among all.</param>
    /// <param name="auth">Where its key is from; null = not for this caller.</param>
    public static string ModelsOf(string provider, IReadOnlyList<ModelRef> models, bool isOpen, string? auth, string? current)
    {
        var count = models.Count(m => m.Provider == provider);
        var text = new StringBuilder("Models (").Append(provider);
        if (auth is not null) text.Append(" · 🔑 ").Append(auth);
        text.Append(CultureInfo.InvariantCulture, $") — {count}{(isOpen ? ", and any other it serves" : "")}\n");
        for (var i = 0; i < models.Count; i++)
        {
            if (models[i].Provider == provider) AppendModel(text, i + 1, models[i], current);
        }
        return text.Append("Switch: /model <provider/model>, or its number").ToString();
    }

    public static string UnknownProvider(string asked, IEnumerable<string> providers)
    {
        var text = new StringBuilder("Unknown provider: ").Append(asked).Append("\nAvailable providers:");
        foreach (var provider in providers) text.Append("\n- ").Append(provider);
        return text.ToString();
    }

    public static string FooterSet(UsageFooter footer, bool isHeld)
    {
        var text = $"⚙️ Usage footer: {SessionJson.FooterText(footer)}.";
        return isHeld || footer == UsageFooter.Off ? text : text + "\nIt is shown by openclaw chat; nothing is added to what your client gets, which has the usage of each answer beside its text.";
    }

    public static string UnknownUsage(string word) => $"/usage {word} is not known. Write /usage off, tokens, full or cost.";

    public static string UsageCost(SessionData? session, decimal today, decimal month, long unpriced)
    {
        var text = new StringBuilder("💸 Usage cost\n");
        if (session is not null) text.Append("Session ").Append(CostOf(session)).Append(" · ").Append(Amounts.Tokens(session.Usage.Total)).Append(" tokens\n");
        text.Append("Today ").Append(Dollars.Text(today)).Append('\n').Append("Last 30d ").Append(Dollars.Text(month));
        if (unpriced > 0) text.Append("\nNot counted: ").Append(Amounts.Count(unpriced, "request")).Append(" to models without a price (models.prices names them)");
        return text.ToString();
    }

    public static string Budgets(IReadOnlyList<BudgetLine> budgets, string? stopped, DateTimeOffset now)
    {
        var text = new StringBuilder();
        if (stopped is not null) text.Append("⛔ This session was stopped: ").Append(stopped).Append("\nGo on: /budget resume\n");
        if (budgets.Count == 0) text.Append("No budget applies here.");
        foreach (var budget in budgets) text.Append("💰 ").Append(Line(budget, now)).Append('\n');
        return text.ToString().TrimEnd('\n');
    }

    /// <summary><c>monthly: $40.00 of $50.00 left · spent $9.90 · reserved $0.10 · until 2026-12-01 00:00 UTC</c>.</summary>
    public static string Line(BudgetLine budget, DateTimeOffset now)
    {
        string Amount(decimal value) => budget.IsTokens ? Amounts.Tokens((long)value) + " tokens" : Dollars.Text(value);
        if (budget.IsPerRequest) return $"{budget.Name}: {Amount(budget.Limit)} for each";
        if (budget.IsUnknown) return $"{budget.Name}: {Amount(budget.Limit)}; what is spent cannot be told now, the ledger's database does not answer";
        var ends = budget.Ends is { } end ? string.Create(CultureInfo.InvariantCulture, $" · until {end.UtcDateTime:yyyy-MM-dd HH:mm} UTC ({Amounts.Time(end - now)})") : "";
        return $"{budget.Name}: {Amount(budget.Left)} of {Amount(budget.Limit)} left · spent {Amount(budget.Spent)} · reserved {Amount(budget.Reserved)}{ends}";
    }

    public static string Resumed(bool wasStopped) => wasStopped ? "▶️ This session goes on." : "This session was not stopped.";

    public const string NoSessionToResume = "This request names no session. A conversation without one goes on with the name that its refusal gave: /budget resume ~1a2b3c4d";

    public static string ResumedConversation(string name, bool wasStopped) => wasStopped
        ? $"▶️ The conversation {name} goes on."
        : $"No conversation {(name.Length > 64 ? name[..64] + "…" : name)} of yours was stopped.";

    public static string CostOf(in Cost cost) => cost.Source switch
    {
        CostSource.None => Dollars.Text(0),
        CostSource.Unpriced => "not known, the model has no price (models.prices)",
        CostSource.SelfHosted => Dollars.Text(cost.Total) + " (self-hosted)",
        _ => Dollars.Text(cost.Total),
    };

    /// <summary>The session's sum, and what is not in it.</summary>
    public static string CostOf(SessionData session)
    {
        var text = Dollars.Text(session.Cost);
        if (session.Unpriced > 0) text += $" and {Amounts.Count(session.Unpriced, "request")} without a price";
        if (session.Estimated > 0) text += $" ({session.Estimated} estimated)";
        return text;
    }

    /// <summary>A model's part of a session.</summary>
    public static string CostOf(in ModelShare share) => share.Unpriced switch
    {
        0 => Dollars.Text(share.Cost),
        var unpriced when unpriced == share.Requests => "no price (models.prices)",
        var unpriced => $"{Dollars.Text(share.Cost)} and {Amounts.Count(unpriced, "call")} without a price",
    };

    private static void AppendModel(StringBuilder text, int number, ModelRef model, string? current) =>
        text.Append(CultureInfo.InvariantCulture, $"{number}. {model}{(model.ToString() == current ? " ←" : "")}\n");
}
