namespace OpenClaw.Gateway.Dialects.Gemini;

/// <summary>Reads a whole <c>GenerateContentResponse</c>, or the array of them that a stream without <c>alt=sse</c> is.</summary>
internal static class GeminiResponseReader
{
    public static bool Read(ReadOnlyMemory<byte> body, IChatEventSink sink) =>
        !body.Span.Trim(" \t\r\n"u8).IsEmpty && new GeminiStreamReader().Read(default, body.Span, sink) == FrameOutcome.Read;
}
