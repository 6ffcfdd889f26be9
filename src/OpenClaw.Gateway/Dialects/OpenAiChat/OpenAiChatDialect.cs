using System.Buffers;
using OpenClaw.Gateway.Errors;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>OpenAI's Chat Completions, and the many servers that speak it more or less.</summary>
internal sealed class OpenAiChatDialect : IDialect
{
    public DialectKind Kind => DialectKind.OpenAiChat;

    public Framing Framing => Framing.ServerSentEvents;

    public string Path(string model, bool stream) => "/chat/completions";

    public (ChatRequest? Request, GatewayError? Error) ReadRequest(ReadOnlyMemory<byte> body) => OpenAiChat.ReadRequest.Read(body);

    public void WriteRequest(ChatRequest request, RequestTarget target, IBufferWriter<byte> output, ICollection<string> unsupported) =>
        OpenAiChat.WriteRequest.Write(request, target, output, unsupported);

    public bool ReadResponse(ReadOnlyMemory<byte> body, IChatEventSink sink) => OpenAiChat.ReadResponse.Read(body, sink);

    public void WriteResponse(ChatAnswer answer, IBufferWriter<byte> output) => OpenAiChat.WriteResponse.Write(answer, output);

    public DialectStreamReader OpenReader() => new ReadStream();

    public DialectStreamWriter OpenWriter(IBufferWriter<byte> output, StreamPosition position) => new WriteStream(output, position);

    public void WriteError(GatewayError error, string requestId, IBufferWriter<byte> output) => WriteErrorBody.Write(error, "", output);
}
