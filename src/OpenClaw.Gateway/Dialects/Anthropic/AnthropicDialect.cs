using System.Buffers;
using OpenClaw.Gateway.Errors;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>Anthropic's Messages API. A base URL is without <c>/v1</c>.</summary>
internal sealed class AnthropicDialect : IDialect
{
    public DialectKind Kind => DialectKind.Anthropic;

    public Framing Framing => Framing.ServerSentEvents;

    public string Path(string model, bool stream) => "/v1/messages";

    public (ChatRequest? Request, GatewayError? Error) ReadRequest(ReadOnlyMemory<byte> body) => Anthropic.ReadRequest.Read(body);

    public void WriteRequest(ChatRequest request, RequestTarget target, IBufferWriter<byte> output, ICollection<string> unsupported) =>
        Anthropic.WriteRequest.Write(request, target, output, unsupported);

    public bool ReadResponse(ReadOnlyMemory<byte> body, IChatEventSink sink) => Anthropic.ReadResponse.Read(body.Span, sink);

    public void WriteResponse(ChatAnswer answer, IBufferWriter<byte> output) => Anthropic.WriteResponse.Write(answer, output);

    public DialectStreamReader OpenReader() => new ReadStream();

    public DialectStreamWriter OpenWriter(IBufferWriter<byte> output, StreamPosition position) => new WriteStream(output, position);

    public void WriteError(GatewayError error, string requestId, IBufferWriter<byte> output) => Errors.Write(error, requestId, output);
}
