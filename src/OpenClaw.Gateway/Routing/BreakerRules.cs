using OpenClaw.Config;

namespace OpenClaw.Gateway.Routing;

/// <summary>What a failure says about its target.</summary>
internal enum BreakerWeight
{
    /// <summary>Nothing: the request, the key or the caller was the cause.</summary>
    None,

    /// <summary>It may have been chance; twice in a row it is not.</summary>
    Counts,

    OpensAtOnce,
}

/// <summary>When a target's breaker opens, and for how long.</summary>
internal static class BreakerRules
{
    /// <summary>
    /// A probe that fails within moments costs its caller nothing: such targets are asked at least this often, so that they are
    /// soon back; more seldom only where a longer first rest is written.
    /// </summary>
    private static readonly TimeSpan s_quickMax = TimeSpan.FromSeconds(20);

    /// <summary>A probe of a silent target costs its caller a whole clock: their rests start this many times longer.</summary>
    private const int SilentFactor = 10;

    /// <summary>Reported once an attempt's retries on the target are used up.</summary>
    public static BreakerWeight WeightOf(FailureReason reason) => reason switch
    {
        FailureReason.Connect or FailureReason.Dns or FailureReason.Tls or FailureReason.Reset or FailureReason.ServerError
            or FailureReason.Overloaded or FailureReason.HeadersTimeout or FailureReason.FirstTokenTimeout or FailureReason.Redirect
            or FailureReason.ModelGone => BreakerWeight.OpensAtOnce,
        FailureReason.IdleTimeout or FailureReason.Cut or FailureReason.Malformed or FailureReason.Empty => BreakerWeight.Counts,
        _ => BreakerWeight.None,
    };

    /// <summary>The same, with a key or money that is asked for where there is no key to park, and what had no time left to answer.</summary>
    public static BreakerWeight WeightOf(UpstreamFailure failure) => failure switch
    {
        { IsCutShort: true } => BreakerWeight.None,
        { IsHearsay: true } => failure.Status >= 500 ? BreakerWeight.OpensAtOnce : BreakerWeight.None,
        { IsWithoutKey: true, Reason: FailureReason.Credential or FailureReason.QuotaExhausted } => BreakerWeight.OpensAtOnce,
        _ => WeightOf(failure.Reason),
    };

    /// <summary>
    /// The rest after the <paramref name="opening"/>th opening in a row (1 is the first): <c>cooldown.base</c> doubling to
    /// <c>cooldown.max</c>, times 0.5 to 1.5; to 20 s or <c>cooldown.base</c>, whichever is longer, where a failure shows at once.
    /// A model that is gone rests for the maximum. What the provider asks for is a floor.
    /// </summary>
    public static TimeSpan Rest(UpstreamFailure failure, int opening, RoutingConfig routing, Backoff backoff)
    {
        var (start, max) = failure.Reason switch
        {
            FailureReason.ModelGone or FailureReason.Redirect when !failure.IsHearsay => (routing.CooldownMax, routing.CooldownMax),
            FailureReason.HeadersTimeout or FailureReason.FirstTokenTimeout or FailureReason.IdleTimeout =>
                (routing.CooldownBase * SilentFactor, routing.CooldownMax),
            _ => (routing.CooldownBase, Shorter(routing.CooldownMax, Longer(routing.CooldownBase, s_quickMax))),
        };
        var rest = backoff.Spread(Backoff.Doubled(start, opening - 1, max));
        if (rest > max) rest = max;
        return failure.RetryAfter > rest ? failure.RetryAfter.Value : rest;
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
