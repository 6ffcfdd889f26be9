using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>The common form as a Chat Completions request for one target, in the words that this target knows.</summary>
internal static class WriteRequest
{
    // OpenAI's limit; others take more.
    private const int MostStopSequences = 4;

    // OpenAI's limit again, and just the length of a hash. Claude Code names its user in more than twice as many characters.
    private const int LongestUser = 64;

    public static void Write(ChatRequest request, RequestTarget target, IBufferWriter<byte> output, ICollection<string> unsupported)
    {
        using var json = new Utf8JsonWriter(output, JsonWrite.Options);
        json.WriteStartObject();
        json.WriteString("model"u8, target.Model);
        WriteMessages.Write(json, request, target, unsupported);
        if (request.Stream) WriteStreaming(json, target);
        WriteSampling(json, request, target, unsupported);
        WriteTools(json, request, target, unsupported);
        WriteFormat(json, request.Output, target, unsupported);
        WriteThinking(json, request, target, unsupported);
        if (request.User is { } user && !LeavesOut(target, RequestFields.User, "user", unsupported)) json.WriteString("user"u8, user.Length <= LongestUser ? user : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(user))));
        if (target.Quirks.HasFlag(TargetQuirks.OpenRouter)) WriteUsageFlag(json);
        else if (request.HasCacheControl) unsupported.Note(ChatRequest.CacheControlName);
        // Who does not go on with it answers it, or begins again: the caller would join two beginnings.
        if (!target.GrantsPrefill && WriteMessages.EndsWithPrefill(request)) unsupported.Note("prefilled answer");
        if (target.Quirks.HasFlag(TargetQuirks.ContinueFinalMessage) && WriteMessages.EndsWithPrefill(request))
        {
            json.WriteBoolean("add_generation_prompt"u8, false);
            json.WriteBoolean("continue_final_message"u8, true);
        }
        json.WriteEndObject();
    }

    private static void WriteStreaming(Utf8JsonWriter json, RequestTarget target)
    {
        json.WriteBoolean("stream"u8, true);
        if (target.Quirks.HasFlag(TargetQuirks.PlainCore) || target.LeftOut.HasFlag(RequestFields.StreamOptions)) return;
        json.WriteStartObject("stream_options"u8);
        json.WriteBoolean("include_usage"u8, true);
        if (target.Quirks.HasFlag(TargetQuirks.ContinuousUsage)) json.WriteBoolean("continuous_usage_stats"u8, true);
        json.WriteEndObject();
    }

    private static void WriteUsageFlag(Utf8JsonWriter json)
    {
        json.WriteStartObject("usage"u8);
        json.WriteBoolean("include"u8, true);
        json.WriteEndObject();
    }

    private static void WriteSampling(Utf8JsonWriter json, ChatRequest request, RequestTarget target, ICollection<string> unsupported)
    {
        if (request.MaxTokens is { } limit) json.WriteNumber(target.NewLimitName || target.Quirks.HasFlag(TargetQuirks.MaxCompletionTokens) ? "max_completion_tokens"u8 : "max_tokens"u8, limit);
        if (request.Temperature is { } temperature && !LeavesOut(target, RequestFields.Temperature, "temperature", unsupported)) RawJson.Write(json, "temperature"u8, temperature);
        if (request.TopP is { } topP && !LeavesOut(target, RequestFields.TopP, "top_p", unsupported)) RawJson.Write(json, "top_p"u8, topP);
        if (request.FrequencyPenalty is { } frequency && !LeavesOut(target, RequestFields.FrequencyPenalty, "frequency_penalty", unsupported)) RawJson.Write(json, "frequency_penalty"u8, frequency);
        if (request.PresencePenalty is { } presence && !LeavesOut(target, RequestFields.PresencePenalty, "presence_penalty", unsupported)) RawJson.Write(json, "presence_penalty"u8, presence);
        if (request.Seed is { } seed && !LeavesOut(target, RequestFields.Seed, "seed", unsupported)) json.WriteNumber("seed"u8, seed);
        if (request.TopK is { } topK && !LeavesOut(target, RequestFields.TopK, "top_k", unsupported))
        {
            if (KnowsTopK(target)) json.WriteNumber("top_k"u8, topK);
            else unsupported.Note("top_k");
        }
        WriteStop(json, request, target, unsupported);
    }

    private static void WriteStop(Utf8JsonWriter json, ChatRequest request, RequestTarget target, ICollection<string> unsupported)
    {
        if (request.StopSequences.Count == 0 || LeavesOut(target, RequestFields.Stop, "stop", unsupported)) return;
        var most = target.Quirks.HasFlag(TargetQuirks.MaxCompletionTokens) ? MostStopSequences : int.MaxValue;
        if (request.StopSequences.Count > most) unsupported.Note("more than 4 stop sequences");
        json.WriteStartArray("stop"u8);
        foreach (var stop in request.StopSequences.Take(most)) json.WriteStringValue(stop);
        json.WriteEndArray();
    }

    // The target has refused it.
    private static bool LeavesOut(RequestTarget target, RequestFields field, string name, ICollection<string> unsupported)
    {
        if (!target.LeftOut.HasFlag(field)) return false;
        unsupported.Note(name);
        return true;
    }

    // Not OpenAI's; vLLM and OpenRouter have it.
    private static bool KnowsTopK(RequestTarget target) =>
        (target.Quirks & (TargetQuirks.OpenRouter | TargetQuirks.ContinuousUsage | TargetQuirks.ContinueFinalMessage)) != 0;

    private static void WriteTools(Utf8JsonWriter json, ChatRequest request, RequestTarget target, ICollection<string> unsupported)
    {
        if (request.Tools.Count == 0) return;
        var plain = target.Quirks.HasFlag(TargetQuirks.PlainCore);
        json.WriteStartArray("tools"u8);
        foreach (var tool in request.Tools) WriteTool(json, tool, plain, target.Quirks.HasFlag(TargetQuirks.OpenRouter), unsupported);
        json.WriteEndArray();
        WriteToolChoice(json, request.ToolChoice);
        if (request.ParallelToolCalls is not { } parallel || LeavesOut(target, RequestFields.ParallelToolCalls, "parallel_tool_calls", unsupported)) return;
        if (!plain) json.WriteBoolean("parallel_tool_calls"u8, parallel);
        else if (!parallel) unsupported.Note("parallel_tool_calls");
    }

    private static void WriteTool(Utf8JsonWriter json, ToolDefinition tool, bool plain, bool withCacheControl, ICollection<string> unsupported)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "function"u8);
        json.WriteStartObject("function"u8);
        json.WriteString("name"u8, tool.Name);
        if (tool.Description is { } description) json.WriteString("description"u8, description);
        json.WritePropertyName("parameters"u8);
        json.WriteRawValue(tool.ParametersJson, skipInputValidation: true);
        if (tool.Strict is { } strict && !plain) json.WriteBoolean("strict"u8, strict && IsStrict(tool.ParametersJson, "strict tool schema", unsupported));
        json.WriteEndObject();
        if (withCacheControl && tool.CacheControl is { } cache)
        {
            json.WritePropertyName("cache_control"u8);
            json.WriteRawValue(cache, skipInputValidation: true);
        }
        json.WriteEndObject();
    }

    private static void WriteToolChoice(Utf8JsonWriter json, ToolChoice choice)
    {
        switch (choice.Kind)
        {
            case ToolChoiceKind.Auto: json.WriteString("tool_choice"u8, "auto"u8); break;
            case ToolChoiceKind.None: json.WriteString("tool_choice"u8, "none"u8); break;
            case ToolChoiceKind.Required: json.WriteString("tool_choice"u8, "required"u8); break;
            case ToolChoiceKind.Named:
                json.WriteStartObject("tool_choice"u8);
                json.WriteString("type"u8, "function"u8);
                json.WriteStartObject("function"u8);
                json.WriteString("name"u8, choice.Name);
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            default: break;
        }
    }

    /// <summary>DeepSeek promises JSON, but takes no schema; null where the target is given the schema itself, or there is none.</summary>
    public static string? SchemaInWords(OutputFormat format, RequestTarget target) =>
        format is { Kind: OutputFormatKind.JsonSchema, SchemaJson: { } schema } && target.Quirks.HasFlag(TargetQuirks.DeepSeek)
            ? $"Answer with one JSON object that matches this JSON Schema and nothing else: no prose, no code fence.\n{schema}" : null;

    private static void WriteFormat(Utf8JsonWriter json, OutputFormat format, RequestTarget target, ICollection<string> unsupported)
    {
        if (format.Kind == OutputFormatKind.Text) return;
        var isInWords = SchemaInWords(format, target) is not null;
        var plain = target.Quirks.HasFlag(TargetQuirks.PlainCore) || isInWords;
        if (isInWords) unsupported.Note("response_format json_schema (asked for in words)");
        else if (plain && format.Kind == OutputFormatKind.JsonSchema) unsupported.Note("json_schema");
        json.WriteStartObject("response_format"u8);
        if (format.Kind == OutputFormatKind.JsonObject || plain || format.SchemaJson is null)
        {
            json.WriteString("type"u8, "json_object"u8);
            json.WriteEndObject();
            return;
        }
        json.WriteString("type"u8, "json_schema"u8);
        json.WriteStartObject("json_schema"u8);
        json.WriteString("name"u8, format.Name ?? "answer");
        if (format.Description is { } description) json.WriteString("description"u8, description);
        json.WritePropertyName("schema"u8);
        json.WriteRawValue(format.SchemaJson, skipInputValidation: true);
        if (format.Strict is { } strict) json.WriteBoolean("strict"u8, strict && IsStrict(format.SchemaJson, "strict response schema", unsupported));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    // A schema that OpenAI would refuse is still followed, only not enforced.
    private static bool IsStrict(string schema, string what, ICollection<string> unsupported)
    {
        if (StrictSchema.Takes(schema)) return true;
        unsupported.Note(what);
        return false;
    }

    private static void WriteThinking(Utf8JsonWriter json, ChatRequest request, RequestTarget target, ICollection<string> unsupported)
    {
        var reasoning = request.Reasoning;
        if (target.Thinks == false)
        {
            // It does not, and refuses to be told how hard.
            if (reasoning?.Enabled == true) unsupported.Note("reasoning");
        }
        else if (request.Tools.Count > 0 && target.Quirks.HasFlag(TargetQuirks.MaxCompletionTokens) && OpenAiModel.Parse(target.Model).ThinksOrCalls)
        {
            json.WriteString("reasoning_effort"u8, "none"u8);
            if (reasoning?.Enabled == true) unsupported.Note("reasoning");
        }
        else if (reasoning is not null) WriteThinking(json, reasoning, request.MaxTokens, target, unsupported);
    }

    private static void WriteThinking(Utf8JsonWriter json, ReasoningRequest reasoning, int? limit, RequestTarget target, ICollection<string> unsupported)
    {
        if (target.Quirks.HasFlag(TargetQuirks.OpenRouter)) WriteOpenRouterReasoning(json, reasoning, limit);
        else if (target.Quirks.HasFlag(TargetQuirks.DeepSeek)) WriteDeepSeekThinking(json, reasoning, unsupported);
        else if (Effort(reasoning, target) is { } effort)
        {
            if (target.Quirks.HasFlag(TargetQuirks.PlainCore)) unsupported.Note("reasoning effort");
            else json.WriteString("reasoning_effort"u8, effort);
        }
    }

    // It knows two efforts, and thinks with the first of them where nothing is said.
    private static void WriteDeepSeekThinking(Utf8JsonWriter json, ReasoningRequest reasoning, ICollection<string> unsupported)
    {
        json.WriteStartObject("thinking"u8);
        json.WriteString("type"u8, reasoning.Enabled ? "enabled"u8 : "disabled"u8);
        json.WriteEndObject();
        if (!reasoning.Enabled || reasoning.Effort is not { } effort) return;
        if (effort is "high" or "xhigh" or "max") json.WriteString("reasoning_effort"u8, effort == "high" ? "high"u8 : "max"u8);
        else unsupported.Note("reasoning effort");
    }

    private static void WriteOpenRouterReasoning(Utf8JsonWriter json, ReasoningRequest reasoning, int? limit)
    {
        json.WriteStartObject("reasoning"u8);
        if (!reasoning.Enabled) json.WriteBoolean("enabled"u8, false);
        else if (reasoning.BudgetTokens is { } budget) json.WriteNumber("max_tokens"u8, budget >= limit ? Math.Max(1, limit.Value / 4 * 3) : budget);
        else if (reasoning.Effort is { } effort) json.WriteString("effort"u8, effort == "max" ? "xhigh" : effort);
        else json.WriteBoolean("enabled"u8, true);
        if (reasoning.IncludeThoughts is { } include) json.WriteBoolean("exclude"u8, !include);
        json.WriteEndObject();
    }

    // Off is only said where the client used the word: older reasoning models refuse "none", and think anyway.
    private static string? Effort(ReasoningRequest reasoning, RequestTarget target)
    {
        if (!reasoning.Enabled) return reasoning.Effort;
        var effort = reasoning.Effort ?? (reasoning.BudgetTokens is { } budget ? ReasoningEffort.EffortOf(budget) : null);
        // Other servers may know no more than three words.
        var model = target.Quirks.HasFlag(TargetQuirks.MaxCompletionTokens) ? OpenAiModel.Parse(target.Model) : default;
        return effort switch
        {
            "max" or "xhigh" => model.KnowsXhigh ? "xhigh" : "high",
            "minimal" when !model.KnowsMinimal => "low",
            _ => effort,
        };
    }
}
