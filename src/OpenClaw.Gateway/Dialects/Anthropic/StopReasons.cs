using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>Anthropic's <c>stop_reason</c> words and ours.</summary>
internal static class StopReasons
{
    /// <summary>An unknown word ends the answer too: <see cref="FinishReason.Stop"/>.</summary>
    public static FinishReason Read(ReadOnlySpan<byte> word) => word switch
    {
        _ when word.SequenceEqual("end_turn"u8) => FinishReason.Stop,
        _ when word.SequenceEqual("max_tokens"u8) => FinishReason.Length,
        _ when word.SequenceEqual("stop_sequence"u8) => FinishReason.StopSequence,
        _ when word.SequenceEqual("tool_use"u8) => FinishReason.ToolCalls,
        _ when word.SequenceEqual("pause_turn"u8) => FinishReason.Pause,
        _ when word.SequenceEqual("refusal"u8) => FinishReason.Refusal,
        _ when word.SequenceEqual("model_context_window_exceeded"u8) => FinishReason.ContextFull,
        _ => FinishReason.Stop,
    };

    /// <summary>Tells why the model declined, which no other protocol has a place for.</summary>
    /// <param name="details"><c>stop_details</c>, raw JSON.</param>
    public static void TellDetails(ReadOnlySpan<byte> details, IChatEventSink sink)
    {
        if (details.IsEmpty || details[0] != (byte)'{') return;
        string? category = null, explanation = null;
        var field = JsonSlice.Properties(details);
        while (field.Next())
        {
            if (field.Is("category"u8)) category = JsonSlice.String(field.Value);
            else if (field.Is("explanation"u8)) explanation = JsonSlice.String(field.Value);
        }
        string?[] said = [category, explanation];
        var why = string.Join(": ", said.Where(static s => !string.IsNullOrWhiteSpace(s)));
        if (why.Length > 0) sink.Unmapped($"the refusal's explanation ({FailureText.Clean(why)})");
    }

    /// <summary>
    /// The word for an answer's end. Providers that end a turn of tool calls with <c>stop</c> (Gemini) are corrected, and a
    /// turn in which the model declined says so: clients act on this word alone.
    /// </summary>
    public static ReadOnlySpan<byte> Write(FinishReason reason, bool hasToolCalls, bool refused) => reason switch
    {
        FinishReason.Stop or FinishReason.None when refused => "refusal"u8,
        FinishReason.Stop or FinishReason.None when hasToolCalls => "tool_use"u8,
        FinishReason.StopSequence => "stop_sequence"u8,
        FinishReason.Length => "max_tokens"u8,
        FinishReason.ToolCalls => "tool_use"u8,
        FinishReason.ContentFilter or FinishReason.Refusal => "refusal"u8,
        FinishReason.ContextFull => "model_context_window_exceeded"u8,
        FinishReason.Pause => "pause_turn"u8,
        _ => "end_turn"u8,
    };
}
