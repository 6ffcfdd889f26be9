// hot path: one pass over the body when the guard is on
using System.Text;
using System.Text.Json;

namespace OpenClaw.Gateway.Admission;

/// <summary>
/// What the runaway guard knows of a request: numbers, no prompt. Understands messages of OpenAI's and Anthropic's shapes;
/// of any other body only <see cref="Body"/> is known.
/// </summary>
internal readonly record struct RequestSign
{
    /// <summary>The request but for what a client changes from one try to the next (stream, user, metadata).</summary>
    public ulong Body { get; init; }

    /// <summary>The system prompt and the first message: the conversation, where no session is named.</summary>
    public ulong Conversation { get; init; }

    /// <summary>The last message of a person (or of a clock), but for dates and times in it; 0 = none.</summary>
    public ulong Turn { get; init; }

    /// <summary>The request ends with that message: a turn begins.</summary>
    public bool OpensTurn { get; init; }

    /// <summary>That message calls itself a heartbeat.</summary>
    public bool NamesHeartbeat { get; init; }

    /// <summary>How often the tool calls at the end were gone through with the same results; 1 = no loop.</summary>
    public int LoopRounds { get; init; }

    /// <summary>How many calls one round has.</summary>
    public int LoopPeriod { get; init; }

    /// <summary>The tool that was called last, from the third round on.</summary>
    public string? LoopTool { get; init; }

    /// <param name="body">A JSON object that was read once already.</param>
    public static RequestSign Read(ReadOnlySpan<byte> body)
    {
        Span<ToolMark> ring = stackalloc ToolMark[ToolTrail.Size];
        try
        {
            return new Reading(body, new ToolTrail(ring)).Run();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Half a surrogate pair in a name, or a shape that is none: the dialects say what is wrong with it, not the guard.
            return new RequestSign { Body = Hash64.Of(body), Conversation = 1, LoopRounds = 1, LoopPeriod = 1 };
        }
    }

    private ref struct Reading(ReadOnlySpan<byte> body, ToolTrail trail)
    {
        private readonly ReadOnlySpan<byte> _body = body;
        private ToolTrail _trail = trail;
        private ulong _hash;
        private ulong _system;
        private ulong _first;
        private ulong _turn;
        private bool _opens;
        private bool _heartbeat;

        public RequestSign Run()
        {
            var reader = new Utf8JsonReader(_body, new JsonReaderOptions { MaxDepth = 128 });
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isVolatile = IsVolatile(ref reader);
                var isMessages = reader.ValueTextEquals("messages"u8);
                var isSystem = reader.ValueTextEquals("system"u8);
                var name = Hash64.Of(reader.ValueSpan);
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                if (isMessages && reader.TokenType == JsonTokenType.StartArray) ReadMessages(ref reader);
                else reader.Skip();
                var value = _body[start..(int)reader.BytesConsumed];
                if (isSystem) _system = TextSign.OfJson(value);
                // A sum: the order of the members does not count.
                if (!isVolatile) _hash += Hash64.Join(name, Hash64.Of(value));
            }
            var (rounds, period, last) = _trail.Loop();
            return new RequestSign
            {
                Body = _hash,
                Conversation = Hash64.Join(_system, _first),
                Turn = _turn,
                OpensTurn = _opens,
                NamesHeartbeat = _heartbeat,
                LoopRounds = Math.Max(rounds, 1),
                LoopPeriod = period,
                LoopTool = rounds >= 3 ? Encoding.UTF8.GetString(_body.Slice(last.NameStart, Math.Min(last.NameLength, 64))) : null,
            };
        }

        // What client libraries and frameworks change when they send the same thing again.
        private static bool IsVolatile(ref Utf8JsonReader reader) =>
            reader.ValueTextEquals("stream"u8) || reader.ValueTextEquals("stream_options"u8) || reader.ValueTextEquals("user"u8) || reader.ValueTextEquals("metadata"u8)
            || reader.ValueTextEquals("safety_identifier"u8) || reader.ValueTextEquals("prompt_cache_key"u8) || reader.ValueTextEquals("request_id"u8);

        private void ReadMessages(ref Utf8JsonReader reader)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType == JsonTokenType.StartObject) ReadMessage(ref reader, RoleOf(reader));
                else reader.Skip();
            }
        }

        // By value: a probe that leaves the reader where it is. The role comes first in what clients send.
        private static Role RoleOf(Utf8JsonReader probe)
        {
            while (probe.Read() && probe.TokenType == JsonTokenType.PropertyName)
            {
                var isRole = probe.ValueTextEquals("role"u8);
                probe.Read();
                if (!isRole) probe.Skip();
                else if (probe.TokenType != JsonTokenType.String) return Role.Other;
                else if (probe.ValueSpan.SequenceEqual("user"u8)) return Role.User;
                else if (probe.ValueSpan.SequenceEqual("assistant"u8)) return Role.Assistant;
                else if (probe.ValueSpan.SequenceEqual("tool"u8)) return Role.Tool;
                else return probe.ValueSpan.SequenceEqual("system"u8) || probe.ValueSpan.SequenceEqual("developer"u8) ? Role.System : Role.Other;
            }
            return Role.Other;
        }

        private void ReadMessage(ref Utf8JsonReader reader, Role role)
        {
            var said = new Said();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isContent = reader.ValueTextEquals("content"u8);
                var isCalls = role == Role.Assistant && reader.ValueTextEquals("tool_calls"u8);
                var isId = role == Role.Tool && reader.ValueTextEquals("tool_call_id"u8);
                reader.Read();
                if (isCalls && reader.TokenType == JsonTokenType.StartArray) ReadCalls(ref reader);
                else if (isId && reader.TokenType == JsonTokenType.String) said.Id = Hash64.Of(reader.ValueSpan);
                else if (isContent && role == Role.Tool) said.Result = Value(ref reader);
                else if (isContent && reader.TokenType == JsonTokenType.String) Text(reader.ValueSpan, ref said);
                else if (isContent && reader.TokenType == JsonTokenType.StartArray) ReadParts(ref reader, ref said);
                else reader.Skip();
            }
            Take(role, said);
        }

        private void Take(Role role, in Said said)
        {
            switch (role)
            {
                case Role.System:
                    if (_first == 0) _system = Hash64.Join(_system, said.Text);
                    return;
                case Role.Tool:
                    _trail.Answer(said.Id, said.Result);
                    _opens = false;
                    return;
                case Role.User when !said.HasResult:
                    (_turn, _opens, _heartbeat) = (said.Text | 1, true, said.NamesHeartbeat);
                    if (_first == 0) _first = _turn;
                    _trail.Clear();
                    return;
                default:
                    _opens = false;
                    return;
            }
        }

        // [{"id":"…","function":{"name":"…","arguments":"…"}}]
        private void ReadCalls(ref Utf8JsonReader reader)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType != JsonTokenType.StartObject)
                {
                    reader.Skip();
                    continue;
                }
                var mark = default(ToolMark);
                ReadCall(ref reader, ref mark);
                _trail.Add(mark);
            }
        }

        private readonly void ReadCall(ref Utf8JsonReader reader, ref ToolMark mark)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isId = reader.ValueTextEquals("id"u8);
                var isName = reader.ValueTextEquals("name"u8);
                var isArguments = reader.ValueTextEquals("arguments"u8) || reader.ValueTextEquals("input"u8);
                var isInner = reader.ValueTextEquals("function"u8);
                reader.Read();
                if (isId && reader.TokenType == JsonTokenType.String) mark.Id = Hash64.Of(reader.ValueSpan);
                else if (isName && reader.TokenType == JsonTokenType.String) Name(ref reader, ref mark);
                else if (isArguments) mark.Call += Value(ref reader);
                else if (isInner && reader.TokenType == JsonTokenType.StartObject) ReadCall(ref reader, ref mark);
                else reader.Skip();
            }
        }

        // Anthropic's parts hold calls and results too.
        private void ReadParts(ref Utf8JsonReader reader, ref Said said)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType == JsonTokenType.StartObject) ReadPart(ref reader, ref said);
                else reader.Skip();
            }
        }

        private void ReadPart(ref Utf8JsonReader reader, ref Said said)
        {
            var mark = default(ToolMark);
            var (kind, of, result, rest) = (PartKind.Other, 0ul, 0ul, 0ul);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isType = reader.ValueTextEquals("type"u8);
                var isText = reader.ValueTextEquals("text"u8);
                var isId = reader.ValueTextEquals("id"u8);
                var isOf = reader.ValueTextEquals("tool_use_id"u8);
                var isName = reader.ValueTextEquals("name"u8);
                var isInput = reader.ValueTextEquals("input"u8);
                var isContent = reader.ValueTextEquals("content"u8);
                // Where to cache moves from message to message.
                var isHint = reader.ValueTextEquals("cache_control"u8);
                reader.Read();
                var isString = reader.TokenType == JsonTokenType.String;
                if (isType && isString) kind = KindOf(ref reader);
                else if (isText && isString) Text(reader.ValueSpan, ref said);
                else if (isId && isString) mark.Id = Hash64.Of(reader.ValueSpan);
                else if (isOf && isString) of = Hash64.Of(reader.ValueSpan);
                else if (isName && isString) Name(ref reader, ref mark);
                else if (isInput) mark.Call += Value(ref reader);
                else if (isContent) result = Value(ref reader);
                else if (isHint) reader.Skip();
                else rest += Value(ref reader);
            }
            // A picture, a document, a sound: another one is another question.
            if (kind == PartKind.Other) said.Text = Hash64.Join(said.Text, rest);
            if (kind == PartKind.Call) _trail.Add(mark);
            if (kind != PartKind.Result) return;
            said.HasResult = true;
            _trail.Answer(of, result);
        }

        private static PartKind KindOf(ref Utf8JsonReader reader) =>
            reader.ValueSpan.SequenceEqual("tool_use"u8) ? PartKind.Call : reader.ValueSpan.SequenceEqual("tool_result"u8) ? PartKind.Result : reader.ValueSpan.SequenceEqual("text"u8) ? PartKind.Text : PartKind.Other;

        private static void Name(ref Utf8JsonReader reader, ref ToolMark mark)
        {
            mark.Call += Hash64.Join(7, Hash64.Of(reader.ValueSpan));
            (mark.NameStart, mark.NameLength) = ((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        }

        private static void Text(ReadOnlySpan<byte> text, ref Said said)
        {
            var isOfClock = TextSign.NamesHeartbeat(text);
            said.Text = Hash64.Join(said.Text, TextSign.OfWholeJson(text, isOfClock));
            said.NamesHeartbeat |= isOfClock;
        }

        // The value that the reader stands on, whole; the reader stands at its end then.
        private readonly ulong Value(ref Utf8JsonReader reader)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            return Hash64.Of(_body[start..(int)reader.BytesConsumed]);
        }

        private enum Role
        {
            Other,
            System,
            User,
            Assistant,
            Tool,
        }

        private enum PartKind
        {
            Other,
            Text,
            Call,
            Result,
        }

        private ref struct Said
        {
            public ulong Text;
            public ulong Result;
            public ulong Id;
            public bool HasResult;
            public bool NamesHeartbeat;
        }
    }
}
