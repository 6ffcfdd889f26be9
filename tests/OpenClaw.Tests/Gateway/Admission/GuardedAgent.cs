using OpenClaw.Config;
using OpenClaw.Gateway.Admission;

namespace OpenClaw.Tests.Gateway.Admission;

/// <summary>Dollars per million tokens, as the providers list them.</summary>
internal sealed record ListPrice(decimal Input, decimal Output, decimal CacheRead, decimal CacheWrite)
{
    public static readonly ListPrice Opus = new(5, 25, 0.5m, 6.25m);
    public static readonly ListPrice Sonnet = new(3, 15, 0.3m, 3.75m);
    public static readonly ListPrice DeepSeek = new(0.28m, 0.42m, 0.028m, 0.28m);
    public static readonly ListPrice Mini = new(0.15m, 0.6m, 0.075m, 0.15m);
    public static readonly ListPrice Free = new(0, 0, 0, 0);
}

/// <summary>An agent's session behind a guard: sends, pays, and counts how often it was stopped.</summary>
internal sealed class GuardedAgent(ManualTime time, RunawayGuard guard, ListPrice price, string session = "main", GuardConfig? rules = null)
{
    private readonly GuardConfig _rules = rules ?? new GuardConfig();
    private int _cached;

    /// <summary>What the provider bills.</summary>
    public decimal Paid { get; private set; }

    public int Sent { get; private set; }

    public int Refused { get; private set; }

    public string? Why { get; private set; }

    public TimeSpan? RetryAfter { get; private set; }

    /// <summary>Sends and is answered. False: the guard stopped it.</summary>
    /// <param name="cache">The prompt that was sent before is read from the provider's cache.</param>
    public bool Ask(RequestSign sign, int tokens, int output, bool cache = false)
    {
        if (Enter(sign, tokens) is not { } visit) return false;
        var read = cache ? Math.Min(_cached, tokens) : 0;
        var fresh = tokens - read;
        var cost = ((fresh * (cache ? price.CacheWrite : price.Input)) + (read * price.CacheRead) + (output * price.Output)) / 1_000_000;
        _cached = tokens;
        Paid += cost;
        guard.Ended(_rules, visit, new GuardOutcome(cost, 0, output, GuardEnd.Answered));
        return true;
    }

    /// <summary>Sends and is not answered; the provider bills the prompt when it was at work on it.</summary>
    public bool Fail(RequestSign sign, int tokens, bool isBilled)
    {
        if (Enter(sign, tokens) is not { } visit) return false;
        var wasted = isBilled ? tokens * price.Input / 1_000_000 : 0;
        Paid += wasted;
        guard.Ended(_rules, visit, new GuardOutcome(0, wasted, 0, GuardEnd.Failed));
        return true;
    }

    /// <summary>Begins a request whose end comes later.</summary>
    public GuardVisit? Enter(RequestSign sign, int tokens)
    {
        var (visit, error) = guard.Admit(_rules, "owner", session, sign, tokens, tokens * price.Input / 1_000_000);
        if (visit is not null) Sent++;
        else (Refused, Why, RetryAfter) = (Refused + 1, error!.Message, error.RetryAfter);
        return visit;
    }

    public void Wait(double seconds) => time.Advance(TimeSpan.FromSeconds(seconds));
}
