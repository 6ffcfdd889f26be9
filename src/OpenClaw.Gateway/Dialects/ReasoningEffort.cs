namespace OpenClaw.Gateway.Dialects;

/// <summary>
/// The two ways to say how hard to think, turned into each other: words (OpenAI) and tokens (Anthropic, Gemini). The numbers
/// of low, medium and high are the ones Google documents for its own OpenAI-compatible surface; the rest continue the row.
/// </summary>
internal static class ReasoningEffort
{
    /// <summary>The thinking budget in tokens that a word stands for; null for a word nobody knows. <c>none</c> is 0.</summary>
    public static int? BudgetOf(string effort) => effort switch
    {
        "none" => 0,
        "minimal" => 512,
        "low" => 1024,
        "medium" => 8192,
        "high" => 24576,
        "xhigh" => 32768,
        "max" => 65536,
        _ => null,
    };

    /// <summary>The smallest word whose budget covers <paramref name="budget"/>; never more than <c>high</c>, which every reasoning model knows.</summary>
    public static string EffortOf(int budget) => budget switch
    {
        <= 0 => "none",
        <= 512 => "minimal",
        <= 1024 => "low",
        <= 8192 => "medium",
        _ => "high",
    };
}
