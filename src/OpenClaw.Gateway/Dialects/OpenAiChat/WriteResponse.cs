using System.Buffers;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>A whole answer as a <c>chat.completion</c> object; extensions as in <see cref="WriteStream"/>.</summary>
internal static class WriteResponse
{
    public static void Write(ChatAnswer answer, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, JsonWrite.Options);
        json.WriteStartObject();
        json.WriteString("id"u8, answer.Id);
        json.WriteString("object"u8, "chat.completion"u8);
        json.WriteNumber("created"u8, answer.Created);
        json.WriteString("model"u8, answer.Model);
        json.WriteStartArray("choices"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, 0);
        var calledTools = WriteMessage(json, answer);
        json.WriteNull("logprobs"u8);
        json.WriteString("finish_reason"u8, FinishReasons.Write(answer.Reason, calledTools, answer.Refusal is not null, answer.AsFunctionCall));
        json.WriteEndObject();
        json.WriteEndArray();
        json.WritePropertyName("usage"u8);
        WriteUsage.Write(json, answer.UsageTotal);
        json.WriteEndObject();
    }

    private static bool WriteMessage(Utf8JsonWriter json, ChatAnswer answer)
    {
        var calls = answer.Parts.OfType<ToolCallPart>().ToList();
        var text = string.Concat(answer.Parts.OfType<TextPart>().Select(p => p.Text));
        json.WriteStartObject("message"u8);
        json.WriteString("role"u8, "assistant"u8);
        if (text.Length == 0 && (calls.Count > 0 || answer.Refusal is not null)) json.WriteNull("content"u8);
        else json.WriteString("content"u8, text);
        json.WriteString("refusal"u8, answer.Refusal);
        WriteReasoning.ForClient(json, [.. answer.Parts.OfType<ReasoningPart>()]);
        if (calls.Count > 0 && answer.AsFunctionCall) WriteFunction(json, "function_call"u8, calls[0]);
        else if (calls.Count > 0) WriteToolCalls(json, answer.Id, calls);
        json.WriteEndObject();
        return calls.Count > 0;
    }

    private static void WriteToolCalls(Utf8JsonWriter json, string answerId, List<ToolCallPart> calls)
    {
        json.WriteStartArray("tool_calls"u8);
        for (var i = 0; i < calls.Count; i++)
        {
            var id = calls[i].Id.Length > 0 ? calls[i].Id : ToolCallId.Create(answerId, i);
            WriteToolCall(json, calls[i], id, withSignature: true);
        }
        json.WriteEndArray();
    }

    private static void WriteFunction(Utf8JsonWriter json, ReadOnlySpan<byte> member, ToolCallPart call)
    {
        json.WriteStartObject(member);
        json.WriteString("name"u8, call.Name);
        json.WriteString("arguments"u8, call.ArgumentsJson.Length > 0 ? call.ArgumentsJson : "{}");
        json.WriteEndObject();
    }

    internal static void WriteToolCall(Utf8JsonWriter json, ToolCallPart call, string id, bool withSignature)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("type"u8, "function"u8);
        WriteFunction(json, "function"u8, call);
        if (withSignature && call.Signature is { } signature)
        {
            json.WriteStartObject("extra_content"u8);
            json.WriteStartObject("google"u8);
            json.WriteString("thought_signature"u8, signature);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }
}
