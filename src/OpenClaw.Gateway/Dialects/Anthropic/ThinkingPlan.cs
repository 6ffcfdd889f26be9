using System.Text.Json;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>
/// What becomes of a wish to reason: <c>thinking</c>, <c>output_config</c> and <c>max_tokens</c> hang together. A budget is at
/// least 1024 and less than <c>max_tokens</c>, which counts thinking too.
/// </summary>
internal sealed class ThinkingPlan
{
    public const int LeastBudget = 1024;

    /// <summary>Every thinking model writes at least this much (Claude Opus 4 has the least, 32,000).</summary>
    private const int SafeMaxTokens = 32_000;

    public bool IsOn { get; private init; }

    public int MaxTokens { get; private set; }

    private int? Budget { get; set; }

    private string? Effort { get; init; }

    private bool IsOff { get; init; }

    private bool? Shown { get; init; }

    public static ThinkingPlan Build(ChatRequest request, RequestTarget target, ClaudeModel model, MessagePlan messages, ICollection<string> unsupported)
    {
        var maxTokens = request.MaxTokens ?? target.MaxTokensDefault;
        if (request.Reasoning is not { } wish) return new ThinkingPlan { MaxTokens = maxTokens };
        var wanted = wish.Enabled && wish.Effort != "none" && wish.BudgetTokens is not 0;
        if (!wanted && model.AlwaysThinks)
        {
            unsupported.Note("reasoning switched off");
            return new ThinkingPlan { MaxTokens = maxTokens, Effort = "low" };
        }
        // Only Claude is told to be quiet; an older model or another server may not know the word.
        if (!wanted) return new ThinkingPlan { MaxTokens = maxTokens, IsOff = model is { IsClaude: true, Thinks: true } };
        if (Conflict(request, model, messages) is { } conflict)
        {
            unsupported.Add($"reasoning ({conflict})");
            return new ThinkingPlan { MaxTokens = maxTokens };
        }
        if (model.ThinksAdaptively && (wish.BudgetTokens is null || model.RefusesBudgetsAndSampling || request.MaxTokens <= LeastBudget))
        {
            return new ThinkingPlan { IsOn = true, MaxTokens = maxTokens, Effort = Word(wish, model), Shown = wish.IncludeThoughts };
        }
        var budget = Math.Max(LeastBudget, wish.BudgetTokens ?? ReasoningEffort.BudgetOf(wish.Effort ?? "medium") ?? 8192);
        var plan = new ThinkingPlan { IsOn = true, MaxTokens = maxTokens, Budget = budget };
        plan.Fit(request.MaxTokens, target.MaxTokensDefault);
        return plan;
    }

    /// <summary>A budget that leaves a quarter of the limit for the answer.</summary>
    public static int BudgetWithin(int limit) => Math.Max(LeastBudget, limit / 4 * 3);

    public void Write(Utf8JsonWriter json, string? schema)
    {
        if (IsOn || IsOff)
        {
            json.WriteStartObject("thinking"u8);
            json.WriteString("type"u8, IsOff ? "disabled"u8 : Budget is null ? "adaptive"u8 : "enabled"u8);
            if (Budget is { } budget) json.WriteNumber("budget_tokens"u8, budget);
            else if (Shown is { } shown) json.WriteString("display"u8, shown ? "summarized"u8 : "omitted"u8);
            json.WriteEndObject();
        }
        if (Effort is null && schema is null) return;
        json.WriteStartObject("output_config"u8);
        if (Effort is not null) json.WriteString("effort"u8, Effort);
        if (schema is not null)
        {
            json.WriteStartObject("format"u8);
            json.WriteString("type"u8, "json_schema"u8);
            json.WritePropertyName("schema"u8);
            json.WriteRawValue(schema, skipInputValidation: true);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static string? Conflict(ChatRequest request, ClaudeModel model, MessagePlan messages)
    {
        if (!model.Thinks) return "this model does not think";
        if (!model.RefusesForcedTools && request.Tools.Count > 0 && request.ToolChoice.Kind is ToolChoiceKind.Required or ToolChoiceKind.Named) return "a tool is forced";
        if (messages.EndsWithAssistant) return "the answer is prefilled";
        if (!model.ThinksAdaptively && messages.LoopLacksThinking) return "earlier calls came without it";
        if (!model.ThinksAdaptively && request.MaxTokens <= LeastBudget) return "max_tokens is too small";
        return null;
    }

    private static string? Word(ReasoningRequest wish, ClaudeModel model) =>
        (wish.Effort ?? (wish.BudgetTokens is { } budget ? ReasoningEffort.EffortOf(budget) : null)) switch
        {
            null => null,
            "minimal" or "low" => "low",
            "medium" => "medium",
            "xhigh" when !model.RefusesBudgetsAndSampling => "high",
            "xhigh" => "xhigh",
            "max" => "max",
            _ => "high",
        };

    // A limit the caller set is kept and the budget shrinks to leave a quarter for the answer; otherwise the limit grows.
    private void Fit(int? asked, int maxTokensDefault)
    {
        var budget = Budget!.Value;
        if (asked is { } limit)
        {
            if (budget >= limit) Budget = BudgetWithin(limit);
            return;
        }
        MaxTokens = (int)Math.Min((long)budget + maxTokensDefault, Math.Max(maxTokensDefault, SafeMaxTokens));
        Budget = Math.Clamp(budget, LeastBudget, Math.Max(LeastBudget, MaxTokens - LeastBudget));
        if (MaxTokens <= Budget) MaxTokens = Budget.Value + LeastBudget;
    }
}
