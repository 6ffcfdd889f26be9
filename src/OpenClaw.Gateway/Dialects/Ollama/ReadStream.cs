// hot path: no allocation per text chunk
using System.Globalization;
using System.Text;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dialects.Ollama;

/// <summary>
/// Reads Ollama's <c>/api/chat</c>: JSON lines, each a <c>ChatResponse</c>; the one with <c>done: true</c> is the last and
/// carries the counts. An answer that did not stream is that last object with the whole message in it. Source: docs/api.md
/// and api/types.go of ollama/ollama (MIT).
/// </summary>
internal sealed class OllamaStreamReader : DialectStreamReader
{
    private readonly JsonScratch _scratch = new();
    private byte[] _compact = [];
    private StreamPosition _position = StreamPosition.Beginning("", "", 0, includeUsage: false);
    private bool _hasContent;

    public override StreamPosition Position => _position;

    public override FrameOutcome Read(ReadOnlySpan<byte> eventName, ReadOnlySpan<byte> data, IChatEventSink sink)
    {
        data = data.Trim(" \t\r\n"u8);
        if (data.IsEmpty) return FrameOutcome.Read;
        // A broken line must tell nothing, so it is checked as a whole first.
        if (!JsonSlice.IsWellFormed(data)) return FrameOutcome.Malformed;
        var chunk = OllamaChunk.Of(data);
        if (!chunk.IsKnown) return FrameOutcome.Malformed;
        if (JsonSlice.IsPresent(chunk.Error))
        {
            sink.Fail(FailureClassifier.FromStreamError(data));
            return FrameOutcome.Read;
        }
        Start(chunk, sink);
        ReadMessage(chunk.Message, sink);
        return chunk.IsDone ? Finish(chunk, sink) : FrameOutcome.Read;
    }

