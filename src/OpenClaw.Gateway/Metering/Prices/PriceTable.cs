using OpenClaw.Config;

namespace OpenClaw.Gateway.Metering.Prices;

/// <summary>Prices of one configuration: its own over the built-in catalogue. Immutable, belongs to a snapshot.</summary>
internal sealed class PriceTable
{
    private readonly OpenClawConfig _config;

    private PriceTable(OpenClawConfig config) => _config = config;

    public static PriceTable Of(OpenClawConfig config) => new(config);

    /// <summary>
    /// The price of a model at a provider; <see cref="ModelPrice.Unpriced"/> when nobody names one, never zero by silence.
    /// Looked up when it is first asked for anything.
    /// </summary>
    public ModelPrice Find(ModelRef reference, ProviderConfig provider)
    {
        var written = provider.FindModel(reference.Model)?.Cost ?? _config.Models.Prices.GetValueOrDefault(reference.ToString());
        if (written is null && (provider.Api == ApiKind.Scripted || ProviderCatalog.Find(provider.Preset ?? provider.Id) is { IsLocal: true })) return ModelPrice.SelfHosted;
        return new ModelPrice(() => Resolve(written, reference.Model, provider), PriceProviders.SaysWhatItCharges(provider));
    }

    // A public provider's model keeps its price behind a local address: that is a proxy, not a server of one's own.
    private static PriceFacts Resolve(PriceConfig? written, string model, ProviderConfig provider)
    {
        var known = InCatalogue(model, provider);
        if (written is not null) return WrittenPrice.Over(written, known, provider, model);
        if (known is not null) return new PriceFacts(CostSource.Catalogue, known.Rows, known);
        var isLocal = provider.FindModel(model)?.BaseUrl is { } own ? ProviderAddress.IsLocal(own) : provider.IsLocal;
        return isLocal && !PriceProviders.IsVendorsOwn(model) ? PriceFacts.SelfHosted : PriceFacts.Unpriced;
    }

    // An exact name beats a pattern under every name that the provider goes by; of two alike, the nearer name's.
    private static PriceMatch? InCatalogue(string model, ProviderConfig provider)
    {
        PriceMatch? best = null;
        var bestRank = 0;
        foreach (var name in PriceProviders.Of(provider))
        {
            var (match, rank) = Ranked(name, model);
            // OpenRouter's routes (:nitro, :floor, :exacto, :thinking, …) are the same model; :free has rows of its own.
            if (match is null && name == "openrouter" && model.LastIndexOf(':') is > 0 and var colon) (match, rank) = Ranked(name, model[..colon]);
            if (rank > bestRank) (best, bestRank) = (match, rank);
        }
        return best;
    }

    private static (PriceMatch? Match, int Rank) Ranked(string name, string model) =>
        PriceCatalog.Find(name, model) is { } match ? (match, PricePattern.Rank(match.Name, model)) : (null, 0);
}
