namespace OpenClaw.Gateway.Dialects.Ollama;

/// <summary>Reads a whole <c>ChatResponse</c>: the last object of a stream, with the whole message in it.</summary>
internal static class OllamaResponseReader
{
    public static bool Read(ReadOnlyMemory<byte> body, IChatEventSink sink) =>
        !body.Span.Trim(" \t\r\n"u8).IsEmpty && new OllamaStreamReader().Read(default, body.Span, sink) != FrameOutcome.Malformed;
}
