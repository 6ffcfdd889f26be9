using System.Buffers;
using System.Text.Json;
using OpenClaw.Gateway.Errors;

namespace OpenClaw.Gateway.Dialects.Ollama;

/// <summary>Errors as Ollama writes them: <c>{"error":"text"}</c>, as a body and as a line of a stream.</summary>
internal static class OllamaErrors
{
    /// <summary>Ollama's errors have one field and no place for a request's id; that is in the answer's header.</summary>
    public static void Write(GatewayError error, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        writer.WriteString("error"u8, error.Message);
        writer.WriteEndObject();
    }
}
