// hot path: no allocation per text, thinking or arguments delta
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>
/// Reads a Messages stream (platform.claude.com/docs, "Streaming Messages"). Map: <see cref="Read"/> dispatches on the
/// <c>type</c> inside the data, never on the event name, which some servers leave out; one method an event below it.
/// </summary>
internal sealed class ReadStream : DialectStreamReader
{
    private StreamPosition _position = StreamPosition.Beginning("", "", 0, false);
    private ReadUsage _usage;
    private readonly JsonScratch _scratch = new();
    private readonly JsonScratch _scratch2 = new();

    // Held until the block's end: arguments that came whole with its start, and the signature.
    private byte[] _heldInput = [];
    private byte[] _signature = [];
    private bool _hasArguments;
    private bool _hasContent;
    private bool _finished;
    private bool _citationsTold;
    private bool _uncontinuable;

    public override StreamPosition Position => _position;

    public override bool IsUncontinuable => _uncontinuable;

    public override FrameOutcome Read(ReadOnlySpan<byte> eventName, ReadOnlySpan<byte> data, IChatEventSink sink)
    {
        LastFrameWasPing = false;
        data = data.Trim(" \t\r\n"u8);
        if (data.IsEmpty) return FrameOutcome.Read;
        // Proxies append OpenAI's end mark; without a finish before it, it ends nothing.
        if (data.SequenceEqual("[DONE]"u8)) return _finished ? FrameOutcome.Done : FrameOutcome.Malformed;
        try
        {
            return Dispatch(StreamEvent.Read(data), data, sink);
        }
        catch (JsonException)
        {
            return FrameOutcome.Malformed;
        }
    }

    private FrameOutcome Dispatch(StreamEvent e, ReadOnlySpan<byte> data, IChatEventSink sink)
    {
        switch (e.Kind)
        {
            case StreamEventKind.BlockDelta: BlockDelta(e.Delta, sink); break;
            case StreamEventKind.BlockStart: BlockStart(e.Index, e.Block, sink); break;
            case StreamEventKind.BlockStop: BlockStop(sink); break;
            case StreamEventKind.MessageStart: MessageStart(e.Message, sink); break;
            case StreamEventKind.MessageDelta: MessageDelta(e.Delta, e.Usage, sink); break;
            case StreamEventKind.MessageStop: return MessageStop(sink);
            case StreamEventKind.Ping: LastFrameWasPing = true; break;
            case StreamEventKind.Error: sink.Fail(Errors.ReadFailure(data)); break;
            case StreamEventKind.None when e.Error.Length > 0 && e.Error[0] == (byte)'{': sink.Fail(Errors.ReadFailure(data)); break;
            case StreamEventKind.None: return FrameOutcome.Malformed;
            default: break;
        }
        return FrameOutcome.Read;
    }

    private void MessageStart(ReadOnlySpan<byte> message, IChatEventSink sink)
    {
        var fields = StreamFields.Read(message);
        if (_position.Started) Splice(sink);
        else Begin(_scratch.Text(fields.Id), _scratch2.Text(fields.Model), sink);
        // A second message states its own usage anew.
        _usage = default;
        ReportUsage(fields.Usage, isOpening: fields.StopReason.IsEmpty, sink);
        // With programmatic tool calling a resumed message can be whole in its start.
        if (fields.Content.Length > 2) WholeContent(fields.Content, sink);
        if (fields.StopReason.IsEmpty) return;
        if (!_finished) StopReasons.TellDetails(fields.StopDetails, sink);
        Finish(fields.StopReason, fields.StopSequence, sink);
    }

    private void Begin(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model, IChatEventSink sink)
    {
        _position.Started = true;
        _position.Id = Encoding.UTF8.GetString(id);
        _position.Model = Encoding.UTF8.GetString(model);
        sink.Start(id, model);
    }

    // A second message_start inside a message: an intermediary joined two answers. What came before stands, a block that
    // was open ends here. Half a tool call cannot be taken back, so it is a failure (the official clients refuse it too).
    private void Splice(IChatEventSink sink)
    {
        if (_position.Open == OpenBlock.Tool)
        {
            sink.Fail(new UpstreamFailure(FailureReason.Cut, "the provider began a second message inside a tool call"));
        }
        EndBlock(sink);
    }

    private void BlockStart(int index, ReadOnlySpan<byte> block, IChatEventSink sink)
    {
        if (_position.Open != OpenBlock.None) EndBlock(sink);
        _position.BlockIndex = index >= 0 ? index : _position.BlockIndex + 1;
        _hasContent = true;
        var fields = StreamFields.Read(block);
        if (fields.Type.SequenceEqual("text"u8))
        {
            _position.Open = OpenBlock.Text;
            if (fields.Text.Length > 0) sink.Text(_scratch.Text(fields.Text));
        }
        else if (fields.Type.SequenceEqual("thinking"u8))
        {
            _position.Open = OpenBlock.Reasoning;
            if (fields.Thinking.Length > 0) sink.Reasoning(_scratch.Text(fields.Thinking));
            HoldSignature(fields.Signature);
        }
        else if (fields.Type.SequenceEqual("tool_use"u8)) StartTool(fields, sink);
        else StartOther(fields, sink);
    }

