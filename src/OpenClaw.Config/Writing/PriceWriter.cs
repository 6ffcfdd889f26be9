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
