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
    public static bool TryWrite(ReadOnlySpan<byte> body, in AnthropicChanges changes, IBufferWriter<byte> output) => TryWrite(body, changes, output, out _);

    /// <param name="stoppedThinking">Thinking that was asked for is switched off: the conversation has lost what it must begin with, or the limit leaves no room for it.</param>
    public static bool TryWrite(ReadOnlySpan<byte> body, in AnthropicChanges changes, IBufferWriter<byte> output, out bool stoppedThinking)
    {
        stoppedThinking = false;
        using var edits = BodyEdits.Rent();
        try
        {
            if (!Find(body, changes, edits, out stoppedThinking)) return false;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or a name with half a surrogate pair in it.
            return false;
        }
        edits.Apply(body, output);
        return true;
    }

    private static bool Find(ReadOnlySpan<byte> body, in AnthropicChanges changes, BodyEdits edits, out bool stoppedThinking)
    {
        stoppedThinking = false;
        var reader = new Utf8JsonReader(body, JsonRead.Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) return false;
        var top = (int)reader.BytesConsumed;
        var prefill = changes.AnswerSoFar is { } text ? Prefillable(text) : "";
        // Most bodies hold no mark of ours and nothing sealed: then their messages are not looked into.
        var scan = changes.Reasoning == ReasoningRemoval.All || body.IndexOf(ReasoningMark.Prefix) >= 0 || body.IndexOf("redacted_thinking"u8) >= 0;
        bool model = false, maxTokens = false, lowered = false, any = false;
        Range? thinking = null;
        Range? management = null;
        var loopLostThinking = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            any = true;
            var isModel = JsonRead.Is(reader, "model"u8);
            var isMaxTokens = JsonRead.Is(reader, "max_tokens"u8);
            var isMessages = JsonRead.Is(reader, "messages"u8);
            var isThinking = JsonRead.Is(reader, "thinking"u8);
            var isManagement = JsonRead.Is(reader, "context_management"u8);
            var isTools = changes.MaxSearches is not null && JsonRead.Is(reader, "tools"u8);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            var value = JsonRead.Raw(ref reader, body);
            if (isModel && changes.Model is not null) Model(edits, start, value.Length, default, changes.Model, default);
            if (isMaxTokens && changes.MaxTokens is { } limit && !JsonRead.IsAtMost(value, limit))
            {
                MaxTokens(edits, start, value.Length, default, limit, default);
                lowered = true;
            }
            if (isMessages && value[0] == (byte)'[' && (scan || prefill.Length > 0))
            {
                var messages = new PatchMessages(changes.Reasoning == ReasoningRemoval.All, start, edits);
                if (scan) messages.RemoveReasoning(value);
                loopLostThinking |= messages.LoopLostThinking;
                if (prefill.Length > 0) messages.Append(value, prefill);
            }
            if (isThinking) thinking = new Range(start, start + value.Length);
            if (isManagement) management = new Range(start, start + value.Length);
            if (isTools && value[0] == (byte)'[') BoundSearches(edits, start, value, changes.MaxSearches!.Value);
            model |= isModel;
            maxTokens |= isMaxTokens;
        }
        reader.Read();
        var addMaxTokens = changes.MaxTokens is not null && !maxTokens;
        if (changes.Model is not null && !model) Model(edits, top, 0, "\"model\":"u8, changes.Model, any || addMaxTokens ? ","u8 : default);
        if (addMaxTokens) MaxTokens(edits, top, 0, "\"max_tokens\":"u8, changes.MaxTokens!.Value, any ? ","u8 : default);
        if (thinking is not { } range) return true;
        var isTooShort = lowered && ShrinkBudget(body, range, changes.MaxTokens!.Value, edits);
        if (!isTooShort && !Conflicts(body[range], prefill.Length > 0, loopLostThinking)) return true;
        edits.Replace(range.Start.Value, range.End.Value - range.Start.Value, """{"type":"disabled"}"""u8);
        if (management is { } edited) KeepThinking(body, edited, edits);
        // A prefill is an answer's own affair.
        stoppedThinking = prefill.Length == 0;
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

    // A budget must be less than the limit, which counts thinking too. True: under this limit there is none.
    private static bool ShrinkBudget(ReadOnlySpan<byte> body, Range thinking, int limit, BodyEdits edits)
    {
        var at = thinking.Start.Value;
        var reader = new Utf8JsonReader(body[thinking], JsonRead.Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isBudget = JsonRead.Is(reader, "budget_tokens"u8);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            var value = JsonRead.Raw(ref reader, body[thinking]);
            if (!isBudget || JsonRead.IsAtMost(value, limit - 1)) continue;
            if (limit <= ThinkingPlan.LeastBudget) return true;
            MaxTokens(edits, at + start, value.Length, default, ThinkingPlan.BudgetWithin(limit), default);
        }
        return false;
    }

    // A prefilled answer excludes thinking; a tool loop without its thinking excludes only the kind with a budget.
    private static bool Conflicts(ReadOnlySpan<byte> thinking, bool prefilled, bool loopLostThinking)
    {
        var kind = StreamFields.Read(thinking).Type;
        return kind.SequenceEqual("enabled"u8) ? prefilled || loopLostThinking : prefilled && kind.SequenceEqual("adaptive"u8);
    }

    // To clear old thinking is refused where thinking is off ("clear_thinking_20251015 strategy requires thinking to be enabled").
    private static void KeepThinking(ReadOnlySpan<byte> body, Range range, BodyEdits edits)
    {
        var reader = new Utf8JsonReader(body[range], JsonRead.Options);
        using var document = JsonDocument.ParseValue(ref reader);
        if (document.RootElement.ValueKind != JsonValueKind.Object) return;
        var mark = edits.Mark;
        using (var json = new Utf8JsonWriter(edits.Text))
        {
            json.WriteStartObject();
            foreach (var member in document.RootElement.EnumerateObject())
            {
                json.WritePropertyName(member.Name);
                if (!member.NameEquals("edits"u8) || member.Value.ValueKind != JsonValueKind.Array)
                {
                    member.Value.WriteTo(json);
                    continue;
                }
                json.WriteStartArray();
                foreach (var edit in member.Value.EnumerateArray())
                {
                    if (JsonRead.String(edit, "type")?.StartsWith("clear_thinking", StringComparison.Ordinal) != true) edit.WriteTo(json);
                }
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        edits.Add(range.Start.Value, range.End.Value - range.Start.Value, mark);
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
