using System.Buffers;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Gateway.Dialects.Ollama;

/// <summary>Writes a whole <c>ChatResponse</c>.</summary>
internal static class OllamaResponseWriter
{
    public static void Write(ChatAnswer answer, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, JsonWrite.Options);
        writer.WriteStartObject();
        writer.WriteString("model"u8, answer.Model);
        writer.WriteString("created_at"u8, Time(answer.Created));
        writer.WriteStartObject("message"u8);
        writer.WriteString("role"u8, "assistant"u8);
        writer.WriteString("content"u8, string.Concat(answer.Parts.OfType<TextPart>().Select(p => p.Text)) + answer.Refusal);
        var thinking = string.Concat(answer.Parts.OfType<ReasoningPart>().Select(p => p.Text));
        if (thinking.Length > 0) writer.WriteString("thinking"u8, thinking);
        WriteCalls(writer, [.. answer.Parts.OfType<ToolCallPart>()]);
        writer.WriteEndObject();
        WriteEnd(writer, answer.Reason, answer.UsageTotal);
        writer.WriteEndObject();
    }

    /// <summary>Unix seconds as Ollama writes times.</summary>
    public static string Time(long created) =>
        DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(created, 0, 253402300799)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The fields of the last object; a count of zero is left out, as Ollama does.</summary>
    public static void WriteEnd(Utf8JsonWriter writer, FinishReason reason, in Usage usage)
    {
        writer.WriteString("done_reason"u8, reason is FinishReason.Length or FinishReason.ContextFull ? "length"u8 : "stop"u8);
        writer.WriteBoolean("done"u8, true);
        if (usage.TotalInput > 0) writer.WriteNumber("prompt_eval_count"u8, usage.TotalInput);
        if (usage.Output > 0) writer.WriteNumber("eval_count"u8, usage.Output);
    }

    // A call whose arguments are no object broke off; it is not to be made.
    private static void WriteCalls(Utf8JsonWriter writer, List<ToolCallPart> calls)
    {
        if (calls.Count == 0) return;
        writer.WriteStartArray("tool_calls"u8);
        foreach (var call in calls)
        {
            using var arguments = RawJson.TryParseObject(call.ArgumentsJson);
            if (arguments is null) continue;
            writer.WriteStartObject();
            if (call.Id.Length > 0) writer.WriteString("id"u8, call.Id);
            writer.WriteStartObject("function"u8);
            writer.WriteString("name"u8, call.Name);
            RawJson.Write(writer, "arguments"u8, arguments.RootElement);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }
}
