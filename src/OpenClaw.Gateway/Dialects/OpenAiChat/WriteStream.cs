// hot path: no allocation per chunk
using System.Buffers;
using System.Text;
using System.Text.Json;
using OpenClaw.Gateway.Dialects.Json;
using OpenClaw.Gateway.Errors;
using OpenClaw.Gateway.Metering;

namespace OpenClaw.Gateway.Dialects.OpenAiChat;

/// <summary>
/// Writes <c>chat.completion.chunk</c> events. Id, model and creation time are the same on every chunk, so all that
/// surrounds a delta is put together once. What OpenAI has no word for is written as the field writes it: reasoning as
/// <c>reasoning_content</c> (DeepSeek, vLLM), its signature and redacted blocks as <c>reasoning_details</c> (OpenRouter; the
/// text is not repeated there), a call's signature as <c>extra_content.google.thought_signature</c> (Google). A client that
/// returns the message as it got it returns these too, and <see cref="ReadRequest"/> understands them.
/// </summary>
internal sealed class WriteStream(IBufferWriter<byte> output, StreamPosition position) : DialectStreamWriter
{
    private readonly int _firstTool = position.ToolIndex;
    private byte[] _envelope = [], _deltaHead = [], _deltaTail = [];
    private string _id = "";
    private bool _opened, _saidRefusal, _calledTools, _hasUsage;
    private bool[] _hasArguments = [];
    private int _tools, _reasoningBlocks, _signatures, _thoughtChars;
    private Usage _usage;
    private FinishReason _reason;

    // The delta that opens a call waits for the next event: clients read a call's signature there and nowhere later.
    private readonly ArrayBufferWriter<byte> _heldCall = new(128);
    private int _heldTool = -1;

