using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using OpenClaw.Config;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Sessions;

/// <summary><c>/model</c>, <c>/models</c>, and the shortcut <c>/alias</c>. Exact: a miss changes nothing and names what is near.</summary>
internal sealed class ModelCommands(SessionState sessions, TimeProvider time)
{
    private const int MaxName = 256;

    public CommandReply Model(CommandContext context, string arguments)
    {
        var (word, rest) = CutWord(arguments);
        switch (word)
        {
            case "": return new CommandReply(Current(context));
            case "status": return SlashCommands.Unsent(Status(context), rest);
            case "list": return Models(context, rest);
            case "-a" or "-g" or "--agent" or "--global": return new CommandReply(CommandText.OnlyInFile);
            case "-s" or "--session": return Model(context, rest);
        }
        if (context.Session is not { } session) return new CommandReply(CommandText.NoSession("/model " + word));
        var (isStrict, isElsewhere, text) = ReadFlags(rest);
        if (isElsewhere) return new CommandReply(CommandText.OnlyInFile);
        var (reply, isSet) = Set(context, session, word, isStrict);
        return reply with { Forward = isSet && text.Length > 0 ? text : null };
    }

    public CommandReply Models(CommandContext context, string arguments)
    {
        var models = Allowed(context);
        var open = OpenProviders(context);
        var (asked, text) = CutWord(arguments);
        var current = CurrentReference(context);
        if (asked is "" or "list" or "all") return SlashCommands.Unsent(CommandText.Providers(models, open, Aliases(context), current), text);
        var provider = ProviderCatalog.CanonicalId(asked);
        var providers = models.Select(static m => m.Provider).Concat(open).Distinct().ToList();
        return SlashCommands.Unsent(
            providers.Contains(provider)
                ? CommandText.ModelsOf(provider, models, open.Contains(provider), Auth(context, provider), current)
                : CommandText.UnknownProvider(asked, providers),
            text);
    }

    /// <summary>Sets what answers in the session from now on. False: it may not be asked for, and nothing was changed.</summary>
    /// <param name="asked">A reference, an alias, a number of the list, or a word that means the default and takes back what was set.</param>
    public (CommandReply Reply, bool IsSet) Set(CommandContext context, Session session, string asked, bool isStrict)
    {
        if (!session.IsKept) return (new CommandReply(CommandText.NothingKept), false);
        if (IsDefault(asked)) return (Clear(context, session, isStrict), true);
        if (int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            var models = Allowed(context);
            if (number < 1 || number > models.Count) return (new CommandReply(CommandText.Miss($"there is no model number {number}, there are {models.Count}", [], context.CurrentModel)), false);
            asked = models[number - 1].ToString();
        }
        if (asked.Length > MaxName) asked = asked[..MaxName] + "…";
        // In a request such a name means the default, whatever is behind the slash; set for good it would be a model that was never asked for.
        var (chain, error) = RoutePlanner.MeansDefault(asked)
            ? ([], new GatewayError(GatewayErrorKind.ModelUnknown, $"unknown model \"{asked}\""))
            : RoutePlanner.Resolve(context.State, context.Caller, asked, "");
        if (error is null) error = context.State.TargetOf(chain[0]).Missing;
        if (error is not null)
        {
            var what = error.Message.Split("; ", 2)[0];
            return (new CommandReply(CommandText.Miss(what, RoutePlanner.NearestTo(context.State, context.Caller, asked), context.CurrentModel)), false);
        }
        // A bare name is written out: another provider may list the same one tomorrow. An alias stays one.
        var written = context.State.Config.Models.Aliases.ContainsKey(asked) ? asked : chain[0].ToString();
        sessions.Change(session, data => data with { Override = written, Strict = isStrict, Updated = time.GetUtcNow() });
        return (new CommandReply(CommandText.ModelSet(written, chain, isStrict, Warning(context, chain[0]))), true);
    }

    /// <summary>The words for the default chain.</summary>
    public static bool IsDefault(string asked) => asked is "default" or "auto" or "openclaw";

    /// <summary>Everything that the caller may name exactly, in the order of the numbers.</summary>
    public static List<ModelRef> Allowed(CommandContext context) =>
        [.. ModelsEndpoint.Listed(context.State, context.Caller).Select(static l => l.Reference).OfType<ModelRef>().Distinct()];

    public static (string Word, string Tail) CutWord(string text)
    {
        text = text.Trim();
        var end = 0;
        while (end < text.Length && !char.IsWhiteSpace(text[end])) end++;
        return (text[..end], text[end..].Trim());
    }

    private CommandReply Clear(CommandContext context, Session session, bool isStrict)
    {
        sessions.Change(session, data => data with { Override = null, Strict = false, Updated = time.GetUtcNow() });
        return new CommandReply(CommandText.ModelReset(context.Default) + (isStrict ? CommandText.StrictNeedsModel : ""));
    }

    private static (bool Strict, bool Elsewhere, string Text) ReadFlags(string rest)
    {
        var (isStrict, isElsewhere) = (false, false);
        while (true)
        {
            var (word, after) = CutWord(rest);
            switch (word)
            {
                case "strict" or "--strict": isStrict = true; break;
                case "-s" or "--session": break;
                case "-a" or "-g" or "--agent" or "--global": isElsewhere = true; break;
                default: return (isStrict, isElsewhere, rest);
            }
            rest = after;
        }
    }

