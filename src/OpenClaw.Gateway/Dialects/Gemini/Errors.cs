using System.Buffers;
using System.Globalization;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dialects.Gemini;

/// <summary>Errors in the shape of google.rpc.Status: <c>{"error":{"code":429,"message":"…","status":"RESOURCE_EXHAUSTED","details":[…]}}</c>.</summary>
internal static class GeminiErrors
{
    /// <summary>An error inside a stream. <paramref name="frame"/>: the whole object; <paramref name="error"/>: its <c>error</c>.</summary>
    public static UpstreamFailure FromStream(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> error)
    {
        _ = frame;
        ReadOnlySpan<byte> code = default, message = default, status = default;
        if (JsonSlice.IsObject(error))
        {
            var field = JsonSlice.Properties(error);
            while (field.Next())
            {
                if (field.Is("code"u8)) code = field.Value;
                else if (field.Is("message"u8)) message = field.Value;
                else if (field.Is("status"u8)) status = field.Value;
            }
        }
        var number = (int)Math.Clamp(JsonSlice.Integer(code) ?? 0, 0, 999);
        var text = JsonSlice.String(message) ?? JsonSlice.String(error) ?? "the provider reported an error inside the stream";
        return new UpstreamFailure(Reason(number), text.Length > 300 ? text[..300] : text, number == 0 ? null : number, JsonSlice.String(status));
    }

    private static FailureReason Reason(int status) => status switch
    {
        400 => FailureReason.BadRequest,
        401 or 403 => FailureReason.Credential,
        404 => FailureReason.ModelGone,
        429 => FailureReason.RateLimited,
        503 => FailureReason.Overloaded,
        _ => FailureReason.ServerError,
    };

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
