using System.Globalization;
using OpenClaw.Gateway.Providers.Scripted;

namespace OpenClaw.EndToEnd;

/// <summary>The machine checks of the catalogue, and ours.</summary>
internal static class FaultChecks
{
    public static FaultCheck PrimaryAtMost(int tries, CheckLevel level = CheckLevel.Required) =>
        Check($"at most {tries} tries on the primary", level, r => r.PrimaryCalls.Count > tries ? $"{r.PrimaryCalls.Count} tries" : null);

    public static FaultCheck PrimaryAtLeast(int tries, CheckLevel level = CheckLevel.Advisory) =>
        Check($"at least {tries} tries on the primary", level, r => r.PrimaryCalls.Count < tries ? $"{r.PrimaryCalls.Count} tries" : null);

    public static FaultCheck PrimaryOnce() =>
        Check("exactly one try on the primary", CheckLevel.Required, r => r.PrimaryCalls.Count != 1 ? $"{r.PrimaryCalls.Count} tries" : null);

    public static FaultCheck AtMostWithin(int tries, double seconds) => Check($"at most {tries} tries within {seconds} s", CheckLevel.Required, r =>
    {
        if (r.PrimaryCalls.Count == 0) return null;
        var count = r.PrimaryCalls.Count(c => c.At - r.PrimaryCalls[0].At < TimeSpan.FromSeconds(seconds));
        return count > tries ? $"{count} tries" : null;
    });

    public static FaultCheck RetryAfterHonoured() => Check("the second try comes after the time that was asked for", CheckLevel.Advisory, r =>
        r.PrimaryCalls.Count < 2 ? "no second try"
        : r.PrimaryCalls[1].At - r.PrimaryCalls[0].At is var gap && gap < TimeSpan.FromSeconds(1.8) ? $"after {gap.TotalSeconds:F2} s" : null);

    public static FaultCheck Within(string what, Func<FaultTimings, TimeSpan> limit, CheckLevel level = CheckLevel.Required) =>
        Check("in time: " + what, level, r => r.Reply.Elapsed > limit(r.Timings) ? $"{r.Reply.Elapsed.TotalSeconds:F1} s" : null);

    public static FaultCheck UsagePresent() => Check("usage is reported", CheckLevel.Advisory, r =>
        r.Reply.OutputTokens is > 0 && r.Reply.InputTokens is > 0 ? null : $"{r.Reply.InputTokens}/{r.Reply.OutputTokens}");

    public static FaultCheck ReportsFallback() => Check("the answer names the fallback", CheckLevel.Required, r =>
        r.Reply.Model?.EndsWith(r.Cell.FallbackModel, StringComparison.Ordinal) == true ? null : $"model {r.Reply.Model}");

    public static FaultCheck NoPrefillMasking() => Check("the fallback's refusal of a prefill is not shown", CheckLevel.Required, r =>
        r.Reply.Error is { } error && error.Contains("prefill", StringComparison.OrdinalIgnoreCase) ? error : null);

    public static FaultCheck FallbackUntouched() => Check("no try on the fallback", CheckLevel.Advisory, r =>
        r.FallbackCalls.Count > 0 ? $"{r.FallbackCalls.Count} tries" : null);

    public static FaultCheck AliveAfterwards() => Check("a healthy model answers afterwards", CheckLevel.Required, r =>
        r.Afterwards is { } reply && FaultJudge.IsWhole(new FaultScenario("", "", "ok"), reply) ? null : r.Afterwards?.ToString() ?? "not asked");

    public static FaultCheck NoRedirectFollowed() => Check("the redirect is not followed", CheckLevel.Required, r =>
        r.PrimaryCalls.Any(c => c.Path.StartsWith("/elsewhere", StringComparison.Ordinal)) ? "followed" : null);

    public static FaultCheck ServedDuringOutage() => Check("every request during the outage is answered", CheckLevel.Required, r =>
    {
        var during = r.Sequence.Where(s => s.At < r.Timings.Server.Outage).ToList();
        var served = during.Count(s => FaultJudge.IsWhole(r.Cell.Scenario, s.Reply));
        return served == during.Count ? null : $"{served} of {during.Count}";
    });

