using System.Buffers;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Gateway.Dialects.Gemini;

/// <summary>Writes a whole <c>GenerateContentResponse</c> with one candidate.</summary>
internal static class GeminiResponseWriter
{
    public static void Write(ChatAnswer answer, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, JsonWrite.Options);
        writer.WriteStartObject();
        writer.WriteStartArray("candidates"u8);
        writer.WriteStartObject();
        writer.WriteStartObject("content"u8);
        writer.WriteStartArray("parts"u8);
        var isBroken = false;
        foreach (var part in answer.Parts) isBroken |= !TryWritePart(writer, part);
        if (answer.Refusal is { Length: > 0 } refusal) GeminiContentWriter.WriteText(writer, refusal);
        writer.WriteEndArray();
        writer.WriteString("role"u8, "model"u8);
        writer.WriteEndObject();
        writer.WriteString("finishReason"u8, FinishWord(answer.Reason, isBroken));
        writer.WriteNumber("index"u8, 0);
        writer.WriteEndObject();
        writer.WriteEndArray();
        WriteUsage(writer, answer.UsageTotal);
        if (answer.Model.Length > 0) writer.WriteString("modelVersion"u8, answer.Model);
        if (answer.Id.Length > 0) writer.WriteString("responseId"u8, answer.Id);
        writer.WriteEndObject();
    }

    /// <summary>A call that broke off is left out and said in Gemini's own word, unless the answer ended at its length anyway.</summary>
    public static string FinishWord(FinishReason reason, bool hasBrokenCall) => reason switch
    {
        // Not told how it ended: then it did not end well.
        FinishReason.None => "OTHER",
        FinishReason.Stop or FinishReason.ToolCalls when hasBrokenCall => "MALFORMED_FUNCTION_CALL",
        _ => GeminiFinishReasons.Write(reason),
    };

    public static void WriteUsage(Utf8JsonWriter writer, in Usage usage)
    {
        writer.WriteStartObject("usageMetadata"u8);
        writer.WriteNumber("promptTokenCount"u8, usage.TotalInput);
        writer.WriteNumber("candidatesTokenCount"u8, Math.Max(0, usage.Output - usage.Reasoning));
        writer.WriteNumber("totalTokenCount"u8, usage.Total);
        if (usage.CacheRead > 0) writer.WriteNumber("cachedContentTokenCount"u8, usage.CacheRead);
        if (usage.Reasoning > 0) writer.WriteNumber("thoughtsTokenCount"u8, usage.Reasoning);
        WriteAudio(writer, "promptTokensDetails"u8, usage.AudioInput);
        WriteAudio(writer, "candidatesTokensDetails"u8, usage.AudioOutput);
        writer.WriteEndObject();
    }

    private static void WriteAudio(Utf8JsonWriter writer, ReadOnlySpan<byte> name, long count)
    {
        if (count <= 0) return;
        writer.WriteStartArray(name);
        writer.WriteStartObject();
        writer.WriteString("modality"u8, "AUDIO"u8);
        writer.WriteNumber("tokenCount"u8, count);
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private static bool TryWritePart(Utf8JsonWriter writer, ChatPart part)
    {
        switch (part)
        {
            case TextPart text:
                GeminiContentWriter.WriteText(writer, text.Text);
                return true;
            case ReasoningPart reasoning when reasoning.Text.Length > 0 || reasoning.Signature is not null:
                writer.WriteStartObject();
                writer.WriteString("text"u8, reasoning.Text);
                writer.WriteBoolean("thought"u8, true);
                if (reasoning.Signature is not null) writer.WriteString("thoughtSignature"u8, reasoning.Signature);
                writer.WriteEndObject();
                return true;
            case ToolCallPart call: return TryWriteCall(writer, call);
            default: return true;
        }
    }

    private static bool TryWriteCall(Utf8JsonWriter writer, ToolCallPart call)
    {
        using var arguments = RawJson.TryParseObject(call.ArgumentsJson);
        if (arguments is null) return false;
        writer.WriteStartObject();
        writer.WriteStartObject("functionCall"u8);
        if (call.Id.Length > 0) writer.WriteString("id"u8, call.Id);
        writer.WriteString("name"u8, call.Name);
        RawJson.Write(writer, "args"u8, arguments.RootElement);
        writer.WriteEndObject();
        if (call.Signature is not null) writer.WriteString("thoughtSignature"u8, call.Signature);
        writer.WriteEndObject();
        return true;
    }
}
