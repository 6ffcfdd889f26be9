// hot path: no allocation for an ordinary body. One walk over the request's own fields collects edits; what must be known
// first (does it stream? are there messages?) is decided in Complete(). Values are skipped whole, so a "model" inside a
// message is never met.
using System.Buffers;
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>Finds the places that <see cref="OpenAiChatPatch"/> splices. Used once.</summary>
internal ref struct PatchScan
{
    [ThreadStatic]
    private static JsonScratch? t_scratch;

    private readonly PatchOptions _options;
    private readonly BodyEdits _edits;
    private readonly JsonScratch _scratch = t_scratch ??= new JsonScratch();

    // Only where configured members are to be added: then every name the client wrote counts.
    private readonly HashSet<string>? _names;
    private Said _said;
    private bool _streams, _empty = true;
    private int _end;

    // The last stream_options, looked at once it is known that the request streams.
    private List<(int Start, int Length)>? _more;
    private (int Start, int Length) _streamOptions;

    // Both names of the limit, where the client wrote them.
    private Limit _oldLimit, _newLimit;

    // Where the member after the first begins.
    private int _second;
    private ReadOnlySpan<byte> _json;

    public PatchScan(in PatchOptions options, BodyEdits edits)
    {
        _options = options;
        _edits = edits;
        _names = options.ExtraBodyJson is null ? null : [];
    }

    /// <summary>Names that matter here.</summary>
    [Flags]
    private enum Said
    {
        None = 0,
        Model = 1,
        StreamOptions = 2,
        Provider = 4,
        AddGenerationPrompt = 8,
        ContinueFinalMessage = 16,

    }

    /// <summary>A member that limits the answer: its name, its value, and where the member before it ends (1: it is the first).</summary>
    private readonly record struct Limit(int Name, int NameLength, int Value, int ValueLength, int Before)
    {
        public bool IsSaid => NameLength > 0;

        public int End => Value + ValueLength;
    }

    private delegate bool NameTest(ReadOnlySpan<byte> name);

    /// <exception cref="JsonException">The body is not JSON.</exception>
    public void Read(ReadOnlySpan<byte> json)
    {
        _json = json;
        var reader = new Utf8JsonReader(json, JsonRead.Options);
        reader.Read();
        _end = 1;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            _empty = false;
            var name = _scratch.Text(ref reader);
            _names?.Add(Encoding.UTF8.GetString(name));
            var member = new Limit((int)reader.TokenStartIndex, reader.ValueSpan.Length + 2, 0, 0, _end);
            if (_end > 1 && _second == 0) _second = member.Name;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            var value = JsonRead.Raw(ref reader, json);
            _end = start + value.Length;
            ReadField(name, member with { Value = start, ValueLength = value.Length }, start, value);
        }
        // Throws when something follows the object.
        reader.Read();
    }

    /// <summary>Adds what the whole request calls for.</summary>
    public void Complete()
    {
        if ((_said & Said.Model) == 0)
        {
            var mark = BeginField("model"u8);
            _edits.WriteQuoted(_options.Model);
            _edits.Add(_end, 0, mark);
        }
        CompleteLimit();
        if (_streams && AsksForUsage) CompleteStreamOptions();
        if (Continues && HasPrefill)
        {
            if ((_said & Said.AddGenerationPrompt) == 0) AddField("add_generation_prompt"u8, "false");
            if ((_said & Said.ContinueFinalMessage) == 0) AddField("continue_final_message"u8, "true");
        }
        if (_options.ProviderJson is { } provider && (_said & Said.Provider) == 0) AddField("provider"u8, provider);
        if (_options.ExtraBodyJson is { } extra) AddMembers(extra);
    }

    private readonly bool AsksForUsage => _options.EnsureUsage && (_options.Quirks & TargetQuirks.PlainCore) == 0;

    private readonly bool IsNewLimitName => !_options.OldLimitName && (_options.NewLimitName || (_options.Quirks & TargetQuirks.MaxCompletionTokens) != 0);

    private readonly ReadOnlySpan<byte> LimitName => IsNewLimitName ? "max_completion_tokens"u8 : "max_tokens"u8;

    private readonly bool SaysLimit => _oldLimit.IsSaid || _newLimit.IsSaid;

    // Who takes only one name refuses the other; of both the new one counts, unless it says nothing or only the old one is taken.
    private void CompleteLimit()
    {
        if ((IsNewLimitName || _options.OldLimitName) && _oldLimit.IsSaid && _newLimit.IsSaid)
        {
            var isOldRight = _options.OldLimitName || _json.Slice(_newLimit.Value, _newLimit.ValueLength).SequenceEqual("null"u8);
            RemoveLimit(isOldRight ? _newLimit : _oldLimit);
            if (isOldRight) _newLimit = default;
            else _oldLimit = default;
        }
        if (_options.MaxTokens is { } limit)
        {
            LowerLimit(_oldLimit, limit);
            LowerLimit(_newLimit, limit);
            if (!SaysLimit)
            {
                var mark = BeginField(LimitName);
                JsonWrite.Int64(_edits.Text, limit);
                _edits.Add(_end, 0, mark);
            }
        }
        if (IsNewLimitName && _oldLimit.IsSaid) _edits.Replace(_oldLimit.Name, _oldLimit.NameLength, "\"max_completion_tokens\""u8);
        else if (RenamesLimit) _edits.Replace(_newLimit.Name, _newLimit.NameLength, "\"max_tokens\""u8);
    }

    // With the comma before it, or, where it is the first member, the one after it.
    private readonly void RemoveLimit(in Limit limit) =>
        _edits.Remove(limit.Before > 1 ? limit.Before : limit.Name, limit.Before > 1 ? limit.End : _second);

    private readonly void LowerLimit(in Limit said, int limit)
    {
        if (!said.IsSaid || JsonRead.IsAtMost(_json.Slice(said.Value, said.ValueLength), limit)) return;
        var mark = _edits.Mark;
        JsonWrite.Int64(_edits.Text, limit);
        _edits.Add(said.Value, said.ValueLength, mark);
    }

    // Many servers read only the old name, and answer without a limit when they are given the new one.
    private readonly bool RenamesLimit => _newLimit.IsSaid && !_oldLimit.IsSaid && (_options.OldLimitName || ((_options.BindsLimit || _options.MaxTokens is not null)
        && !IsNewLimitName && !IsOpenAis(_options.Model)));

    // They know the new name and may refuse the old one, whoever serves them.
    private static bool IsOpenAis(ReadOnlySpan<char> model)
    {
        var name = model[(model.LastIndexOf('/') + 1)..];
        return (name.StartsWith("gpt-") && !name.StartsWith("gpt-oss")) || (name.Length > 1 && name[0] == 'o' && char.IsAsciiDigit(name[1]));
    }

    private readonly bool HasPrefill => !string.IsNullOrEmpty(_options.Prefill);

    private readonly bool Continues => (_options.Quirks & TargetQuirks.ContinueFinalMessage) != 0;

    private readonly bool Continuous => (_options.Quirks & TargetQuirks.ContinuousUsage) != 0;

    private readonly string StreamOptions => Continuous ? """{"include_usage":true,"continuous_usage_stats":true}""" : """{"include_usage":true}""";

    private void ReadField(ReadOnlySpan<byte> name, in Limit member, int start, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual("model"u8))
        {
            _said |= Said.Model;
            var mark = _edits.Mark;
            _edits.WriteQuoted(_options.Model);
            _edits.Add(start, value.Length, mark);
        }
        else if (name.SequenceEqual("stream"u8)) _streams = value.SequenceEqual("true"u8);
        else if (name.SequenceEqual("stream_options"u8))
        {
            if ((_said & Said.StreamOptions) != 0) (_more ??= []).Add(_streamOptions);
            _said |= Said.StreamOptions;
            _streamOptions = (start, value.Length);
        }
        else if (name.SequenceEqual("messages"u8)) ReadMessages(start, value);
        else if (name.SequenceEqual("max_tokens"u8)) ReadLimit(ref _oldLimit, member);
        else if (name.SequenceEqual("max_completion_tokens"u8)) ReadLimit(ref _newLimit, member);
        else if (name.SequenceEqual("provider"u8))
        {
            _said |= Said.Provider;
            if (_options.ProviderJson is not null) ReadProvider(start, value);
        }
        else if (name.SequenceEqual("add_generation_prompt"u8)) ReadSwitch(Said.AddGenerationPrompt, start, value, "false"u8);
        else if (name.SequenceEqual("continue_final_message"u8)) ReadSwitch(Said.ContinueFinalMessage, start, value, "true"u8);
    }

    // Said twice, the first is lowered too: which of the two a server reads is its own affair.
    private readonly void ReadLimit(ref Limit limit, in Limit member)
    {
        if (limit.IsSaid && _options.MaxTokens is { } most) LowerLimit(limit, most);
        limit = member;
    }

    private void ReadSwitch(Said name, int start, ReadOnlySpan<byte> value, ReadOnlySpan<byte> wanted)
    {
        _said |= name;
        if (Continues && HasPrefill) _edits.Replace(start, value.Length, wanted);
    }

    private void CompleteStreamOptions()
    {
        if ((_said & Said.StreamOptions) == 0)
        {
            AddField("stream_options"u8, StreamOptions);
            return;
        }
        if (_more is not null)
        {
            foreach (var (start, length) in _more) PatchStreamOptions(start, _json.Slice(start, length));
        }
        PatchStreamOptions(_streamOptions.Start, _json.Slice(_streamOptions.Start, _streamOptions.Length));
    }

    private readonly void PatchStreamOptions(int start, ReadOnlySpan<byte> value)
    {
        if (value[0] != (byte)'{')
        {
            var mark = _edits.Mark;
            _edits.WriteRaw(StreamOptions);
            _edits.Add(start, value.Length, mark);
            return;
        }
        var members = new Members(value);
        var (usage, continuous) = (false, !Continuous);
        while (members.Next(_scratch))
        {
            var isUsage = members.Name.SequenceEqual("include_usage"u8);
            var isContinuous = Continuous && members.Name.SequenceEqual("continuous_usage_stats"u8);
            usage |= isUsage;
            continuous |= isContinuous;
            if ((isUsage || isContinuous) && !members.Value.SequenceEqual("true"u8)) _edits.Replace(start + members.Start, members.Value.Length, "true"u8);
        }
        if (usage && continuous) return;
        var from = _edits.Mark;
        if (members.Count > 0) _edits.WriteRaw(",");
        if (!usage) _edits.WriteRaw("\"include_usage\":true");
        if (!usage && !continuous) _edits.WriteRaw(",");
        if (!continuous) _edits.WriteRaw("\"continuous_usage_stats\":true");
        _edits.Add(start + members.End, 0, from);
    }

    private readonly void ReadProvider(int start, ReadOnlySpan<byte> value)
    {
        if (value.SequenceEqual("null"u8))
        {
            var mark = _edits.Mark;
            _edits.WriteRaw(_options.ProviderJson!);
            _edits.Add(start, value.Length, mark);
        }
        if (value[0] != (byte)'{') return;
        var members = new Members(value);
        var said = new HashSet<string>();
        while (members.Next(_scratch)) said.Add(Encoding.UTF8.GetString(members.Name));
        InsertMissing(_options.ProviderJson!, said, start + members.End, members.Count == 0);
    }

    // The text goes on inside a final assistant message that the client wrote, else into a new one.
    private readonly void ReadMessages(int start, ReadOnlySpan<byte> value)
    {
        if (value[0] != (byte)'[') return;
        var fitsIds = CallIds.MayRefuse(value, _options.Quirks);
        var nothing = WriteMessages.WithoutThoughts(_options.Quirks, _options.Model);
        if (!HasPrefill && !_options.RemoveReasoning && !fitsIds && nothing is null) return;
        var reader = new Utf8JsonReader(value, JsonRead.Options);
        reader.Read();
        var end = 1;
        var last = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            last = (int)reader.TokenStartIndex;
            end = last + JsonRead.Raw(ref reader, value).Length;
            if (_options.RemoveReasoning) RemoveReasoning(start + last, value[last..end]);
            if (fitsIds) FitIds(start + last, value[last..end]);
            if (nothing is not null) AddReasoning(start + last, value[last..end], nothing);
        }
        if (!HasPrefill) return;
        if (last > 0 && TryExtend(start + last, value[last..end])) return;
        var mark = _edits.Mark;
        if (last > 0) _edits.WriteRaw(",");
        _edits.WriteRaw("{\"role\":\"assistant\",\"content\":");
        _edits.WriteQuoted(_options.Prefill!);
        _edits.WriteRaw(PrefixField);
        _edits.WriteRaw("}");
        _edits.Add(start + end, 0, mark);
    }

    private readonly string PrefixField => (_options.Quirks & TargetQuirks.PrefixFlag) != 0 ? ",\"prefix\":true" : "";

    private readonly bool TryExtend(int start, ReadOnlySpan<byte> message)
    {
        if (message[0] != (byte)'{') return false;
        var members = new Members(message);
        var (isAssistant, hasCalls, hasPrefix) = (false, false, false);
        var contentEnd = -1;
        while (members.Next(_scratch))
        {
            if (members.Name.SequenceEqual("role"u8)) isAssistant = members.Value.SequenceEqual("\"assistant\""u8);
            if (members.Name.SequenceEqual("content"u8)) contentEnd = members.Value[0] == (byte)'"' ? members.End - 1 : -1;
            hasCalls |= members.Name.SequenceEqual("tool_calls"u8);
            hasPrefix |= members.Name.SequenceEqual("prefix"u8);
        }
        if (!isAssistant || contentEnd < 0 || hasCalls) return false;
        var mark = _edits.Mark;
        _edits.WriteInside(_options.Prefill!);
        _edits.Add(start + contentEnd, 0, mark);
        if (PrefixField.Length == 0 || hasPrefix) return true;
        mark = _edits.Mark;
        _edits.WriteRaw(PrefixField);
        _edits.Add(start + members.End, 0, mark);
        return true;
    }

    private readonly void FitIds(int start, ReadOnlySpan<byte> message)
    {
        if (message[0] != (byte)'{') return;
        var members = new Members(message);
        while (members.Next(_scratch))
        {
            if (members.Name.SequenceEqual("tool_call_id"u8)) FitId(start + members.Start, members.Value);
            else if (members.Name.SequenceEqual("tool_calls"u8) && members.Value[0] == (byte)'[') FitIdsOfCalls(start + members.Start, members.Value);
        }
    }

    private readonly void FitIdsOfCalls(int start, ReadOnlySpan<byte> calls)
    {
        var reader = new Utf8JsonReader(calls, JsonRead.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var at = (int)reader.TokenStartIndex;
            var call = JsonRead.Raw(ref reader, calls);
            if (call[0] != (byte)'{') continue;
            var members = new Members(call);
            while (members.Next(_scratch))
            {
                if (members.Name.SequenceEqual("id"u8)) FitId(start + at + members.Start, members.Value);
            }
        }
    }

    private readonly void FitId(int start, ReadOnlySpan<byte> value)
    {
        if (value[0] != (byte)'"') return;
        var id = Encoding.UTF8.GetString(_scratch.Text(value));
        var fit = CallIds.Of(id, _options.Quirks);
        if (fit == id) return;
        var mark = _edits.Mark;
        _edits.WriteQuoted(fit);
        _edits.Add(start, value.Length, mark);
    }

    // The thoughts before a call that another model made, or that the caller did not keep.
    private readonly void AddReasoning(int start, ReadOnlySpan<byte> message, string nothing)
    {
        if (message[0] != (byte)'{') return;
        var members = new Members(message);
        var (hasCalls, hasThoughts) = (false, false);
        while (members.Next(_scratch))
        {
            hasCalls |= members.Name.SequenceEqual("tool_calls"u8) && members.Value[0] == (byte)'[';
            hasThoughts |= !_options.RemoveReasoning && members.Name.SequenceEqual("reasoning_content"u8);
        }
        if (!hasCalls || hasThoughts) return;
        var mark = _edits.Mark;
        _edits.WriteRaw(",\"reasoning_content\":");
        _edits.WriteQuoted(nothing);
        _edits.Add(start + members.End, 0, mark);
    }

    private readonly void RemoveReasoning(int start, ReadOnlySpan<byte> message)
    {
        if (message[0] != (byte)'{') return;
        RemoveMembers(start, message, static name => name.SequenceEqual("reasoning_content"u8) || name.SequenceEqual("reasoning"u8) || name.SequenceEqual("reasoning_details"u8));
        var members = new Members(message);
        while (members.Next(_scratch))
        {
            if (!members.Name.SequenceEqual("tool_calls"u8) || members.Value[0] != (byte)'[') continue;
            var reader = new Utf8JsonReader(members.Value, JsonRead.Options);
            reader.Read();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var call = (int)reader.TokenStartIndex;
                RemoveMembers(start + members.Start + call, JsonRead.Raw(ref reader, members.Value), static name => name.SequenceEqual("extra_content"u8));
            }
        }
    }

    // With the comma before it once a member stays, else with the comma after it.
    private readonly void RemoveMembers(int start, ReadOnlySpan<byte> json, NameTest isUnwanted)
    {
        if (json[0] != (byte)'{') return;
        var members = new Members(json);
        var anyStays = false;
        var open = -1;
        while (true)
        {
            var before = members.End;
            var more = members.Next(_scratch);
            if (open >= 0) _edits.Remove(start + open, start + (more ? members.NameStart : before));
            open = -1;
            if (!more) return;
            if (!isUnwanted(members.Name)) anyStays = true;
            else if (anyStays) _edits.Remove(start + before, start + members.End);
            else open = members.NameStart;
        }
    }

    private void AddMembers(string json)
    {
        // What was added above counts as said.
        _names!.Add("model");
        if (_options.MaxTokens is not null && !SaysLimit) _names.Add(Encoding.UTF8.GetString(LimitName));
        if (IsNewLimitName && _oldLimit.IsSaid) _names.Add("max_completion_tokens");
        else if (RenamesLimit) _names.Add("max_tokens");
        if (_streams && AsksForUsage) _names.Add("stream_options");
        if (Continues && HasPrefill)
        {
            _names.Add("add_generation_prompt");
            _names.Add("continue_final_message");
        }
        if (_options.ProviderJson is not null) _names.Add("provider");
        if (InsertMissing(json, _names, _end, _empty)) _empty = false;
    }

    // What the client did not say itself.
    private readonly bool InsertMissing(string json, HashSet<string> said, int at, bool isFirst)
    {
        using var document = JsonDocument.Parse(json, JsonRead.Document);
        var mark = _edits.Mark;
        foreach (var member in document.RootElement.EnumerateObject())
        {
            if (!said.Add(member.Name)) continue;
            if (!isFirst || _edits.Mark > mark) _edits.WriteRaw(",");
            _edits.WriteQuoted(member.Name);
            _edits.WriteRaw(":");
            _edits.WriteRaw(member.Value.GetRawText());
        }
        if (_edits.Mark == mark) return false;
        _edits.Add(at, 0, mark);
        return true;
    }

    private void AddField(ReadOnlySpan<byte> name, string json)
    {
        var mark = BeginField(name);
        _edits.WriteRaw(json);
        _edits.Add(_end, 0, mark);
    }

    private int BeginField(ReadOnlySpan<byte> name)
    {
        var mark = _edits.Mark;
        _edits.WriteRaw(_empty ? "\"" : ",\"");
        _edits.Text.Write(name);
        _edits.WriteRaw("\":");
        _empty = false;
        return mark;
    }

    /// <summary>Walks over an object's members, with their places in it.</summary>
    private ref struct Members
    {
        private readonly ReadOnlySpan<byte> _json;
        private Utf8JsonReader _reader;

        /// <param name="json">An object.</param>
        public Members(ReadOnlySpan<byte> json)
        {
            _json = json;
            _reader = new Utf8JsonReader(json, JsonRead.Options);
            _reader.Read();
        }

        public int Count { get; private set; }

        /// <summary>Without escapes; good until the scratch is used again.</summary>
        public ReadOnlySpan<byte> Name { get; private set; }

        public ReadOnlySpan<byte> Value { get; private set; }

        public int NameStart { get; private set; }

        public int Start { get; private set; }

        /// <summary>After the last member so far; after the brace when there is none.</summary>
        public int End { get; private set; } = 1;

        public bool Next(JsonScratch scratch)
        {
            if (!_reader.Read() || _reader.TokenType != JsonTokenType.PropertyName) return false;
            Count++;
            NameStart = (int)_reader.TokenStartIndex;
            Name = scratch.Text(ref _reader);
            _reader.Read();
            Start = (int)_reader.TokenStartIndex;
            _reader.Skip();
            End = (int)_reader.BytesConsumed;
            Value = _json[Start..End];
            return true;
        }
    }
}
