using System.Buffers;
using OpenClaw.Gateway.Dialects;
using OpenClaw.Gateway.Metering;
using OpenClaw.Gateway.Routing;

namespace OpenClaw.Gateway.Dispatch;

/// <summary>
/// Between a reader and a writer of another dialect (or of another hop): follows the answer, skips what an earlier hop
/// already sent, and holds tool calls back until the answer is complete, so that a cut can never leave half a call.
/// </summary>
internal sealed class RelaySink : IChatEventSink
{
    // No fault of the target: another says it in other words.
    private static readonly UpstreamFailure s_lost = new(FailureReason.Unsupported, "its answer parts from the one that was cut, and a structured output cannot be put together from two");

    private readonly AnswerTracker _tracker;
    private readonly DialectStreamWriter _writer;
    private readonly TextAligner? _aligner;
    private readonly Usage _earlier;
    private readonly bool _holdTools;
    private readonly ToolNames? _toolNames;
    private readonly List<HeldEvent> _held = [];
    private readonly ArrayBufferWriter<byte> _heldBytes = new();
    private readonly ArrayBufferWriter<byte> _emitted = new();
    private bool _seamTold;
    private bool _calledEarly;

    /// <param name="tracker">Follows this hop.</param>
    /// <param name="aligner">Null for the first hop.</param>
    /// <param name="earlier">Usage of the hops before.</param>
    /// <param name="holdTools">False: tool calls pass as they come (continuation is off).</param>
    /// <param name="toolNames">The caller's names of tools; null: as the target calls them.</param>
    public RelaySink(AnswerTracker tracker, DialectStreamWriter writer, TextAligner? aligner, Usage earlier, bool holdTools, ToolNames? toolNames = null)
    {
        (_tracker, _writer, _aligner, _earlier, _holdTools, _toolNames) = (tracker, writer, aligner, earlier, holdTools, toolNames);
    }

    /// <summary>The text of this hop that the writer was given, UTF-8.</summary>
    public ReadOnlySpan<byte> Emitted => _emitted.WrittenSpan;

    /// <summary>There was more than is kept.</summary>
    public bool IsTextCut { get; private set; }

    /// <summary>The writer was given something that the caller sees: it cannot be taken back once the answer is on its way.</summary>
    public bool HasSpoken { get; private set; }

    /// <summary>How this hop's text met what was sent before; null for the first hop, and where nothing of it could follow.</summary>
    public Alignment? Seam => _aligner is { IsLost: true } ? null : _calledEarly && _seamTold ? Alignment.Called : _aligner?.State;

    /// <summary>Bytes held back; the pump bounds them.</summary>
    public int HeldBytes => _heldBytes.WrittenCount;

    public bool IsHolding => _held.Count > 0;

