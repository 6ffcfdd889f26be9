using System.Buffers;
using System.Text;
using OpenClaw.Gateway.Dialects.Json;

namespace OpenClaw.Gateway.Dialects.Anthropic;

/// <summary>
/// Tool calls of a stream. The protocol knows one open block; other providers announce several calls at once, mix their
/// pieces, or give a call whole. So: the first unfinished call streams live, calls behind it wait in a queue until it is
/// whole, and a call that came whole waits for the next event, because its signature may still come and goes before it.
/// A call without arguments gets no delta, as Anthropic itself does it.
/// </summary>
internal sealed partial class WriteStream
{
    private readonly List<QueuedCall> _queue = [];
    private int _toolCount;

    // The call whose block is open; at a take-over in mid-call the one that the stream before was writing.
    private QueuedCall? _live = position.Open == OpenBlock.Tool ? new QueuedCall(position.ToolIndex - 1, "", "") : null;

    public override void ToolCall(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name)
    {
        var number = position.ToolIndex + _toolCount++;
        var cleanId = id.IsEmpty ? ReasoningMark.MadeUpId(_id, number) : ReasoningMark.CleanId(Encoding.UTF8.GetString(id));
        Advance(keepLast: false);
        _queue.Add(new QueuedCall(index, cleanId, Encoding.UTF8.GetString(name)));
    }

    public override void ToolArguments(int index, ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty) return;
        if (_live is not null && _live.Index == index && Find(index) is null)
        {
            WriteDelta("input_json_delta\",\"partial_json\":\""u8, json);
            _live.Progress.Read(json);
            if (_queue.Count > 0) Advance(keepLast: true);
            return;
        }
        if (Find(index) is not { } call) return;
        call.Progress.Read(json);
        call.Arguments.Write(json);
        Advance(keepLast: true);
    }

    public override void ToolSignature(int index, ReadOnlySpan<byte> signature)
    {
        if (signature.IsEmpty) return;
        var call = Find(index) ?? (_live?.Index == index ? _live : null);
        if (call is not null) call.Signature = Encoding.UTF8.GetString(signature);
    }

    // The newest call of that number: a second provider counts from 0 again.
    private QueuedCall? Find(int index)
    {
        for (var i = _queue.Count - 1; i >= 0; i--)
        {
            if (_queue[i].Index == index) return _queue[i];
        }
        return null;
    }

    // Writes what can be written now. A whole call at the queue's end stays (keepLast) until its signature had its chance.
    private void Advance(bool keepLast)
    {
        while (true)
        {
            if (_live is not null)
            {
                if (!_live.Progress.IsWhole) return;
                CloseLive();
            }
            if (_queue.Count == 0) return;
            var next = _queue[0];
            // Nothing of it is here yet, or it is whole and the last: wait.
            if (!next.Progress.HasBegun || (keepLast && next.Progress.IsWhole && _queue.Count == 1)) return;
            _queue.RemoveAt(0);
            OpenCall(next);
        }
    }

    private void FlushTools()
    {
        if (_live is null && _queue.Count == 0) return;
        if (_live is not null) CloseLive();
        foreach (var call in _queue)
        {
            OpenCall(call);
            CloseLive();
        }
        _queue.Clear();
    }

    private void OpenCall(QueuedCall call)
    {
        if (call.Signature is { } signature) WriteSignature(call, signature);
        call.Signature = null;
        BeginBlock(OpenBlock.Tool);
        output.Write("tool_use\",\"id\":\""u8);
        JsonWrite.Escaped(output, Encoding.UTF8.GetBytes(call.Id));
        output.Write("\",\"name\":\""u8);
        JsonWrite.Escaped(output, Encoding.UTF8.GetBytes(call.Name));
        output.Write("\",\"input\":{}}}\n\n"u8);
        if (call.Arguments.WrittenCount > 0) WriteDelta("input_json_delta\",\"partial_json\":\""u8, call.Arguments.WrittenSpan);
        _live = call;
    }

    private void CloseLive()
    {
        var call = _live!;
        _live = null;
        CloseBlock();
        if (call.Signature is { } late && call.Id.Length > 0) WriteSignature(call, late);
    }

    private void WriteSignature(QueuedCall call, string signature) =>
        WriteRedacted(Encoding.UTF8.GetBytes($"{ReasoningMark.CallPrefix}{call.Id}.{signature}"));

    private sealed class QueuedCall(int index, string id, string name)
    {
        public int Index { get; } = index;

        public string Id { get; } = id;

        public string Name { get; } = name;

        public ArrayBufferWriter<byte> Arguments { get; } = new();

        /// <summary>A signature not written yet.</summary>
        public string? Signature { get; set; }

        public JsonProgress Progress;
    }
}
