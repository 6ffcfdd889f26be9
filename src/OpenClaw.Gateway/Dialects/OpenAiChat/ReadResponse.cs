namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>A whole <c>chat.completion</c> object (or <c>text_completion</c>) as events.</summary>
internal static class ReadResponse
{
    /// <summary>
    /// False when the body is no answer of this dialect. A body with <c>error</c> (OpenRouter answers 200 once generation
    /// began) is one: the sink is told by <see cref="IChatEventSink.Fail"/>.
    /// </summary>
    public static bool Read(ReadOnlyMemory<byte> body, IChatEventSink sink)
    {
        var reader = new ReadStream();
        if (reader.Read(default, body.Span, sink) != FrameOutcome.Read || !reader.SawAnswer) return false;
        if (sink is ChatAnswer answer && reader.Position.Created > 0) answer.Created = reader.Position.Created;
        // The body is whole, so a missing finish_reason cannot mean that the answer was cut.
        if (!reader.IsEnded) sink.Finish(FinishReason.Stop, default);
        return true;
    }
}