    private void StartTool(StreamFields fields, IChatEventSink sink)
    {
        _position.Open = OpenBlock.Tool;
        sink.ToolCall(_position.ToolIndex++, _scratch.Text(fields.Id), _scratch2.Text(fields.Name));
        _hasArguments = false;
        _heldInput = WholeContentReader.HasMembers(fields.Input) ? fields.Input.ToArray() : [];
    }

    private void StartOther(StreamFields fields, IChatEventSink sink)
    {
        _position.Open = OpenBlock.Other;
        if (fields.Type.SequenceEqual("redacted_thinking"u8))
        {
            sink.RedactedReasoning(_scratch.Text(fields.Data));
            return;
        }
        _uncontinuable = true;
        sink.Unmapped(fields.Type.IsEmpty ? "content block" : Encoding.UTF8.GetString(fields.Type));
    }

    // Dispatches on the delta's own type: some servers send thinking inside a text block, or deltas without a block's start.
    private void BlockDelta(ReadOnlySpan<byte> delta, IChatEventSink sink)
    {
        var fields = StreamFields.Read(delta);
        _hasContent = true;
        if (fields.Type.SequenceEqual("text_delta"u8))
        {
            if (fields.Text.Length > 0) sink.Text(_scratch.Text(fields.Text));
        }
        else if (fields.Type.SequenceEqual("input_json_delta"u8))
        {
            if (_position.Open != OpenBlock.Tool || fields.PartialJson.IsEmpty) return;
            _hasArguments = true;
            sink.ToolArguments(_position.ToolIndex - 1, _scratch.Text(fields.PartialJson));
        }
        else if (fields.Type.SequenceEqual("thinking_delta"u8))
        {
            if (fields.Thinking.Length > 0) sink.Reasoning(_scratch.Text(fields.Thinking));
        }
        else if (fields.Type.SequenceEqual("signature_delta"u8)) HoldSignature(fields.Signature);
        else if (!_citationsTold && fields.Type.SequenceEqual("citations_delta"u8))
        {
            _citationsTold = true;
            sink.Unmapped("citations_delta");
        }
    }

    private void BlockStop(IChatEventSink sink) => EndBlock(sink);

    private void EndBlock(IChatEventSink sink)
    {
        if (_signature.Length > 0) sink.ReasoningSignature(_signature);
        else if (_position.Open == OpenBlock.Tool && !_hasArguments && _heldInput.Length > 0)
        {
            sink.ToolArguments(_position.ToolIndex - 1, _heldInput);
        }
        _signature = [];
        _heldInput = [];
        _position.Open = OpenBlock.None;
    }

    private void HoldSignature(ReadOnlySpan<byte> raw)
    {
        if (raw.IsEmpty) return;
        var signature = _scratch.Text(raw);
        // Our own mark means "no signature": a gateway behind a gateway must not pass it on as one.
        _signature = signature.StartsWith(ReasoningMark.Prefix) ? [] : signature.ToArray();
    }

    private void MessageDelta(ReadOnlySpan<byte> delta, ReadOnlySpan<byte> usage, IChatEventSink sink)
    {
        ReportUsage(usage, isOpening: false, sink);
        var fields = StreamFields.Read(delta);
        if (fields.StopReason.IsEmpty) return;
        if (!_finished) StopReasons.TellDetails(fields.StopDetails, sink);
        Finish(fields.StopReason, fields.StopSequence, sink);
    }

    // Without a stop_reason the end is believed when something came and no block is half open: servers that imitate the
    // protocol leave message_delta out. Otherwise Finish stays unsaid and the caller sees a cut.
    private FrameOutcome MessageStop(IChatEventSink sink)
    {
        if (!_finished && _hasContent && _position.Open == OpenBlock.None) Finish(default, default, sink);
        return FrameOutcome.Done;
    }

    private void Finish(ReadOnlySpan<byte> reason, ReadOnlySpan<byte> stopSequence, IChatEventSink sink)
    {
        if (_finished) return;
        _finished = true;
        if (_position.Open != OpenBlock.None) EndBlock(sink);
        sink.Finish(StopReasons.Read(reason), _scratch.Text(stopSequence));
    }

    private void ReportUsage(ReadOnlySpan<byte> usage, bool isOpening, IChatEventSink sink)
    {
        if (usage.Length > 0 && _usage.Read(usage, isOpening)) sink.Usage(_usage.Total);
    }

    private void WholeContent(ReadOnlySpan<byte> content, IChatEventSink sink)
    {
        var reader = new WholeContentReader { ToolIndex = _position.ToolIndex };
        reader.Read(content, sink);
        _position.ToolIndex = reader.ToolIndex;
        _uncontinuable |= reader.HasUnmapped;
        _hasContent |= reader.HasContent;
    }
}
