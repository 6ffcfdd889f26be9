using OpenClaw.Config;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Metering.Prices;

namespace OpenClaw.Tests.Gateway.Metering.Prices;

/// <summary>Prices as a gateway asks for them.</summary>
internal static class Asked
{
    /// <summary>A Wednesday at noon, UTC.</summary>
    public static readonly DateTimeOffset Noon = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    public static ModelPrice Price(string reference, string? config = null)
    {
        Assert.True(ModelRef.TryParse(reference, out var model));
        var alone = new ProviderConfig { Id = model.Provider, Preset = ProviderCatalog.Find(model.Provider)?.Id, Api = ApiOf(model.Provider), BaseUrl = "https://provider.invalid" };
        if (config is null) return PriceTable.Of(new OpenClawConfig()).Find(model, alone);
        var read = ConfigReader.Read(System.Text.Encoding.UTF8.GetBytes(config), ConfigEnvironment.Empty);
        Assert.NotNull(read.Config);
        return PriceTable.Of(read.Config).Find(model, read.Config.FindProvider(model.Provider) ?? alone);
    }

    public static decimal Dollars(string reference, Usage usage, DateTimeOffset? at = null, string? config = null) => Price(reference, config).CostOf(usage, at ?? Noon).Total;

    /// <summary>Relative error below 1e-9.</summary>
    public static bool Same(decimal expected, decimal actual) => expected == actual || Math.Abs(expected - actual) <= Math.Abs(expected) * 1e-9m;

    private static ApiKind ApiOf(string provider) => ProviderCatalog.Find(provider)?.Api ?? ApiKind.OpenAiChat;
}
