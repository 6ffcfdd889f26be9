namespace OpenClaw.Gateway.Dialects.Gemini;

/// <summary>Reads a whole <c>GenerateContentResponse</c>, or the array of them that a stream without <c>alt=sse</c> is.</summary>
internal static class GeminiResponseReader
{
    public static bool Read(ReadOnlyMemory<byte> body, IChatEventSink sink)
    {
        if (body.Span.Trim(" \t\r\n"u8).IsEmpty) return false;
        var reader = new GeminiStreamReader();
        if (reader.Read(default, body.Span, sink) != FrameOutcome.Read) return false;
        reader.BodyEnded(sink);
        return true;
    }
}
