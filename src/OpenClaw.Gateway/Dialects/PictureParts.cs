using System.Collections.Immutable;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Gateway.Dialects;

/// <summary>The pictures of a request that are in it themselves: <c>image_url</c> with a <c>data:</c> URL, an <c>image</c> whose source is base64.</summary>
internal static class PictureParts
{
    /// <summary>Their sizes, of those whose head tells it. A second pass over the body: only for requests that have pictures, where money is held.</summary>
    /// <param name="body">Valid JSON, of Chat Completions or Messages.</param>
    public static ImmutableArray<PictureSize> Sizes(ReadOnlySpan<byte> body)
    {
        var sizes = ImmutableArray.CreateBuilder<PictureSize>();
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
            else if (JsonRead.Is(reader, "image_url"u8)) Add(sizes, Inside(ref reader, "url"u8));
            else if (JsonRead.Is(reader, "source"u8)) Add(sizes, Inside(ref reader, "data"u8));
        }
        return sizes.DrainToImmutable();
    }

    // Of a name that stands there twice the last one counts, as it does for most who read JSON.
    private static PictureSize? Inside(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String) return PictureSize.Of(reader.ValueSpan);
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return null;
        }
        PictureSize? size = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = JsonRead.Is(reader, name);
            reader.Read();
            if (isIt) size = reader.TokenType == JsonTokenType.String ? PictureSize.Of(reader.ValueSpan) : null;
            reader.Skip();
        }
        return size;
    }

    private static void Add(ImmutableArray<PictureSize>.Builder sizes, PictureSize? size)
    {
        if (size is { } known) sizes.Add(known);
    }
}
