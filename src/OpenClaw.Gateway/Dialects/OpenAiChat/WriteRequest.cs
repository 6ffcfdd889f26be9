using System.Buffers;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

internal static class WriteRequest
{
    public static void Write(ChatRequest request, RequestTarget target, IBufferWriter<byte> output, ICollection<string> unsupported) => throw new NotSupportedException();
}
