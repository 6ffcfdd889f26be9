// One walk over the request's own fields collects edits; what must be known first (does it stream? are there messages?)
// is decided in Edits(). Values are skipped whole, so a "model" inside a message is never met.
using System.Buffers;
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>A piece of the body to replace; <paramref name="Length"/> 0 inserts.</summary>
internal readonly record struct PatchEdit(int Start, int Length, byte[] Text);

/// <summary>Finds the places that <see cref="OpenAiChatPatch"/> splices. Used once.</summary>
internal sealed class PatchScan(PatchOptions options)
{
    private readonly List<PatchEdit> _edits = [];
    private readonly List<PatchEdit> _streamEdits = [];
    private readonly HashSet<string> _names = [];
    private readonly JsonScratch _scratch = new();
    private bool _streams, _empty = true;
    private int _end;

    /// <exception cref="JsonException">The body is not JSON.</exception>
    public void Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, JsonRead.Options);
        reader.Read();
        _end = 1;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            _empty = false;
            var name = Encoding.UTF8.GetString(_scratch.Text(ref reader));
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            var value = JsonRead.Raw(ref reader, json);
            _end = start + value.Length;
            _names.Add(name);
            ReadField(name, start, value);
        }
        // Throws when something follows the object.
        reader.Read();
    }

    /// <summary>In the order of their places.</summary>
    public IEnumerable<PatchEdit> Edits()
    {
        if (!_names.Contains("model")) AddField("model", Quoted(options.Model));
        if (options.MaxTokens is { } limit && !_names.Contains("max_tokens") && !_names.Contains("max_completion_tokens"))
        {
            AddField(options.Quirks.HasFlag(TargetQuirks.MaxCompletionTokens) ? "max_completion_tokens" : "max_tokens", Encoding.UTF8.GetBytes(Number(limit)));
        }
        if (_streams && AsksForUsage)
        {
            _edits.AddRange(_streamEdits);
            if (!_names.Contains("stream_options")) AddField("stream_options", Encoding.UTF8.GetBytes(StreamOptions));
        }
        if (Continues && HasPrefill)
        {
            AddField("add_generation_prompt", [.. "false"u8]);
            AddField("continue_final_message", [.. "true"u8]);
        }
        if (options.ProviderJson is { } provider) AddField("provider", Encoding.UTF8.GetBytes(provider));
        if (options.ExtraBodyJson is { } extra) AddMembers(extra);
        return _edits.OrderBy(e => e.Start);
    }

    private static string Number(int value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private bool AsksForUsage => options.EnsureUsage && !options.Quirks.HasFlag(TargetQuirks.PlainCore);

    private bool HasPrefill => !string.IsNullOrEmpty(options.Prefill);

    private bool Continues => options.Quirks.HasFlag(TargetQuirks.ContinueFinalMessage);

    private bool Continuous => options.Quirks.HasFlag(TargetQuirks.ContinuousUsage);

    private string StreamOptions => Continuous ? """{"include_usage":true,"continuous_usage_stats":true}""" : """{"include_usage":true}""";

    private void ReadField(string name, int start, ReadOnlySpan<byte> value)
    {
        switch (name)
        {
            case "model": Replace(start, value, Quoted(options.Model)); break;
            case "stream": _streams = value.SequenceEqual("true"u8); break;
            case "stream_options": ReadStreamOptions(start, value); break;
            case "messages": ReadMessages(start, value); break;
            case "max_tokens" or "max_completion_tokens" when options.MaxTokens is { } limit: Replace(start, value, Encoding.UTF8.GetBytes(Number(limit))); break;
            case "provider" when options.ProviderJson is not null: ReadProvider(start, value); break;
            case "add_generation_prompt" when Continues && HasPrefill: Replace(start, value, "false"u8); break;
            case "continue_final_message" when Continues && HasPrefill: Replace(start, value, "true"u8); break;
            default: break;
        }
    }

    private void ReadStreamOptions(int start, ReadOnlySpan<byte> value)
    {
        if (value[0] != (byte)'{')
        {
            _streamEdits.Add(new PatchEdit(start, value.Length, Encoding.UTF8.GetBytes(StreamOptions)));
            return;
        }
        var members = new Members(value);
        while (members.Next(_scratch))
        {
            var wanted = members.Name is "include_usage" || (Continuous && members.Name is "continuous_usage_stats");
            if (wanted && !members.Value.SequenceEqual("true"u8)) _streamEdits.Add(new PatchEdit(start + members.Start, members.Value.Length, [.. "true"u8]));
        }
        var text = new StringBuilder();
        if (!members.Seen.Contains("include_usage")) text.Append(",\"include_usage\":true");
        if (Continuous && !members.Seen.Contains("continuous_usage_stats")) text.Append(",\"continuous_usage_stats\":true");
        if (text.Length > 0) _streamEdits.Add(Insertion(start + members.End, text.ToString(), members.Seen.Count == 0));
    }

    private void ReadProvider(int start, ReadOnlySpan<byte> value)
    {
        if (value.SequenceEqual("null"u8)) Replace(start, value, Encoding.UTF8.GetBytes(options.ProviderJson!));
        if (value[0] != (byte)'{') return;
        var members = new Members(value);
        while (members.Next(_scratch))
        {
        }
        var isEmpty = members.Seen.Count == 0;
        var text = Missing(options.ProviderJson!, members.Seen);
        if (text.Length > 0) _edits.Add(Insertion(start + members.End, text, isEmpty));
    }

    // The text goes on inside a final assistant message that the client wrote, else into a new one.
    private void ReadMessages(int start, ReadOnlySpan<byte> value)
    {
        if (value[0] != (byte)'[' || (!HasPrefill && !options.RemoveReasoning)) return;
        var reader = new Utf8JsonReader(value, JsonRead.Options);
        reader.Read();
        var end = 1;
        var last = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            last = (int)reader.TokenStartIndex;
            end = last + JsonRead.Raw(ref reader, value).Length;
            if (options.RemoveReasoning) RemoveReasoning(start + last, value[last..end]);
        }
        if (!HasPrefill) return;
        if (last > 0 && TryExtend(start + last, value[last..end])) return;
        var message = $",{{\"role\":\"assistant\",\"content\":{Encoding.UTF8.GetString(Quoted(options.Prefill!))}{PrefixField}}}";
        _edits.Add(Insertion(start + end, message, last == 0));
    }

    private string PrefixField => options.Quirks.HasFlag(TargetQuirks.PrefixFlag) ? ",\"prefix\":true" : "";

    private bool TryExtend(int start, ReadOnlySpan<byte> message)
    {
        if (message[0] != (byte)'{') return false;
        var members = new Members(message);
        var isAssistant = false;
        var contentEnd = -1;
        while (members.Next(_scratch))
        {
            if (members.Name == "role") isAssistant = members.Value.SequenceEqual("\"assistant\""u8);
            if (members.Name == "content") contentEnd = members.Value[0] == (byte)'"' ? members.End - 1 : -1;
        }
        if (!isAssistant || contentEnd < 0 || members.Seen.Contains("tool_calls")) return false;
        _edits.Add(new PatchEdit(start + contentEnd, 0, Quoted(options.Prefill!)[1..^1]));
        if (PrefixField.Length > 0 && !members.Seen.Contains("prefix")) _edits.Add(new PatchEdit(start + members.End, 0, Encoding.UTF8.GetBytes(PrefixField)));
        return true;
    }

    private void RemoveReasoning(int start, ReadOnlySpan<byte> message)
    {
        if (message[0] != (byte)'{') return;
        RemoveMembers(start, message, static name => name is "reasoning_content" or "reasoning" or "reasoning_details");
        var members = new Members(message);
        while (members.Next(_scratch))
        {
            if (members.Name != "tool_calls" || members.Value[0] != (byte)'[') continue;
            var reader = new Utf8JsonReader(members.Value, JsonRead.Options);
            reader.Read();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var call = (int)reader.TokenStartIndex;
                RemoveMembers(start + members.Start + call, JsonRead.Raw(ref reader, members.Value), static name => name == "extra_content");
            }
        }
    }

    // With the comma before it once a member stays, else with the comma after it.
    private void RemoveMembers(int start, ReadOnlySpan<byte> json, Func<string, bool> isUnwanted)
    {
        if (json[0] != (byte)'{') return;
        var members = new Members(json);
        var anyStays = false;
        var open = -1;
        while (true)
        {
            var before = members.End;
            var more = members.Next(_scratch);
            if (open >= 0) _edits.Add(new PatchEdit(start + open, (more ? members.NameStart : before) - open, []));
            open = -1;
            if (!more) return;
            if (!isUnwanted(members.Name)) anyStays = true;
            else if (anyStays) _edits.Add(new PatchEdit(start + before, members.End - before, []));
            else open = members.NameStart;
        }
    }

    private void AddMembers(string json)
    {
        var text = Missing(json, _names);
        if (text.Length == 0) return;
        _edits.Add(Insertion(_end, text, _empty));
        _empty = false;
    }

    // What the client did not say itself, as ,"name":value pairs.
    private static string Missing(string json, HashSet<string> said)
    {
        using var document = JsonDocument.Parse(json, JsonRead.Document);
        var text = new StringBuilder();
        foreach (var member in document.RootElement.EnumerateObject())
        {
            if (said.Add(member.Name)) text.Append(',').Append(Encoding.UTF8.GetString(Quoted(member.Name))).Append(':').Append(member.Value.GetRawText());
        }
        return text.ToString();
    }

    private void AddField(string name, byte[] value)
    {
        if (!_names.Add(name)) return;
        _edits.Add(Insertion(_end, $",\"{name}\":{Encoding.UTF8.GetString(value)}", _empty));
        _empty = false;
    }

    private void Replace(int start, ReadOnlySpan<byte> value, ReadOnlySpan<byte> text) => _edits.Add(new PatchEdit(start, value.Length, text.ToArray()));

    private static PatchEdit Insertion(int at, string text, bool isFirst) => new(at, 0, Encoding.UTF8.GetBytes(isFirst ? text[1..] : text));

    private static byte[] Quoted(string text)
    {
        var output = new ArrayBufferWriter<byte>(text.Length + 2);
        output.Write("\""u8);
        JsonWrite.Escaped(output, Encoding.UTF8.GetBytes(text));
        output.Write("\""u8);
        return output.WrittenSpan.ToArray();
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

        public HashSet<string> Seen { get; } = [];

        public string Name { get; private set; } = "";

        public ReadOnlySpan<byte> Value { get; private set; }

        public int NameStart { get; private set; }

        public int Start { get; private set; }

        /// <summary>After the last member so far; after the brace when there is none.</summary>
        public int End { get; private set; } = 1;

        public bool Next(JsonScratch scratch)
        {
            if (!_reader.Read() || _reader.TokenType != JsonTokenType.PropertyName) return false;
            NameStart = (int)_reader.TokenStartIndex;
            Name = Encoding.UTF8.GetString(scratch.Text(ref _reader));
            Seen.Add(Name);
            _reader.Read();
            Start = (int)_reader.TokenStartIndex;
            _reader.Skip();
            End = (int)_reader.BytesConsumed;
            Value = _json[Start..End];
            return true;
        }
    }
}
