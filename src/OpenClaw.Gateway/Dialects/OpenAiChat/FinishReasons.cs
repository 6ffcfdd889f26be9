namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>
/// <c>finish_reason</c> in both directions. Read: OpenAI's five words and what compatible servers add (vLLM <c>abort</c>,
/// DeepSeek <c>insufficient_system_resource</c>, Mistral <c>model_length</c>, Zhipu <c>sensitive</c>, OpenRouter <c>error</c>).
/// </summary>
internal static class FinishReasons
{
    /// <summary><see cref="FinishReason.None"/> for words that mean the provider broke off. An unknown word is <see cref="FinishReason.Stop"/>.</summary>
    public static FinishReason Read(ReadOnlySpan<byte> word) => word switch
    {
        _ when word.SequenceEqual("stop"u8) => FinishReason.Stop,
        _ when word.SequenceEqual("tool_calls"u8) || word.SequenceEqual("function_call"u8) => FinishReason.ToolCalls,
        _ when word.SequenceEqual("length"u8) || word.SequenceEqual("max_tokens"u8) => FinishReason.Length,
        _ when word.SequenceEqual("model_length"u8) => FinishReason.ContextFull,
        _ when word.SequenceEqual("content_filter"u8) || word.SequenceEqual("sensitive"u8) || word.SequenceEqual("safety"u8) => FinishReason.ContentFilter,
        _ when word.SequenceEqual("refusal"u8) => FinishReason.Refusal,
        _ when word.SequenceEqual("error"u8) || word.SequenceEqual("abort"u8) || word.SequenceEqual("network_error"u8) ||
               word.SequenceEqual("insufficient_system_resource"u8) => FinishReason.None,
        _ => FinishReason.Stop,
    };

    /// <param name="reason">Why the answer ended.</param>
    /// <param name="calledTools">Whether it calls tools: clients run them only after <c>tool_calls</c>.</param>
    /// <param name="saidRefusal">Whether the refusal was told in <c>refusal</c>; if not, <c>content_filter</c> is the only word for it.</param>
    /// <param name="asFunctionCall">The client knows the word of 2023 for a call.</param>
    public static ReadOnlySpan<byte> Write(FinishReason reason, bool calledTools, bool saidRefusal, bool asFunctionCall = false) => reason switch
    {
        FinishReason.ToolCalls => asFunctionCall ? "function_call"u8 : "tool_calls"u8,
        // A paused turn is unfinished: "stop" would show a part as the whole.
        FinishReason.Length or FinishReason.ContextFull or FinishReason.Pause => "length"u8,
        FinishReason.ContentFilter => "content_filter"u8,
        FinishReason.Refusal => saidRefusal ? "stop"u8 : "content_filter"u8,
        _ => !calledTools ? "stop"u8 : asFunctionCall ? "function_call"u8 : "tool_calls"u8,
    };
}
