using static OpenClaw.EndToEnd.FaultChecks;

namespace OpenClaw.EndToEnd;

/// <summary>
/// The faults. S01 to S16 are those of FailoverBench (github.com/failoverbench/failoverbench, scenarios/catalogue.yaml,
/// methodology 0.1) with its identifiers and checks; B rows are ours.
/// </summary>
internal static class FaultCatalogue
{
    public static IReadOnlyList<FaultScenario> FailoverBench { get; } =
    [
        Row("S01", "429 with Retry-After once", "rate-limited-once", PrimaryAtLeast(2), RetryAfterHonoured(), AtMostWithin(2, 1.5)),
        Row("S02", "429 forever", "rate-limited", AtMostWithin(4, 3), PrimaryAtMost(6)),
        Row("S03", "500 once", "error-500-once", PrimaryAtLeast(2)),
        Row("S04", "503 forever", "down", PrimaryAtMost(6)),
        Row("S05", "reset before the headers", "reset-once", PrimaryAtMost(3)),
        Row("S06", "no answer at all", "silent", Within("silence", t => t.SilenceLimit), PrimaryAtMost(1, CheckLevel.Advisory)),
        Row("S07", "slow first token", "slow-first-token", Within("first token", t => t.FirstTokenLimit, CheckLevel.Advisory)),
        Row("S08", "stream cut in mid-answer", "cut-after-40") with { MidStream = true },
        Row("S09", "stream stalls", "stall-after-20", Within("stall", t => t.StallLimit), AliveAfterwards()) with { MidStream = true, AskAfterwards = true },
        Row("S10", "an event that is not JSON", "bad-json", AliveAfterwards()) with { MidStream = true, AskAfterwards = true },
        Row("S11", "no last word", "no-done", Within("finish", _ => TimeSpan.FromSeconds(8)), UsagePresent(), FallbackUntouched()),
        Row("S12", "context length exceeded", "context-too-long", PrimaryOnce()),
        Row("S13", "refused for its content", "policy", PrimaryOnce(), FallbackUntouched()) with { Ideal = FaultIdeal.Error },
        Row("S14", "cut, and the fallback refuses a prefill", "cut-after-40", NoPrefillMasking()) with { Fallback = "ok-no-prefill", MidStream = true, GrantsPrefill = true },
        Row("S15", "down, then healthy", "outage", ServedDuringOutage(), Recovered(), ProbeDiscipline()) with { IsSequence = true },
        Row("S16", "503 with a fallback: who is named and counted", "down", ReportsFallback(), UsagePresent(), PrimaryAtMost(6)),
    ];

    public static IReadOnlyList<FaultScenario> Ours { get; } =
    [
        Row("B01", "200 with an error inside", "error-in-200", PrimaryAtMost(3)),
        Row("B02", "200 with a web page", "html", PrimaryAtMost(3)),
        Row("B03", "502 with a web page", "html-502", PrimaryAtMost(3)),
        Row("B04", "200 with plain text", "wrong-type", PrimaryAtMost(3)),
        Row("B05", "a redirect", "redirect", PrimaryAtMost(3), NoRedirectFollowed()),
        Row("B06", "a slow drip of bytes", "drip", FallbackUntouched()),
        Row("B07", "a compressed answer", "gzip", PrimaryOnce(), FallbackUntouched()),
        Row("B08", "chunks that split lines and characters", "odd-chunks", PrimaryOnce(), FallbackUntouched()),
        Row("B09", "an empty body", "empty", PrimaryAtMost(3)),
        Row("B10", "plain text at the end of a proper body", "garbage-end") with { MidStream = true },
        Row("B11", "a proper body without a finish", "clean-end") with { MidStream = true },
        Row("B12", "an error event in mid-answer", "error-mid-stream") with { MidStream = true },
        Row("B13", "reset in mid-answer", "reset-after-20") with { MidStream = true },
        Row("B14", "very long headers", "long-headers", PrimaryOnce(), FallbackUntouched()),
        Row("B15", "half of the headers", "half-headers", PrimaryAtMost(3)),
        Row("B16", "comments and no token", "pings-forever", PrimaryAtMost(1), Within("first token", t => t.FirstTokenLimit)),
        Row("B17", "a whole answer where a stream was asked for", "ignores-stream", PrimaryOnce(), FallbackUntouched()),
        Row("B18", "out of money", "money-out", PrimaryOnce()),
        Row("B19", "a key that is not accepted", "bad-key", PrimaryOnce()),
        Row("B20", "overloaded", "overloaded", PrimaryAtMost(4)),
        Row("B21", "cut in mid-thought", "thinking-cut") with { MidStream = true },
        Row("B22", "cut after the first token", "cut-after-1") with { MidStream = true },
        Row("B23", "cut before the last token", "cut-after-59") with { MidStream = true },
        Row("B24", "cut after the last token", "cut-after-60") with { MidStream = true },
        Row("B25", "nobody listens", "ok") with { Address = FaultAddress.ClosedPort },
        Row("B26", "the name does not resolve", "ok") with { Address = FaultAddress.NoSuchHost },
        Row("B27", "a certificate that nobody trusts", "ok") with { Address = FaultAddress.UntrustedTls },
        Row("B28", "the model is gone", "no-such-model", PrimaryOnce()),
        Row("B29", "late headers", "slow-headers", Within("headers", t => t.FirstTokenLimit)),
        Row("B30", "reset every time", "reset", PrimaryAtMost(4)),
        Row("B31", "cut before a tool's arguments", "tool-cut-0") with { Fallback = "tool", Ideal = FaultIdeal.Tool, MidStream = true, Floor = Verdict.Safe },
        Row("B32", "cut inside a tool's arguments", "tool-cut-18") with { Fallback = "tool", Ideal = FaultIdeal.Tool, MidStream = true, Floor = Verdict.Safe },
        Row("B33", "cut after a tool's arguments", "tool-cut-48") with { Fallback = "tool", Ideal = FaultIdeal.Tool, MidStream = true, Floor = Verdict.Safe },
        Row("B34", "nothing wrong", "ok", PrimaryOnce(), FallbackUntouched()),
        Row("B35", "nothing wrong, with thoughts", "thinking", PrimaryOnce(), FallbackUntouched()),
        Row("B36", "nothing wrong, with a tool", "tool", PrimaryOnce(), FallbackUntouched()) with { Fallback = "tool", Ideal = FaultIdeal.Tool },
    ];

    private static FaultScenario Row(string id, string title, string primary, params FaultCheck[] checks) =>
        new(id, title, primary) { Checks = [.. checks, .. Account] };
}
