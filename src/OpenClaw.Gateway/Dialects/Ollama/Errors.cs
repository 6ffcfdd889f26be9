using System.Buffers;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dialects.Ollama;

/// <summary>Errors as Ollama writes them: <c>{"error":"text"}</c>, as a body and as a line of a stream.</summary>
internal static class OllamaErrors
{
    /// <summary>An error inside a stream. <paramref name="line"/>: the whole object; <paramref name="error"/>: its <c>error</c>, a string or an object.</summary>
    public static UpstreamFailure FromStream(ReadOnlySpan<byte> line, ReadOnlySpan<byte> error)
    {
        _ = line;
        var text = JsonSlice.String(error) ?? Message(error) ?? "the provider reported an error inside the stream";
        return new UpstreamFailure(FailureReason.ServerError, text.Length > 300 ? text[..300] : text);
    }

    private static string? Message(ReadOnlySpan<byte> error)
    {
        if (!JsonSlice.IsObject(error)) return null;
        var field = JsonSlice.Properties(error);
        while (field.Next())
        {
            if (field.Is("message"u8)) return JsonSlice.String(field.Value);
        }
        return null;
    }

    /// <summary>Ollama's errors have one field and no place for a request's id; that is in the answer's header.</summary>
    public static void Write(GatewayError error, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        writer.WriteString("error"u8, error.Message);
        writer.WriteEndObject();
    }
}
