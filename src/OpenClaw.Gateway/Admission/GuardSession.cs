using OpenClaw.Config;

namespace OpenClaw.Gateway.Admission;

/// <summary>What was found, and how long to stop for.</summary>
internal readonly record struct GuardFinding(GuardKind Kind, string Saw, TimeSpan Stop);

/// <summary>
/// What the guard remembers of one session: hashes, counts and dollars, always the same few hundred bytes. One method a detector.
/// Not thread-safe: <see cref="RunawayGuard"/> holds its lock.
/// </summary>
internal sealed class GuardSession(string caller, string key)
{
    // Below this, what fails costs next to nothing; a person who tries again is not to be stopped for it.
    private const int LargeContext = 4096;

    // An answer of a heartbeat: "nothing to do".
    private const int FewTokens = 300;

    private static readonly TimeSpan s_longestStop = TimeSpan.FromHours(24);
    private static readonly TimeSpan s_identicalWindow = TimeSpan.FromMinutes(10);

    // Where no session is named, all who ask the same share one: a loop asks again at once, and one at a time.
    private static readonly TimeSpan s_atOnce = TimeSpan.FromSeconds(15);

    // And intervals of many people are alike now and then, those of a clock always; short ones may say only that many are there.
    private const int RegularOfMany = 4;
    private const int SurelyRegular = 8;

    // A crowd's calls count as one where they come together (PromptRing), so its pauses are all as long as that.
    private static readonly TimeSpan s_crowd = TimeSpan.FromSeconds(18);
    private static readonly TimeSpan s_beatAmongMany = TimeSpan.FromMinutes(1);

    private readonly SpendRate _rate = new();
    private readonly PromptRing _prompts = new();
    private readonly bool _isOfMany = RunawayGuard.IsUnnamed(key);
    private (ulong Body, int Count, decimal Spent, DateTimeOffset First, DateTimeOffset Last, int Open) _identical;
    private (ulong Turn, int Count, int Pauses, decimal Wasted, DateTimeOffset First) _errors;
    private (decimal Spent, DateTimeOffset First) _tools;
    private (GuardKind Kind, int Count) _trips;
    private decimal _perToken;

    public string Caller => caller;

    public string Key => key;

    public Lock Lock { get; } = new();

    public DateTimeOffset Used { get; private set; }

    /// <summary>Set while the session is stopped, and kept until something else passes: then it is known how it went on.</summary>
    public GuardStop? Stop { get; set; }

    public bool IsStopped(DateTimeOffset now) => Stop is { } stop && now < stop.Until;

    /// <summary>Dollars that a request of so many tokens will cost, after the session's own experience.</summary>
    public decimal Expect(int tokens, decimal priced) => _perToken > 0 ? _perToken * tokens : priced;

    /// <summary>A request arrives while the session is stopped: the loop goes on, only nothing comes of it.</summary>
    public void Knock(in RequestSign sign, DateTimeOffset now)
    {
        Used = now;
        if (sign.OpensTurn && _prompts.Find(sign.Turn) is { } prompt) prompt.Last = now;
        if (sign.Body == _identical.Body) _identical.Last = now;
    }

    /// <summary>A request wants in: the first finding, or none and it is counted.</summary>
    public GuardFinding? Arrive(GuardConfig rules, in RequestSign sign, int tokens, decimal expected, DateTimeOffset now)
    {
        Used = now;
        if (sign.OpensTurn) _prompts.Begin(sign, now);
        Count(sign, expected, now);
        var finding = Tools(rules, sign, expected, now) ?? Errors(rules, sign, tokens, expected) ?? Heartbeats(rules, sign, expected)
            ?? Identical(rules, expected) ?? Rate(rules, now);
        if (finding is null) _identical.Open++;
        return finding;
    }

