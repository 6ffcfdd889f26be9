namespace OpenClaw.Gateway.Metering.Prices;

/// <summary>How a call was served, where that changes the price.</summary>
internal enum PriceTier
{
    Standard,
    Batch,
    Flex,
    Priority,
}

/// <summary>The names that providers give their tiers.</summary>
internal static class PriceTiers
{
    /// <summary>
    /// Anthropic and OpenAI: <c>service_tier</c> of the answer; Gemini: <c>trafficType</c> (<c>ON_DEMAND_FLEX</c>). What is
    /// not known is <see cref="PriceTier.Standard"/>: <c>default</c>, <c>auto</c>, <c>scale</c>, provisioned throughput.
    /// </summary>
    public static PriceTier Read(ReadOnlySpan<byte> name)
    {
        if (EndsWith(name, "flex"u8)) return PriceTier.Flex;
        if (EndsWith(name, "priority"u8)) return PriceTier.Priority;
        return EndsWith(name, "batch"u8) ? PriceTier.Batch : PriceTier.Standard;
    }

    private static bool EndsWith(ReadOnlySpan<byte> name, ReadOnlySpan<byte> word) =>
        name.Length >= word.Length && System.Text.Ascii.EqualsIgnoreCase(name[^word.Length..], word);
}
