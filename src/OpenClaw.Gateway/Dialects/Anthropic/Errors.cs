using System.Buffers;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>Errors in this protocol's shape: <c>{"type":"error","error":{"type","message"},"request_id"}</c>.</summary>
internal static class Errors
{
    public static void Write(GatewayError error, string requestId, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, JsonWrite.Options);
        json.WriteStartObject();
        json.WriteString("type"u8, "error"u8);
        json.WriteStartObject("error"u8);
        json.WriteString("type"u8, GatewayErrorTable.Row(error.Kind).AnthropicType);
        json.WriteString("message"u8, error.Message);
        if (error.DetailCode is { } detail)
        {
            json.WriteStartObject("details"u8);
            json.WriteString("error_code"u8, detail);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteString("request_id"u8, requestId);
        json.WriteEndObject();
    }

    /// <summary>What an <c>error</c> event, or an error body in a 200, amounts to. <paramref name="json"/> is the whole payload.</summary>
    public static UpstreamFailure ReadFailure(ReadOnlySpan<byte> json) => FailureClassifier.FromStreamError(json);
}