    private static string Current(CommandContext context)
    {
        var session = context.Session?.Data;
        var plan = PlanOf(context);
        return CommandText.Current(
            context.CurrentModel, plan.IsEmpty ? null : plan[0].Name, session?.Override is not null, session is { Override: not null, Strict: true },
            [.. plan.Skip(1).Select(static t => t.Name)], context.Default, WhyNoPlan(context, plan));
    }

    /// <summary>Why what is set answers nothing any more (it is no longer allowed, or known); null = it does.</summary>
    public static string? WhyNoPlan(CommandContext context, ImmutableArray<Target> plan) =>
        plan.IsEmpty ? RoutePlanner.Resolve(context.State, context.Caller, context.Override ?? "default", "").Error?.Message : null;

    private string Status(CommandContext context)
    {
        var now = time.GetUtcNow();
        var text = new StringBuilder("Current: ").Append(context.CurrentModel ?? "none configured").Append(context.Override is null ? "" : " · pinned in this session").Append('\n');
        if (WhyNoPlan(context, PlanOf(context)) is { } whyNone) text.Append("⚠️ ").Append(whyNone).Append('\n');
        text.Append("Default: ").Append(context.Default ?? "none configured").Append('\n');
        foreach (var group in Allowed(context).GroupBy(static m => m.Provider))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n[{group.Key}]");
            if (context.Caller == Caller.Owner && context.State.Config.FindProvider(group.Key) is { } provider)
            {
                text.Append(" endpoint: ").Append(provider.Api == ApiKind.Scripted ? "(embedded)" : provider.BaseUrl).Append(" auth: ").Append(Auth(context, group.Key));
            }
            text.Append('\n');
            foreach (var reference in group)
            {
                var (target, missing) = context.State.TargetOf(reference);
                text.Append(CultureInfo.InvariantCulture, $"  • {reference} · {(target is null ? missing!.Message : HealthOf(context, target, now))}\n");
            }
        }
        return text.ToString().TrimEnd('\n');
    }

    // A model that is well is of no use while every key for it rests or was rejected: then the words of /status.
    private static string HealthOf(CommandContext context, Target target, DateTimeOffset now)
    {
        if (context.State.WhyNotServed(target) is { } why) return NotNow(context, why);
        if (!target.Health.IsAvailable(now) || target.Provider.Keys.Take(target.Ref.Model, now).Missing is not { } missing) return target.Health.Snapshot().Describe(now);
        var resting = string.Join(", ", KeyWords.Resting([target], now));
        return NotNow(context, resting.Length > 0 ? resting : missing.Message);
    }

    // Addresses of servers and names of keys are the owner's affair.
    private static string NotNow(CommandContext context, string why) => context.Caller == Caller.Owner ? why : "cannot be called now";

    /// <summary>What a request of this session would be answered from, in order; empty when its model may not be asked for.</summary>
    /// <param name="asked">Another model than the session's.</param>
    public static ImmutableArray<Target> PlanOf(CommandContext context, string? asked = null)
    {
        var session = asked is null ? context.Session?.Data : null;
        var (plan, _) = RoutePlanner.Plan(
            context.State, context.Caller, asked ?? session?.Override ?? "default", session is not { Override: not null, Strict: true }, new RequestNeeds(false, 0, null, ""), new Decision("none", default, "none"));
        return plan?.Targets ?? [];
    }

    /// <summary>Where the provider's keys are from; null for anyone but the owner.</summary>
    /// <param name="withRests">And which of them rest or were rejected.</param>
    public string? Auth(CommandContext context, string provider, bool withRests = true)
    {
        if (context.Caller != Caller.Owner || !context.State.Providers.TryGetValue(provider, out var entry)) return null;
        var keys = entry.Keys.Snapshot(time.GetUtcNow()).ToList();
        return keys.Count == 0 ? "none" : string.Join(", ", keys.Select(k => KeyWords.Of(withRests ? k : k with { Parks = [] })));
    }

    private string? Warning(CommandContext context, ModelRef reference)
    {
        var target = context.State.TargetOf(reference).Target!;
        var now = time.GetUtcNow();
        if (target.Provider.Keys.Take(reference.Model, now).Missing is { } missing) return context.Caller == Caller.Owner ? $"{reference} cannot be called now: {missing.Message}." : $"{reference} cannot be called now.";
        if (context.State.WhyNotServed(target) is { } why) return context.Caller == Caller.Owner ? why + "." : $"{reference} cannot be called now.";
        return target.Health.IsAvailable(now) ? null : $"{reference} is {target.Health.Snapshot().Describe(now)}.";
    }

    private static string? CurrentReference(CommandContext context) => PlanOf(context) is [var first, ..] ? first.Name : null;

    private static List<string> OpenProviders(CommandContext context) => [.. context.State.Config.Providers
        .Where(p => !p.ModelsAreClosed && MayUseAny(context, p.Id))
        .Select(static p => p.Id)];

    // Beyond its list a provider is open only where a wildcard, or the absence of any list, lets it be.
    private static bool MayUseAny(CommandContext context, string provider)
    {
        static bool Wild(ImmutableArray<AllowRule>? rules, string provider) => rules is not { } list || list.Any(r => r.Provider == provider && r.IsWildcard);
        return Wild(context.State.Config.Models.Allowlist, provider) && Wild(context.Caller.Allow, provider);
    }

    private static IEnumerable<(string, string)> Aliases(CommandContext context)
    {
        foreach (var (name, chain) in context.State.Config.Models.Aliases)
        {
            var allowed = chain.Where(r => context.State.Config.Models.IsAllowed(r) && context.Caller.MayUse(r)).ToList();
            if (allowed.Count > 0) yield return (name, string.Join(", then ", allowed));
        }
    }
}