    /// <summary>It is known what a request cost. A finding when it was the failure too many.</summary>
    public GuardFinding? Leave(GuardConfig rules, GuardVisit visit, GuardOutcome outcome, DateTimeOffset now)
    {
        var cost = outcome.Cost + outcome.Wasted;
        _rate.Add(cost, now);
        if (outcome.Cost > 0 && outcome.End == GuardEnd.Answered && visit.Tokens > 0) _perToken = outcome.Cost / visit.Tokens;
        if (visit.Sign.Body == _identical.Body) (_identical.Spent, _identical.Last, _identical.Open) = (_identical.Spent + cost - visit.Expected, now, Math.Max(0, _identical.Open - 1));
        if (visit.Sign.LoopRounds >= 2) _tools.Spent += cost;
        if (_prompts.Find(visit.Sign.Turn) is { } prompt)
        {
            prompt.Spent += cost;
            if (!visit.Sign.OpensTurn) prompt.Steps++;
            if (outcome.End == GuardEnd.Answered) prompt.IsShort = outcome.OutputTokens <= FewTokens;
        }
        if (outcome.Failed) return Fail(rules, visit, outcome, now);
        if (outcome.End == GuardEnd.Answered) _errors = default;
        return null;
    }

    /// <summary>Everything that was held against the session is forgotten.</summary>
    public void Forgive()
    {
        _prompts.Clear();
        _rate.Clear();
        (_identical, _errors, _tools, _trips, Stop) = (default, default, default, default, null);
    }

    private void Count(in RequestSign sign, decimal expected, DateTimeOffset now)
    {
        var isSame = sign.Body == _identical.Body;
        if (isSame && (_isOfMany ? _identical.Open == 0 && now - _identical.Last < s_atOnce : now - _identical.Last < s_identicalWindow))
        {
            (_identical.Count, _identical.Spent, _identical.Last) = (_identical.Count + 1, _identical.Spent + expected, now);
        }
        else
        {
            _identical = (sign.Body, 1, expected, now, now, isSame ? _identical.Open : 0);
        }
        if (sign.LoopRounds < 2) _tools = (0, now);
    }

    // The same call with the same result, or the same cycle of calls.
    private GuardFinding? Tools(GuardConfig rules, in RequestSign sign, decimal expected, DateTimeOffset now)
    {
        if (rules.ToolLoop == 0 || sign.LoopRounds < 3) return null;
        var calls = sign.LoopRounds * sign.LoopPeriod;
        // Who waits for something asks the same thing again and again, and mostly for little; where money says nothing, and for who was
        // stopped for it before, the count must do.
        var isDear = expected == 0 || rules.LoopSpend == 0 || _trips is { Kind: GuardKind.ToolLoop, Count: > 0 } || _tools.Spent + expected >= rules.LoopSpend / 4;
        var isLong = isDear && calls >= rules.ToolLoop && sign.LoopRounds >= Math.Min(4, rules.ToolLoop);
        if (!isLong && !IsTooDear(rules, _tools.Spent + expected)) return null;
        var what = sign.LoopPeriod == 1 ? $"the tool {sign.LoopTool} was called {sign.LoopRounds} times with the same arguments and the same result" : $"the same {sign.LoopPeriod} tool calls were made {sign.LoopRounds} times over with the same results, {sign.LoopTool} the last of them";
        return Found(rules, GuardKind.ToolLoop, $"{what}{Since(_tools.Spent, _tools.First)}");
    }

    // The prompt of a failing call may be billed, and it is the same one each time.
    private GuardFinding? Errors(GuardConfig rules, in RequestSign sign, int tokens, decimal expected)
    {
        if (rules.ErrorLoop == 0 || tokens < LargeContext || _errors.Count == 0 || sign.Turn != _errors.Turn || _errors.Wasted == 0) return null;
        if (!IsTooDear(rules, _errors.Wasted + expected)) return null;
        return Found(rules, GuardKind.ErrorLoop, $"a request of about {tokens} tokens failed {Times(_errors.Count)} in a row{Since(_errors.Wasted, _errors.First)}");
    }

    private GuardFinding? Heartbeats(GuardConfig rules, in RequestSign sign, decimal expected)
    {
        if (!rules.Heartbeat || _prompts.Find(sign.Turn) is not { Count: > 1, IsIdle: true } prompt || !IsClock(prompt)) return null;
        // A small context on a cheap model may beat for months.
        if (prompt.Spent / (prompt.Count - 1) < rules.LoopSpend / 45 || !IsTooDear(rules, prompt.Spent + expected)) return null;
        return Found(rules, GuardKind.Heartbeat, $"the same prompt came {prompt.Count} times, about every {Apart(prompt.Interval)}, and was answered in a few words each time, with nobody there{Since(prompt.Spent, prompt.First)}");
    }

