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
        return new ModelPrice(() => Resolve(written, reference.Model, provider));
    }

    // A public provider's model keeps its price behind a local address: that is a proxy, not a server of one's own.
    private static PriceFacts Resolve(PriceConfig? written, string model, ProviderConfig provider)
    {
        var known = InCatalogue(model, provider);
        if (written is not null) return WrittenPrice.Over(written, known, provider, model);
        if (known is not null) return new PriceFacts(CostSource.Catalogue, known.Rows, known);
        return provider.IsLocal || provider.FindModel(model)?.BaseUrl is { } own && ProviderAddress.IsLocal(own) ? PriceFacts.SelfHosted : PriceFacts.Unpriced;
    }

    private static PriceMatch? InCatalogue(string model, ProviderConfig provider)
    {
        foreach (var name in PriceProviders.Of(provider))
        {
            if (PriceCatalog.Find(name, model) is { } match) return match;
            // OpenRouter's routes (:nitro, :floor, :exacto, :thinking, …) are the same model; :free has rows of its own.
            if (name == "openrouter" && model.LastIndexOf(':') is > 0 and var colon && PriceCatalog.Find(name, model[..colon]) is { } route) return route;
        }
        return null;
    }
}