    public void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model)
    {
        _tracker.Start(id, model);
        if (_aligner is null) _writer.Start(id, model);
    }

    public void Text(ReadOnlySpan<byte> utf8)
    {
        _tracker.Text(utf8);
        Emit(_aligner is null ? utf8 : _aligner.Take(utf8));
    }

    public void RefusalText(ReadOnlySpan<byte> utf8)
    {
        _tracker.RefusalText(utf8);
        HasSpoken = true;
        _writer.RefusalText(utf8);
    }

    // A later hop's thoughts would follow text, or another model's half thought: the answer goes on with its text.
    public void Reasoning(ReadOnlySpan<byte> utf8)
    {
        _tracker.Reasoning(utf8);
        if (_aligner is not null) return;
        HasSpoken = true;
        _writer.Reasoning(utf8);
    }

    public void ReasoningSignature(ReadOnlySpan<byte> signature)
    {
        _tracker.ReasoningSignature(signature);
        if (_aligner is not null) return;
        HasSpoken = true;
        _writer.ReasoningSignature(signature);
    }

    public void RedactedReasoning(ReadOnlySpan<byte> data)
    {
        _tracker.RedactedReasoning(data);
        if (_aligner is not null) return;
        HasSpoken = true;
        _writer.RedactedReasoning(data);
    }

    public void ToolCall(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name)
    {
        if (_toolNames is not null) name = _toolNames.Whole(name);
        _tracker.ToolCall(index, id, name);
        // The text so far only repeats what was sent, and not all of it: what follows the call may go on repeating.
        if (_aligner is { IsRepeating: true }) _calledEarly = true;
        else FlushAligner();
        if (_holdTools) Hold(HeldKind.ToolCall, index, id, name);
        else
        {
            TellSeam();
            HasSpoken = true;
            _writer.ToolCall(index, id, name);
        }
    }

    public void ToolArguments(int index, ReadOnlySpan<byte> json)
    {
        _tracker.ToolArguments(index, json);
        if (_holdTools) Hold(HeldKind.ToolArguments, index, json, default);
        else _writer.ToolArguments(index, json);
    }

    public void ToolSignature(int index, ReadOnlySpan<byte> signature)
    {
        if (_holdTools)
        {
            Hold(HeldKind.ToolSignature, index, signature, default);
            MoveToCall(index);
        }
        else _writer.ToolSignature(index, signature);
    }

    public void Usage(in Usage usage)
    {
        _tracker.Usage(usage);
        _writer.Usage(_earlier + usage);
    }

    public void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence)
    {
        FlushAligner();
        // What cannot be put together is no end of the answer.
        if (_aligner is { IsLost: true }) return;
        _tracker.Finish(reason, stopSequence);
        Release();
        _writer.Finish(reason, stopSequence);
    }

    public void Fail(UpstreamFailure failure) => _tracker.Fail(failure);

    public void Unmapped(string what) => _tracker.Unmapped(what);

    /// <summary>Hands on what is held: the answer is complete, or too large to hold.</summary>
    public void Release()
    {
        if (IsHolding)
        {
            TellSeam();
            HasSpoken = true;
        }
        foreach (var held in _held)
        {
            var first = _heldBytes.WrittenSpan.Slice(held.At, held.First);
            var second = _heldBytes.WrittenSpan.Slice(held.At + held.First, held.Second);
            switch (held.Kind)
            {
                case HeldKind.Text: Write(first); break;
                case HeldKind.ToolCall: _writer.ToolCall(held.Index, first, second); break;
                case HeldKind.ToolArguments: _writer.ToolArguments(held.Index, first); break;
                case HeldKind.ToolSignature: _writer.ToolSignature(held.Index, first); break;
                default: throw new InvalidOperationException(held.Kind.ToString());
            }
        }
        _held.Clear();
        _heldBytes.ResetWrittenCount();
    }

    private void FlushAligner()
    {
        if (_aligner is not null) Emit(_aligner.End());
    }

    private void Emit(ReadOnlySpan<byte> fresh)
    {
        if (_aligner is { IsLost: true }) _tracker.Fail(s_lost);
        if (fresh.IsEmpty) return;
        if (IsHolding)
        {
            Hold(HeldKind.Text, 0, fresh, default);
            return;
        }
        TellSeam();
        Write(fresh);
    }

    // Once, before the first thing of this hop that does not go on exactly: text, or a call that came before the sent text was met.
    private void TellSeam()
    {
        if (_seamTold || _aligner is null) return;
        var parted = _calledEarly || _aligner.State == Alignment.Parted;
        if (!parted && _aligner.State != Alignment.Resynchronised) return;
        _seamTold = true;
        _writer.Seam(parted ? "{\"seam\":\"parted\"}"u8 : "{\"seam\":\"resynchronised\"}"u8);
    }

    private void Write(ReadOnlySpan<byte> text)
    {
        HasSpoken = true;
        IsTextCut |= _emitted.WrittenCount + text.Length > AnswerTracker.MaxText;
        if (!IsTextCut) _emitted.Write(text);
        _writer.Text(text);
    }

    private void Hold(HeldKind kind, int index, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        _held.Add(new HeldEvent(kind, index, _heldBytes.WrittenCount, first.Length, second.Length));
        _heldBytes.Write(first);
        _heldBytes.Write(second);
    }

    // A signature that came late goes beside the opening of its call, where clients read it.
    private void MoveToCall(int index)
    {
        var call = _held.FindLastIndex(held => held.Kind == HeldKind.ToolCall && held.Index == index);
        if (call < 0) return;
        var signature = _held[^1];
        _held.RemoveAt(_held.Count - 1);
        _held.Insert(call + 1, signature);
    }

    private enum HeldKind
    {
        Text,
        ToolCall,
        ToolArguments,
        ToolSignature,
    }

    private readonly record struct HeldEvent(HeldKind Kind, int Index, int At, int First, int Second);
}
