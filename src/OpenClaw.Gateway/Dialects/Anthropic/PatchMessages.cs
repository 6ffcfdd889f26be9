using System.Buffers;
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>
/// Edits inside the <c>messages</c> array: reasoning blocks of assistant messages go, with the comma that belongs to them; a
/// message that held nothing else goes as a whole, because an empty one is refused.
/// </summary>
/// <param name="all">Every reasoning block, not only those with our mark or another provider's seal.</param>
/// <param name="offset">Where the array starts in the body.</param>
internal sealed class PatchMessages(bool all, int offset, BodyEdits edits)
{
    private int _kept;
    private bool _scanned;

    /// <summary>The last answer lost its thinking while the results of its calls are being sent: with thinking on, that is refused.</summary>
    public bool LoopLostThinking { get; private set; }

    public void RemoveReasoning(ReadOnlySpan<byte> array)
    {
        _scanned = true;
        var lost = false;
        var items = Items(array);
        var gone = new bool[items.Count];
        for (var i = 0; i < items.Count; i++)
        {
            var (start, length) = items[i];
            var message = array.Slice(start, length);
            var isAssistant = Read(message, out var content, out var contentStart);
            if (isAssistant && !content.IsEmpty) lost = RemoveBlocks(content, offset + start + contentStart, out gone[i]) || lost;
            else if (!isAssistant && !HasToolResult(content)) lost = false;
        }
        LoopLostThinking = lost;
        _kept = gone.Count(g => !g);
        Cut(items, gone, offset);
    }

    /// <summary>Adds an assistant's message at the end.</summary>
    public void Append(ReadOnlySpan<byte> array, string text)
    {
        if (!_scanned) _kept = Items(array).Count;
        var mark = edits.Mark;
        if (_kept > 0) edits.Text.Write(","u8);
        edits.Text.Write("""{"role":"assistant","content":[{"type":"text","text":"""u8);
        edits.WriteQuoted(text);
        edits.Text.Write("}]}"u8);
        edits.Add(offset + array.Length - 1, 0, mark);
    }

    // True when something was removed; gone: nothing would be left, so the message must go instead.
    private bool RemoveBlocks(ReadOnlySpan<byte> content, int at, out bool gone)
    {
        gone = false;
        if (content[0] != (byte)'[') return false;
        var blocks = Items(content);
        var remove = new bool[blocks.Count];
        for (var i = 0; i < blocks.Count; i++) remove[i] = Goes(content.Slice(blocks[i].Start, blocks[i].Length));
        if (!remove.Contains(true)) return false;
        gone = !remove.Contains(false);
        if (!gone) Cut(blocks, remove, at);
        return true;
    }

    private bool Goes(ReadOnlySpan<byte> block)
    {
        var fields = StreamFields.Read(block);
        var isThinking = fields.Type.SequenceEqual("thinking"u8);
        if (!isThinking && !fields.Type.SequenceEqual("redacted_thinking"u8)) return false;
        if (all) return true;
        var mark = isThinking ? fields.Signature : fields.Data;
        if (mark.Length <= 2) return false;
        // What another provider has sealed came here as it was, and would be refused with every turn.
        return mark[1..].StartsWith(ReasoningMark.Prefix) || (!isThinking && !ReasoningMark.MayBeAnthropics(Encoding.UTF8.GetString(mark[1..^1])));
    }

    private static bool Read(ReadOnlySpan<byte> message, out ReadOnlySpan<byte> content, out int contentStart)
    {
        content = default;
        contentStart = 0;
        var isAssistant = false;
        var reader = new Utf8JsonReader(message, JsonRead.Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isRole = JsonRead.Is(reader, "role"u8);
            var isContent = JsonRead.Is(reader, "content"u8);
            reader.Read();
            if (isRole) isAssistant = reader.TokenType == JsonTokenType.String && reader.ValueSpan.SequenceEqual("assistant"u8);
            var start = (int)reader.TokenStartIndex;
            var value = JsonRead.Raw(ref reader, message);
            if (!isContent) continue;
            content = value;
            contentStart = start;
        }
        return isAssistant;
    }

    private static bool HasToolResult(ReadOnlySpan<byte> content)
    {
        if (content.IsEmpty || content[0] != (byte)'[') return false;
        foreach (var (start, length) in Items(content))
        {
            if (StreamFields.Read(content.Slice(start, length)).Type.SequenceEqual("tool_result"u8)) return true;
        }
        return false;
    }

    private static List<(int Start, int Length)> Items(ReadOnlySpan<byte> array)
    {
        var items = new List<(int, int)>();
        var reader = new Utf8JsonReader(array, JsonRead.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            items.Add((start, JsonRead.Raw(ref reader, array).Length));
        }
        return items;
    }

    // Removes items so that the commas between the rest stay right: up to the next item, or from the end of the last kept one.
    private void Cut(List<(int Start, int Length)> items, bool[] remove, int at)
    {
        var lastKept = Array.FindLastIndex(remove, r => !r);
        for (var i = 0; i < items.Count; i++)
        {
            if (remove[i] && i < lastKept) edits.Remove(at + items[i].Start, at + items[i + 1].Start);
        }
        if (lastKept == items.Count - 1 || items.Count == 0) return;
        var from = lastKept < 0 ? items[0].Start : items[lastKept].Start + items[lastKept].Length;
        edits.Remove(at + from, at + items[^1].Start + items[^1].Length);
    }
}
