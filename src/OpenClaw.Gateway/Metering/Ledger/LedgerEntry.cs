using System.Collections.Immutable;

namespace OpenClaw.Gateway.Metering.Ledger;

/// <summary>One finished request, as the ledger keeps it for good. Holds no prompt, no answer, no secret.</summary>
internal sealed record LedgerEntry
{
    /// <summary>The decision's id; a second entry with the same id changes nothing (exactly once).</summary>
    public required string Id { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The caller's name (<c>owner</c> or a client's).</summary>
    public required string Client { get; init; }

    public string? Session { get; init; }

    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>chat, messages, responses, gemini, ollama, …</summary>
    public required string Protocol { get; init; }

    public string Requested { get; init; } = "";

    /// <summary>The alias that was asked for, or null.</summary>
    public string? Alias { get; init; }

    /// <summary>The target that answered (<c>provider/model</c>), or null.</summary>
    public string? Answered { get; init; }

    /// <summary>answered, healed, failed, interrupted, refused, cancelled, budget, lost.</summary>
    public required string Outcome { get; init; }

    public int Status { get; init; }

    public double TotalMs { get; init; }

    public double? FirstTokenMs { get; init; }

    public ImmutableArray<LedgerHop> Hops { get; init; } = [];

    /// <summary>What this request adds to which budget counters; written in the same transaction as the entry.</summary>
    public ImmutableArray<LedgerCharge> Charges { get; init; } = [];

    public Usage Usage => Hops.Aggregate(default(Usage), static (sum, hop) => sum + hop.Usage);

    public decimal Cost => Hops.Sum(static hop => hop.Cost.Total);
}

/// <summary>One call to one target.</summary>
/// <param name="Key">The key's alias, never the key.</param>
/// <param name="Result">ok, or the failure's reason in snake case.</param>
/// <param name="Kind">first, retry, fallback, prefill, restart.</param>
internal sealed record LedgerHop(string Provider, string Model, string Key, string Kind, string Result, int? Status, double StartedMs, double? EndedMs, Usage Usage, Cost Cost);

/// <summary>Names one budget counter in one window. Two gateways that read the same configuration make the same key.</summary>
/// <param name="Budget">The budget's identity: its name, or scope, period and unit where it has none.</param>
/// <param name="Subject">Whose: the client, the session, or empty.</param>
/// <param name="Window">Start of the window (UTC, as <c>yyyy-MM-ddTHH:mmZ</c>), or <c>total</c>.</param>
internal readonly record struct CounterKey(string Budget, string Subject, string Window);

/// <summary>What a request adds to a counter.</summary>
internal readonly record struct LedgerCharge(CounterKey Counter, decimal Usd, long Tokens);

/// <summary>A request that was let through and may cost money; written to the journal before the first call, so that a crash forgets nothing.</summary>
/// <param name="Reserved">What is charged if the gateway dies before it can say what was really used.</param>
internal sealed record LedgerOpening(string Id, DateTimeOffset At, string Client, string? Session, ImmutableArray<string> Tags, string Protocol, string Target, Usage Assumed, Cost AssumedCost, ImmutableArray<LedgerCharge> Reserved)
{
    /// <summary>Calls of the request that are over and were charged; <see cref="Reserved"/> holds theirs too.</summary>
    public ImmutableArray<LedgerHop> Earlier { get; init; } = [];
}
