using System.Text.Json;

namespace OpenClaw.Config.Writing;

/// <summary>A price as the file has it.</summary>
internal static class PriceWriter
{
    public static void Write(Utf8JsonWriter json, string name, PriceConfig price)
    {
        json.WriteStartObject(name);
        WriteTokens(json, price.Input, price.Output, price.CacheRead, price.CacheWrite, price.CacheWrite1h);
        Write(json, "reasoning", price.Reasoning);
        Write(json, "audioInput", price.AudioInput);
        Write(json, "audioOutput", price.AudioOutput);
        Write(json, "imageInput", price.ImageInput);
        Write(json, "imageOutput", price.ImageOutput);
        Write(json, "webSearch", price.WebSearch);
        Write(json, "request", price.Request);
        if (!price.Tiers.IsEmpty) WriteTiers(json, price);
        json.WriteEndObject();
    }

    /// <summary>Upstream's four figures, with tiers as its <c>tieredPricing</c>: the first range is the price below them.</summary>
    public static void WriteUpstream(Utf8JsonWriter json, string name, PriceConfig price)
    {
        json.WriteStartObject(name);
        WriteTokens(json, price.Input, price.Output, price.CacheRead, price.CacheWrite, null);
        var tiers = price.Tiers.Sort(static (a, b) => a.Above.CompareTo(b.Above));
        if (!tiers.IsEmpty)
        {
            json.WriteStartArray("tieredPricing");
            WriteRange(json, price.Input, price.Output, price.CacheRead, price.CacheWrite, 0, tiers[0].Above);
            for (var i = 0; i < tiers.Length; i++) WriteRange(json, tiers[i].Input, tiers[i].Output, tiers[i].CacheRead, tiers[i].CacheWrite, tiers[i].Above, i + 1 < tiers.Length ? tiers[i + 1].Above : null);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void WriteRange(Utf8JsonWriter json, decimal? input, decimal? output, decimal? cacheRead, decimal? cacheWrite, int from, int? to)
    {
        json.WriteStartObject();
        WriteTokens(json, input, output, cacheRead, cacheWrite, null);
        json.WriteStartArray("range");
        json.WriteNumberValue(from);
        if (to is { } end) json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTiers(Utf8JsonWriter json, PriceConfig price)
    {
        json.WriteStartArray("tiers");
        foreach (var tier in price.Tiers)
        {
            json.WriteStartObject();
            json.WriteNumber("above", tier.Above);
            WriteTokens(json, tier.Input, tier.Output, tier.CacheRead, tier.CacheWrite, tier.CacheWrite1h);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteTokens(Utf8JsonWriter json, decimal? input, decimal? output, decimal? cacheRead, decimal? cacheWrite, decimal? cacheWrite1h)
    {
        Write(json, "input", input);
        Write(json, "output", output);
        Write(json, "cacheRead", cacheRead);
        Write(json, "cacheWrite", cacheWrite);
        Write(json, "cacheWrite1h", cacheWrite1h);
    }

    private static void Write(Utf8JsonWriter json, string name, decimal? dollars)
    {
        if (dollars is { } value) json.WriteNumber(name, value);
    }
}
