using System.Buffers;
using System.Text;
using OpenClaw.Gateway.Errors;

namespace OpenClaw.Gateway.Dialects.Gemini;

/// <summary>
/// Google's generateContent protocol. Spoken to providers; clients that speak it are not served yet. Source: the
/// generateContent reference and the types of Google's Gen AI SDKs (googleapis/python-genai, Apache-2.0).
/// </summary>
internal sealed class GeminiDialect : IDialect
{
    public DialectKind Kind => DialectKind.Gemini;

    public Framing Framing => Framing.ServerSentEvents;

    /// <summary>A bare name is below <c>models/</c>; <c>models/…</c> and <c>tunedModels/…</c> are kept as they are.</summary>
    public string Path(string model, bool stream)
    {
        var path = new StringBuilder("/v1beta/");
        if (!model.StartsWith("models/", StringComparison.Ordinal) && !model.StartsWith("tunedModels/", StringComparison.Ordinal)) path.Append("models/");
        var first = true;
        foreach (var segment in model.Split('/'))
        {
            if (!first) path.Append('/');
            first = false;
            // Dots alone would climb out of the path, escaped or not: escaped twice they are a name that does not exist.
            path.Append(segment is "." or ".." ? segment.Replace(".", "%252E", StringComparison.Ordinal) : Uri.EscapeDataString(segment));
        }
        return path.Append(stream ? ":streamGenerateContent?alt=sse" : ":generateContent").ToString();
    }

    public (ChatRequest? Request, GatewayError? Error) ReadRequest(ReadOnlyMemory<byte> body) =>
        (null, new GatewayError(GatewayErrorKind.NotServed, "This gateway does not answer the Gemini protocol yet; use /v1/chat/completions or /v1/messages."));

    public void WriteRequest(ChatRequest request, RequestTarget target, IBufferWriter<byte> output, ICollection<string> unsupported) =>
        GeminiRequestWriter.Write(request, target, output, unsupported);

    public bool ReadResponse(ReadOnlyMemory<byte> body, IChatEventSink sink) => GeminiResponseReader.Read(body, sink);

    public void WriteResponse(ChatAnswer answer, IBufferWriter<byte> output) => GeminiResponseWriter.Write(answer, output);

    public DialectStreamReader OpenReader() => new GeminiStreamReader();

    public DialectStreamWriter OpenWriter(IBufferWriter<byte> output, StreamPosition position) => new GeminiStreamWriter(output, position);

    public void WriteError(GatewayError error, string requestId, IBufferWriter<byte> output) => GeminiErrors.Write(error, requestId, output);
}
