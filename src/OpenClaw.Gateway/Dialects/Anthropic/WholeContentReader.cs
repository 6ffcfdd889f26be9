using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>Reads a finished <c>content</c> array into a sink: a whole answer's, or the one a resumed stream begins with.</summary>
internal sealed class WholeContentReader
{
    public int ToolIndex { get; set; }

    /// <summary>A block was seen that the common form has no word for.</summary>
    public bool HasUnmapped { get; private set; }

    public bool HasContent { get; private set; }

    private readonly JsonScratch _scratch = new();
    private readonly JsonScratch _scratch2 = new();

    /// <param name="json">Valid JSON. Anything but an array is passed over.</param>
    public void Read(ReadOnlySpan<byte> json, IChatEventSink sink)
    {
        var reader = new Utf8JsonReader(json, JsonRead.Options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray) return;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Block(StreamFields.Read(JsonRead.Raw(ref reader, json)), sink);
        }
    }

    /// <summary>True for an object with at least one member.</summary>
    public static bool HasMembers(ReadOnlySpan<byte> json)
    {
        var inner = json.Trim(" \t\r\n"u8);
        return inner.Length > 2 && inner[0] == (byte)'{' && !inner[1..^1].Trim(" \t\r\n"u8).IsEmpty;
    }

    private void Block(StreamFields block, IChatEventSink sink)
    {
        HasContent = true;
        if (block.Type.SequenceEqual("text"u8))
        {
            if (block.Text.Length > 0) sink.Text(_scratch.Text(block.Text));
        }
        else if (block.Type.SequenceEqual("thinking"u8)) Thinking(block, sink);
        else if (block.Type.SequenceEqual("redacted_thinking"u8)) sink.RedactedReasoning(_scratch.Text(block.Data));
        else if (block.Type.SequenceEqual("tool_use"u8))
        {
            var index = ToolIndex++;
            sink.ToolCall(index, _scratch.Text(block.Id), _scratch2.Text(block.Name));
            if (HasMembers(block.Input)) sink.ToolArguments(index, block.Input);
        }
        else
        {
            HasUnmapped = true;
            sink.Unmapped(block.Type.IsEmpty ? "content block" : Encoding.UTF8.GetString(block.Type));
        }
    }

    private void Thinking(StreamFields block, IChatEventSink sink)
    {
        if (block.Thinking.Length > 0) sink.Reasoning(_scratch.Text(block.Thinking));
        var signature = _scratch.Text(block.Signature);
        if (signature.Length > 0 && !signature.StartsWith(ReasoningMark.Prefix)) sink.ReasoningSignature(signature);
    }
}
