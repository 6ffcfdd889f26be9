// hot path: no allocation per delta; one small entry a call
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>
/// Which call a tool delta belongs to. OpenAI numbers calls from 0 and sends id and name once; others number from 1, give
/// every call the same number, leave the number out, repeat the name or make up a new id in each delta.
/// </summary>
internal sealed class ToolCallTable
{
    // Far more than any model calls at once; a bound for hostile streams.
    private const int Limit = 1024;

    private struct Call
    {
        public long Number;
        public byte[] Id, Name;
        public bool Announced;
        public int Depth;
        public bool Began, InString, Escaped;

        /// <summary>The arguments so far are one whole JSON value.</summary>
        public readonly bool IsWhole => Began && Depth == 0 && !InString;
    }

    private readonly JsonScratch _id = new(), _name = new();
    private Call[] _calls = [];

    /// <summary>Calls seen so far.</summary>
    public int Count { get; private set; }

    /// <summary>A custom tool was called: its input is text, not JSON.</summary>
    public bool SawCustom { get; private set; }

    public void ReadDeltas(ReadOnlySpan<byte> array, IChatEventSink sink, ref StreamPosition position)
    {
        if (array.IsEmpty || array[0] != (byte)'[') return;
        var reader = new Utf8JsonReader(array, JsonRead.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject) ReadDelta(JsonRead.Raw(ref reader, array), sink, ref position);
            reader.Skip();
        }
    }

    /// <summary>The single <c>function_call</c> of 2023.</summary>
    public void ReadLegacy(ReadOnlySpan<byte> function, IChatEventSink sink, ref StreamPosition position)
    {
        if (function.IsEmpty || function[0] != (byte)'{') return;
        Add(0, default, function, default, sink, ref position);
    }

    /// <summary>The call with this id, or -1.</summary>
    public int Find(ReadOnlySpan<byte> id)
    {
        for (var i = Count - 1; i >= 0; i--)
        {
            if (id.SequenceEqual(_calls[i].Id)) return i;
        }
        return -1;
    }

    private void ReadDelta(ReadOnlySpan<byte> json, IChatEventSink sink, ref StreamPosition position)
    {
        var number = -1L;
        ReadOnlySpan<byte> id = default, function = default, extra = default;
        var reader = new Utf8JsonReader(json, JsonRead.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (name.SequenceEqual("index"u8) && reader.TokenType == JsonTokenType.Number) number = JsonRead.Int64(ref reader);
            else if (name.SequenceEqual("id"u8)) id = _id.Text(ref reader);
            else if (name.SequenceEqual("function"u8)) function = JsonRead.Raw(ref reader, json);
            else if (name.SequenceEqual("extra_content"u8)) extra = JsonRead.Raw(ref reader, json);
            else if (name.SequenceEqual("custom"u8)) SawCustom = true;
            reader.Skip();
        }
        if (function.IsEmpty && SawCustom) return;
        Add(number, id, function, extra, sink, ref position);
    }

    private void Sign(int index, ReadOnlySpan<byte> extra, IChatEventSink sink)
    {
        if (extra.IsEmpty) return;
        var signature = _name.Text(ReadStream.Member(ReadStream.Member(extra, "google"u8), "thought_signature"u8));
        if (!signature.IsEmpty) sink.ToolSignature(index, signature);
    }

    private void Add(long number, ReadOnlySpan<byte> id, ReadOnlySpan<byte> function, ReadOnlySpan<byte> extra, IChatEventSink sink, ref StreamPosition position)
    {
        var name = _name.Text(ReadStream.Member(function, "name"u8));
        var index = Resolve(number, id, name);
        if (index < 0) return;
        ref var call = ref _calls[index];
        if (name.Length > 0 && call.Name.Length == 0) call.Name = name.ToArray();
        position.Open = OpenBlock.Tool;
        position.ToolIndex = Math.Max(position.ToolIndex, (int)Math.Clamp(number + 1, index + 1, int.MaxValue));
        if (call.Name.Length > 0) Announce(index, ref call, sink);
        // Before the arguments: a writer that has begun to write them has no place for it.
        Sign(index, extra, sink);

        var arguments = ReadStream.Member(function, "arguments"u8);
        if (arguments.IsEmpty || arguments.SequenceEqual("null"u8)) return;
        // A string by the specification; an object from servers that took Ollama's shape over.
        var text = arguments[0] == (byte)'"' ? _name.Text(arguments) : arguments;
        if (text.IsEmpty) return;
        Announce(index, ref call, sink);
        Follow(text, ref call);
        sink.ToolArguments(index, text);
    }

    // Held back until the name is known, or arguments come without one.
    private static void Announce(int index, ref Call call, IChatEventSink sink)
    {
        if (call.Announced) return;
        call.Announced = true;
        sink.ToolCall(index, call.Id, call.Name);
    }

    private int Resolve(long number, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name)
    {
        var known = number >= 0 ? FindNumber(number) : FindUnnumbered(id, name);
        if (known >= 0 && !IsAnother(_calls[known], number, id, name)) return known;
        return New(number, id);
    }

    private int FindNumber(long number)
    {
        for (var i = Count - 1; i >= 0; i--)
        {
            if (_calls[i].Number == number) return i;
        }
        return -1;
    }

    // Without a number: a known id is its call, a new id with a name or a new name is a new call, anything else is the last call's.
    private int FindUnnumbered(ReadOnlySpan<byte> id, ReadOnlySpan<byte> name)
    {
        var known = id.IsEmpty ? -1 : Find(id);
        return known >= 0 || (!id.IsEmpty && !name.IsEmpty) ? known : Count - 1;
    }

    // The same number (or none) but another call: Ollama numbered all calls 0, with whole arguments and an id each.
    // A new id alone proves nothing: vLLM made one up for every delta; nor does a repeated name while arguments are unfinished.
    private static bool IsAnother(in Call call, long number, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty) return false;
        var sameName = call.Name.Length == 0 || name.SequenceEqual(call.Name);
        if (id.IsEmpty) return number < 0 && (!sameName || call.IsWhole);
        if (call.Id.Length == 0 || id.SequenceEqual(call.Id)) return false;
        return !sameName || call.IsWhole;
    }

    private int New(long number, ReadOnlySpan<byte> id)
    {
        if (Count == Limit) return -1;
        if (Count == _calls.Length) Array.Resize(ref _calls, Math.Max(4, Count * 2));
        _calls[Count] = new Call { Number = number, Id = id.ToArray(), Name = [] };
        return Count++;
    }

    private static void Follow(ReadOnlySpan<byte> json, ref Call call)
    {
        foreach (var b in json)
        {
            if (call.InString)
            {
                if (call.Escaped) call.Escaped = false;
                else if (b == (byte)'\\') call.Escaped = true;
                else if (b == (byte)'"') call.InString = false;
                continue;
            }
            if (b == (byte)'"') call.InString = true;
            else if (b is (byte)'{' or (byte)'[') call.Depth++;
            else if (b is (byte)'}' or (byte)']') call.Depth--;
            call.Began |= b > (byte)' ';
        }
    }
}
