using System.Collections.Immutable;
using System.Globalization;
using OpenClaw.Config.Text;

namespace OpenClaw.Config.Reading;

/// <summary>Reads one price.</summary>
internal static class PriceReading
{
    private static readonly string[] s_perMillion = ["input", "output", "cacheRead", "cacheWrite", "cacheWrite1h", "reasoning", "audioInput", "audioOutput", "imageInput", "imageOutput"];

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
        WarnOfUnit(context, node);
        foreach (var tier in ReadContext.Items(node?["tiers"]).Concat(ReadContext.Items(node?["tieredPricing"]))) WarnOfUnit(context, tier);
        if (!price.Tiers.IsEmpty && price.Input is null)
        {
            context.Problems.Error(node?["tiers"] ?? node?["tieredPricing"], "the price has tiers but no input price for the prompts below them", "Add \"input\".");
        }
        return price == new PriceConfig() ? null : price;
    }

    /// <summary>Other lists have dollars per token, or per thousand: a millionth of the cost would pass every budget.</summary>
    private static void WarnOfUnit(ReadContext context, ConfigNode? price)
    {
        foreach (var name in s_perMillion)
        {
            if (ReadContext.Number(price?[name]) is not (> 0 and < 0.001m and var dollars)) continue;
            var (shown, meant) = (dollars.ToString("0.############", CultureInfo.InvariantCulture), (dollars * 1_000_000m).ToString("0.######", CultureInfo.InvariantCulture));
            context.Problems.Warn(price![name], $"{shown} dollars per million tokens is next to nothing", $"Prices are in dollars per million tokens; did you mean {meant}?");
        }
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
