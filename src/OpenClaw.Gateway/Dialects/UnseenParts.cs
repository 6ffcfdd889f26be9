using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects;

/// <summary>Parts of a prompt whose size only its provider sees: documents and recordings by address, or by the id of an upload.</summary>
internal static class UnseenParts
{
    /// <summary>Whether a message has one. A second pass over the body: only for requests that have documents, where money is held.</summary>
    /// <param name="body">Valid JSON, of Chat Completions or Messages.</param>
    public static bool Any(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, JsonRead.Options);
        var inMessages = false;
        reader.Read();
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1) inMessages = JsonRead.Is(reader, "messages"u8);
            else if (!inMessages) reader.Skip();
            else if (reader.TokenType == JsonTokenType.StartObject && IsUnseen(reader)) return true;
            // What a tool was given is anybody's JSON.
            else if (reader.TokenType == JsonTokenType.PropertyName && (JsonRead.Is(reader, "input"u8) || JsonRead.Is(reader, "tool_calls"u8) || JsonRead.Is(reader, "function_call"u8))) reader.Skip();
        }
        return false;
    }

    /// <summary>The type of a part that is a document or a recording.</summary>
    public static bool IsDocument(ReadOnlySpan<byte> type) =>
        type.SequenceEqual("document"u8) || type.SequenceEqual("file"u8) || type.SequenceEqual("input_audio"u8) || type.SequenceEqual("audio_url"u8) || type.SequenceEqual("video_url"u8);

    // What it is made of lies in an object of its own: source, file, input_audio. The reader is a copy; its owner goes on into the part.
    private static bool IsUnseen(Utf8JsonReader part)
    {
        var (isDocument, hasSource, hasContent) = (false, false, false);
        while (part.Read() && part.TokenType == JsonTokenType.PropertyName)
        {
            var isType = JsonRead.Is(part, "type"u8);
            part.Read();
            if (isType && part.TokenType == JsonTokenType.String) isDocument = IsDocument(part.ValueSpan);
            else if (part.TokenType == JsonTokenType.StartObject) (hasSource, hasContent) = (true, hasContent | HasContent(ref part));
            else part.Skip();
        }
        return isDocument && hasSource && !hasContent;
    }

    private static bool HasContent(ref Utf8JsonReader source)
    {
        var found = false;
        while (source.Read() && source.TokenType == JsonTokenType.PropertyName)
        {
            var isUrl = JsonRead.Is(source, "url"u8);
            var isContent = JsonRead.Is(source, "data"u8) || JsonRead.Is(source, "file_data"u8) || JsonRead.Is(source, "content"u8);
            source.Read();
            var isText = source.TokenType == JsonTokenType.String;
            found |= isUrl ? isText && source.ValueSpan.StartsWith("data:"u8) : isContent && !(isText && IsAddress(source.ValueSpan));
            source.Skip();
        }
        return found;
    }

    // Some providers take an address where others take the bytes.
    private static bool IsAddress(ReadOnlySpan<byte> text) => text.IsEmpty || text[0] == (byte)'\\' || (text.Length >= 4 && Ascii.EqualsIgnoreCase(text[..4], "http"u8));
}
