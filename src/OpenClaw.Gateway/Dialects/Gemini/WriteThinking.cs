using System.Text.Json;

namespace OpenClaw.Gateway.Dialects.Gemini;

/// <summary>
/// Writes <c>thinkingConfig</c>: a budget in tokens for Gemini 2.5, a level for Gemini 3 and later. Words become budgets by
/// <see cref="ReasoningEffort"/>, bounded by what the model takes. A budget for Gemini 3 is sent as a budget, which it
/// accepts for older clients; never both, which it refuses.
/// </summary>
internal static class GeminiThinkingWriter
{
    /// <param name="limit">What the answer may have at most, thoughts among it; null = as much as the model writes.</param>
    public static void Write(Utf8JsonWriter writer, ReasoningRequest? reasoning, int? limit, GeminiModel model, ICollection<string> unsupported)
    {
        if (reasoning is null) return;
        var isOff = !reasoning.Enabled || reasoning.Effort == "none" || (reasoning.Effort is null && reasoning.BudgetTokens == 0);
        if (model.Thinking == GeminiThinking.None)
        {
            if (!isOff) unsupported.Note("reasoning");
            return;
        }
        if (isOff && !model.CanStopThinking) unsupported.Note("reasoning switched off");
        writer.WriteStartObject("thinkingConfig"u8);
        if (model.Thinking == GeminiThinking.Level && (isOff || reasoning.Effort is not null || reasoning.BudgetTokens is null))
        {
            if (Level(isOff ? "none" : reasoning.Effort, model) is { } level) writer.WriteString("thinkingLevel"u8, level);
        }
        else
        {
            writer.WriteNumber("thinkingBudget"u8, Budget(reasoning, isOff, limit, model));
        }
        if (reasoning.IncludeThoughts is { } include) writer.WriteBoolean("includeThoughts"u8, include && !isOff);
        writer.WriteEndObject();
    }

    // The Pro models of generation 3 know no MINIMAL; 3.0 Pro knows only LOW and HIGH.
    private static string? Level(string? effort, GeminiModel model) => effort switch
    {
        null => null,
        "none" or "minimal" => model.IsPro ? "LOW" : "MINIMAL",
        "low" => "LOW",
        "medium" => model is { IsPro: true, Major: 3, Minor: 0 } ? "HIGH" : "MEDIUM",
        _ => "HIGH",
    };

    // -1 lets the model decide.
    private static int Budget(ReasoningRequest reasoning, bool isOff, int? limit, GeminiModel model)
    {
        var (least, most) = model.BudgetRange;
        if (isOff) return model.CanStopThinking ? 0 : least;
        var wanted = reasoning.BudgetTokens ?? (reasoning.Effort is null ? null : ReasoningEffort.BudgetOf(reasoning.Effort));
        if (wanted is null or < 0) return -1;
        // Thoughts alone would use it up.
        if (wanted >= limit) wanted = limit / 4 * 3;
        return Math.Clamp(wanted.Value, least, most);
    }
}
