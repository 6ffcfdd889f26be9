using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>
/// OpenRouter's <c>reasoning_details</c>: entries <c>reasoning.text</c> (text, signature), <c>reasoning.summary</c> (summary)
/// and <c>reasoning.encrypted</c> (data). They repeat what <c>reasoning</c> says, and add what must be returned.
/// Source: OpenRouter's OpenAPI, "Reasoning Tokens: Preserving Reasoning Blocks". All input must be valid JSON.
/// </summary>
internal static class ReasoningDetails
{
    private ref struct Entry
    {
        public ReadOnlySpan<byte> Text, Signature, Data, Id, Format;
    }

    /// <summary>Sends text and summaries. False when there are none: then <c>reasoning</c> has them, or nobody.</summary>
    public static bool TryRead(ReadOnlySpan<byte> details, JsonScratch scratch, IChatEventSink sink, ref StreamPosition position)
    {
        if (!IsArray(details)) return false;
        var any = false;
        var reader = Open(details);
        while (Next(ref reader, details, out var entry))
        {
            var text = scratch.Text(entry.Text);
            if (text.IsEmpty) continue;
            any = true;
            position.Open = OpenBlock.Reasoning;
            sink.Reasoning(text);
            // The signature belongs to this text: with several entries in one answer it must not slip behind the next.
            var signature = scratch.Text(entry.Signature);
            if (!signature.IsEmpty) Sign(signature, sink, ref position);
        }
        return any;
    }

    /// <summary>Sends signatures that came without text, and encrypted reasoning that belongs to no tool call.</summary>
    public static void ReadSignatures(ReadOnlySpan<byte> details, JsonScratch scratch, IChatEventSink sink, ref StreamPosition position)
    {
        if (!IsArray(details)) return;
        var reader = Open(details);
        while (Next(ref reader, details, out var entry))
        {
            var signature = entry.Text.Length > 2 ? default : scratch.Text(entry.Signature);
            if (!signature.IsEmpty) Sign(signature, sink, ref position);
            if (IsToolSignature(entry)) continue;
            var data = scratch.Text(entry.Data);
            if (!data.IsEmpty) sink.RedactedReasoning(data);
        }
    }

    /// <summary>Sends Gemini's signatures: encrypted entries whose id is a tool call's. Called after the calls of the same delta.</summary>
    public static void ReadToolSignatures(ReadOnlySpan<byte> details, JsonScratch scratch, ToolCallTable tools, IChatEventSink sink)
    {
        if (!IsArray(details)) return;
        var reader = Open(details);
        while (Next(ref reader, details, out var entry))
        {
            if (!IsToolSignature(entry)) continue;
            var index = tools.Find(scratch.Text(entry.Id));
            var data = scratch.Text(entry.Data);
            if (data.IsEmpty) continue;
            if (index >= 0) sink.ToolSignature(index, data);
            else sink.RedactedReasoning(data);
        }
    }

    private static bool IsToolSignature(in Entry entry) =>
        !entry.Data.IsEmpty && entry.Id.Length > 2 && entry.Format.StartsWith("\"google-gemini"u8);

    private static void Sign(ReadOnlySpan<byte> signature, IChatEventSink sink, ref StreamPosition position)
    {
        position.Open = OpenBlock.None;
        sink.ReasoningSignature(signature);
    }

    private static bool IsArray(ReadOnlySpan<byte> details) => details.Length > 2 && details[0] == (byte)'[';

    private static Utf8JsonReader Open(ReadOnlySpan<byte> details)
    {
        var reader = new Utf8JsonReader(details, JsonRead.Options);
        reader.Read();
        return reader;
    }

    private static bool Next(ref Utf8JsonReader list, ReadOnlySpan<byte> details, out Entry entry)
    {
        entry = default;
        if (!list.Read() || list.TokenType == JsonTokenType.EndArray) return false;
        var json = JsonRead.Raw(ref list, details);
        if (json[0] != (byte)'{') return true;
        var reader = Open(json);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            var value = JsonRead.Raw(ref reader, json);
            if (value[0] != (byte)'"') continue;
            if (name.SequenceEqual("text"u8) || name.SequenceEqual("summary"u8)) entry.Text = value;
            else if (name.SequenceEqual("signature"u8)) entry.Signature = value;
            else if (name.SequenceEqual("data"u8)) entry.Data = value;
            else if (name.SequenceEqual("id"u8)) entry.Id = value;
            else if (name.SequenceEqual("format"u8)) entry.Format = value;
        }
        return true;
    }
}
