using System.Collections.Immutable;
using OpenClaw.Config;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Metering.Prices;
using OpenClaw.Gateway.Providers;

namespace OpenClaw.Gateway.Routing;

/// <summary>One model at one provider, with everything an attempt needs. Immutable, belongs to a snapshot; its health outlives it.</summary>
internal sealed class Target
{
    public required ModelRef Ref { get; init; }

    /// <summary><see cref="Ref"/> as text.</summary>
    public required string Name { get; init; }

    public required ProviderEntry Provider { get; init; }

    /// <summary>The configuration, the catalogue or its server knows the model: it is no name that only a caller has said.</summary>
    public bool IsNamed { get; init; }

    public required IDialect Dialect { get; init; }

    public required Uri StreamUri { get; init; }

    public required Uri WholeUri { get; init; }

    public required RequestTarget Request { get; init; }

    public required TargetState Health { get; init; }

    /// <summary>What it costs, over time.</summary>
    public ModelPrice Price { get; init; } = ModelPrice.Unpriced;

    /// <summary>Where the target's server is asked what it serves.</summary>
    public ServedPlace Place { get; init; }

    /// <summary>The longest answer in tokens; null = not known.</summary>
    public int? MaxOutput { get; init; }

    /// <summary>It may think without showing it: what an answer costs cannot be seen while it grows.</summary>
    public bool ThinksUnseen { get; init; }

    /// <summary>Tokens, prompt and answer together; null = not known, counts as large enough.</summary>
    public int? ContextWindow { get; init; }

    /// <summary>False only when the catalogue, the configuration or its own server says that it takes no images.</summary>
    public bool TakesImages { get; init; } = true;

    /// <summary>It goes on with a final assistant message.</summary>
    public bool GrantsPrefill { get; init; }

    public required AttemptTimes Times { get; init; }

    /// <summary>The clocks of an answer that may begin with thinking that nobody sees.</summary>
    public required AttemptTimes ThinkingTimes { get; init; }

    /// <summary>The clocks of one request.</summary>
    public AttemptTimes TimesFor(bool wantsReasoning) => wantsReasoning || ThinksUnseen ? ThinkingTimes : Times;

    /// <summary>Members for the request's <c>provider</c> (OpenRouter), raw JSON, or null.</summary>
    public string? RoutingPreferencesJson { get; init; }

    /// <summary>Vendor members for the request, raw JSON, or null.</summary>
    public string? ExtraBodyJson { get; init; }
}

/// <summary>The clocks of a target, defaults filled in.</summary>
/// <param name="Total">For the whole request, from its arrival.</param>
/// <param name="Call">For one call of this provider, from its beginning (<c>timeoutSeconds</c>); null = without end.</param>
internal readonly record struct AttemptTimes(TimeSpan Headers, TimeSpan FirstToken, TimeSpan Idle, TimeSpan Answer, TimeSpan Total, TimeSpan? Call)
{
    /// <summary>
    /// What holds where the file says nothing. Cloud: 30 s to headers and first token. Local servers load models on the
    /// first call and queue without a byte: 120 s. Silence inside a stream: 30 s, local 60 s. A model that thinks unseen sends
    /// at most its role and pings meanwhile: 120 s to the first token, and to the headers where they come with it (Gemini).
    /// </summary>
    public static AttemptTimes Of(TimeoutsConfig timeouts, ProviderConfig provider, bool isLocal, bool thinks = false)
    {
        var headers = TimeSpan.FromSeconds(isLocal || (thinks && provider.Api == ApiKind.Gemini) ? 120 : 30);
        var first = TimeSpan.FromSeconds(isLocal || thinks ? 120 : 30);
        return new AttemptTimes(
            timeouts.Headers ?? headers,
            timeouts.FirstToken ?? first,
            timeouts.Idle ?? TimeSpan.FromSeconds(isLocal ? 60 : 30),
            timeouts.Answer ?? TimeSpan.FromSeconds(90),
            timeouts.Total ?? TimeSpan.FromMinutes(10),
            provider.Timeout);
    }
}

/// <summary>The ordered targets of one request.</summary>
/// <param name="Targets">Tried in this order; never empty.</param>
/// <param name="PolicyTargets">Tried only after a refusal for content.</param>
internal sealed record RoutePlan(ImmutableArray<Target> Targets, ImmutableArray<Target> PolicyTargets)
{
    /// <summary>False: one target, no other may answer (<c>x-openclaw-fallback: off</c>).</summary>
    public bool MayFallBack { get; init; } = true;

    /// <summary>What a target must be able to take, for those that come in by another way than this plan.</summary>
    public RequestNeeds Needs { get; init; }

    /// <summary>False: a cut answer ends in an error.</summary>
    public bool MayContinue { get; init; } = true;

    /// <summary>True when one of these can be asked now. One that rests, or cannot hold the prompt, is nobody to give up another for.</summary>
    /// <param name="tooSmall">The prompt did not fit this one; null = nothing is known of that.</param>
    public static bool HasAvailable(ReadOnlySpan<Target> targets, Target? tooSmall, DateTimeOffset now)
    {
        foreach (var target in targets)
        {
            if (!(target.ContextWindow <= tooSmall?.ContextWindow) && target.Health.IsAvailable(now)) return true;
        }
        return false;
    }
}
