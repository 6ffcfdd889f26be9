using System.Globalization;
using Microsoft.AspNetCore.Http;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;

namespace OpenClaw.Gateway.Admission;

/// <summary>What one request took from which meters. Used by one request at a time.</summary>
internal sealed class RateHold
{
    private readonly List<(RateMeter Meter, double Amount, bool Tokens, string? Target)> _taken = [];
    private RateMeter? _requests;
    private RateMeter? _tokens;

    public int Count => _taken.Count;

    /// <summary>How many times everything is counted: once for each gateway that shares the limits.</summary>
    public int Weight { get; init; } = 1;

    /// <param name="target">The target whose calls it is for; null: the whole request.</param>
    public void Add(RateMeter meter, double amount, bool tokens, string? target)
    {
        _taken.Add((meter, amount, tokens, target));
        // A provider's meter says nothing about what the caller may do next.
        if (target is null) Tightest(meter, tokens);
    }

    /// <summary>The caller is told of the meter that has least left, as a share.</summary>
    public void Tightest(RateMeter meter, bool tokens)
    {
        ref var shown = ref tokens ? ref _tokens : ref _requests;
        if (shown is null || meter.Left / meter.PerMinute < shown.Left / shown.PerMinute) shown = meter;
    }

    /// <summary>The request is not made after all: everything from <paramref name="from"/> on goes back.</summary>
    public void GiveBack(int from = 0)
    {
        for (var i = _taken.Count - 1; i >= from; i--) _taken[i].Meter.Correct(_taken[i].Amount);
        _taken.RemoveRange(from, _taken.Count - from);
    }

    /// <summary>The request is over: estimated tokens become the ones that were used.</summary>
    public void Settle(Decision decision)
    {
        for (var i = 0; i < _taken.Count; i++)
        {
            var (meter, amount, tokens, target) = _taken[i];
            if (!tokens) continue;
            // A target that was entered twice (to go on with its own cut answer) took two estimates; what it used is all in the first.
            var used = IsSettled(i) ? 0 : UsedBy(decision, target);
            meter.Correct(amount - (used * Weight));
        }
        _taken.Clear();
    }

    private bool IsSettled(int at)
    {
        for (var i = 0; i < at; i++)
        {
            if (_taken[i].Meter == _taken[at].Meter && _taken[i].Target == _taken[at].Target) return true;
        }
        return false;
    }

    private static long UsedBy(Decision decision, string? target)
    {
        long used = 0;
        foreach (var attempt in decision.Attempts)
        {
            if (target is null || attempt.Target == target) used += attempt.Usage.Total;
        }
        return used;
    }

    /// <summary>
    /// What is left, in the field's headers: OpenAI's (platform.openai.com/docs/guides/rate-limits), Anthropic's where its
    /// protocol is spoken (docs.anthropic.com/en/api/rate-limits).
    /// </summary>
    public void WriteHeaders(IHeaderDictionary headers, DialectKind dialect, DateTimeOffset now)
    {
        Write(headers, _requests, "requests", dialect, now);
        Write(headers, _tokens, "tokens", dialect, now);
    }

    private static void Write(IHeaderDictionary headers, RateMeter? meter, string what, DialectKind dialect, DateTimeOffset now)
    {
        if (meter is null) return;
        var limit = meter.PerMinute.ToString(CultureInfo.InvariantCulture);
        var left = meter.Left.ToString("0", CultureInfo.InvariantCulture);
        var full = meter.FullIn;
        if (dialect == DialectKind.Anthropic)
        {
            headers[$"anthropic-ratelimit-{what}-limit"] = limit;
            headers[$"anthropic-ratelimit-{what}-remaining"] = left;
            headers[$"anthropic-ratelimit-{what}-reset"] = (now + full).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            return;
        }
        headers[$"x-ratelimit-limit-{what}"] = limit;
        headers[$"x-ratelimit-remaining-{what}"] = left;
        headers[$"x-ratelimit-reset-{what}"] = full.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + "s";
    }
}
