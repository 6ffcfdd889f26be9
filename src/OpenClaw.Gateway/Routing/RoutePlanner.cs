using System.Collections.Immutable;
using System.Runtime.InteropServices;
using OpenClaw.Config;
using OpenClaw.Gateway.Control;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Inbound;
using OpenClaw.Gateway.State;

namespace OpenClaw.Gateway.Routing;

/// <summary>What a request needs of a target.</summary>
/// <param name="PromptTokens">Estimated.</param>
/// <param name="NativeProvider">Whose bare model names the protocol's own clients send (<c>openai</c>, <c>anthropic</c>).</param>
internal readonly record struct RequestNeeds(bool Images, int PromptTokens, int? MaxTokens, string NativeProvider);

/// <summary>
/// Turns what was asked for into an ordered plan. Pure but for the notes. Exact: what is not known or not allowed is an
/// error that names the nearest allowed references, never a substitute.
/// </summary>
internal static class RoutePlanner
{
    /// <summary>Names that mean "the session's override, else the default chain".</summary>
    public static bool MeansDefault(string model) => model is "" or "openclaw" or "default" or "auto" || model.StartsWith("openclaw/", StringComparison.Ordinal);

    public static (RoutePlan? Plan, GatewayError? Error) Plan(GatewayState state, Caller caller, string asked, bool mayFallBack, in RequestNeeds needs, Decision decision)
    {
        var (chain, error) = Resolve(state, caller, asked, needs.NativeProvider);
        if (error is not null) return (null, error);
        var wanted = mayFallBack ? new WantedChain(chain, MeansDefault(asked) || state.Config.Models.ListAliases.Contains(asked) ? [] : state.Config.Models.Chain) : new WantedChain([chain[0]], []);
        var targets = new Target[wanted.Length];
        var count = 0;
        Target? tooSmall = null;
        for (var i = 0; i < wanted.Length; i++)
        {
            if (!wanted.TryGet(i, out var reference) || !state.Config.Models.IsAllowed(reference) || !caller.MayUse(reference)) continue;
            var (target, missing) = state.TargetOf(reference);
            if (target is null)
            {
                if (count == 0 && reference == chain[0]) return (null, missing);
                decision.Notes.Add($"{reference}: left out, {missing!.Message}");
                continue;
            }
            if (WhyUnfit(target, needs) is { } unfit)
            {
                if (IsTooSmall(target, needs)) tooSmall ??= target;
                decision.Notes.Add($"{target.Name}: left out, {unfit}");
                continue;
            }
            targets[count++] = target;
            decision.Plan.Add(target.Name);
        }
        if (count == 0) return (null, NoneLeft(tooSmall, needs, chain[0]));
        if (count < targets.Length) Array.Resize(ref targets, count);
        return (new RoutePlan(ImmutableCollectionsMarshal.AsImmutableArray(targets), PolicyChain(state, caller, mayFallBack, needs)) { MayFallBack = mayFallBack, Needs = needs }, null);
    }

    /// <summary>The allowed targets that a name stands for and that can take the request, in order; where there are none, why. Each that is left out has a note.</summary>
    public static (ImmutableArray<Target> Targets, string WhyNone) TargetsOf(GatewayState state, Caller caller, string name, in RequestNeeds needs, Decision decision)
    {
        var (chain, error) = Resolve(state, caller, name, "");
        if (error is not null) decision.Notes.Add($"{name}: left out, {error.Message}");
        var targets = ImmutableArray.CreateBuilder<Target>(chain.Length);
        foreach (var reference in chain)
        {
            var (target, missing) = state.TargetOf(reference);
            if (target is null) decision.Notes.Add($"{reference}: left out, {missing!.Message}");
            else if (WhyUnfit(target, needs) is { } unfit) decision.Notes.Add($"{target.Name}: left out, {unfit}");
            else targets.Add(target);
        }
        return (targets.DrainToImmutable(), error is { Kind: GatewayErrorKind.ModelNotAllowed } ? "may not be used by this client" : "cannot take this request");
    }

    /// <summary>The references that a name stands for, or an error in words.</summary>
    public static (ImmutableArray<ModelRef> Chain, GatewayError? Error) Resolve(GatewayState state, Caller caller, string asked, string nativeProvider)
    {
        var models = state.Config.Models;
        if (MeansDefault(asked))
        {
            return models.Chain.IsEmpty
                ? ([], new GatewayError(GatewayErrorKind.ModelUnknown, "no default model is configured; set defaultModel, or name a model as provider/model") { Param = "model" })
                : Check(state, caller, models.Chain, asked.Length == 0 ? "openclaw" : asked);
        }
        if (models.Aliases.TryGetValue(asked, out var alias)) return Check(state, caller, alias, asked);
        if (ModelRef.TryParse(asked, out var reference) && state.Providers.ContainsKey(reference.Provider)) return Check(state, caller, [reference], asked);
        var bare = state.KnownReferences.Where(r => string.Equals(r.Model, asked, StringComparison.Ordinal)).Distinct().ToArray();
        if (bare.Length == 1) return Check(state, caller, [bare[0]], asked);
        if (bare.Length > 1)
        {
            return ([], new GatewayError(GatewayErrorKind.ModelUnknown, $"\"{asked}\" is served by several providers; write one of {string.Join(", ", bare)}") { Param = "model" });
        }
        // The official clients send their own provider's bare names; exact there, or an error below.
        var native = new ModelRef(nativeProvider, asked);
        if (!asked.Contains('/') && state.Providers.ContainsKey(nativeProvider) && models.IsAllowed(native) && caller.MayUse(native)
            && state.TargetOf(native).Target is not null) return ([native], null);
        return ([], Unknown(state, caller, asked));
    }