    // Ollama names no id.
    private void Start(in OllamaChunk chunk, IChatEventSink sink)
    {
        if (_position.Started) return;
        _position.Started = true;
        _position.Model = JsonSlice.String(chunk.Model) ?? "";
        if (JsonSlice.String(chunk.CreatedAt) is { } time
            && DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var created))
        {
            _position.Created = created.ToUnixTimeSeconds();
        }
        sink.Start(default, Encoding.UTF8.GetBytes(_position.Model));
    }

    private void ReadMessage(ReadOnlySpan<byte> json, IChatEventSink sink)
    {
        if (!JsonSlice.IsObject(json)) return;
        ReadOnlySpan<byte> content = default, thinking = default, calls = default;
        var field = JsonSlice.Properties(json);
        while (field.Next())
        {
            if (field.Is("content"u8)) content = field.Value;
            else if (field.Is("thinking"u8)) thinking = field.Value;
            else if (field.Is("tool_calls"u8)) calls = field.Value;
        }
        var thought = _scratch.Text(thinking);
        if (!thought.IsEmpty)
        {
            _hasContent = true;
            _position.Open = OpenBlock.Reasoning;
            sink.Reasoning(thought);
        }
        var text = _scratch.Text(content);
        if (!text.IsEmpty)
        {
            _hasContent = true;
            _position.Open = OpenBlock.Text;
            sink.Text(text);
        }
        ReadCalls(calls, sink);
    }

    private void ReadCalls(ReadOnlySpan<byte> json, IChatEventSink sink)
    {
        var element = JsonSlice.Elements(json);
        while (element.Next())
        {
            if (JsonSlice.IsObject(element.Value)) ReadCall(element.Value, sink);
        }
    }

    // The arguments are an object, whole. Older versions name no id: the writer makes one.
    private void ReadCall(ReadOnlySpan<byte> json, IChatEventSink sink)
    {
        ReadOnlySpan<byte> id = default, name = default, arguments = default;
        var field = JsonSlice.Properties(json);
        while (field.Next())
        {
            if (field.Is("id"u8)) id = field.Value;
            else if (field.Is("function"u8) && JsonSlice.IsObject(field.Value))
            {
                var inner = JsonSlice.Properties(field.Value);
                while (inner.Next())
                {
                    if (inner.Is("name"u8)) name = inner.Value;
                    else if (inner.Is("arguments"u8)) arguments = inner.Value;
                }
            }
        }
        if (!JsonSlice.IsString(name)) return;
        _hasContent = true;
        _position.Open = OpenBlock.Tool;
        var index = _position.ToolIndex++;
        var idText = _scratch.Text(id);
        sink.ToolCall(index, idText.IsEmpty ? default : idText.ToArray(), _scratch.Text(name));
        if (JsonSlice.IsObject(arguments)) sink.ToolArguments(index, JsonSlice.Compact(arguments, ref _compact));
        // Some compatible servers send OpenAI's form, a string that holds JSON.
        else if (JsonSlice.IsString(arguments)) sink.ToolArguments(index, _scratch.Text(arguments));
    }

    private FrameOutcome Finish(in OllamaChunk chunk, IChatEventSink sink)
    {
        var reason = _scratch.Text(chunk.DoneReason);
        // "load" and "unload" answer a request that only moves the model in or out of memory: there is no answer in them.
        if (!_hasContent && (reason.SequenceEqual("load"u8) || reason.SequenceEqual("unload"u8)))
        {
            sink.Fail(new UpstreamFailure(FailureReason.Empty, "the provider only loaded the model", Code: Encoding.UTF8.GetString(reason)));
            return FrameOutcome.Done;
        }
        // Zeros are left out: an answer of nothing, and a prompt that was wholly in the cache and is no smaller for that.
        sink.Usage(new Usage
        {
            Input = chunk.PromptCount ?? 0,
            Output = chunk.OutputCount ?? 0,
            Unsaid = (chunk.PromptCount is null ? UsageSides.Input : 0) | (chunk.OutputCount is null ? UsageSides.Output : 0),
        });
        sink.Finish(ReasonOf(reason), default);
        return FrameOutcome.Done;
    }

    // Tool calls end with "stop"; versions before 0.1.39 say nothing.
    private FinishReason ReasonOf(ReadOnlySpan<byte> reason)
    {
        if (reason.SequenceEqual("length"u8)) return FinishReason.Length;
        return _position.ToolIndex > 0 ? FinishReason.ToolCalls : FinishReason.Stop;
    }
}

/// <summary>The fields of one <c>ChatResponse</c> as slices of its JSON.</summary>
internal ref struct OllamaChunk
{
    public ReadOnlySpan<byte> Model;
    public ReadOnlySpan<byte> CreatedAt;
    public ReadOnlySpan<byte> Message;
    public ReadOnlySpan<byte> DoneReason;
    public ReadOnlySpan<byte> Error;
    public bool IsDone;
    public long? PromptCount;
    public long? OutputCount;

    /// <summary>False for an object of another protocol.</summary>
    public bool IsKnown;

    public static OllamaChunk Of(ReadOnlySpan<byte> json)
    {
        var chunk = new OllamaChunk();
        var field = JsonSlice.Properties(json);
        while (field.Next())
        {
            if (field.Is("message"u8)) chunk.Message = field.Value;
            else if (field.Is("done"u8)) chunk.IsDone = JsonSlice.IsTrue(field.Value);
            else if (field.Is("error"u8)) chunk.Error = field.Value;
            else
            {
                chunk.SetOther(field.Name, field.Value);
                continue;
            }
            chunk.IsKnown = true;
        }
        return chunk;
    }

    private void SetOther(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual("model"u8)) Model = value;
        else if (name.SequenceEqual("created_at"u8)) CreatedAt = value;
        else if (name.SequenceEqual("done_reason"u8)) DoneReason = value;
        else if (name.SequenceEqual("prompt_eval_count"u8)) PromptCount = JsonSlice.Tokens(value);
        else if (name.SequenceEqual("eval_count"u8)) OutputCount = JsonSlice.Tokens(value);
    }
}
