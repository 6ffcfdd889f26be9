using System.Buffers;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Errors;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary><c>{"error":{message,type,param,code}}</c>, the body of failed requests and the event that ends a failed stream.</summary>
internal static class WriteErrorBody
{
    /// <param name="error">What to tell.</param>
    /// <param name="requestId">Added as <c>request_id</c> when not empty.</param>
    /// <param name="output">Receives one JSON object without line breaks.</param>
    /// <param name="inStream">It ends a stream.</param>
    public static void Write(GatewayError error, string requestId, IBufferWriter<byte> output, bool inStream = false)
    {
        var row = GatewayErrorTable.Row(error.Kind);
        using var json = new Utf8JsonWriter(output, JsonWrite.Options);
        json.WriteStartObject();
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, error.Message);
        json.WriteString("type"u8, row.OpenAiType);
        json.WriteString("param"u8, error.Param);
        json.WriteString("code"u8, error.Code ?? row.OpenAiCode);
        if (requestId.Length > 0) json.WriteString("request_id"u8, requestId);
        json.WriteEndObject();
        // Most clients look for "error" first. The one for .NET never does: an event without choices is an empty one to it, and
        // a part of an answer the whole. Choices that are no list it cannot read past, so it raises.
        if (inStream) json.WriteNull("choices"u8);
        json.WriteEndObject();
    }
}
