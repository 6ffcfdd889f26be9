// hot path: no allocation per chunk
//
//   Read          a frame: done, malformed, or an object                    -> Skim -> Emit
//   Skim          one pass over the whole object: proves that it is JSON, remembers where its members lie
//   Emit          Start, choices, usage, error - in this order, whatever the order on the wire
//   ReadChoice    finish reason, stop sequence, errors of one choice        -> ReadDelta
//   ReadDelta     reasoning, text, refusal, tool calls - in this order      -> ReadParts, ReadTools, ReasoningDetails
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Metering.Prices;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>
/// Reads the chunks of <c>chat.completion.chunk</c> streams, and whole <c>chat.completion</c> objects: an answer is a chunk
/// whose <c>delta</c> is called <c>message</c>. Tolerates what compatible servers do; each deviation is named where it is handled.
/// Nothing of a frame reaches the sink unless the whole frame is JSON.
/// </summary>
internal sealed class ReadStream : DialectStreamReader
{
    private readonly JsonScratch _scratch = new();
    private byte[]? _half;
    private readonly ToolCallTable _tools = new();
    private StreamPosition _position = new() { Id = "", Model = "", BlockIndex = -1 };
    private UnmappedKinds _reported;
    private HashSet<long>? _begunLater;
    private HashSet<long>? _finishedLater;
    private bool _started, _finished, _failed, _uncontinuable;

    public override StreamPosition Position => _position;

    public override bool IsUncontinuable => _uncontinuable;

    public override int FinishedChoices => (_finished ? 1 : 0) + (_finishedLater?.Count ?? 0);

    public override bool HasOpenChoices => _begunLater?.Count > (_finishedLater?.Count ?? 0);

    /// <summary>Whether any frame held an answer's choices or an error, which tells this protocol from others.</summary>
    public bool SawAnswer { get; private set; }

    /// <summary>The answer finished or failed.</summary>
    public bool IsEnded => _finished || _failed;

    public override FrameOutcome Read(ReadOnlySpan<byte> eventName, ReadOnlySpan<byte> data, IChatEventSink sink)
    {
        LastFrameWasUsageOnly = false;
        UsageBeside = default;
        var payload = data;
        data = data.Trim(" \t\r\n"u8);
        if (data.IsEmpty) return FrameOutcome.Read;
        if (data.StartsWith("[DONE]"u8)) return FrameOutcome.Done;
        ChunkMembers chunk;
        try
        {
            // Google's OpenAI surface wraps errors in an array.
            if (data[0] == (byte)'[') data = OnlyElement(data);
            if (data.IsEmpty || data[0] != (byte)'{') return FrameOutcome.Malformed;
            chunk = Skim(data);
        }
        catch (JsonException)
        {
            return FrameOutcome.Malformed;
        }
        if (chunk.UsageLength > 0 && !chunk.Choices.IsEmpty && payload.Overlaps(data, out var lead)) UsageBeside = (lead + chunk.UsageStart, chunk.UsageLength);
        Emit(chunk, eventName.SequenceEqual("error"u8) || chunk.IsErrorObject ? data : chunk.Error, sink);
        return FrameOutcome.Read;
    }

    private static ReadOnlySpan<byte> OnlyElement(ReadOnlySpan<byte> array)
    {
        var reader = new Utf8JsonReader(array, JsonRead.Options);
        reader.Read();
        return reader.Read() && reader.TokenType == JsonTokenType.StartObject ? JsonRead.Raw(ref reader, array) : default;
    }

    private ref struct ChunkMembers
    {
        public ReadOnlySpan<byte> Id, Model, Choices, Usage, Error;
        public long Created;
        public int UsageStart, UsageLength;
        public bool IsErrorObject;
        public PriceTier Tier;
    }