    public static FaultCheck Recovered() => Check("back on the primary in time", CheckLevel.Required, r =>
    {
        var back = r.Sequence.Where(s => s.Reply.Model?.EndsWith(r.Cell.PrimaryModel, StringComparison.Ordinal) == true).Select(s => (TimeSpan?)s.At).FirstOrDefault();
        return back is null ? "never"
            : back - r.Timings.Server.Outage > r.Timings.RecoveryLimit ? $"{(back.Value - r.Timings.Server.Outage).TotalSeconds:F1} s after the outage" : null;
    });

    /// <summary>While the primary is down it is probed, not used: a fixed few tries, whatever the requests.</summary>
    public static FaultCheck ProbeDiscipline() => Check("the primary is probed with restraint while it is down", CheckLevel.Ours, r =>
    {
        var during = r.PrimaryCalls.Count(c => c.At - r.Began < r.Timings.Server.Outage);
        return during > r.Timings.ProbeLimit ? $"{during} tries" : null;
    });

    /// <summary>Usage, names, attempts: what every rescued answer must say of itself.</summary>
    public static IReadOnlyList<FaultCheck> Account { get; } =
    [
        Check("usage adds up", CheckLevel.Ours, r =>
        {
            if (!r.Reply.LooksWhole || r.Cell.Scenario.IsSequence || r.Cell.Scenario.Ideal != FaultIdeal.Answer) return null;
            var (input, output) = (r.Reply.InputTokens ?? 0, r.Reply.OutputTokens ?? 0);
            var exact = !r.Cell.IsMidStream && r.Cell.Scenario.Primary is not ("thinking" or "thinking-cut");
            if (exact) return output == 60 && input == 4 ? null : $"{input}/{output}";
            var (words, calls) = SentAtLeast(r);
            return output >= words && input >= 4 * calls ? null : $"{input}/{output} for {words} words of {calls} calls";
        }),
        Check("x-openclaw-model names who answered", CheckLevel.Ours, r =>
        {
            if (!r.Reply.LooksWhole || r.Cell.Scenario.IsSequence) return null;
            var (header, wanted) = (r.Reply.Header("x-openclaw-model"), r.AnsweredByFallback ? r.Cell.FallbackRef : r.Cell.PrimaryRef);
            // The headers of a stream are gone before a cut: then they name who began.
            return header == wanted || (r.Cell.IsMidStream && header == r.Cell.PrimaryRef) ? null : $"{header} instead of {wanted}";
        }),
        Check("x-openclaw-attempts counts them", CheckLevel.Ours, r =>
        {
            if (!r.Reply.LooksWhole || r.Cell.IsMidStream || r.Cell.Scenario.IsSequence || r.Cell.Scenario.Address != FaultAddress.Scripted) return null;
            var wanted = r.PrimaryCalls.Count + r.FallbackCalls.Count;
            return r.Reply.Header("x-openclaw-attempts") == wanted.ToString(CultureInfo.InvariantCulture) ? null : $"{r.Reply.Header("x-openclaw-attempts")} instead of {wanted}";
        }),
        Check("x-openclaw-decision is there", CheckLevel.Ours, r => r.Reply.Header("x-openclaw-decision") is { Length: > 0 } ? null : "missing"),
        Check("the key is sent once a call", CheckLevel.Ours, r =>
            r.PrimaryCalls.Concat(r.FallbackCalls).Any(c => c.KeyHeaders.Count != 1) ? "none or several" : null),
        Check("few tries on the fallback", CheckLevel.Ours, r =>
            r.FallbackCalls.Count > 5 && !r.Cell.Scenario.IsSequence ? $"{r.FallbackCalls.Count} tries on the fallback" : null),
    ];

    // Of an answer that two have made: the words of the second, and those of the first before it broke.
    private static (int Words, int Calls) SentAtLeast(FaultResult r)
    {
        if (!r.AnsweredByFallback) return (60, 1);
        var first = !r.Cell.IsMidStream ? 0 : ScriptedFault.Parse(r.Cell.Scenario.Primary) switch
        {
            // What was under way when the connection was reset may never have come.
            { Name: "reset-after" } => 0,
            { Name: "bad-json" } => 9,
            { Name: "thinking-cut" } fault => fault.Number ?? 6,
            { Name: "stall-after" } fault => fault.Number ?? 20,
            var fault => fault.Number ?? 40,
        };
        return (first + (r.FallbackCalls[^1].IsPrefill ? 60 - first : 60), first > 0 ? 2 : 1);
    }

    private static FaultCheck Check(string name, CheckLevel level, Func<FaultResult, string?> problem) => new(name, level, problem);
}
