using System.Collections.Immutable;
using System.Text.Json;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Sessions;

/// <summary>What is shown under each reply of a conversation that the gateway holds.</summary>
internal enum UsageFooter
{
    Off,
    Tokens,
    Full,
}

/// <summary>What one model did in a session.</summary>
internal readonly record struct ModelShare(string Model, long Requests, long Tokens, decimal Cost, long Unpriced = 0);

/// <summary>A request that another model answered than the first of its plan.</summary>
/// <param name="Why">The failure's reason as decisions write it, or why the first one was not asked.</param>
internal sealed record FallbackNote(DateTimeOffset At, string From, string To, string Why);

/// <summary>The last answer.</summary>
/// <param name="Model">Who began it.</param>
/// <param name="FellBackFrom">The model that should have answered, when it did not.</param>
internal sealed record LastReply(string Decision, DateTimeOffset At, string Model, Usage Usage, Cost Cost, string Outcome, double TotalMs, string? FellBackFrom, string? Why);

/// <summary>Everything known of a session but what was said in it. Immutable: each change makes a new one.</summary>
internal sealed record SessionData
{
    // A client that names a new model in each request must not make its session grow.
    private const int MaxModels = 24;
    private const int MaxFallbacks = 10;
    private const int MaxName = 256;

    public required SessionKey Key { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Updated { get; init; }

    /// <summary>The counters began here: at the creation, or at the last <c>/new</c> or <c>/reset</c>.</summary>
    public required DateTimeOffset Since { get; init; }

    public string? Title { get; init; }

    /// <summary>The reference or alias that answers in this session instead of what requests name; null = none.</summary>
    public string? Override { get; init; }

    /// <summary>With <see cref="Override"/>: no other model answers.</summary>
    public bool Strict { get; init; }

    public UsageFooter Footer { get; init; }

    public long Requests { get; init; }

    /// <summary>Those whose outcome is neither answered nor healed.</summary>
    public long Failed { get; init; }

    public Usage Usage { get; init; }

    /// <summary>Dollars.</summary>
    public decimal Cost { get; init; }

    /// <summary>Requests with a call to a model without a price: <see cref="Cost"/> is too low by what they cost.</summary>
    public long Unpriced { get; init; }

    /// <summary>Requests whose tokens were counted here, because a provider did not report them.</summary>
    public long Estimated { get; init; }

    /// <summary>In the order in which they first answered.</summary>
    public ImmutableArray<ModelShare> Models { get; init; } = [];

    public LastReply? Last { get; init; }

    /// <summary>The last ten, newest last.</summary>
    public ImmutableArray<FallbackNote> Fallbacks { get; init; } = [];

    public long FallbackCount { get; init; }

    /// <summary>Turns of the conversation that the gateway holds; 0 = the client holds it.</summary>
    public int Turns { get; init; }

    /// <summary>Names of conversations that <c>/new</c> put away, oldest first.</summary>
    public ImmutableArray<string> Archives { get; init; } = [];

    public static SessionData New(SessionKey key, DateTimeOffset now) => new() { Key = key, Created = now, Updated = now, Since = now };

    /// <summary>The session with one more request in its counters.</summary>
    public SessionData With(Decision decision, DateTimeOffset now)
    {
        var answered = decision.Answered is not null;
        var fallback = answered ? FallbackOf(decision, now) : null;
        return this with
        {
            Updated = now,
            Requests = Requests + 1,
            Failed = Failed + (decision.Outcome is "answered" or "healed" ? 0 : 1),
            Usage = Usage + decision.Usage with { ReportedCost = null },
            Cost = Cost + decision.Cost.Total,
            Unpriced = Unpriced + (decision.Cost.IsUnpriced ? 1 : 0),
            Estimated = Estimated + (decision.Usage.Estimated ? 1 : 0),
            Models = SharesWith(decision),
            Last = answered
                ? new LastReply(decision.Id, now, Short(decision.Answered!), decision.Usage, decision.Cost, decision.Outcome, decision.TotalMs, fallback?.From, fallback?.Why)
                : Last,
            Fallbacks = fallback is null ? Fallbacks : [.. Fallbacks.TakeLast(MaxFallbacks - 1), fallback],
            FallbackCount = FallbackCount + (fallback is null ? 0 : 1),
        };
    }

    /// <summary>The counters begin anew; what the user set stays.</summary>
    public SessionData Restarted(DateTimeOffset now) => new()
    {
        Key = Key, Created = Created, Updated = now, Since = now, Title = Title, Override = Override, Strict = Strict, Footer = Footer, Archives = Archives,
    };

    private static FallbackNote? FallbackOf(Decision decision, DateTimeOffset now)
    {
        if (decision.Plan is not [var first, ..]) return null;
        var to = decision.FinishedBy ?? decision.Answered!;
        if (to == first) return null;
        var failed = decision.Attempts.FirstOrDefault(a => a.Target == first && a.Reason != FailureReason.None);
        return new FallbackNote(now, Short(first), Short(to), failed?.ResultText ?? NoteOf(decision, first));
    }

    // It was not asked at all: the planner or the dispatcher said why.
    private static string NoteOf(Decision decision, string target)
    {
        foreach (var note in decision.Notes)
        {
            if (!note.StartsWith(target, StringComparison.Ordinal)) continue;
            var why = note.AsSpan(target.Length);
            if (why.StartsWith(": passed over, ")) return "resting";
            if (why.StartsWith(": left out, ")) return why.Contains("budget", StringComparison.Ordinal) ? "budget" : "leftOut";
        }
        return "notAsked";
    }

    private ImmutableArray<ModelShare> SharesWith(Decision decision)
    {
        var shares = Models.ToBuilder();
        foreach (var attempt in decision.Attempts)
        {
            // Who left before an answer may have been charged for it all the same.
            if (!attempt.Served && attempt.Cost.Total == 0 && attempt.Usage.Total == 0) continue;
            var model = Short(attempt.Target);
            var at = IndexOf(shares, model);
            if (at < 0 && shares.Count >= MaxModels) at = IndexOf(shares, "other");
            if (at < 0)
            {
                at = shares.Count;
                shares.Add(new ModelShare(shares.Count >= MaxModels ? "other" : model, 0, 0, 0));
            }
            var old = shares[at];
            shares[at] = new ModelShare(old.Model, old.Requests + 1, old.Tokens + attempt.Usage.Total, old.Cost + attempt.Cost.Total, old.Unpriced + (attempt.Cost.IsUnpriced ? 1 : 0));
        }
        return shares.ToImmutable();
    }

    // An open provider serves any name, and a name may be as long as a body.
    private static string Short(string name) => name.Length <= MaxName ? name : name[..MaxName];

    private static int IndexOf(ImmutableArray<ModelShare>.Builder shares, string model)
    {
        for (var i = 0; i < shares.Count; i++)
        {
            if (shares[i].Model == model) return i;
        }
        return -1;
    }
}
