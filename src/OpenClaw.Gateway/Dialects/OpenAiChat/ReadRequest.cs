using OpenClaw.Gateway.Errors;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

internal static class ReadRequest
{
    public static (ChatRequest? Request, GatewayError? Error) Read(ReadOnlyMemory<byte> body) => throw new NotSupportedException();
}