    private static (ImmutableArray<ModelRef>, GatewayError?) Check(GatewayState state, Caller caller, ImmutableArray<ModelRef> chain, string asked)
    {
        if (MayUseAll(state, caller, chain)) return (chain, null);
        var allowed = chain.Where(r => state.Config.Models.IsAllowed(r) && caller.MayUse(r)).ToImmutableArray();
        return allowed.IsEmpty ? ([], NotAllowed(state, caller, asked)) : (allowed, null);
    }

    private static bool MayUseAll(GatewayState state, Caller caller, ImmutableArray<ModelRef> chain)
    {
        foreach (var reference in chain)
        {
            if (!state.Config.Models.IsAllowed(reference) || !caller.MayUse(reference)) return false;
        }
        return !chain.IsEmpty;
    }

    private static ImmutableArray<Target> PolicyChain(GatewayState state, Caller caller, bool mayFallBack, RequestNeeds needs) => !mayFallBack || state.Config.Models.ContentPolicyFallbacks.IsEmpty
        ? []
        : [.. state.Config.Models.ContentPolicyFallbacks
            .Where(r => state.Config.Models.IsAllowed(r) && caller.MayUse(r))
            .Select(r => state.TargetOf(r).Target).OfType<Target>()
            .Where(t => WhyUnfit(t, needs) is null)];

    private static string? WhyUnfit(Target target, in RequestNeeds needs)
    {
        if (needs.Images && !target.TakesImages) return "it takes no images";
        return IsTooSmall(target, needs) ? $"about {needs.PromptTokens} tokens do not fit its {target.ContextWindow}" : null;
    }

    // Names, roles and ids of a request are estimated as text too; in a short prompt they are more than a tenth.
    private const int RoughTokens = 64;

    // A tenth of room: the estimate is a rule of thumb, and a wrong "does not fit" is worse than a 400 that we can handle.
    private static bool IsTooSmall(Target target, in RequestNeeds needs) =>
        target.ContextWindow is { } window && needs.PromptTokens > (window * 1.1) + RoughTokens;

    private static GatewayError NoneLeft(Target? tooSmall, in RequestNeeds needs, ModelRef first) => tooSmall is not null
        ? new GatewayError(GatewayErrorKind.ContextTooLong, $"the prompt is about {needs.PromptTokens} tokens, more than {tooSmall.Name} and every fallback can take") { Param = "messages" }
        : new GatewayError(GatewayErrorKind.BadRequest, $"{first} takes no images, and no fallback does") { Param = "messages" };

    private static GatewayError NotAllowed(GatewayState state, Caller caller, string asked) => new(
        GatewayErrorKind.ModelNotAllowed,
        $"model \"{asked}\" is not allowed; {Nearest(state, caller, asked)}") { Param = "model" };

    private static GatewayError Unknown(GatewayState state, Caller caller, string asked) => new(
        GatewayErrorKind.ModelUnknown,
        ModelRef.TryParse(asked, out var reference)
            ? $"unknown model provider \"{reference.Provider}\"; {Nearest(state, caller, asked)}"
            : $"unknown model \"{asked}\"; write provider/model or an alias; {Nearest(state, caller, asked)}") { Param = "model" };

    private static string Nearest(GatewayState state, Caller caller, string asked)
    {
        var near = NearestTo(state, caller, asked);
        return near.Count == 0 ? "GET /v1/models lists what is" : $"nearest: {string.Join(", ", near)}";
    }

    /// <summary>The nearest references and aliases that the caller may name; at most three.</summary>
    public static List<string> NearestTo(GatewayState state, Caller caller, string asked)
    {
        var known = state.KnownReferences.Where(r => state.Config.Models.IsAllowed(r) && caller.MayUse(r)).Select(static r => r.ToString())
            .Concat(state.Config.Models.Aliases.Where(a => a.Value.Any(r => state.Config.Models.IsAllowed(r) && caller.MayUse(r))).Select(static a => a.Key));
        return NearestReferences.Of(asked, [.. known.Distinct()], 3);
    }
}
