// hot path: no allocation per frame
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.Anthropic;

internal enum StreamEventKind
{
    /// <summary>No <c>type</c> at all.</summary>
    None,
    MessageStart,
    BlockStart,
    BlockDelta,
    BlockStop,
    MessageDelta,
    MessageStop,
    Ping,
    Error,

    /// <summary>A type added after this was written: ignored, as Anthropic's versioning rules ask.</summary>
    Unknown,
}

/// <summary>The outer fields of one event: numbers read, objects as slices of the frame. Order of keys does not matter.</summary>
internal ref struct StreamEvent
{
    public StreamEventKind Kind;
    public int Index;
    public ReadOnlySpan<byte> Message, Block, Delta, Usage, Error;

    /// <exception cref="JsonException">Not one JSON value.</exception>
    public static StreamEvent Read(ReadOnlySpan<byte> data)
    {
        var e = default(StreamEvent);
        e.Index = -1;
        var reader = new Utf8JsonReader(data, JsonRead.Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return e;
        }
        // Spans, not ValueTextEquals: it throws on half a surrogate pair. No provider escapes names.
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueSpan.SequenceEqual("type"u8)) e.Kind = ReadKind(ref reader);
            else if (reader.ValueSpan.SequenceEqual("index"u8)) e.Index = ReadIndex(ref reader);
            else if (reader.ValueSpan.SequenceEqual("delta"u8)) e.Delta = Slice(ref reader, data);
            else if (reader.ValueSpan.SequenceEqual("content_block"u8)) e.Block = Slice(ref reader, data);
            else if (reader.ValueSpan.SequenceEqual("message"u8)) e.Message = Slice(ref reader, data);
            else if (reader.ValueSpan.SequenceEqual("usage"u8)) e.Usage = Slice(ref reader, data);
            else if (reader.ValueSpan.SequenceEqual("error"u8)) e.Error = Slice(ref reader, data);
            else Slice(ref reader, data);
        }
        // Anything after the object throws here.
        reader.Read();
        return e;
    }

    private static StreamEventKind ReadKind(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return StreamEventKind.None;
        }
        if (reader.ValueSpan.SequenceEqual("content_block_delta"u8)) return StreamEventKind.BlockDelta;
        if (reader.ValueSpan.SequenceEqual("content_block_start"u8)) return StreamEventKind.BlockStart;
        if (reader.ValueSpan.SequenceEqual("content_block_stop"u8)) return StreamEventKind.BlockStop;
        if (reader.ValueSpan.SequenceEqual("message_start"u8)) return StreamEventKind.MessageStart;
        if (reader.ValueSpan.SequenceEqual("message_delta"u8)) return StreamEventKind.MessageDelta;
        if (reader.ValueSpan.SequenceEqual("message_stop"u8)) return StreamEventKind.MessageStop;
        if (reader.ValueSpan.SequenceEqual("ping"u8)) return StreamEventKind.Ping;
        return reader.ValueSpan.SequenceEqual("error"u8) ? StreamEventKind.Error : StreamEventKind.Unknown;
    }

    private static int ReadIndex(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var index)) return index;
        reader.Skip();
        return -1;
    }

    private static ReadOnlySpan<byte> Slice(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> data)
    {
        reader.Read();
        return JsonRead.Raw(ref reader, data);
    }
}

/// <summary>
/// The fields of a <c>message</c>, <c>content_block</c> or <c>delta</c>. Words (<see cref="Type"/>, <see cref="StopReason"/>)
/// are without quotes, all else is raw JSON. A field that is absent, null, an empty string or of another type is empty.
/// </summary>
internal ref struct StreamFields
{
    public ReadOnlySpan<byte> Type, StopReason;
    public ReadOnlySpan<byte> Text, Thinking, Signature, PartialJson, Data, Id, Name, Model, StopSequence;
    public ReadOnlySpan<byte> Input, Content, Usage, StopDetails;

    /// <summary><paramref name="json"/> is a slice that <see cref="StreamEvent.Read"/> validated.</summary>
    public static StreamFields Read(ReadOnlySpan<byte> json)
    {
        var f = default(StreamFields);
        if (json.IsEmpty) return f;
        var reader = new Utf8JsonReader(json, JsonRead.Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) return f;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueSpan.SequenceEqual("type"u8)) f.Type = Word(ref reader);
            else if (reader.ValueSpan.SequenceEqual("text"u8)) f.Text = String(ref reader, json);
            else if (reader.ValueSpan.SequenceEqual("partial_json"u8)) f.PartialJson = String(ref reader, json);
            else if (reader.ValueSpan.SequenceEqual("thinking"u8)) f.Thinking = String(ref reader, json);
            else if (reader.ValueSpan.SequenceEqual("signature"u8)) f.Signature = String(ref reader, json);
            else if (reader.ValueSpan.SequenceEqual("id"u8)) f.Id = String(ref reader, json);
            else if (reader.ValueSpan.SequenceEqual("name"u8)) f.Name = String(ref reader, json);
            else if (reader.ValueSpan.SequenceEqual("data"u8)) f.Data = String(ref reader, json);
            else if (reader.ValueSpan.SequenceEqual("model"u8)) f.Model = String(ref reader, json);
            else if (reader.ValueSpan.SequenceEqual("stop_reason"u8)) f.StopReason = Word(ref reader);
            else if (reader.ValueSpan.SequenceEqual("stop_sequence"u8)) f.StopSequence = String(ref reader, json);
            else if (reader.ValueSpan.SequenceEqual("input"u8)) f.Input = Raw(ref reader, json);
            else if (reader.ValueSpan.SequenceEqual("content"u8)) f.Content = Raw(ref reader, json);
            else if (reader.ValueSpan.SequenceEqual("usage"u8)) f.Usage = Raw(ref reader, json);
            else if (reader.ValueSpan.SequenceEqual("stop_details"u8)) f.StopDetails = Raw(ref reader, json);
            else Raw(ref reader, json);
        }
        return f;
    }

    private static ReadOnlySpan<byte> Word(scoped ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String) return reader.ValueSpan;
        reader.Skip();
        return default;
    }

    private static ReadOnlySpan<byte> String(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String && !reader.ValueSpan.IsEmpty) return JsonRead.Raw(ref reader, json);
        reader.Skip();
        return default;
    }

    private static ReadOnlySpan<byte> Raw(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        reader.Read();
        return JsonRead.Raw(ref reader, json);
    }
}
