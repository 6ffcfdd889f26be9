using OpenClaw.Config;

namespace OpenClaw.Gateway.Metering.Prices;

/// <summary>Prices of one configuration: its own over the built-in catalogue. Immutable, belongs to a snapshot.</summary>
internal sealed class PriceTable
{
    private readonly OpenClawConfig _config;

    private PriceTable(OpenClawConfig config) => _config = config;

    public static PriceTable Of(OpenClawConfig config) => new(config);

    /// <summary>The price of a model at a provider; <see cref="ModelPrice.Unpriced"/> when nobody names one, never zero by silence.</summary>
    public ModelPrice Find(ModelRef reference, ProviderConfig provider)
    {
        var written = provider.FindModel(reference.Model)?.Cost ?? _config.Models.Prices.GetValueOrDefault(reference.ToString());
        if (written is { } price)
        {
            return new ModelPrice(CostSource.Config, price.Input ?? 0, price.Output ?? 0, price.CacheRead ?? price.Input ?? 0, price.CacheWrite ?? price.Input ?? 0);
        }
        return provider.IsLocal ? ModelPrice.SelfHosted : ModelPrice.Unpriced;
    }
}