    private static ChunkMembers Skim(ReadOnlySpan<byte> data)
    {
        var chunk = new ChunkMembers();
        var reader = new Utf8JsonReader(data, JsonRead.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            var start = (int)reader.TokenStartIndex;
            reader.Read();
            if (name.SequenceEqual("choices"u8)) chunk.Choices = JsonRead.Raw(ref reader, data);
            else if (name.SequenceEqual("id"u8)) chunk.Id = JsonRead.Raw(ref reader, data);
            else if (name.SequenceEqual("model"u8)) chunk.Model = JsonRead.Raw(ref reader, data);
            else if (name.SequenceEqual("created"u8)) chunk.Created = JsonRead.Int64(ref reader);
            else if (name.SequenceEqual("usage"u8))
            {
                chunk.Usage = ObjectOrNothing(JsonRead.Raw(ref reader, data), chunk.Usage);
                (chunk.UsageStart, chunk.UsageLength) = (start, (int)reader.BytesConsumed - start);
            }
            else if (name.SequenceEqual("service_tier"u8)) chunk.Tier = reader.TokenType == JsonTokenType.String ? PriceTiers.Read(reader.ValueSpan) : default;
            else if (name.SequenceEqual("x_groq"u8)) chunk.Usage = ObjectOrNothing(Member(JsonRead.Raw(ref reader, data), "usage"u8), chunk.Usage);
            else if (name.SequenceEqual("error"u8)) chunk.Error = JsonRead.Raw(ref reader, data);
            // vLLM before 0.10: {"object":"error","message":…,"code":400} without a wrapper.
            else if (name.SequenceEqual("object"u8)) chunk.IsErrorObject = reader.TokenType == JsonTokenType.String && reader.ValueSpan.SequenceEqual("error"u8);
            reader.Skip();
        }
        // Throws when something follows the object.
        reader.Read();
        return chunk;
    }

    private static ReadOnlySpan<byte> ObjectOrNothing(ReadOnlySpan<byte> value, ReadOnlySpan<byte> otherwise) =>
        !value.IsEmpty && value[0] == (byte)'{' ? value : otherwise;

    /// <summary>A member of a raw object that is known to be JSON; empty when there is none.</summary>
    internal static ReadOnlySpan<byte> Member(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        if (json.IsEmpty || json[0] != (byte)'{') return default;
        var reader = new Utf8JsonReader(json, JsonRead.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            // Not ValueTextEquals: it throws on half a surrogate pair. No provider escapes names.
            var found = reader.ValueSpan.SequenceEqual(name);
            reader.Read();
            if (found) return JsonRead.Raw(ref reader, json);
            reader.Skip();
        }
        return default;
    }

    private void Emit(in ChunkMembers chunk, ReadOnlySpan<byte> error, IChatEventSink sink)
    {
        // Azure's first chunk (prompt_filter_results) has an empty id and model: the next chunk names them.
        if (_position.Id.Length == 0) _position.Id = Encoding.UTF8.GetString(_scratch.Text(chunk.Id));
        if (_position.Model.Length == 0) _position.Model = Encoding.UTF8.GetString(_scratch.Text(chunk.Model));
        if (_position.Created == 0) _position.Created = chunk.Created;

        var anyChoice = ReadChoices(chunk.Choices, sink, out var errorFinish);
        if (ReadUsage.TryRead(chunk.Usage, out var usage)) sink.Usage(usage with { Tier = chunk.Tier });
        // By its shape: what the client did not ask for is left out also where its counts cannot be.
        LastFrameWasUsageOnly = !chunk.Usage.IsEmpty && !anyChoice && !IsError(error);
        if (IsError(error)) Fail(FailureClassifier.FromStreamError(error), sink);
        else if (errorFinish) Fail(new UpstreamFailure(FailureReason.ServerError, "the provider ended the answer with finish_reason \"error\"", Code: "error"), sink);
    }

    private void Fail(UpstreamFailure failure, IChatEventSink sink)
    {
        SawAnswer = true;
        if (_failed) return;
        _failed = true;
        sink.Fail(failure);
    }

    // null, false, "" and {} beside an answer are some server's way to say that there is none.
    private static bool IsError(ReadOnlySpan<byte> error) =>
        !error.IsEmpty && !error.SequenceEqual("null"u8) && !error.SequenceEqual("false"u8) && !error.SequenceEqual("\"\""u8) && !error.SequenceEqual("{}"u8);

