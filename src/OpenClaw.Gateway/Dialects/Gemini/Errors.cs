using System.Buffers;
using System.Globalization;
using System.Text.Json;
using OpenClaw.Gateway.Errors;

namespace OpenClaw.Gateway.Dialects.Gemini;

/// <summary>Errors in the shape of google.rpc.Status: <c>{"error":{"code":429,"message":"…","status":"RESOURCE_EXHAUSTED","details":[…]}}</c>.</summary>
internal static class GeminiErrors
{
    public static void Write(GatewayError error, string requestId, IBufferWriter<byte> output)
    {
        var row = GatewayErrorTable.Row(error.Kind);
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        writer.WriteStartObject("error"u8);
        writer.WriteNumber("code"u8, error.Status ?? row.Status);
        writer.WriteString("message"u8, error.Message);
        writer.WriteString("status"u8, row.GoogleStatus);
        writer.WriteStartArray("details"u8);
        WriteDetails(writer, error, row, requestId);
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    // google/rpc/error_details.proto
    private static void WriteDetails(Utf8JsonWriter writer, GatewayError error, in GatewayErrorRow row, string requestId)
    {
        writer.WriteStartObject();
        writer.WriteString("@type"u8, "type.googleapis.com/google.rpc.ErrorInfo"u8);
        writer.WriteString("reason"u8, (error.Code ?? row.OpenAiCode).ToUpperInvariant());
        writer.WriteString("domain"u8, "openclaw"u8);
        writer.WriteEndObject();
        if (requestId.Length > 0)
        {
            writer.WriteStartObject();
            writer.WriteString("@type"u8, "type.googleapis.com/google.rpc.RequestInfo"u8);
            writer.WriteString("requestId"u8, requestId);
            writer.WriteEndObject();
        }
        if (error.Param is not null)
        {
            writer.WriteStartObject();
            writer.WriteString("@type"u8, "type.googleapis.com/google.rpc.BadRequest"u8);
            writer.WriteStartArray("fieldViolations"u8);
            writer.WriteStartObject();
            writer.WriteString("field"u8, error.Param);
            writer.WriteString("description"u8, error.Message);
            writer.WriteEndObject();
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        if (error.RetryAfter is not { } wait) return;
        writer.WriteStartObject();
        writer.WriteString("@type"u8, "type.googleapis.com/google.rpc.RetryInfo"u8);
        writer.WriteString("retryDelay"u8, wait.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + "s");
        writer.WriteEndObject();
    }
}
