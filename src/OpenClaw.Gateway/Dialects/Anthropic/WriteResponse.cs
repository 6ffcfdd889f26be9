using System.Buffers;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>Writes a whole answer, with the same decisions as <see cref="WriteStream"/>.</summary>
internal static class WriteResponse
{
    public static void Write(ChatAnswer answer, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, JsonWrite.Options);
        var id = answer.Id.Length > 0 ? answer.Id : "msg_openclaw";
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("type"u8, "message"u8);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("model"u8, answer.Model);
        json.WriteStartArray("content"u8);
        var calls = WriteContent(json, answer, id);
        json.WriteEndArray();
        json.WriteString("stop_reason"u8, StopReasons.Write(answer.Reason, calls > 0, answer.Refusal is not null));
        if (answer is { Reason: FinishReason.StopSequence, StopSequence: { } sequence }) json.WriteString("stop_sequence"u8, sequence);
        else json.WriteNull("stop_sequence"u8);
        json.WritePropertyName("usage"u8);
        var usage = new ArrayBufferWriter<byte>();
        WriteUsage.Frame(usage, answer.UsageTotal);
        json.WriteRawValue(usage.WrittenSpan, skipInputValidation: true);
        json.WriteEndObject();
    }

    private static int WriteContent(Utf8JsonWriter json, ChatAnswer answer, string id)
    {
        var calls = 0;
        foreach (var part in answer.Parts)
        {
            switch (part)
            {
                case TextPart { Text.Length: > 0 } text: WriteText(json, text.Text); break;
                case ReasoningPart reasoning: WriteReasoning(json, reasoning); break;
                case ToolCallPart call: WriteCall(json, call, id, calls++); break;
                default: break;
            }
        }
        if (answer.Refusal is { Length: > 0 } refusal) WriteText(json, refusal);
        return calls;
    }

    private static void WriteText(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "text"u8);
        json.WriteString("text"u8, text);
        json.WriteEndObject();
    }

    private static void WriteReasoning(Utf8JsonWriter json, ReasoningPart reasoning)
    {
        if (reasoning.RedactedData is { } data)
        {
            WriteRedacted(json, data);
            return;
        }
        json.WriteStartObject();
        json.WriteString("type"u8, "thinking"u8);
        json.WriteString("thinking"u8, reasoning.Text);
        json.WriteString("signature"u8, string.IsNullOrEmpty(reasoning.Signature) ? ReasoningMark.Unsigned : reasoning.Signature);
        json.WriteEndObject();
    }

    private static void WriteRedacted(Utf8JsonWriter json, string data)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "redacted_thinking"u8);
        json.WriteString("data"u8, data);
        json.WriteEndObject();
    }

    private static void WriteCall(Utf8JsonWriter json, ToolCallPart call, string messageId, int number)
    {
        var id = call.Id.Length > 0 ? ReasoningMark.CleanId(call.Id) : ReasoningMark.MadeUpId(messageId, number);
        if (call.Signature is { Length: > 0 } signature) WriteRedacted(json, $"{ReasoningMark.CallPrefix}{id}.{signature}");
        json.WriteStartObject();
        json.WriteString("type"u8, "tool_use"u8);
        json.WriteString("id"u8, id);
        json.WriteString("name"u8, call.Name);
        json.WritePropertyName("input"u8);
        ToolInput.Write(json, call.ArgumentsJson);
        json.WriteEndObject();
    }
}
