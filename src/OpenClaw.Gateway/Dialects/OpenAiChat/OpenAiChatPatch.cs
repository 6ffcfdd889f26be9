using System.Buffers;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>
/// Changes a request without understanding it: the new pieces are spliced in at the offsets of their tokens, and every
/// other byte stays as the client wrote it - unknown fields, number formats, order and spaces.
/// </summary>
internal static class OpenAiChatPatch
{
    /// <summary>False when the body is not a JSON object (nothing is written then).</summary>
    public static bool TryPatch(ReadOnlyMemory<byte> body, in PatchOptions options, IBufferWriter<byte> output)
    {
        var json = Trim(body.Span);
        if (json.IsEmpty || json[0] != (byte)'{') return false;
        PatchScan scan;
        try
        {
            scan = new PatchScan(options);
            scan.Read(json);
        }
        catch (JsonException)
        {
            return false;
        }
        var at = 0;
        foreach (var edit in scan.Edits())
        {
            output.Write(json[at..edit.Start]);
            output.Write(edit.Text);
            at = edit.Start + edit.Length;
        }
        output.Write(json[at..]);
        return true;
    }

    /// <summary>Whether the client itself wants usage at the end; if not, a usage-only chunk must not be forwarded.</summary>
    public static bool AsksForUsage(ReadOnlySpan<byte> body)
    {
        try
        {
            // The last of duplicates counts, as in every parser.
            return Last(Last(Trim(body), "stream_options"u8), "include_usage"u8).SequenceEqual("true"u8);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Whether a frame's payload is the chunk with usage and nothing else.</summary>
    public static bool IsUsageOnlyChunk(ReadOnlySpan<byte> data)
    {
        var reader = new ReadStream();
        reader.Read(default, data, new ChatAnswer());
        return reader.LastFrameWasUsageOnly;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> body) => (body.StartsWith("\uFEFF"u8) ? body[3..] : body).Trim(" \t\r\n"u8);

    private static ReadOnlySpan<byte> Last(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        if (json.IsEmpty || json[0] != (byte)'{') return default;
        ReadOnlySpan<byte> last = default;
        var scratch = new JsonScratch();
        var reader = new Utf8JsonReader(json, JsonRead.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = scratch.Text(ref reader).SequenceEqual(name);
            reader.Read();
            var value = JsonRead.Raw(ref reader, json);
            if (found) last = value;
        }
        return last;
    }
}
