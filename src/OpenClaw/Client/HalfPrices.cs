using System.Collections.Immutable;
using OpenClaw.Config;
using OpenClaw.Gateway.Metering.Prices;

namespace OpenClaw.Client;

/// <summary>Written prices without <c>input</c> of models that the catalogue does not know: half a price is none.</summary>
internal static class HalfPrices
{
    /// <summary>The same reading with a warning for each.</summary>
    public static ConfigResult WithWarnings(ConfigResult result)
    {
        if (result.Config is not { } config) return result;
        var table = PriceTable.Of(config);
        ImmutableArray<ConfigProblem> found =
        [
            .. Written(config).Distinct()
                .Where(reference => config.FindProvider(reference.Provider) is { } provider && table.Find(reference, provider).IsUnpriced)
                .Select(static reference => new ConfigProblem(ProblemSeverity.Warning, 0, "", $"the price of {reference} has no input, and nothing else gives one, so it counts as none", "Add \"input\", in dollars per million tokens.")),
        ];
        return found.IsEmpty ? result : result with { Problems = result.Problems.AddRange(found) };
    }

    private static IEnumerable<ModelRef> Written(OpenClawConfig config)
    {
        foreach (var (name, price) in config.Models.Prices)
        {
            if (price.Input is null && ModelRef.TryParse(name, out var reference)) yield return reference;
        }
        foreach (var provider in config.Providers)
        {
            foreach (var model in provider.Models)
            {
                if (model.Cost is { Input: null }) yield return new ModelRef(provider.Id, model.Id);
            }
        }
    }
}
