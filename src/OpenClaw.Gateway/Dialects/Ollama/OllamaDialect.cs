using System.Buffers;
using OpenClaw.Gateway.Errors;

namespace OpenClaw.Gateway.Dialects.Ollama;

/// <summary>
/// Ollama's own protocol. Spoken to providers; clients that speak it are not served yet. It is preferred to Ollama's
/// OpenAI surface because only here can the context length be set: there, long prompts are cut without a word.
/// </summary>
internal sealed class OllamaDialect : IDialect
{
    public DialectKind Kind => DialectKind.Ollama;

    public Framing Framing => Framing.JsonLines;

    public string Path(string model, bool stream) => "/api/chat";

    public (ChatRequest? Request, GatewayError? Error) ReadRequest(ReadOnlyMemory<byte> body) =>
        (null, new GatewayError(GatewayErrorKind.NotServed, "This gateway does not answer the Ollama protocol yet; use /v1/chat/completions or /v1/messages."));

    public void WriteRequest(ChatRequest request, RequestTarget target, IBufferWriter<byte> output, ICollection<string> unsupported) =>
        OllamaRequestWriter.Write(request, target, output, unsupported);

    public bool ReadResponse(ReadOnlyMemory<byte> body, IChatEventSink sink) => OllamaResponseReader.Read(body, sink);

    public void WriteResponse(ChatAnswer answer, IBufferWriter<byte> output) => OllamaResponseWriter.Write(answer, output);

    public DialectStreamReader OpenReader() => new OllamaStreamReader();

    public DialectStreamWriter OpenWriter(IBufferWriter<byte> output, StreamPosition position) => new OllamaStreamWriter(output, position);

    public void WriteError(GatewayError error, string requestId, IBufferWriter<byte> output) => OllamaErrors.Write(error, output);
}