    private bool IsClock(RecurringPrompt prompt) =>
        prompt.NamesHeartbeat || (_isOfMany ? prompt.Interval >= s_crowd && prompt.Regular >= (prompt.Interval >= s_beatAmongMany ? RegularOfMany : SurelyRegular) : prompt.Regular > 0);

    private GuardFinding? Identical(GuardConfig rules, decimal expected)
    {
        if (rules.IdenticalRequests == 0 || _identical.Count < 5) return null;
        // What costs nothing is a test or a benchmark; what costs little, a client that tries again.
        var isMany = _identical.Count > rules.IdenticalRequests && (rules.LoopSpend == 0 || _identical.Spent >= rules.LoopSpend / 4);
        if (!isMany && !IsTooDear(rules, _identical.Spent)) return null;
        return Found(rules, GuardKind.IdenticalRequests, $"the same request came {_identical.Count} times with nothing else in between{Since(_identical.Spent - expected, _identical.First)}");
    }

    private GuardFinding? Rate(GuardConfig rules, DateTimeOffset now)
    {
        var (last, before) = (_rate.LastMinute(now), rules.SpendPerMinute > 0 ? _rate.MinuteBefore(now) : 0);
        if (rules.SpendPerMinute > 0 && last >= rules.SpendPerMinute && before >= rules.SpendPerMinute && last >= before * 0.9m)
        {
            return Found(rules, GuardKind.SpendRate, $"{Usd(before)} were spent in one minute and {Usd(last)} in the next, where {Usd(rules.SpendPerMinute)} a minute is the bound (guard.spendPerMinute)");
        }
        var hour = rules.SpendPerHour > 0 ? _rate.LastHour(now) : 0;
        if (rules.SpendPerHour == 0 || hour < rules.SpendPerHour) return null;
        return Found(rules, GuardKind.SpendRate, $"{Usd(hour)} were spent in sixty minutes, where {Usd(rules.SpendPerHour)} is the bound (guard.spendPerHour)");
    }

    // Backs off: one request is let through after each pause, and the pause doubles when it fails too.
    private GuardFinding? Fail(GuardConfig rules, GuardVisit visit, GuardOutcome outcome, DateTimeOffset now)
    {
        if (visit.Tokens < LargeContext) return null;
        if (_errors.Count == 0 || _errors.Turn != visit.Sign.Turn) _errors = (visit.Sign.Turn, 0, 0, 0, now);
        (_errors.Count, _errors.Wasted) = (_errors.Count + 1, _errors.Wasted + outcome.Cost + outcome.Wasted);
        // What was sent side by side fails side by side: that is one pause, and none that takes another stop's place.
        if (rules.ErrorLoop == 0 || _errors.Count < rules.ErrorLoop || IsStopped(now)) return null;
        var pause = Doubled(rules.Cooldown / 20, _errors.Pauses++);
        return new GuardFinding(GuardKind.ErrorLoop, $"a request of about {visit.Tokens} tokens failed {Times(_errors.Count)} in a row{Since(_errors.Wasted, _errors.First)}", pause);
    }

    private GuardFinding Found(GuardConfig rules, GuardKind kind, string saw)
    {
        _trips = (kind, _trips.Kind == kind ? _trips.Count + 1 : 1);
        return new GuardFinding(kind, saw, Doubled(rules.Cooldown, _trips.Count - 1));
    }

    private static TimeSpan Doubled(TimeSpan first, int times) => first * Math.Pow(2, Math.Min(times, 20)) is var pause && pause < s_longestStop ? pause : s_longestStop;

    private static bool IsTooDear(GuardConfig rules, decimal usd) => rules.LoopSpend > 0 && usd > rules.LoopSpend;

    private static string Since(decimal usd, DateTimeOffset first) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $" ({Usd(usd)} since {first.UtcDateTime:yyyy-MM-dd HH:mm} UTC)");

    private static string Usd(decimal usd) => "$" + usd.ToString(usd is > 0 and < 0.1m ? "0.000" : "0.00", System.Globalization.CultureInfo.InvariantCulture);

    private static string Times(int count) => count == 1 ? "once" : count + " times";

    private static string Apart(TimeSpan interval) => interval.TotalMinutes >= 2 ? $"{Math.Round(interval.TotalMinutes)} minutes" : $"{Math.Round(interval.TotalSeconds)} seconds";
}
