using System.Data.Common;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Metering.Ledger;
using OpenClaw.Gateway.Routing;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Sessions;

/// <summary>
/// The words that the gateway answers itself, over any protocol: no model is called and nothing is spent. A word that is
/// neither one of these nor an alias goes to the model as text.
/// </summary>
internal sealed class SlashCommands(string version, SessionState sessions, LedgerState ledger, SpendingView spending, TimeProvider time)
{
    /// <summary>In the order of <c>/help</c>.</summary>
    public static readonly string[] Words = ["model", "models", "status", "usage", "budget", "new", "reset", "help"];

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly DateTimeOffset _started = time.GetUtcNow();
    private readonly ModelCommands _models = new(sessions, time);

    /// <summary>
    /// The command that the request ends with, or null. <see cref="RequestEnvelope.SlashWord"/> is a guess made while the body
    /// was read; only when it is a known word is the request understood, and its last message looked at.
    /// </summary>
    /// <returns>The text behind the slash.</returns>
    public static string? Find(GatewayState state, IDialect dialect, RequestEnvelope envelope)
    {
        if (envelope.SlashWord is not { } word || !IsKnown(state, word)) return null;
        var (request, _) = dialect.ReadRequest(envelope.Body);
        if (request?.Turns is not [.., { Role: ChatRole.User } last]) return null;
        for (var i = last.Parts.Count - 1; i >= 0; i--)
        {
            if (last.Parts[i] is not TextPart part) return null;
            var text = part.Text.Trim();
            // What coding clients put around the user's own words.
            if (text.Length == 0 || text.StartsWith("<system-reminder>", StringComparison.Ordinal)) continue;
            return text.StartsWith('/') && IsKnown(state, ModelCommands.CutWord(text[1..]).Word.ToLowerInvariant()) ? text[1..] : null;
        }
        return null;
    }

    /// <param name="command">The text behind the slash.</param>
    public async ValueTask<CommandReply> RunAsync(CommandContext context, string command)
    {
        var (word, arguments) = ModelCommands.CutWord(command);
        return word.ToLowerInvariant() switch
        {
            "model" => _models.Model(context, arguments),
            "models" => _models.Models(context, arguments),
            "status" => Unsent((await StatusAsync(context).ConfigureAwait(false)).ToString(), arguments),
            "usage" => await UsageAsync(context, arguments).ConfigureAwait(false),
            "budget" => await BudgetAsync(context, arguments).ConfigureAwait(false),
            "new" => await BeginAsync(context, arguments, isForgotten: false).ConfigureAwait(false),
            "reset" => await BeginAsync(context, arguments, isForgotten: true).ConfigureAwait(false),
            "help" => Unsent(CommandText.Help, arguments),
            var alias => _models.Model(context, AliasNamed(context.State, alias) + " " + arguments),
        };
    }

    /// <summary>A command that shows something and leaves the conversation alone: it need not wait for the answer to another message.</summary>
    public static bool OnlyShows(string text)
    {
        // The white space that may stand before a command (SlashText): what is none must wait for its turn.
        if (text.AsSpan().Trim(" \n\r\t") is not ['/', ..]) return false;
        var command = text.Trim()[1..];
        var (word, arguments) = ModelCommands.CutWord(command);
        return word.ToLowerInvariant() is "models" or "status" or "usage" or "budget" or "help" || (word.Equals("model", StringComparison.OrdinalIgnoreCase) && arguments.Trim() is "" or "status" or "list");
    }

    /// <summary>The reply of a command that takes no text: who wrote some behind it must not think that a model has read it.</summary>
    public static CommandReply Unsent(string reply, string text) => new(text.Length == 0 ? reply : reply + "\n" + CommandText.TextNotSent);

    private static bool IsKnown(GatewayState state, string word) => Words.Contains(word) || AliasNamed(state, word) is not null;

    // Names of aliases are exact; the peek at the body is not, so that /MODEL is found too.
    private static string? AliasNamed(GatewayState state, string word) =>
        state.Config.Models.Aliases.Keys.FirstOrDefault(a => string.Equals(a, word, StringComparison.OrdinalIgnoreCase));

    private async ValueTask<StatusReport> StatusAsync(CommandContext context)
    {
        var now = time.GetUtcNow();
        var plan = ModelCommands.PlanOf(context);
        var session = context.Session?.Data;
        return new StatusReport
        {
            Version = version,
            Now = now,
            Uptime = now - _started,
            Session = session,
            Plan = [.. plan.Select(static t => t.Name)],
            WhyNoPlan = ModelCommands.WhyNoPlan(context, plan),
            Default = context.Default,
            Auth = plan.IsEmpty ? null : _models.Auth(context, plan[0].Ref.Provider, withRests: false),
            Resting =
            [
                .. plan.Where(t => !t.Health.IsAvailable(now)).Select(t => $"{t.Name} {t.Health.Snapshot().Describe(now)}"),
                .. context.Caller == Caller.Owner ? KeyWords.Resting(plan, now) : [],
            ],
            Window = session?.Last is { } last && Config.ModelRef.TryParse(last.Model, out var reference) ? context.State.TargetOf(reference).Target?.ContextWindow : null,
            Budgets = await spending.LinesAsync(context.State, context.Caller, session?.Key.ToString(), context.Cancel).ConfigureAwait(false),
            Stopped = session is null ? null : spending.WhyStopped(session.Key.ToString()),
        };
    }