    private bool ReadChoices(ReadOnlySpan<byte> choices, IChatEventSink sink, out bool errorFinish)
    {
        errorFinish = false;
        if (choices.IsEmpty || choices[0] != (byte)'[') return false;
        var reader = new Utf8JsonReader(choices, JsonRead.Options);
        reader.Read();
        var any = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                any = true;
                Start(sink);
                errorFinish |= ReadChoice(JsonRead.Raw(ref reader, choices), sink);
            }
            reader.Skip();
        }
        return any;
    }

    private void Start(IChatEventSink sink)
    {
        SawAnswer = true;
        if (_started) return;
        _started = _position.Started = true;
        sink.Start(Encoding.UTF8.GetBytes(_position.Id), Encoding.UTF8.GetBytes(_position.Model));
    }

    private ref struct ChoiceMembers
    {
        public ReadOnlySpan<byte> Delta, Text, Finish, StopReason, Usage, Error;
        public long Index;
        public bool HasLogprobs;
    }

    /// <returns>True when the choice ended with an error that nothing here describes.</returns>
    private bool ReadChoice(ReadOnlySpan<byte> json, IChatEventSink sink)
    {
        var choice = SkimChoice(json);
        // Other choices of n > 1 cannot be told in one stream of events, nor continued by another provider.
        if (choice.Index > 0)
        {
            _uncontinuable = true;
            (_begunLater ??= []).Add(choice.Index);
            Report(UnmappedKinds.Choices, "choices beyond the first", sink);
            // Servers repeat a finish; a null or "" is none.
            if (choice.Finish.Length > 2 && choice.Finish[0] == (byte)'"') (_finishedLater ??= []).Add(choice.Index);
            return false;
        }
        if (!choice.Delta.IsEmpty && choice.Delta[0] == (byte)'{') ReadDelta(choice.Delta, sink);
        // text_completion, the shape of /v1/completions.
        if (!choice.Text.IsEmpty) Text(_scratch.Text(choice.Text), sink);
        if (choice.HasLogprobs) Report(UnmappedKinds.Logprobs, "logprobs", sink);
        // Moonshot reports usage inside the choice.
        if (ReadUsage.TryRead(choice.Usage, out var usage)) sink.Usage(usage);
        if (IsError(choice.Error))
        {
            Fail(FailureClassifier.FromStreamError(choice.Error), sink);
            return false;
        }
        return Finish(choice.Finish, choice.StopReason, sink);
    }

    private static ChoiceMembers SkimChoice(ReadOnlySpan<byte> json)
    {
        var choice = new ChoiceMembers();
        var reader = new Utf8JsonReader(json, JsonRead.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (name.SequenceEqual("delta"u8) || name.SequenceEqual("message"u8)) choice.Delta = ObjectOrNothing(JsonRead.Raw(ref reader, json), choice.Delta);
            else if (name.SequenceEqual("index"u8)) choice.Index = JsonRead.Int64(ref reader);
            else if (name.SequenceEqual("finish_reason"u8)) choice.Finish = JsonRead.Raw(ref reader, json);
            else if (name.SequenceEqual("stop_reason"u8)) choice.StopReason = JsonRead.Raw(ref reader, json);
            else if (name.SequenceEqual("text"u8)) choice.Text = JsonRead.Raw(ref reader, json);
            else if (name.SequenceEqual("usage"u8)) choice.Usage = JsonRead.Raw(ref reader, json);
            else if (name.SequenceEqual("error"u8)) choice.Error = JsonRead.Raw(ref reader, json);
            else if (name.SequenceEqual("logprobs"u8)) choice.HasLogprobs = reader.TokenType != JsonTokenType.Null;
            reader.Skip();
        }
        return choice;
    }

    private bool Finish(ReadOnlySpan<byte> finish, ReadOnlySpan<byte> stopReason, IChatEventSink sink)
    {
        var word = _scratch.Text(finish);
        // Some servers write "" instead of null; OpenRouter repeats the reason.
        if (word.IsEmpty || _finished) return false;
        var reason = FinishReasons.Read(word);
        if (reason == FinishReason.None) return true;
        // The other half never came.
        if (_half is not null) Text("\uFFFD"u8, sink);
        _half = null;
        _finished = true;
        _position.Open = OpenBlock.None;
        // Gemini's OpenAI surface and others end with "stop" although tools are to be called.
        if (reason == FinishReason.Stop && _tools.Count > 0) reason = FinishReason.ToolCalls;
        // vLLM names the sequence that was hit; a number is a stop token.
        var sequence = reason == FinishReason.Stop ? _scratch.Text(stopReason) : default;
        sink.Finish(sequence.IsEmpty ? reason : FinishReason.StopSequence, sequence);
        return false;
    }

    private ref struct DeltaMembers
    {
        public ReadOnlySpan<byte> Content, Refusal, ReasoningContent, Reasoning, Details, Tools, Function, Audio, Images, Annotations, Extra;
    }

    private void ReadDelta(ReadOnlySpan<byte> json, IChatEventSink sink)
    {
        var delta = SkimDelta(json);
        if (!ReasoningDetails.TryRead(delta.Details, _scratch, sink, ref _position))
        {
            var thought = _scratch.Text(delta.ReasoningContent);
            Reasoning(thought.IsEmpty ? _scratch.Text(delta.Reasoning) : thought, sink);
        }
        ReasoningDetails.ReadSignatures(delta.Details, _scratch, sink, ref _position);
        if (!delta.Content.IsEmpty) ReadContent(delta, sink);
        var refusal = _scratch.Text(delta.Refusal);
        if (!refusal.IsEmpty) sink.RefusalText(refusal);
        _tools.ReadDeltas(delta.Tools, sink, ref _position);
        _tools.ReadLegacy(delta.Function, sink, ref _position);
        ReasoningDetails.ReadToolSignatures(delta.Details, _scratch, _tools, sink);
        if (_tools.SawCustom) Report(UnmappedKinds.CustomTool, "custom tool call", sink);
        if (HasContent(delta.Audio)) Report(UnmappedKinds.Audio, "audio output", sink);
        if (HasContent(delta.Images)) Report(UnmappedKinds.Images, "image output", sink);
        if (HasContent(delta.Annotations)) Report(UnmappedKinds.Annotations, "annotations", sink);
    }

    private static DeltaMembers SkimDelta(ReadOnlySpan<byte> json)
    {
        var delta = new DeltaMembers();
        var reader = new Utf8JsonReader(json, JsonRead.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            var value = JsonRead.Raw(ref reader, json);
            if (value[0] == (byte)'n') continue;
            if (name.SequenceEqual("content"u8)) delta.Content = value;
            else if (name.SequenceEqual("reasoning_content"u8)) delta.ReasoningContent = value;
            else if (name.SequenceEqual("reasoning"u8)) delta.Reasoning = value;
            else if (name.SequenceEqual("reasoning_details"u8)) delta.Details = value;
            else if (name.SequenceEqual("refusal"u8)) delta.Refusal = value;
            else if (name.SequenceEqual("tool_calls"u8)) delta.Tools = value;
            else if (name.SequenceEqual("function_call"u8)) delta.Function = value;
            else if (name.SequenceEqual("audio"u8)) delta.Audio = value;
            else if (name.SequenceEqual("images"u8)) delta.Images = value;
            else if (name.SequenceEqual("annotations"u8)) delta.Annotations = value;
            else if (name.SequenceEqual("extra_content"u8)) delta.Extra = value;
        }
        return delta;
    }

    private static bool HasContent(ReadOnlySpan<byte> json) => !json.IsEmpty && json[0] is (byte)'[' or (byte)'{' && !json.SequenceEqual("[]"u8) && !json.SequenceEqual("{}"u8);

    private void ReadContent(in DeltaMembers delta, IChatEventSink sink)
    {
        if (delta.Content[0] == (byte)'[')
        {
            ReadParts(delta.Content, sink);
            return;
        }
        // Gemini's OpenAI surface marks thoughts with extra_content.google.thought instead of naming them.
        var isThought = !delta.Extra.IsEmpty && Member(Member(delta.Extra, "google"u8), "thought"u8).SequenceEqual("true"u8);
        var text = _scratch.Text(delta.Content, ref _half);
        if (isThought) Reasoning(text, sink);
        else Text(text, sink);
    }

    // Mistral: content is a list of {"type":"text"} and {"type":"thinking","thinking":[{"type":"text"}]}.
    private void ReadParts(ReadOnlySpan<byte> parts, IChatEventSink sink)
    {
        var reader = new Utf8JsonReader(parts, JsonRead.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var part = JsonRead.Raw(ref reader, parts);
            var thinking = Member(part, "thinking"u8);
            if (thinking.IsEmpty) Text(_scratch.Text(Member(part, "text"u8)), sink);
            else ReadThinking(thinking, sink);
        }
    }

    private void ReadThinking(ReadOnlySpan<byte> thinking, IChatEventSink sink)
    {
        Reasoning(_scratch.Text(thinking), sink);
        if (thinking[0] != (byte)'[') return;
        var reader = new Utf8JsonReader(thinking, JsonRead.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Reasoning(_scratch.Text(Member(JsonRead.Raw(ref reader, thinking), "text"u8)), sink);
        }
    }

    private void Text(ReadOnlySpan<byte> utf8, IChatEventSink sink)
    {
        if (utf8.IsEmpty) return;
        _position.Open = OpenBlock.Text;
        sink.Text(utf8);
    }

    private void Reasoning(ReadOnlySpan<byte> utf8, IChatEventSink sink)
    {
        if (utf8.IsEmpty) return;
        _position.Open = OpenBlock.Reasoning;
        sink.Reasoning(utf8);
    }

    // Once a stream: the report is a list of kinds, not of chunks.
    private void Report(UnmappedKinds kind, string what, IChatEventSink sink)
    {
        if (kind is UnmappedKinds.Audio or UnmappedKinds.Images or UnmappedKinds.CustomTool) _uncontinuable = true;
        if ((_reported & kind) != 0) return;
        _reported |= kind;
        sink.Unmapped(what);
    }

    [Flags]
    private enum UnmappedKinds
    {
        None = 0,
        Choices = 1,
        Audio = 2,
        Images = 4,
        Annotations = 8,
        CustomTool = 16,
        Logprobs = 32,
    }
}
