using System.Text.Json;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>The <c>usage</c> object: disjoint parts put back into OpenAI's sums. <c>cost</c> (OpenRouter) only when the provider reported one.</summary>
internal static class WriteUsage
{
    public static void Write(Utf8JsonWriter json, in Usage usage)
    {
        json.WriteStartObject();
        json.WriteNumber("prompt_tokens"u8, usage.TotalInput);
        json.WriteNumber("completion_tokens"u8, usage.Output);
        json.WriteNumber("total_tokens"u8, usage.Total);
        json.WriteStartObject("prompt_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, usage.CacheRead);
        if (usage.CacheWrite + usage.CacheWrite1h > 0) json.WriteNumber("cache_write_tokens"u8, usage.CacheWrite + usage.CacheWrite1h);
        json.WriteNumber("audio_tokens"u8, usage.AudioInput);
        json.WriteEndObject();
        json.WriteStartObject("completion_tokens_details"u8);
        json.WriteNumber("reasoning_tokens"u8, usage.Reasoning);
        json.WriteNumber("audio_tokens"u8, usage.AudioOutput);
        json.WriteNumber("accepted_prediction_tokens"u8, 0);
        json.WriteNumber("rejected_prediction_tokens"u8, usage.RejectedPrediction);
        json.WriteEndObject();
        if (usage.ReportedCost is { } cost) json.WriteNumber("cost"u8, cost);
        json.WriteEndObject();
    }
}
