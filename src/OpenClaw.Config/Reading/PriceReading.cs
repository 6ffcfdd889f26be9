using System.Collections.Immutable;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>Reads one price.</summary>
internal static class PriceReading
{
    /// <summary>Null when nothing is said: <c>cost: {}</c> leaves the catalogue's price.</summary>
    public static PriceConfig? Read(ReadContext context, ConfigNode? node)
    {
        var price = new PriceConfig
        {
            Input = ReadContext.Number(node?["input"]),
            Output = ReadContext.Number(node?["output"]),
            CacheRead = ReadContext.Number(node?["cacheRead"]),
            CacheWrite = ReadContext.Number(node?["cacheWrite"]),
            CacheWrite1h = ReadContext.Number(node?["cacheWrite1h"]),
            Reasoning = ReadContext.Number(node?["reasoning"]),
            AudioInput = ReadContext.Number(node?["audioInput"]),
            AudioOutput = ReadContext.Number(node?["audioOutput"]),
            ImageInput = ReadContext.Number(node?["imageInput"]),
            ImageOutput = ReadContext.Number(node?["imageOutput"]),
            WebSearch = ReadContext.Number(node?["webSearch"]),
            Request = ReadContext.Number(node?["request"]),
            Tiers = Tiers(context, node?["tiers"]),
        };
        if (node?["tieredPricing"] is { IsArray: true } upstream) price = UpstreamTiers.Read(context, upstream, price);
        if (!price.Tiers.IsEmpty && price.Input is null)
        {
            context.Problems.Error(node?["tiers"] ?? node?["tieredPricing"], "the price has tiers but no input price for the prompts below them", "Add \"input\".");
        }
        return price == new PriceConfig() ? null : price;
    }

    private static ImmutableArray<PriceTierConfig> Tiers(ReadContext context, ConfigNode? node)
    {
        var tiers = ImmutableArray.CreateBuilder<PriceTierConfig>();
        foreach (var item in ReadContext.Items(node))
        {
            if (ReadContext.Integer(item["above"]) is not { } above)
            {
                context.Problems.Error(item, "the tier does not say above how many tokens it holds", "Add \"above\": 200000.");
                continue;
            }
            tiers.Add(new PriceTierConfig
            {
                Above = above,
                Input = ReadContext.Number(item["input"]),
                Output = ReadContext.Number(item["output"]),
                CacheRead = ReadContext.Number(item["cacheRead"]),
                CacheWrite = ReadContext.Number(item["cacheWrite"]),
                CacheWrite1h = ReadContext.Number(item["cacheWrite1h"]),
            });
        }
        return tiers.Count == 0 ? [] : tiers.ToImmutable();
    }
}
