// hot path: no allocation per text, thinking or arguments delta
using System.Buffers;
using System.Text;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>
/// Writes a Messages stream. Block indexes only grow and exactly one block is open at a time. Decisions:
/// <list type="bullet">
/// <item><c>message_start</c> goes out with the first content, so that usage that came before it is in it; what is unknown
/// then is written as 0, and <c>message_delta</c> repeats everything.</item>
/// <item>Reasoning without a signature ends with <see cref="ReasoningMark.Unsigned"/>: clients of this protocol send thinking
/// blocks back and need one.</item>
/// <item>Text in which the model declines is text, with <c>stop_reason: refusal</c>.</item>
/// <item>Tool calls: see WriteStream.Tools.cs.</item>
/// </list>
/// </summary>
internal sealed partial class WriteStream(IBufferWriter<byte> output, StreamPosition position) : DialectStreamWriter
{
    private string _id = position.Id ?? "";
    private string _model = position.Model ?? "";
    private bool _started = position.Started;
    private int _index = position.Started ? position.BlockIndex : -1;
    private OpenBlock _open = position.Open;
    private Usage _usage;
    private FinishReason _reason;
    private byte[] _stopSequence = [];
    private bool _refused;
    private bool _ended;

    public override void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model)
    {
        if (_started) return;
        if (_id.Length == 0) _id = Encoding.UTF8.GetString(id);
        if (_model.Length == 0) _model = Encoding.UTF8.GetString(model);
    }

    public override void Text(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty) return;
        FlushTools();
        OpenSimple(OpenBlock.Text, "text\",\"text\":\"\""u8);
        WriteDelta("text_delta\",\"text\":\""u8, utf8);
    }

    public override void RefusalText(ReadOnlySpan<byte> utf8)
    {
        _refused = true;
        Text(utf8);
    }

    public override void Reasoning(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty) return;
        FlushTools();
        // A thinking block that another provider began cannot be continued: its signature would be a lie.
        if (_open == OpenBlock.Reasoning && !_reasoningIsOurs) CloseBlock();
        OpenSimple(OpenBlock.Reasoning, "thinking\",\"thinking\":\"\",\"signature\":\"\""u8);
        _reasoningIsOurs = true;
        WriteDelta("thinking_delta\",\"thinking\":\""u8, utf8);
    }

    private bool _reasoningIsOurs;

    public override void ReasoningSignature(ReadOnlySpan<byte> signature)
    {
        if (signature.IsEmpty) return;
        FlushTools();
        if (_open == OpenBlock.Reasoning && !_reasoningIsOurs) CloseBlock();
        OpenSimple(OpenBlock.Reasoning, "thinking\",\"thinking\":\"\",\"signature\":\"\""u8);
        WriteDelta("signature_delta\",\"signature\":\""u8, signature);
        WriteBlockStop();
    }

    public override void RedactedReasoning(ReadOnlySpan<byte> data)
    {
        FlushTools();
        WriteRedacted(data);
    }

    public override void Usage(in Usage usage) => _usage = usage;

    public override void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence)
    {
        _reason = reason;
        _stopSequence = stopSequence.ToArray();
    }

    public override void End()
    {
        if (_ended) return;
        _ended = true;
        FlushTools();
        EnsureStarted();
        CloseBlock();
        output.Write("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\""u8);
        output.Write(StopReasons.Write(_reason, _toolCount > 0, _refused));
        output.Write("\",\"stop_sequence\":"u8);
        if (_reason == FinishReason.StopSequence && _stopSequence.Length > 0)
        {
            output.Write("\""u8);
            JsonWrite.Escaped(output, _stopSequence);
            output.Write("\""u8);
        }
        else output.Write("null"u8);
        output.Write("},\"usage\":"u8);
        WriteUsage.Frame(output, _usage);
        output.Write("}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8);
    }

    public override void Error(GatewayError error, string requestId)
    {
        output.Write("event: error\ndata: "u8);
        Errors.Write(error, requestId, output);
        output.Write("\n\n"u8);
        _ended = true;
    }

    public override void Seam(ReadOnlySpan<byte> note)
    {
        output.Write(": openclaw "u8);
        var lineEnd = note.IndexOfAny((byte)'\r', (byte)'\n');
        output.Write(lineEnd < 0 ? note : note[..lineEnd]);
        output.Write("\n\n"u8);
    }

    public override void KeepAlive() => output.Write("event: ping\ndata: {\"type\":\"ping\"}\n\n"u8);

    private void EnsureStarted()
    {
        if (_started) return;
        _started = true;
        if (_id.Length == 0) _id = "msg_openclaw";
        output.Write("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\""u8);
        JsonWrite.Escaped(output, Encoding.UTF8.GetBytes(_id));
        output.Write("\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\""u8);
        JsonWrite.Escaped(output, Encoding.UTF8.GetBytes(_model));
        output.Write("\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":"u8);
        WriteUsage.Frame(output, _usage);
        output.Write("}}\n\n"u8);
    }

    // Opens a block that needs nothing but its kind; the rest of its JSON is given from the type's name on.
    private void OpenSimple(OpenBlock kind, ReadOnlySpan<byte> block)
    {
        if (_open == kind && _started) return;
        BeginBlock(kind);
        output.Write(block);
        output.Write("}}\n\n"u8);
    }

    private void BeginBlock(OpenBlock kind)
    {
        EnsureStarted();
        CloseBlock();
        _open = kind;
        _index++;
        output.Write("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":"u8);
        JsonWrite.Int64(output, _index);
        output.Write(",\"content_block\":{\"type\":\""u8);
    }

    private void WriteDelta(ReadOnlySpan<byte> kind, ReadOnlySpan<byte> text)
    {
        output.Write("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":"u8);
        JsonWrite.Int64(output, _index);
        output.Write(",\"delta\":{\"type\":\""u8);
        output.Write(kind);
        JsonWrite.Escaped(output, text);
        output.Write("\"}}\n\n"u8);
    }

    private void CloseBlock()
    {
        if (_open == OpenBlock.None) return;
        if (_open == OpenBlock.Reasoning) WriteDelta("signature_delta\",\"signature\":\""u8, s_unsigned);
        WriteBlockStop();
    }

    private static readonly byte[] s_unsigned = Encoding.UTF8.GetBytes(ReasoningMark.Unsigned);

    private void WriteBlockStop()
    {
        output.Write("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":"u8);
        JsonWrite.Int64(output, _index);
        output.Write("}\n\n"u8);
        _open = OpenBlock.None;
        _reasoningIsOurs = false;
    }

    private void WriteRedacted(ReadOnlySpan<byte> data)
    {
        BeginBlock(OpenBlock.Other);
        output.Write("redacted_thinking\",\"data\":\""u8);
        JsonWrite.Escaped(output, data);
        output.Write("\"}}\n\n"u8);
        WriteBlockStop();
    }
}