    public override void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model)
    {
        if (_opened) return;
        _opened = true;
        _id = position.Id is { Length: > 0 } given ? given : id.IsEmpty ? "chatcmpl-openclaw" : Encoding.UTF8.GetString(id);
        BuildFrame(position.Model is { Length: > 0 } named ? named : Encoding.UTF8.GetString(model));
        if (position.Started) return;
        Open();
        output.Write("\"role\":\"assistant\",\"content\":\"\""u8);
        Close();
    }

    public override void Text(ReadOnlySpan<byte> utf8) => WriteText("\"content\":\""u8, utf8);

    public override void RefusalText(ReadOnlySpan<byte> utf8)
    {
        _saidRefusal = true;
        WriteText("\"refusal\":\""u8, utf8);
    }

    public override void Reasoning(ReadOnlySpan<byte> utf8)
    {
        _thoughtChars += Encoding.UTF8.GetCharCount(utf8);
        WriteText("\"reasoning_content\":\""u8, utf8);
    }

    public override void ReasoningSignature(ReadOnlySpan<byte> signature)
    {
        // A later block says how much of the text beside is its own: all the blocks' stands there in one.
        var id = _signatures++ == 0 ? "" : ReadReasoning.IdOf(_thoughtChars);
        WriteDetail("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"\",\"signature\":\""u8, signature, id);
        _thoughtChars = 0;
    }

    public override void RedactedReasoning(ReadOnlySpan<byte> data) =>
        WriteDetail("\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\""u8, data);

    public override void ToolCall(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name)
    {
        _calledTools = true;
        if (IsLeftOut(index)) return;
        Remember(index);
        if (position.AsFunctionCall)
        {
            Open();
            output.Write("\"function_call\":{\"name\":\""u8);
            JsonWrite.Escaped(output, name);
            output.Write("\",\"arguments\":\"\"}"u8);
            Close();
            return;
        }
        if (!_opened) Start(default, default);
        WriteHeldCall(default);
        _heldTool = index;
        if (id.IsEmpty) WriteToolId(_heldCall, index);
        else JsonWrite.Escaped(_heldCall, id);
        _heldCall.Write("\",\"type\":\"function\",\"function\":{\"name\":\""u8);
        JsonWrite.Escaped(_heldCall, name);
    }

    public override void ToolArguments(int index, ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty || IsLeftOut(index)) return;
        Remember(index);
        _hasArguments[index] = true;
        Open();
        if (!position.AsFunctionCall) OpenTool(index);
        output.Write(position.AsFunctionCall ? "\"function_call\":{\"arguments\":\""u8 : ",\"function\":{\"arguments\":\""u8);
        JsonWrite.Escaped(output, json);
        output.Write(position.AsFunctionCall ? "\"}"u8 : "\"}}]"u8);
        Close();
    }

    public override void ToolSignature(int index, ReadOnlySpan<byte> signature)
    {
        if (position.AsFunctionCall) return;
        if (_heldTool == index)
        {
            WriteHeldCall(signature);
            return;
        }
        Open();
        OpenTool(index);
        // Clients hold each piece against a schema in which the function must be there.
        output.Write(",\"function\":{\"arguments\":\"\"}"u8);
        WriteSignature(signature);
        output.Write("}]"u8);
        Close();
    }

    public override void Usage(in Usage usage)
    {
        _usage = usage;
        _hasUsage = true;
    }

    public override void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence) => _reason = reason;

    public override void End()
    {
        Start(default, default);
        WriteMissingArguments();
        output.Write(_envelope);
        output.Write("{\"index\":0,\"delta\":{},\"finish_reason\":\""u8);
        output.Write(FinishReasons.Write(_reason, _calledTools || _firstTool > 0, _saidRefusal, position.AsFunctionCall));
        output.Write(position.IncludeUsage ? "\"}],\"usage\":null}\n\n"u8 : "\"}]}\n\n"u8);
        if (position.IncludeUsage && _hasUsage) WriteUsageChunk();
        output.Write("data: [DONE]\n\n"u8);
    }

    /// <summary>The official clients raise on an event with <c>error</c>; no <c>[DONE]</c> follows, the answer is not complete.</summary>
    public override void Error(GatewayError error, string requestId)
    {
        output.Write("data: "u8);
        WriteErrorBody.Write(error, requestId, output, inStream: true);
        output.Write("\n\n"u8);
    }

    public override void Seam(ReadOnlySpan<byte> note)
    {
        output.Write(": openclaw "u8);
        // A line break would end the comment.
        while (note.IndexOfAny((byte)'\n', (byte)'\r') is >= 0 and var at)
        {
            output.Write(note[..at]);
            note = note[(at + 1)..];
        }
        output.Write(note);
        output.Write("\n\n"u8);
    }

    public override void KeepAlive() => output.Write(": keep-alive\n\n"u8);

    private void BuildFrame(string model)
    {
        var frame = new ArrayBufferWriter<byte>(256);
        frame.Write("data: {\"id\":\""u8);
        JsonWrite.Escaped(frame, Encoding.UTF8.GetBytes(_id));
        frame.Write("\",\"object\":\"chat.completion.chunk\",\"created\":"u8);
        JsonWrite.Int64(frame, position.Created);
        frame.Write(",\"model\":\""u8);
        JsonWrite.Escaped(frame, Encoding.UTF8.GetBytes(model));
        frame.Write("\",\"choices\":["u8);
        _envelope = frame.WrittenSpan.ToArray();
        _deltaHead = [.. _envelope, .. "{\"index\":0,\"delta\":{"u8];
        _deltaTail = position.IncludeUsage ? [.. "},\"finish_reason\":null}],\"usage\":null}\n\n"u8] : [.. "},\"finish_reason\":null}]}\n\n"u8];
    }

    private void Open()
    {
        if (!_opened) Start(default, default);
        WriteHeldCall(default);
        output.Write(_deltaHead);
    }

    private void Close() => output.Write(_deltaTail);

    private void WriteText(ReadOnlySpan<byte> opening, ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty) return;
        Open();
        output.Write(opening);
        JsonWrite.Escaped(output, utf8);
        output.Write("\""u8);
        Close();
    }

    private void WriteDetail(ReadOnlySpan<byte> opening, ReadOnlySpan<byte> text, string id = "")
    {
        Open();
        output.Write(opening);
        JsonWrite.Escaped(output, text);
        if (id.Length > 0)
        {
            output.Write("\",\"id\":\""u8);
            output.Write(Encoding.ASCII.GetBytes(id));
        }
        output.Write("\",\"index\":"u8);
        JsonWrite.Int64(output, _reasoningBlocks++);
        output.Write("}]"u8);
        Close();
    }

    // The form of 2023 has room for one call.
    private bool IsLeftOut(int index) => position.AsFunctionCall && _firstTool + index > 0;

    private void OpenTool(int index)
    {
        output.Write("\"tool_calls\":[{\"index\":"u8);
        JsonWrite.Int64(output, _firstTool + index);
    }

    private void WriteHeldCall(ReadOnlySpan<byte> signature)
    {
        if (_heldTool < 0) return;
        output.Write(_deltaHead);
        OpenTool(_heldTool);
        _heldTool = -1;
        output.Write(",\"id\":\""u8);
        output.Write(_heldCall.WrittenSpan);
        _heldCall.ResetWrittenCount();
        output.Write("\",\"arguments\":\"\"}"u8);
        if (!signature.IsEmpty) WriteSignature(signature);
        output.Write("}]"u8);
        Close();
    }

    private void WriteSignature(ReadOnlySpan<byte> signature)
    {
        output.Write(",\"extra_content\":{\"google\":{\"thought_signature\":\""u8);
        JsonWrite.Escaped(output, signature);
        output.Write("\"}}"u8);
    }

    private void WriteToolId(IBufferWriter<byte> to, int index)
    {
        Span<byte> id = stackalloc byte[ToolCallId.Length];
        ToolCallId.Write(_id, _firstTool + index, id);
        to.Write(id);
    }

    private void Remember(int index)
    {
        if (index >= _hasArguments.Length) Array.Resize(ref _hasArguments, Math.Max(8, index * 2));
        _tools = Math.Max(_tools, index + 1);
    }

    // Clients parse the arguments: a call without any has the empty object.
    private void WriteMissingArguments()
    {
        for (var i = 0; i < _tools; i++)
        {
            if (!_hasArguments[i]) ToolArguments(i, "{}"u8);
        }
    }

    private void WriteUsageChunk()
    {
        output.Write(_envelope);
        output.Write("],\"usage\":"u8);
        using (var json = new Utf8JsonWriter(output, JsonWrite.Options)) WriteUsage.Write(json, _usage);
        output.Write("}\n\n"u8);
    }
}