    private async ValueTask<CommandReply> UsageAsync(CommandContext context, string arguments)
    {
        var (word, rest) = ModelCommands.CutWord(arguments);
        if (word == "cost") return Unsent(await CostAsync(context).ConfigureAwait(false), rest);
        if (word.Length > 0 && SessionJson.FooterOf(word) is null) return new CommandReply(CommandText.UnknownUsage(word));
        if (context.Session is not { } session) return new CommandReply(CommandText.NoSession("/usage"));
        if (!session.IsKept) return new CommandReply(CommandText.NothingKept);
        // Alone it goes round: off, tokens, full.
        var footer = SessionJson.FooterOf(word) ?? (UsageFooter)(((int)session.Data.Footer + 1) % 3);
        sessions.Change(session, data => data with { Footer = footer, Updated = time.GetUtcNow() });
        return Unsent(CommandText.FooterSet(footer, context.IsHeld), rest);
    }

    private async ValueTask<string> CostAsync(CommandContext context)
    {
        var now = time.GetUtcNow();
        var client = context.Caller == Caller.Owner ? null : context.Caller.Name;
        using var patience = new CancellationTokenSource(2 * s_patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, context.Cancel);
        async Task<UsageRow> TotalSince(DateTimeOffset from) =>
            (await ledger.ReportAsync(new UsageQuery(UsageGrouping.Client, from, now.AddMinutes(1), client, null, "UTC", 1), either.Token).ConfigureAwait(false)).Total;
        try
        {
            // The reply that was just given is in it.
            await ledger.FlushAsync().WaitAsync(s_patience, time, context.Cancel).ConfigureAwait(false);
            var today = await TotalSince(new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero)).WaitAsync(s_patience, time, context.Cancel).ConfigureAwait(false);
            var month = await TotalSince(now.AddDays(-30)).WaitAsync(s_patience, time, context.Cancel).ConfigureAwait(false);
            return CommandText.UsageCost(context.Session?.Data, today.Cost, month.Cost, month.UnpricedRequests);
        }
        catch (Exception e) when (e is DbException or IOException or TimeoutException || (e is OperationCanceledException && !context.Cancel.IsCancellationRequested))
        {
            return CommandText.UsageCostUnknown(context.Session?.Data);
        }
    }

    private async ValueTask<CommandReply> BudgetAsync(CommandContext context, string arguments)
    {
        var id = context.Session?.Key.ToString();
        var (word, rest) = ModelCommands.CutWord(arguments);
        if (word != "resume")
        {
            var lines = await spending.LinesAsync(context.State, context.Caller, id, context.Cancel).ConfigureAwait(false);
            return Unsent(CommandText.Budgets(lines, id is null ? null : spending.WhyStopped(id), time.GetUtcNow()), arguments);
        }
        var (conversation, text) = ModelCommands.CutWord(rest);
        if (conversation.StartsWith('~')) return Unsent(CommandText.ResumedConversation(conversation, spending.ResumeUnnamed(context.Caller.Name, conversation)), text);
        return Unsent(id is null ? CommandText.NoSessionToResume : CommandText.Resumed(spending.Resume(id)), rest);
    }

    // Both take a model, and text that the conversation begins with.
    private async ValueTask<CommandReply> BeginAsync(CommandContext context, string arguments, bool isForgotten)
    {
        if (context.Session is not { } session) return new CommandReply(CommandText.NoSession(isForgotten ? "/reset" : "/new"));
        if (!session.IsKept) return new CommandReply(CommandText.NothingKept);
        var (word, rest) = ModelCommands.CutWord(arguments);
        CommandReply set = default;
        if (word.Length > 0)
        {
            var isModel = RoutePlanner.Resolve(context.State, context.Caller, word, "").Error is null || word.Contains('/', StringComparison.Ordinal) || rest.Length == 0;
            if (!isModel) rest = arguments.Trim();
            else
            {
                (set, var isSet) = _models.Set(context, session, word, isStrict: false);
                if (!isSet) return set;
            }
        }
        if (isForgotten) sessions.Reset(session);
        else if (!await sessions.StartAnewAsync(session, context.Cancel).ConfigureAwait(false)) return new CommandReply(CommandText.StoreIsAway);
        var text = (isForgotten ? CommandText.SessionReset : CommandText.NewSession) + (set.Text is null ? "" : "\n" + set.Text) + (context.IsHeld ? "" : "\n" + CommandText.ClientHolds);
        return new CommandReply(text, rest.Length > 0 ? rest : null);
    }
}
