using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dialects;

/// <summary>Why an answer ended, in the words that all protocols share.</summary>
internal enum FinishReason
{
    /// <summary>Not ended.</summary>
    None,
    Stop,
    StopSequence,
    Length,
    ToolCalls,
    ContentFilter,

    /// <summary>The model itself declined (Anthropic <c>refusal</c>).</summary>
    Refusal,

    /// <summary>The context window is full (Anthropic <c>model_context_window_exceeded</c>).</summary>
    ContextFull,

    /// <summary>The provider wants the turn sent back to go on (Anthropic <c>pause_turn</c>).</summary>
    Pause,
}

/// <summary>
/// What an answer says, one verb an event. Readers of all dialects call it; writers, the aggregator of whole answers and
/// the tracker are it. Synchronous; spans are valid only during the call.
/// </summary>
internal interface IChatEventSink
{
    /// <summary>The answer begins: the provider's id for it and the model's name, either may be empty. At most once a stream.</summary>
    void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model);

    void Text(ReadOnlySpan<byte> utf8);

    /// <summary>Text in which the model declines (OpenAI <c>delta.refusal</c>).</summary>
    void RefusalText(ReadOnlySpan<byte> utf8);

    void Reasoning(ReadOnlySpan<byte> utf8);

    /// <summary>The signature of the reasoning just streamed; it ends that reasoning block.</summary>
    void ReasoningSignature(ReadOnlySpan<byte> signature);

    /// <summary>A reasoning block that only its issuer can read (Anthropic <c>redacted_thinking</c>).</summary>
    void RedactedReasoning(ReadOnlySpan<byte> data);

    /// <summary>Tool call number <paramref name="index"/> (0-based, counted by the reader) begins. An empty id means the provider gives none; writers then make one.</summary>
    void ToolCall(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name);

    /// <summary>The next piece of the call's arguments as JSON text. A call without any piece has the arguments <c>{}</c>.</summary>
    void ToolArguments(int index, ReadOnlySpan<byte> json);

    /// <summary>Gemini's <c>thoughtSignature</c> of a call; must be returned with it.</summary>
    void ToolSignature(int index, ReadOnlySpan<byte> signature);

    /// <summary>The usage so far. Cumulative: a later call replaces an earlier one.</summary>
    void Usage(in Usage usage);

    /// <summary>The answer is complete. <paramref name="stopSequence"/>: the sequence that was hit, or empty.</summary>
    void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence);

    /// <summary>The provider reported an error inside the stream.</summary>
    void Fail(UpstreamFailure failure);

    /// <summary>Something the common form has no word for (a server tool's result, a citation); named in the decision, not silently lost.</summary>
    void Unmapped(string what);
}
