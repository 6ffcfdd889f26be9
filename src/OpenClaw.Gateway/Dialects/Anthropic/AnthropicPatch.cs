using System.Buffers;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>Which reasoning blocks of earlier answers a passthrough leaves out.</summary>
internal enum ReasoningRemoval
{
    /// <summary>Those that carry our own mark: no provider would accept them.</summary>
    Marked,

    /// <summary>All: after a provider refused a signature.</summary>
    All,
}

/// <summary>What a passthrough changes; everything else of the body stays byte for byte.</summary>
internal readonly record struct AnthropicChanges
{
    /// <summary>The model's name at the provider, or null to keep the client's.</summary>
    public string? Model { get; init; }

    public int? MaxTokens { get; init; }

    /// <summary>Searches that a tool for them may run when it has no bound of its own; null = as it is.</summary>
    public int? MaxSearches { get; init; }

    /// <summary>
    /// Text of an answer to go on from, added as a last assistant message; null for none. White space at its end is cut, the
    /// protocol refuses it: what the provider then says begins after <see cref="AnthropicPatch.Prefillable"/> of it. Thinking
    /// is switched off, which a prefilled answer excludes.
    /// </summary>
    public string? AnswerSoFar { get; init; }

    public ReasoningRemoval Reasoning { get; init; }
}

/// <summary>
/// Edits a Messages body for a provider of the same dialect. One pass over the tokens finds the places by offset, a second
/// copies the body around them, so that order, spacing, number formats, unknown fields and escapes survive.
/// </summary>
internal static class AnthropicPatch
{
    /// <summary>The part of a text that a final assistant message may hold.</summary>
    public static string Prefillable(string text) => text.TrimEnd();

    /// <summary>Writes the changed body; false, with nothing written, when the body is not a JSON object.</summary>
    public static bool TryWrite(ReadOnlySpan<byte> body, in AnthropicChanges changes, IBufferWriter<byte> output)
    {
        using var edits = BodyEdits.Rent();
        try
        {
            if (!Find(body, changes, edits)) return false;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or a name with half a surrogate pair in it.
            return false;
        }
        edits.Apply(body, output);
        return true;
    }

    private static bool Find(ReadOnlySpan<byte> body, in AnthropicChanges changes, BodyEdits edits)
    {
        var reader = new Utf8JsonReader(body, JsonRead.Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) return false;
        var top = (int)reader.BytesConsumed;
        var prefill = changes.AnswerSoFar is { } text ? Prefillable(text) : "";
        // Most bodies hold no mark of ours: then their messages are not looked into.
        var scan = changes.Reasoning == ReasoningRemoval.All || body.IndexOf(ReasoningMark.Prefix) >= 0;
        bool model = false, maxTokens = false, any = false;
        Range? thinking = null;
        var loopLostThinking = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            any = true;
            var isModel = reader.ValueTextEquals("model"u8);
            var isMaxTokens = reader.ValueTextEquals("max_tokens"u8);
            var isMessages = reader.ValueTextEquals("messages"u8);
            var isThinking = reader.ValueTextEquals("thinking"u8);
            var isTools = changes.MaxSearches is not null && reader.ValueTextEquals("tools"u8);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            var value = JsonRead.Raw(ref reader, body);
            if (isModel && changes.Model is not null) Model(edits, start, value.Length, default, changes.Model, default);
            if (isMaxTokens && changes.MaxTokens is { } limit && !JsonRead.IsAtMost(value, limit)) MaxTokens(edits, start, value.Length, default, limit, default);
            if (isMessages && value[0] == (byte)'[' && (scan || prefill.Length > 0))
            {
                var messages = new PatchMessages(changes.Reasoning == ReasoningRemoval.All, start, edits);
                if (scan) messages.RemoveReasoning(value);
                loopLostThinking |= messages.LoopLostThinking;
                if (prefill.Length > 0) messages.Append(value, prefill);
            }
            if (isThinking) thinking = new Range(start, start + value.Length);
            if (isTools && value[0] == (byte)'[') BoundSearches(edits, start, value, changes.MaxSearches!.Value);
            model |= isModel;
            maxTokens |= isMaxTokens;
        }
        reader.Read();
        var addMaxTokens = changes.MaxTokens is not null && !maxTokens;
        if (changes.Model is not null && !model) Model(edits, top, 0, "\"model\":"u8, changes.Model, any || addMaxTokens ? ","u8 : default);
        if (addMaxTokens) MaxTokens(edits, top, 0, "\"max_tokens\":"u8, changes.MaxTokens!.Value, any ? ","u8 : default);
        if (thinking is { } range) SwitchOff(body, range, prefill.Length > 0, loopLostThinking, edits);
        return true;
    }

    private static void BoundSearches(BodyEdits edits, int start, ReadOnlySpan<byte> tools, int most)
    {
        var reader = new Utf8JsonReader(tools, JsonRead.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (SearchTools.ReadTool(ref reader, out var uses) != ProviderTool.Search || uses is not null) continue;
            // Before the tool's closing brace: a search tool always has a member before it.
            var mark = edits.Mark;
            edits.Text.Write(",\"max_uses\":"u8);
            JsonWrite.Int64(edits.Text, most);
            edits.Add(start + (int)reader.TokenStartIndex, 0, mark);
        }
    }

    // A prefilled answer excludes thinking; a tool loop without its thinking excludes only the kind with a budget.
    private static void SwitchOff(ReadOnlySpan<byte> body, Range range, bool prefilled, bool loopLostThinking, BodyEdits edits)
    {
        var value = body[range];
        var kind = StreamFields.Read(value).Type;
        var conflicts = kind.SequenceEqual("enabled"u8) ? prefilled || loopLostThinking : prefilled && kind.SequenceEqual("adaptive"u8);
        if (conflicts) edits.Replace(range.Start.Value, value.Length, """{"type":"disabled"}"""u8);
    }

    private static void Model(BodyEdits edits, int start, int length, ReadOnlySpan<byte> before, string model, ReadOnlySpan<byte> after)
    {
        var mark = edits.Mark;
        edits.Text.Write(before);
        edits.WriteQuoted(model);
        edits.Text.Write(after);
        edits.Add(start, length, mark);
    }

    private static void MaxTokens(BodyEdits edits, int start, int length, ReadOnlySpan<byte> before, int limit, ReadOnlySpan<byte> after)
    {
        var mark = edits.Mark;
        edits.Text.Write(before);
        JsonWrite.Int64(edits.Text, limit);
        edits.Text.Write(after);
        edits.Add(start, length, mark);
    }
}
