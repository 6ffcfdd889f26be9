using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Gateway.Dialects;

/// <summary>The recordings of a request: <c>input_audio</c> (OpenAI), <c>audio_url</c> (vLLM).</summary>
internal static class SoundParts
{
    /// <summary>A second pass over the body: only for requests that have documents or recordings, where money is held.</summary>
    /// <param name="body">Valid JSON, of Chat Completions or Messages.</param>
    public static Sounds Of(ReadOnlySpan<byte> body)
    {
        var sounds = default(Sounds);
        var reader = new Utf8JsonReader(body, JsonRead.Options);
        var inMessages = false;
        reader.Read();
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            if (reader.CurrentDepth == 1) inMessages = JsonRead.Is(reader, "messages"u8);
            if (!inMessages) reader.Skip();
            // What a tool was given is anybody's JSON.
            else if (JsonRead.Is(reader, "input"u8) || JsonRead.Is(reader, "tool_calls"u8) || JsonRead.Is(reader, "function_call"u8)) reader.Skip();
            else if (JsonRead.Is(reader, "input_audio"u8) || JsonRead.Is(reader, "audio_url"u8)) sounds = With(sounds, Inside(ref reader));
        }
        return sounds;
    }

    private static Sounds With(Sounds sounds, ReadOnlySpan<byte> data)
    {
        // Some providers take an address where others take the bytes.
        var isUnseen = data.IsEmpty || (data.Length >= 4 && Ascii.EqualsIgnoreCase(data[..4], "http"u8));
        return isUnseen ? sounds with { Count = sounds.Count + 1, IsUnseen = true }
            : sounds with { Count = sounds.Count + 1, Bytes = sounds.Bytes + data.Length, Seconds = sounds.Seconds + SoundLength.Most(data) };
    }

    // Of a name that stands there twice the last one counts, as it does for most who read JSON.
    private static ReadOnlySpan<byte> Inside(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String) return reader.ValueSpan;
        ReadOnlySpan<byte> data = default;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return data;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = JsonRead.Is(reader, "data"u8) || JsonRead.Is(reader, "url"u8);
            reader.Read();
            if (isIt) data = reader.TokenType == JsonTokenType.String ? reader.ValueSpan : default;
            reader.Skip();
        }
        return data;
    }
}
