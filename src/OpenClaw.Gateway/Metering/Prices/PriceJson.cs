using System.Text.Json;
using OpenClaw.Gateway.Control;

namespace OpenClaw.Gateway.Metering.Prices;

/// <summary>A price as the control API shows it: what holds now, of which rows, from which source.</summary>
internal static class PriceJson
{
    /// <summary>Writes the member <c>price</c>. Dollars per million tokens.</summary>
    public static void Write(Utf8JsonWriter json, ModelPrice price, DateTimeOffset at)
    {
        json.WriteStartObject("price"u8);
        json.WriteString("source"u8, EnumText.Camel(price.Source));
        if (price.Facts.At(at, 0) is { } row)
        {
            WriteFigures(json, row);
            WriteOthers(json, row);
            if (row.From is { } from) json.WriteString("from"u8, from.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
            if (row.Hours is { } hours) json.WriteString("hours"u8, hours.ToString());
            WriteTiers(json, price.Facts, row);
            if (price.Facts.Match is { } match && price.Source == CostSource.Catalogue) json.WriteString("pricedAs"u8, match.Provider + "/" + match.Name);
            json.WriteString("origin"u8, row.Source);
            if (row.Dated.Length > 0) json.WriteString("dated"u8, row.Dated);
        }
        json.WriteEndObject();
    }

    private static void WriteTiers(Utf8JsonWriter json, PriceFacts facts, PriceRow row)
    {
        var tiers = facts.Rows.Where(r => r.Above > 0 && r.From == row.From && r.Hours == row.Hours).OrderBy(static r => r.Above).ToList();
        if (tiers.Count == 0) return;
        json.WriteStartArray("tiers"u8);
        foreach (var tier in tiers)
        {
            json.WriteStartObject();
            json.WriteNumber("above"u8, tier.Above);
            WriteFigures(json, tier);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteFigures(Utf8JsonWriter json, PriceRow row)
    {
        Write(json, "input"u8, row.Input);
        Write(json, "output"u8, row.Output);
        Write(json, "cacheRead"u8, row.CacheRead);
        Write(json, "cacheWrite"u8, row.CacheWrite);
        Write(json, "cacheWrite1h"u8, row.CacheWrite1h);
    }

    private static void WriteOthers(Utf8JsonWriter json, PriceRow row)
    {
        Write(json, "reasoning"u8, row.Reasoning);
        Write(json, "audioInput"u8, row.AudioInput);
        Write(json, "audioOutput"u8, row.AudioOutput);
        Write(json, "imageInput"u8, row.ImageInput);
        Write(json, "imageOutput"u8, row.ImageOutput);
        Write(json, "webSearch"u8, row.WebSearch);
        Write(json, "request"u8, row.Request);
        Write(json, "batchFactor"u8, row.Batch);
        Write(json, "flexFactor"u8, row.Flex);
        Write(json, "priorityFactor"u8, row.Priority);
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, decimal? dollars)
    {
        if (dollars is { } value) json.WriteNumber(name, value);
    }
}
