using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using OpenClaw.Config;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Admission;

/// <summary>
/// Requests and tokens a minute, by gateway, client, provider and model. A request is counted when it comes; its tokens are
/// taken by estimate and corrected when it is known what they were. Where N gateways share a store each counts for itself, and
/// everything N times: it takes its share. Thread-safe, outlives snapshots.
/// </summary>
/// <param name="gateways">How many gateways share the limits now; null = one.</param>
internal sealed class RateLimits(TimeProvider time, Func<int>? gateways = null)
{
    // Limits and clients are configured, so there are few; what was removed from the file is forgotten here.
    private const int MaxMeters = 10_000;

    // What an answer is thought to take where the request allows more: who allows 64,000 tokens rarely uses them.
    private const int AssumedAnswer = 1024;

    private readonly ConcurrentDictionary<(string Scope, string Subject, int PerMinute, bool Tokens), RateMeter> _meters = new();

    public int Count => _meters.Count;

    /// <summary>What one request or token here stands for.</summary>
    public int Weight => gateways?.Invoke() ?? 1;

    /// <summary>Counts a request under the limits of gateway and client: all of them, or none and why.</summary>
    public GatewayError? Enter(ImmutableArray<LimitConfig> limits, string caller, int promptTokens, int? maxTokens, RateHold hold)
    {
        foreach (var limit in limits)
        {
            var subject = limit.Scope switch
            {
                "gateway" => "",
                "client" => caller,
                _ when limit.Scope.StartsWith("client:", StringComparison.Ordinal) && limit.Scope.AsSpan(7).SequenceEqual(caller) => caller,
                _ => null,
            };
            if (subject is null || Take(limit, subject, promptTokens, maxTokens, null, hold) is not { } refusal) continue;
            hold.GiveBack();
            return refusal;
        }
        return null;
    }

    /// <summary>Counts a call under the limits of its provider and model. Null: it may be made; else why not, for the decision.</summary>
    public GatewayError? EnterTarget(ImmutableArray<LimitConfig> limits, Target target, int promptTokens, int? maxTokens, RateHold hold)
    {
        var before = hold.Count;
        foreach (var limit in limits)
        {
            if (!IsOf(limit.Scope, target) || Take(limit, "", promptTokens, maxTokens, target.Name, hold) is not { } refusal) continue;
            hold.GiveBack(before);
            return refusal;
        }
        return null;
    }

    /// <summary>Counts a further call to a target that was entered already.</summary>
    public void Again(ImmutableArray<LimitConfig> limits, Target target)
    {
        foreach (var limit in limits)
        {
            if (limit.RequestsPerMinute is { } requests && IsOf(limit.Scope, target)) Meter(limit.Scope, "", requests, tokens: false).Correct(-Math.Min(requests, Weight));
        }
    }

    private static bool IsOf(string scope, Target target) =>
        (scope.StartsWith("provider:", StringComparison.Ordinal) && scope.AsSpan(9).SequenceEqual(target.Provider.Id))
        || (scope.StartsWith("model:", StringComparison.Ordinal) && scope.AsSpan(6).SequenceEqual(target.Name));

    private GatewayError? Take(LimitConfig limit, string subject, int promptTokens, int? maxTokens, string? target, RateHold hold)
    {
        if (limit.RequestsPerMinute is { } requests)
        {
            var meter = Meter(limit.Scope, subject, requests, tokens: false);
            // A share of less than one request a minute is one.
            var one = Math.Min(requests, hold.Weight);
            if (!meter.TryTake(one, out var wait)) return UsedUp(limit.Scope, subject, requests == 1 ? "1 request" : $"{requests} requests", wait, meter, hold, tokens: false);
            hold.Add(meter, one, tokens: false, target);
        }
        if (limit.TokensPerMinute is { } tokens)
        {
            if (promptTokens > tokens) return TooLarge(limit.Scope, subject, promptTokens, tokens);
            var meter = Meter(limit.Scope, subject, tokens, tokens: true);
            var amount = Math.Min(tokens, hold.Weight * (long)(promptTokens + Math.Clamp(maxTokens ?? AssumedAnswer, 0, AssumedAnswer)));
            if (!meter.TryTake(amount, out var wait)) return UsedUp(limit.Scope, subject, $"{tokens} tokens", wait, meter, hold, tokens: true);
            hold.Add(meter, amount, tokens: true, target);
        }
        return null;
    }

    private RateMeter Meter(string scope, string subject, int perMinute, bool tokens)
    {
        var key = (scope, subject, perMinute, tokens);
        if (_meters.TryGetValue(key, out var known)) return known;
        if (_meters.Count >= MaxMeters)
        {
            foreach (var (old, meter) in _meters)
            {
                if (meter.IsFull) _meters.TryRemove(old, out _);
            }
        }
        return _meters.GetOrAdd(key, k => new RateMeter(k.PerMinute, time));
    }

    private static GatewayError UsedUp(string scope, string subject, string what, TimeSpan wait, RateMeter meter, RateHold hold, bool tokens)
    {
        hold.Tightest(meter, tokens);
        return new GatewayError(
            GatewayErrorKind.RateLimited,
            string.Create(CultureInfo.InvariantCulture, $"{Whose(scope, subject)} {what} a minute {(meter.PerMinute == 1 ? "is" : "are")} used up; try again in {Math.Ceiling(wait.TotalSeconds * 10) / 10:0.#} s"))
        {
            RetryAfter = wait,
        };
    }

    // It would wait for ever.
    private static GatewayError TooLarge(string scope, string subject, int promptTokens, int tokens) => new(
        GatewayErrorKind.RequestTooLarge,
        $"the request has about {promptTokens} tokens, more than {Whose(scope, subject)} {tokens} tokens a minute altogether; send less, or raise tokensPerMinute");

    private static string Whose(string scope, string subject) => scope == "gateway" ? "the gateway's" : subject.Length > 0 ? $"client \"{subject}\"'s" : $"{scope[(scope.IndexOf(':', StringComparison.Ordinal) + 1)..]}'s";
}
