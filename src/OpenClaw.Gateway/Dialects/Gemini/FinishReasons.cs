using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dialects.Gemini;

/// <summary>
/// Gemini's finish reasons in both directions. Source: the enum FinishReason of the generateContent reference.
/// <para>
/// A reason that is neither an end nor a filter is judged by what came before it. The model that broke its own call
/// (MALFORMED_FUNCTION_CALL, UNEXPECTED_TOOL_CALL and their like) has not answered, whatever it said first: shown as a stop,
/// an agent would end its turn there. That is a failure, and another attempt or a continuation cures it. OTHER and reasons
/// not yet known are a failure only when nothing came; after content they are a stop with a note.
/// </para>
/// </summary>
internal static class GeminiFinishReasons
{
    /// <param name="Reason">How the answer ended; None for a failure.</param>
    /// <param name="Failure">Why it failed; None for an end.</param>
    /// <param name="IsNoted">The end is told with a note, because the word has no counterpart.</param>
    internal readonly record struct Verdict(FinishReason Reason, FailureReason Failure = FailureReason.None, bool IsNoted = false);

    public static Verdict Read(ReadOnlySpan<byte> word, bool hasCalls, bool hasContent)
    {
        var end = hasCalls ? FinishReason.ToolCalls : FinishReason.Stop;
        return word.Length switch
        {
            _ when word.SequenceEqual("STOP"u8) => new(end),
            _ when word.SequenceEqual("MAX_TOKENS"u8) => new(FinishReason.Length),
            _ when IsFilter(word) => new(FinishReason.ContentFilter),
            _ when IsBrokenCall(word) => new(FinishReason.None, FailureReason.ServerError),
            _ when word.SequenceEqual("MISSING_THOUGHT_SIGNATURE"u8) => new(FinishReason.None, FailureReason.Signature),
            _ when hasContent => new(end, IsNoted: true),
            _ => new(FinishReason.None, FailureReason.ServerError),
        };
    }

    public static string Write(FinishReason reason) => reason switch
    {
        FinishReason.Length or FinishReason.ContextFull => "MAX_TOKENS",
        FinishReason.ContentFilter or FinishReason.Refusal => "SAFETY",
        _ => "STOP",
    };

    private static bool IsFilter(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("SAFETY"u8) || word.SequenceEqual("BLOCKLIST"u8) || word.SequenceEqual("PROHIBITED_CONTENT"u8)
        || word.SequenceEqual("SPII"u8) || word.SequenceEqual("RECITATION"u8) || word.SequenceEqual("LANGUAGE"u8)
        || word.SequenceEqual("IMAGE_SAFETY"u8) || word.SequenceEqual("IMAGE_PROHIBITED_CONTENT"u8)
        || word.SequenceEqual("IMAGE_RECITATION"u8) || word.SequenceEqual("MODEL_ARMOR"u8);

    private static bool IsBrokenCall(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("MALFORMED_FUNCTION_CALL"u8) || word.SequenceEqual("UNEXPECTED_TOOL_CALL"u8)
        || word.SequenceEqual("TOO_MANY_TOOL_CALLS"u8) || word.SequenceEqual("MALFORMED_RESPONSE"u8);
}
