using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>
/// The <c>usage</c> object into disjoint parts. OpenAI counts cached tokens inside the prompt and reasoning inside the
/// completion; several compatible providers do not, and their sums tell which.
/// </summary>
internal static class ReadUsage
{
    private struct Counts
    {
        public long? Prompt, Completion;
        public long Total, Cached, CacheHit, CacheRead, CacheWrite, AudioIn, AudioOut, ImageIn, ImageOut, Reasoning, Rejected, Searches, CostTicks;
        public decimal? Cost, UpstreamCost;
        public bool IsByok;
    }

    /// <summary>False when <paramref name="json"/> is no usage object or counts nothing. Must be valid JSON.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, out Usage usage)
    {
        usage = default;
        if (json.IsEmpty || json[0] != (byte)'{') return false;
        var counts = new Counts();
        var reader = new Utf8JsonReader(json, JsonRead.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName) ReadMember(ref reader, ref counts);
        if (counts.Prompt is null && counts.Completion is null) return false;
        usage = ToUsage(counts);
        return true;
    }

    private static void ReadMember(ref Utf8JsonReader reader, ref Counts counts)
    {
        var name = reader.ValueSpan;
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            ReadDetails(name, ref reader, ref counts);
            return;
        }
        // The Responses API calls prompt and completion input and output.
        if (name.SequenceEqual("prompt_tokens"u8) || name.SequenceEqual("input_tokens"u8)) counts.Prompt = JsonRead.Tokens(ref reader) ?? counts.Prompt;
        else if (name.SequenceEqual("completion_tokens"u8) || name.SequenceEqual("output_tokens"u8)) counts.Completion = JsonRead.Tokens(ref reader) ?? counts.Completion;
        else if (name.SequenceEqual("total_tokens"u8)) counts.Total = JsonRead.Tokens(ref reader) ?? 0;
        // DeepSeek; its miss count is the rest of the prompt.
        else if (name.SequenceEqual("prompt_cache_hit_tokens"u8)) counts.CacheHit = JsonRead.Tokens(ref reader) ?? 0;
        // Moonshot puts it at the top; LiteLLM repeats Anthropic's names.
        else if (name.SequenceEqual("cached_tokens"u8) || name.SequenceEqual("cache_read_input_tokens"u8)) counts.CacheRead = JsonRead.Tokens(ref reader) ?? 0;
        else if (name.SequenceEqual("cache_creation_input_tokens"u8)) counts.CacheWrite = Math.Max(counts.CacheWrite, JsonRead.Tokens(ref reader) ?? 0);
        else if (name.SequenceEqual("cost"u8)) counts.Cost = JsonRead.Decimal(ref reader);
        // xAI: ten thousand millionths of a dollar.
        else if (name.SequenceEqual("cost_in_usd_ticks"u8)) counts.CostTicks = JsonRead.Int64(ref reader);
        else if (name.SequenceEqual("is_byok"u8)) counts.IsByok = reader.TokenType == JsonTokenType.True;
        // Perplexity.
        else if (name.SequenceEqual("num_search_queries"u8)) counts.Searches = JsonRead.Tokens(ref reader) ?? 0;
        reader.Skip();
    }

    private static void ReadDetails(ReadOnlySpan<byte> outer, ref Utf8JsonReader reader, ref Counts counts)
    {
        var prompt = outer.SequenceEqual("prompt_tokens_details"u8) || outer.SequenceEqual("input_tokens_details"u8);
        var completion = outer.SequenceEqual("completion_tokens_details"u8) || outer.SequenceEqual("output_tokens_details"u8);
        var cost = outer.SequenceEqual("cost_details"u8);
        // Perplexity: {"input_tokens_cost":…,"total_cost":…}.
        var total = outer.SequenceEqual("cost"u8);
        var tools = outer.SequenceEqual("server_tool_use"u8);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (prompt && name.SequenceEqual("cached_tokens"u8)) counts.Cached = JsonRead.Tokens(ref reader) ?? 0;
            else if (prompt && (name.SequenceEqual("cache_write_tokens"u8) || name.SequenceEqual("cache_creation_tokens"u8))) counts.CacheWrite = Math.Max(counts.CacheWrite, JsonRead.Tokens(ref reader) ?? 0);
            else if (prompt && name.SequenceEqual("audio_tokens"u8)) counts.AudioIn = JsonRead.Tokens(ref reader) ?? 0;
            else if (prompt && name.SequenceEqual("image_tokens"u8)) counts.ImageIn = JsonRead.Tokens(ref reader) ?? 0;
            else if (completion && name.SequenceEqual("image_tokens"u8)) counts.ImageOut = JsonRead.Tokens(ref reader) ?? 0;
            else if (completion && name.SequenceEqual("reasoning_tokens"u8)) counts.Reasoning = JsonRead.Tokens(ref reader) ?? 0;
            else if (completion && name.SequenceEqual("audio_tokens"u8)) counts.AudioOut = JsonRead.Tokens(ref reader) ?? 0;
            else if (completion && name.SequenceEqual("rejected_prediction_tokens"u8)) counts.Rejected = JsonRead.Tokens(ref reader) ?? 0;
            else if (cost && name.SequenceEqual("upstream_inference_cost"u8)) counts.UpstreamCost = JsonRead.Decimal(ref reader);
            else if (total && name.SequenceEqual("total_cost"u8)) counts.Cost = JsonRead.Decimal(ref reader);
            else if (tools && name.SequenceEqual("web_search_requests"u8)) counts.Searches = JsonRead.Tokens(ref reader) ?? 0;
            reader.Skip();
        }
    }

    private static Usage ToUsage(in Counts c)
    {
        var prompt = Prompt(c);
        var read = Math.Max(c.Cached, Math.Max(c.CacheHit, c.CacheRead));
        var write = c.CacheWrite;
        // A cache larger than the prompt was counted beside it.
        var input = read + write > prompt ? prompt.Value : Math.Max(0, (prompt ?? 0) - read - write);
        var said = prompt is null ? c.Completion : Output(c, prompt.Value);
        var output = said ?? 0;
        return new Usage
        {
            Input = input,
            CacheRead = read,
            CacheWrite = write,
            Output = output,
            // OpenRouter was seen to report one reasoning token more than it generated.
            Reasoning = Math.Clamp(Math.Max(c.Reasoning, output - (c.Completion ?? output)), 0, output),
            AudioInput = c.AudioIn,
            AudioOutput = c.AudioOut,
            ImageInput = Math.Clamp(c.ImageIn, 0, input),
            ImageOutput = Math.Clamp(c.ImageOut, 0, output),
            RejectedPrediction = Math.Clamp(c.Rejected, 0, output),
            WebSearches = c.Searches,
            ReportedCost = Cost(c),
            Unsaid = (prompt is null ? UsageSides.Input : 0) | (said is null ? UsageSides.Output : 0),
        };
    }

    // A side that is missing is the rest of the total. With reasoning it is not: that may be counted beside the completion or inside.
    private static long? Prompt(in Counts c)
    {
        if (c.Prompt is not null || c.Completion is null) return c.Prompt;
        return c.Reasoning == 0 && c.Total > c.Completion ? c.Total - c.Completion : null;
    }

    // xAI and Gemini's OpenAI surface leave reasoning out of completion_tokens; only the total has it.
    private static long? Output(in Counts c, long prompt)
    {
        // A total that only repeats the prompt knows nothing of an answer.
        if (c.Completion is not { } completion) return c.Total > prompt ? c.Total - prompt : null;
        var hidden = c.Total - prompt - completion;
        return hidden > 0 && (c.Reasoning == 0 || c.Reasoning == hidden) ? completion + hidden : completion;
    }

    // With one's own key OpenRouter's cost is only its fee; the provider bills its part to the same owner.
    // Nobody is paid for being asked: what is below nothing is nothing.
    private static decimal? Cost(in Counts c)
    {
        if (c.Cost is { } cost) return Math.Max(0, c.IsByok ? cost + (c.UpstreamCost ?? 0) : cost);
        return c.CostTicks > 0 ? c.CostTicks / 10_000_000_000m : null;
    }
}
